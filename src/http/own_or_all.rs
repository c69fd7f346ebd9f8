//! Whose: an organization's own, or for the backbone anybody's.

use crate::auth::InCoalition;
use crate::error::{Error, Result};
use crate::store::{Read, memberships};

/// The organization that is asked about, by its code or the caller's own; `None` stands for all of them, of which
/// only the backbone may ask.
pub fn organization<S: InCoalition>(tx: &mut Read<'_, S>, asked: Option<&str>) -> Result<Option<i32>> {
    let own = tx.tenant().organization_id();
    let Some(code) = asked else {
        return Ok((!tx.tenant().is_backbone()).then_some(own));
    };
    let found = memberships::codes(tx)?.get(&code.to_ascii_lowercase()).copied();
    if !tx.tenant().is_backbone() && found != Some(own) {
        return Err(Error::Forbidden(
            "what other organizations reported is for the backbone only".into(),
        ));
    }
    let unknown = || {
        Error::invalid(
            "?organization",
            "unknown_organization",
            format!("'{code}' is not in this coalition"),
        )
    };
    Ok(Some(found.ok_or_else(unknown)?))
}
