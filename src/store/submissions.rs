//! Submissions: the changesets that brought observations in, and their receipts.

use std::sync::Arc;

use diesel::prelude::*;
use serde::Serialize;

use super::actors::{self, ActorName};
use super::changeset::Changeset;
use super::connection::each;
use super::many::{Bind, Many};
use super::schema::{organizations, submission_organizations, submissions};
use super::{Read, Write, cells, observation_writes, rollup};
use crate::auth::{Coalition, Editor, InCoalition, InOrganization, Partner};
use crate::domain::rollup::Deltas;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

pub use super::receipt::{Counts, OrganizationCounts, Receipt, RowNotice};

/// A submission, as listed.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Its place among the coalition's.
    pub id: i64,
    /// Which organization submitted it.
    pub organization_id: i32,
    /// Its code.
    pub organization: String,
    /// Who in it, where that is known.
    pub submitted_by: Option<ActorName>,
    /// Where the figures came from, in the submitter's words.
    pub source: Option<String>,
    /// The file that they came in.
    pub file: SourceFile,
    /// When, in microseconds.
    pub recorded_at: i64,
    /// What became of it.
    pub receipt: Receipt,
}

/// The file that a submission came in.
#[derive(Clone, Debug, Serialize)]
pub struct SourceFile {
    /// What it was called, if it was said.
    pub name: Option<String>,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// Carries out a part of a submission, in this transaction; answers the schema as it is then.
pub fn carry_out(
    tx: &mut Write<'_, Coalition<Partner, Editor>>,
    schema: Arc<Schema>,
    changeset: &Changeset,
) -> Result<Arc<Schema>> {
    let written = changeset.steps.iter().map(|step| step.place.2);
    let schema = cells::ensure(tx, schema, written)?;
    observation_writes::carry_out(tx, &schema, &changeset.steps)?;
    Ok(schema)
}

/// Changes the totals by what was carried out in this transaction, and keeps its receipt.
pub fn create(
    tx: &mut Write<'_, Coalition<Partner, Editor>>,
    source: Option<&str>,
    file: &SourceFile,
    receipt: &Receipt,
    deltas: &Deltas,
) -> Result<()> {
    let schema = tx.schema()?;
    let schema = cells::ensure(tx, schema, deltas.totals.keys().map(|(_, _, cell)| *cell))?;
    rollup::apply(tx, &schema, deltas)?;
    let uuid = receipt
        .submission
        .as_deref()
        .ok_or_else(|| Error::internal("a receipt without an id is kept"))?;
    let (now, id) = (tx.recorded_at(), tx.revision());
    let row = Receipt {
        organizations: Vec::new(),
        ..receipt.clone()
    };
    diesel::insert_into(submissions::table)
        .values((
            submissions::coalition_id.eq(tx.tenant().coalition_id()),
            submissions::id.eq(id),
            submissions::uuid.eq(uuid),
            submissions::organization_id.eq(tx.tenant().organization_id()),
            submissions::actor.eq(tx.tenant().actor().to_string()),
            submissions::source.eq(source),
            submissions::file_name.eq(file.name.as_deref()),
            submissions::file_sha256.eq(&file.sha256),
            submissions::receipt.eq(serde_json::to_string(&row)?),
            submissions::recorded_at.eq(now),
        ))
        .execute(tx.connection)?;
    create_counts(tx, &receipt.organizations)
}

fn create_counts(
    tx: &mut Write<'_, Coalition<Partner, Editor>>,
    organizations: &[OrganizationCounts],
) -> Result<()> {
    let (coalition_id, id) = (tx.tenant().coalition_id(), tx.revision());
    let rows = organizations.iter().map(|of| {
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

fn load_counts<S: InCoalition>(tx: &mut Read<'_, S>, id: i64) -> Result<Vec<OrganizationCounts>> {
    use submission_organizations as o;
    type Row = (i32, String, i32, i32, i32, i32, i32, i32);
    let rows: Vec<Row> = o::table
        .inner_join(organizations::table.on(organizations::id.eq(o::organization_id)))
        .filter(o::coalition_id.eq(tx.tenant().coalition_id()))
        .filter(o::submission_id.eq(id))
        .order(organizations::code_key)
        .select((
            o::organization_id,
            organizations::code,
            o::received,
            o::created,
            o::updated,
            o::unchanged,
            o::withdrawn,
            o::rejected,
        ))
        .load(tx.connection)?;
    let count = |count: i32| usize::try_from(count).map_err(Error::internal);
    rows.into_iter()
        .map(
            |(organization_id, organization, received, created, updated, unchanged, withdrawn, rejected)| {
                Ok(OrganizationCounts {
                    organization_id,
                    organization,
                    counts: Counts {
                        received: count(received)?,
                        created: count(created)?,
                        updated: count(updated)?,
                        unchanged: count(unchanged)?,
                        withdrawn: count(withdrawn)?,
                        rejected: count(rejected)?,
                    },
                })
            },
        )
        .collect()
}

/// The coalition's submissions that the tenant may see.
macro_rules! visible {
    ($tx:expr) => {{
        let tenant = $tx.tenant();
        let mut query = submissions::table
            .inner_join(organizations::table.on(organizations::id.eq(submissions::organization_id)))
            .filter(submissions::coalition_id.eq(tenant.coalition_id()))
            .select((
                submissions::id,
                (
                    submissions::organization_id,
                    organizations::code,
                    submissions::actor,
                ),
                submissions::source,
                (submissions::file_name, submissions::file_sha256),
                submissions::recorded_at,
                submissions::receipt,
            ))
            .into_boxed();
        if !tenant.is_backbone() {
            query = query.filter(submissions::organization_id.eq(tenant.organization_id()));
        }
        query
    }};
}
/// The newest first, older than `before` where it is given: the organization's own, or for the backbone all.
pub fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Submission>> {
    let mut query = visible!(tx).order(submissions::id.desc()).limit(limit);
    if let Some(before) = before {
        query = query.filter(submissions::id.lt(before));
    }
    let rows = query.load::<Row>(tx.connection)?;
    read(tx, rows)
}

/// One of those that the organization may see.
pub fn find<S: InCoalition>(tx: &mut Read<'_, S>, uuid: &str) -> Result<Submission> {
    let row: Option<Row> = visible!(tx)
        .filter(submissions::uuid.eq(uuid.to_owned()))
        .first(tx.connection)
        .optional()?;
    let mut found = read(tx, row.into_iter().collect())?
        .pop()
        .ok_or(Error::NotFound)?;
    found.receipt.organizations = load_counts(tx, found.id)?;
    Ok(found)
}

type Row = (
    i64,
    (i32, String, String),
    Option<String>,
    (Option<String>, String),
    i64,
    String,
);

fn read<S: InCoalition>(tx: &mut Read<'_, S>, rows: Vec<Row>) -> Result<Vec<Submission>> {
    let actors = rows.iter().map(|(_, (_, _, actor), ..)| actor.as_str());
    let names = actors::find_names(tx.connection, actors)?;
    let own = tx.tenant().organization_id();
    rows.into_iter()
        .map(
            |(id, (organization_id, organization, actor), source, (name, sha256), recorded_at, receipt)| {
                let submitted_by = names.get(&actor).cloned().map(|known| ActorName {
                    email: known.email.filter(|_| organization_id == own),
                    ..known
                });
                Ok(Submission {
                    id,
                    organization_id,
                    organization,
                    submitted_by,
                    source,
                    file: SourceFile { name, sha256 },
                    recorded_at,
                    receipt: serde_json::from_str(&receipt)?,
                })
            },
        )
        .collect()
}
