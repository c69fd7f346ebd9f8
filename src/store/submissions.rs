//! Submissions: the changesets that brought observations in, and their receipts.

use std::sync::Arc;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::changeset::{Changeset, Counts};
use super::schema::{organizations, submissions};
use super::{Read, Write, cells, observations, rollup};
use crate::auth::{Coalition, Editor, InCoalition, InOrganization, Partner};
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// A row of a receipt: what was wrong, or worth a second look.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowNotice {
    /// The row, counted from 1, a CSV file's header not counted.
    pub row: usize,
    /// Where in a JSON submission.
    pub pointer: String,
    /// A stable code.
    pub code: String,
    /// The sentence for people.
    pub detail: String,
}

/// What became of a submission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// Its id; none for a dry run.
    pub submission: Option<String>,
    /// `applied`, `partial` or `dry_run`.
    pub state: String,
    /// Whether nothing was changed on purpose.
    pub dry_run: bool,
    /// How many rows did what.
    pub counts: Counts,
    /// Rows that were refused.
    pub errors: Vec<RowNotice>,
    /// Rows worth a second look.
    pub warnings: Vec<RowNotice>,
}

/// A submission, as listed.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Its place among the coalition's.
    pub id: i64,
    /// Who submitted it.
    pub organization: String,
    /// Where the figures came from, in the submitter's words.
    pub source: Option<String>,
    /// When, in microseconds.
    pub recorded_at: i64,
    /// What became of it.
    pub receipt: Receipt,
}

/// Applies a changeset and keeps its receipt, in this transaction.
pub fn create(
    tx: &mut Write<'_, Coalition<Partner, Editor>>,
    schema: Arc<Schema>,
    changeset: &Changeset,
    source: Option<&str>,
    receipt: &Receipt,
) -> Result<()> {
    let uuid = receipt
        .submission
        .as_deref()
        .ok_or_else(|| Error::internal("a receipt without an id is kept"))?;
    let (now, id) = (tx.recorded_at(), tx.revision());
    diesel::insert_into(submissions::table)
        .values((
            submissions::coalition_id.eq(tx.tenant().coalition_id()),
            submissions::id.eq(id),
            submissions::uuid.eq(uuid),
            submissions::organization_id.eq(tx.tenant().organization_id()),
            submissions::actor.eq(tx.tenant().actor().to_string()),
            submissions::source.eq(source),
            submissions::receipt.eq(serde_json::to_string(receipt)?),
            submissions::recorded_at.eq(now),
        ))
        .execute(tx.connection)?;
    let written = changeset.steps.iter().map(|step| step.place.2);
    let totalled = changeset.deltas.totals.keys().map(|(_, _, cell)| *cell);
    let schema = cells::ensure(tx, schema, written.chain(totalled))?;
    for step in &changeset.steps {
        observations::carry_out(tx, &schema, step)?;
    }
    rollup::apply(tx, &schema, &changeset.deltas)
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
                organizations::code,
                submissions::source,
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
    query.load::<Row>(tx.connection)?.into_iter().map(read).collect()
}

/// One of those that the organization may see.
pub fn find<S: InCoalition>(tx: &mut Read<'_, S>, uuid: &str) -> Result<Submission> {
    let row: Option<Row> = visible!(tx)
        .filter(submissions::uuid.eq(uuid.to_owned()))
        .first(tx.connection)
        .optional()?;
    row.map(read).transpose()?.ok_or(Error::NotFound)
}

type Row = (i64, String, Option<String>, i64, String);

fn read((id, organization, source, recorded_at, receipt): Row) -> Result<Submission> {
    Ok(Submission {
        id,
        organization,
        source,
        recorded_at,
        receipt: serde_json::from_str(&receipt)?,
    })
}
