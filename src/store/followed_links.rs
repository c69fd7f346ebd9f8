//! Share links as those who follow them find them: by their secret alone.

use diesel::prelude::*;

use super::schema::{coalition_clock, coalitions, organizations, share_link_measures, share_links};
use super::share_links::{SOME, audience_of};
use super::{System, Version, reach};
use crate::domain::share_link::LinkAudience;
use crate::error::Result;

/// A link that holds, as whoever follows it needs it.
pub struct FoundLink {
    /// Its coalition.
    pub coalition_id: i32,
    /// The coalition's code.
    pub coalition: String,
    /// Whom it is for.
    pub audience: LinkAudience,
    /// The measures that it shows, by id.
    pub measures: Option<Vec<i32>>,
    /// When it ends, in microseconds.
    pub expires_at: i64,
    /// The coalition's state at that moment.
    pub version: Version,
}

/// The link of a secret, by its hash, if it has not ended and the organization that made it is not suspended.
pub fn find(tx: &mut System<'_>, secret_hash: &str) -> Result<Option<FoundLink>> {
    type Row = (i32, String, String, String, String, i64, i64, i64);
    reach::know(tx.connection, secret_hash)?;
    let row: Option<Row> = share_links::table
        .inner_join(coalitions::table.on(coalitions::id.eq(share_links::coalition_id)))
        .inner_join(coalition_clock::table.on(coalition_clock::coalition_id.eq(share_links::coalition_id)))
        .inner_join(organizations::table.on(organizations::id.eq(share_links::organization_id)))
        .filter(share_links::secret_hash.eq(secret_hash))
        .filter(share_links::revoked_at.is_null())
        .filter(share_links::expires_at.gt(tx.now()))
        .filter(organizations::suspended_at.is_null())
        .select((
            share_links::coalition_id,
            coalitions::code,
            share_links::id,
            share_links::audience,
            share_links::reach,
            share_links::expires_at,
            coalition_clock::revision,
            coalition_clock::written_at,
        ))
        .get_result(tx.connection)
        .optional()?;
    let Some((coalition_id, coalition, id, audience, reach, expires_at, revision, written_at)) = row else {
        return Ok(None);
    };
    let measures = match reach == SOME {
        true => Some(
            share_link_measures::table
                .filter(share_link_measures::coalition_id.eq(coalition_id))
                .filter(share_link_measures::share_link_id.eq(&id))
                .order(share_link_measures::measure_id)
                .select(share_link_measures::measure_id)
                .load(tx.connection)?,
        ),
        false => None,
    };
    Ok(Some(FoundLink {
        coalition_id,
        coalition,
        audience: audience_of(&audience)?,
        measures,
        expires_at,
        version: Version { revision, written_at },
    }))
}
