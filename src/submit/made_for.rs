//! Workbooks that Cairn made say whom for: the figures of one organization do not go in as those of another.

use std::collections::HashMap;

use crate::auth::{Coalition, Editor, InOrganization, Partner};
use crate::error::{Error, Result};
use crate::formats::incoming::Head;

/// Refuses a workbook that was made for another coalition, or for another organization than it would be taken for.
/// `codes` are those of the organizations in the coalition, in lower case.
pub fn check_made_for(
    head: &Head,
    tenant: &Coalition<Partner, Editor>,
    codes: &HashMap<String, i32>,
) -> Result<()> {
    let Some(made_for) = &head.made_for else {
        return Ok(());
    };
    let (coalition, organization) = (&made_for.coalition, &made_for.organization);
    if !coalition.eq_ignore_ascii_case(tenant.code()) {
        let detail = format!(
            "this workbook was made for the coalition {coalition}, not for {}: fetch a template here, and copy the \
             figures into it",
            tenant.code()
        );
        return Err(Error::invalid("", "made_for_another_coalition", detail));
    }
    // Rows that name their organizations are taken as what they say.
    let names_organizations = head.columns.iter().any(|(name, _)| name == "/organization");
    let made_for_id = codes.get(&organization.to_ascii_lowercase()).copied();
    if !names_organizations && made_for_id != Some(tenant.organization_id()) {
        let detail = format!(
            "this workbook was made for the organization {organization}, not for yours: fetch your own template; the \
             backbone, reporting on its behalf, adds a column organization"
        );
        return Err(Error::invalid("", "made_for_another_organization", detail));
    }
    Ok(())
}
