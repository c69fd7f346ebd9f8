//! What a submission did, figure by figure: it set them or took them back.
//!
//! Figures that hold stand among the observations, the others in the history. For one organization the first are found
//! by their index; the history has none, and is read through up to the end of the page.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::Read;
use super::own::own;
use super::row_key::{Key, Merged, stands};
use super::schema::{observation_history, observations, organizations, submission_organizations};
use super::submissions::Submission;
use crate::auth::InCoalition;
use crate::domain::answer::Answer;
use crate::error::{Error, Result};

/// One figure that a submission set or took back.
#[derive(Clone, Debug)]
pub struct SubmittedRow {
    /// Where it stands.
    pub key: Key,
    /// The organization's code.
    pub organization: String,
    /// What was submitted; `None` where a figure was taken back.
    pub answer: Option<Answer>,
    /// What was said of it.
    pub note: Option<String>,
    /// Whether something else was submitted for it since.
    pub is_superseded: bool,
}

/// Which rows a page holds.
struct Page {
    submission_id: i64,
    /// The one organization that the rows are about, if they are about one.
    organization_id: Option<i32>,
    after: Option<Key>,
    limit: i64,
}

/// A page of what a submission did, by measure, period, cell and organization.
pub fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    submission: &Submission,
    after: Option<Key>,
    limit: i64,
) -> Result<Vec<SubmittedRow>> {
    let of = Page {
        submission_id: submission.id,
        organization_id: only_organization(tx, submission)?,
        after,
        limit,
    };
    let mut page = Merged::new(limit, |row: &SubmittedRow| row.key);
    page.add(holding(tx, &of)?);
    let last = page.last();
    page.add(superseded(tx, &of, last)?);
    let last = page.last();
    page.add(withdrawn(tx, &of, last)?);
    Ok(page.into_rows())
}

/// Rows that name organizations are counted by organization; otherwise all are about the submitter. Who may not see
/// all of a submission sees its own part.
fn only_organization<S: InCoalition>(tx: &mut Read<'_, S>, submission: &Submission) -> Result<Option<i32>> {
    use submission_organizations as s;
    if !submission.is_whole {
        return Ok(Some(tx.tenant().organization_id()));
    }
    let named: Vec<i32> = s::table
        .filter(own!(s::coalition_id, tx.tenant().coalition_id()))
        .filter(s::submission_id.eq(submission.id))
        .select(s::organization_id)
        .limit(2)
        .load(tx.connection)?;
    Ok(match named.as_slice() {
        [] => Some(submission.organization_id),
        [only] => Some(*only),
        _ => None,
    })
}

/// The rows of a table from a page's beginning to a key: where every query here starts.
macro_rules! scoped {
    ($tx:ident, $table:ident, $name:literal, $of:ident, $last:expr) => {{
        use $table as t;
        let mut query = t::table
            .inner_join(organizations::table.on(organizations::id.eq(t::organization_id)))
            .filter(own!(t::coalition_id, $tx.tenant().coalition_id()))
            .order((t::measure_id, t::period, t::cell_id, t::organization_id))
            .limit($of.limit)
            .into_boxed();
        if let Some(organization) = $of.organization_id {
            query = query.filter(t::organization_id.eq(organization));
        }
        if let Some(after) = $of.after {
            query = query.filter(stands!($name, ">", after));
        }
        if let Some(last) = $last {
            query = query.filter(stands!($name, "<=", last));
        }
        query
    }};
}

type Row = (Key, String, Option<i64>, i16, Option<String>);

/// What it set, and holds.
fn holding<S: InCoalition>(tx: &mut Read<'_, S>, of: &Page) -> Result<Vec<SubmittedRow>> {
    use observations as o;
    let rows = scoped!(tx, observations, "observations", of, None::<Key>)
        .filter(o::submission_id.eq(of.submission_id))
        .select((
            (o::measure_id, o::period, o::cell_id, o::organization_id),
            organizations::code,
            o::value,
            o::flags,
            o::note,
        ))
        .load::<Row>(tx.connection)?;
    rows.into_iter().map(|row| read(row, false)).collect()
}

/// What it set, and holds no longer.
fn superseded<S: InCoalition>(
    tx: &mut Read<'_, S>,
    of: &Page,
    last: Option<Key>,
) -> Result<Vec<SubmittedRow>> {
    use observation_history as h;
    let rows = scoped!(tx, observation_history, "observation_history", of, last)
        .filter(h::submission_id.eq(of.submission_id))
        .select((
            (h::measure_id, h::period, h::cell_id, h::organization_id),
            organizations::code,
            h::value,
            h::flags,
            h::note,
        ))
        .load::<Row>(tx.connection)?;
    rows.into_iter().map(|row| read(row, true)).collect()
}

/// The versions of a history row's figure.
macro_rules! versions {
    ($table:expr, $column:ident) => {{
        use observation_history as h;
        $table
            .filter($column!(coalition_id).eq(h::coalition_id))
            .filter($column!(measure_id).eq(h::measure_id))
            .filter($column!(period).eq(h::period))
            .filter($column!(cell_id).eq(h::cell_id))
            .filter($column!(organization_id).eq(h::organization_id))
    }};
}

/// What it took back: what it ended without setting anything in its place.
fn withdrawn<S: InCoalition>(
    tx: &mut Read<'_, S>,
    of: &Page,
    last: Option<Key>,
) -> Result<Vec<SubmittedRow>> {
    use observation_history as h;
    use observations as o;
    let (other, later) = diesel::alias!(observation_history as other, observation_history as later);
    macro_rules! of_observations {
        ($name:ident) => {
            o::$name
        };
    }
    macro_rules! of_other {
        ($name:ident) => {
            other.field(h::$name)
        };
    }
    macro_rules! of_later {
        ($name:ident) => {
            later.field(h::$name)
        };
    }
    let set_one = versions!(o::table, of_observations).filter(o::submission_id.eq(of.submission_id));
    let set_other = versions!(other, of_other).filter(other.field(h::submission_id).eq(of.submission_id));
    let holds = versions!(o::table, of_observations);
    let held = versions!(later, of_later).filter(later.field(h::recorded_at).gt(h::superseded_at));
    let rows: Vec<(Key, String, bool, bool)> =
        scoped!(tx, observation_history, "observation_history", of, last)
            .filter(h::superseded_by.eq(of.submission_id))
            .filter(not(exists(set_one)))
            .filter(not(exists(set_other)))
            .select((
                (h::measure_id, h::period, h::cell_id, h::organization_id),
                organizations::code,
                exists(holds),
                exists(held),
            ))
            .load(tx.connection)?;
    let told = |(key, organization, holds, held)| SubmittedRow {
        key,
        organization,
        answer: None,
        note: None,
        is_superseded: holds || held,
    };
    Ok(rows.into_iter().map(told).collect())
}

fn read((key, organization, value, flags, note): Row, is_superseded: bool) -> Result<SubmittedRow> {
    let answer = Answer::from_columns(value, flags)
        .ok_or_else(|| Error::internal("an observation has an answer that nothing can be"))?;
    Ok(SubmittedRow {
        key,
        organization,
        answer: Some(answer),
        note,
        is_superseded,
    })
}
