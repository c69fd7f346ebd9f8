//! Submissions: the changesets that brought observations in, and their receipts.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;

use super::actors::{self, ActorName};
use super::changeset::{Mark, Step};
use super::connection::each;
use super::many::{Bind, Many};
use super::own::own;
use super::reviews::{self, Review};
use super::schema::{organizations, submission_organizations as named, submissions};
use super::{Read, Write, cells, observation_writes, rollup, submission_organizations};
use crate::auth::{Coalition, Editor, InCoalition, InOrganization, Partner};
use crate::domain::review::Verdict;
use crate::domain::rollup::Deltas;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

pub use super::receipt::{Counts, MOST_NOTICES, OrganizationCounts, Receipt, RowNotice};

/// A submission, as listed.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Its place among the coalition's.
    pub id: i64,
    /// Whether all of it is shown; if not, only what it did to the figures of the organization that asks.
    pub is_whole: bool,
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
    /// What the backbone found, once it has looked; only where all of the submission is shown.
    pub review: Option<Review>,
}

/// The file that a submission came in.
#[derive(Clone, Debug, Serialize)]
pub struct SourceFile {
    /// What it was called, if it was said.
    pub name: Option<String>,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// A submission to be kept: one row of the list.
pub struct NewSubmission<'a> {
    /// The id that it was promised.
    pub uuid: &'a str,
    /// Who submits.
    pub tenant: &'a Coalition<Partner, Editor>,
    /// Under what its figures were written down.
    pub mark: Mark,
    /// Where the figures come from.
    pub source: Option<&'a str>,
    /// The file that they came in.
    pub file: &'a SourceFile,
    /// What became of it.
    pub receipt: &'a Receipt,
}

/// Carries out steps under the marks of their submissions; answers the schema as it is then.
pub fn carry_out(
    tx: &mut Write<'_, Coalition<Partner, Editor>>,
    schema: Arc<Schema>,
    steps: &[Step],
    marks: &[Mark],
) -> Result<Arc<Schema>> {
    let schema = cells::ensure(tx, schema, steps.iter().map(|step| step.place.2))?;
    observation_writes::carry_out(tx, &schema, steps, marks)?;
    Ok(schema)
}

/// Changes the totals by what was carried out in this transaction.
pub fn change_totals(tx: &mut Write<'_, Coalition<Partner, Editor>>, deltas: &Deltas) -> Result<()> {
    let schema = tx.schema()?;
    let schema = cells::ensure(tx, schema, deltas.totals.keys().map(|(_, _, cell)| *cell))?;
    rollup::apply(tx, &schema, deltas)
}

