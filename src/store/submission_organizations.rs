//! What submissions on behalf of others did to the figures of each of them.

use diesel::prelude::*;

use super::connection::each;
use super::many::{Bind, Many};
use super::own::own;
use super::receipt::{Counts, OrganizationCounts};
use super::schema::{organizations, submission_organizations};
use super::{Read, Write};
use crate::auth::InCoalition;
use crate::error::{Error, Result};

/// Keeps counts, each with its submission.
pub(in crate::store) fn create<'a, S: InCoalition>(
    tx: &mut Write<'_, S>,
    counts: impl Iterator<Item = (i64, &'a OrganizationCounts)>,
) -> Result<()> {
    let coalition_id = tx.tenant().coalition_id();
    let rows = counts.map(|(id, of)| {
        let Counts {
            received,
            created,
            updated,
            unchanged,
            withdrawn,
            rejected,
        } = of.counts;
        let mut row = [Bind::Big(id); 9];
        row[0] = Bind::Int(coalition_id);
        row[2] = Bind::Int(of.organization_id);
        let counts = [received, created, updated, unchanged, withdrawn, rejected];
        for (place, count) in (3..).zip(counts) {
            row[place] = Bind::Int(i32::try_from(count).map_err(Error::internal)?);
        }
        Ok(row)
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let into = "INSERT INTO submission_organizations (coalition_id, submission_id, organization_id, received, created, \
        updated, unchanged, withdrawn, rejected) VALUES";
    for statement in Many::<9>::statements(into, &rows, "") {
        each!(tx.connection, c => statement.execute(c))?;
    }
    Ok(())
}

/// The counts of some submissions by organization, or those of one organization only; each with its submission.
pub(in crate::store) fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    submissions: &[i64],
    only: Option<i32>,
) -> Result<Vec<(i64, OrganizationCounts)>> {
    use submission_organizations as o;
    type Row = (i64, (i32, String), (i32, i32, i32, i32, i32, i32));
    let mut query = o::table
        .inner_join(organizations::table.on(organizations::id.eq(o::organization_id)))
        .filter(own!(o::coalition_id, tx.tenant().coalition_id()))
        .filter(o::submission_id.eq_any(submissions))
        .order((o::submission_id, organizations::code_key))
        .select((
            o::submission_id,
            (o::organization_id, organizations::code),
            (
                o::received,
                o::created,
                o::updated,
                o::unchanged,
                o::withdrawn,
                o::rejected,
            ),
        ))
        .into_boxed();
    if let Some(organization) = only {
        query = query.filter(o::organization_id.eq(organization));
    }
    let rows: Vec<Row> = query.load(tx.connection)?;
    let count = |count: i32| usize::try_from(count).map_err(Error::internal);
    rows.into_iter()
        .map(|(submission, (organization_id, organization), counts)| {
            let (received, created, updated, unchanged, withdrawn, rejected) = counts;
            let counts = Counts {
                received: count(received)?,
                created: count(created)?,
                updated: count(updated)?,
                unchanged: count(unchanged)?,
                withdrawn: count(withdrawn)?,
                rejected: count(rejected)?,
            };
            let of = OrganizationCounts {
                organization_id,
                organization,
                counts,
            };
            Ok((submission, of))
        })
        .collect()
}
