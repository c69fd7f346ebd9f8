//! What a submission would change, shown before it is made.

use serde::Serialize;

use super::observation_row::{Place, Told};
use crate::domain::answer::Answer;
use crate::domain::measure::Measure;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::submissions::Receipt;
use crate::submit::{FigureChange, Page, Rehearsed};

/// The receipt that a submission would get, and a page of what it would change.
#[derive(Serialize)]
pub struct DryRun {
    #[serde(flatten)]
    receipt: Receipt,
    changes_total: usize,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    row: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(flatten)]
    place: Place,
    before: Option<Told>,
    after: Option<Told>,
}

impl DryRun {
    /// What a rehearsal showed.
    pub fn of(rehearsed: Rehearsed) -> Result<Self> {
        let Rehearsed {
            receipt,
            changes_total,
            changes,
            schema,
        } = rehearsed;
        let changes = changes.into_iter().map(|change| Change::of(&schema, change));
        Ok(Self {
            receipt,
            changes_total,
            changes: changes.collect::<Result<_>>()?,
        })
    }
}

impl Change {
    fn of(schema: &Schema, change: FigureChange) -> Result<Self> {
        let (place, measure) = Place::named(schema, change.place, change.organization)?;
        Ok(Self {
            row: change.row,
            at: change.at,
            place,
            before: told(measure, change.before),
            after: told(measure, change.after),
        })
    }
}

fn told(measure: &Measure, answered: Option<(Answer, Option<String>)>) -> Option<Told> {
    answered.map(|(answer, note)| Told::of(measure, Some(answer), note))
}

/// The page that `?limit` and `?offset` ask for. Only a dry run has pages; anything else is refused.
pub fn page(dry_run: bool, limit: Option<u32>, offset: Option<u32>) -> Result<Page> {
    let given = [("?limit", limit.is_some()), ("?offset", offset.is_some())];
    if let Some((name, _)) = given.into_iter().find(|(_, is_given)| *is_given && !dry_run) {
        let detail = "only a dry run is answered in pages: leave it out, or add dry_run=true";
        return Err(Error::invalid(name, "not_a_dry_run", detail));
    }
    let of_list = super::Page { limit, cursor: None };
    Ok(Page {
        limit: of_list.limit()?,
        offset: offset.unwrap_or_default() as usize,
    })
}