/// Keeps submissions of this coalition with their receipts.
pub fn create(
    tx: &mut Write<'_, Coalition<Partner, Editor>>,
    submissions: &[NewSubmission<'_>],
) -> Result<()> {
    let coalition_id = tx.tenant().id();
    let texts = submissions.iter().map(|new| {
        let receipt = Receipt {
            organizations: Vec::new(),
            ..new.receipt.clone()
        };
        Ok((new.tenant.actor().to_string(), serde_json::to_string(&receipt)?))
    });
    let texts = texts.collect::<Result<Vec<_>>>()?;
    let rows = submissions.iter().zip(&texts).map(|(new, (actor, receipt))| {
        [
            Bind::Int(coalition_id),
            Bind::Big(new.mark.submission_id),
            Bind::MaybeText(Some(new.uuid)),
            Bind::Int(new.tenant.organization_id()),
            Bind::MaybeText(Some(actor)),
            Bind::MaybeText(new.source),
            Bind::MaybeText(new.file.name.as_deref()),
            Bind::MaybeText(Some(&new.file.sha256)),
            Bind::MaybeText(Some(receipt)),
            Bind::Big(new.mark.recorded_at),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let into = "INSERT INTO submissions (coalition_id, id, uuid, organization_id, actor, source, file_name, \
        file_sha256, receipt, recorded_at) VALUES";
    for statement in Many::<10>::statements(into, &rows, "") {
        each!(tx.connection, c => statement.execute(c))?;
    }
    let named = submissions.iter().flat_map(|new| {
        let organizations = new.receipt.organizations.iter();
        organizations.map(|of| (new.mark.submission_id, of))
    });
    submission_organizations::create(tx, named)
}

/// The coalition's submissions that the tenant may see: its own, and those on its behalf; the backbone all.
macro_rules! visible {
    ($tx:expr) => {{
        let tenant = $tx.tenant();
        let mut query = submissions::table
            .inner_join(organizations::table.on(organizations::id.eq(submissions::organization_id)))
            .filter(own!(submissions::coalition_id, tenant.coalition_id()))
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
                reviews::COLUMNS,
            ))
            .into_boxed();
        if !tenant.is_backbone() {
            let on_behalf = named::table
                .filter(named::coalition_id.eq(submissions::coalition_id))
                .filter(named::organization_id.eq(tenant.organization_id()))
                .filter(named::submission_id.eq(submissions::id));
            let own = submissions::organization_id.eq(tenant.organization_id());
            query = query.filter(own.or(exists(on_behalf)));
        }
        query
    }};
}

/// The newest of those that the organization may see first, older than `before` where it is given, and only those that
/// were reviewed so, or not yet, where that is asked for.
pub fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    before: Option<i64>,
    reviewed: Option<Option<Verdict>>,
    limit: i64,
) -> Result<Vec<Submission>> {
    let mut query = visible!(tx).order(submissions::id.desc()).limit(limit);
    if let Some(before) = before {
        query = query.filter(submissions::id.lt(before));
    }
    if let Some(verdict) = reviewed {
        // Whoever sees a part of a submission sees no review of it, and finds it as not reviewed.
        let is_whole = submissions::organization_id
            .eq(tx.tenant().organization_id())
            .or(tx.tenant().is_backbone().into_sql::<Bool>());
        query = match verdict {
            Some(verdict) => query.filter(submissions::verdict.eq(verdict.as_str()).and(is_whole)),
            None => query.filter(submissions::verdict.is_null().or(not(is_whole))),
        };
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
    if found.is_whole {
        let named = submission_organizations::list(tx, &[found.id], None)?;
        found.receipt.organizations = named.into_iter().map(|(_, counts)| counts).collect();
    }
    Ok(found)
}

type Row = (
    i64,
    (i32, String, String),
    Option<String>,
    (Option<String>, String),
    i64,
    String,
    reviews::Row,
);

fn read<S: InCoalition>(tx: &mut Read<'_, S>, rows: Vec<Row>) -> Result<Vec<Submission>> {
    let actors = rows
        .iter()
        .flat_map(|(_, (_, _, actor), .., (_, _, reviewer, _))| [Some(actor), reviewer.as_ref()])
        .flatten()
        .map(String::as_str);
    let names = actors::find_names(tx.connection, actors)?;
    let (own, is_backbone) = (tx.tenant().organization_id(), tx.tenant().is_backbone());
    let is_whole = |organization_id: i32| is_backbone || organization_id == own;
    let on_behalf: Vec<i64> = rows
        .iter()
        .filter(|(_, (organization_id, ..), ..)| !is_whole(*organization_id))
        .map(|(id, ..)| *id)
        .collect();
    let mut counts: HashMap<i64, OrganizationCounts> =
        submission_organizations::list(tx, &on_behalf, Some(own))?
            .into_iter()
            .collect();
    rows.into_iter()
        .map(
            |(
                id,
                (organization_id, organization, actor),
                source,
                (name, sha256),
                recorded_at,
                receipt,
                review,
            )| {
                let submitted_by = names.get(&actor).cloned().map(|known| ActorName {
                    email: known.email.filter(|_| organization_id == own),
                    ..known
                });
                let receipt: Receipt = serde_json::from_str(&receipt)?;
                let reviewer = review.2.as_ref().and_then(|actor| names.get(actor));
                let review = reviews::read(review.clone(), reviewer)?;
                Ok(Submission {
                    id,
                    is_whole: is_whole(organization_id),
                    organization_id,
                    organization,
                    submitted_by,
                    source,
                    file: SourceFile { name, sha256 },
                    recorded_at,
                    receipt: match counts.remove(&id) {
                        Some(own) => receipt.about(own),
                        None => receipt,
                    },
                    review: review.filter(|_| is_whole(organization_id)),
                })
            },
        )
        .collect()
}
