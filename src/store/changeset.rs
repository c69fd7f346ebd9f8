//! What a submission would change: worked out by reading alone, so that a dry run and the real thing cannot differ.

use std::collections::{BTreeMap, BTreeSet};

pub use super::doubts::Warning;
use super::doubts::{Series, Suspicion};
use super::figures::{Place, Stored, Stretch, load_stored};
use super::{Read, memberships};
use crate::auth::InCoalition;
use crate::domain::answer::Answer;
use crate::domain::doubt::Doubt;
use crate::domain::figures::Figures;
use crate::domain::membership::Membership;
use crate::domain::period::Period;
use crate::domain::resolve::parts_exceed_total;
use crate::domain::rollup::{Deltas, effects, needed};
use crate::domain::schema::Schema;
use crate::domain::submission::Change;
use crate::error::Result;

/// One figure that is written or taken back.
pub struct Step {
    /// The place of its row among the submitted, from 0.
    pub row: usize,
    /// Whose figure it is.
    pub organization_id: i32,
    /// Of what.
    pub place: Place,
    /// What holds from now on; `None` takes back.
    pub answer: Option<Answer>,
    /// What is said of it.
    pub note: Option<String>,
    /// What held until now.
    pub before: Option<Stored>,
}

/// Under which submission, and when, the steps of its rows are written down.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// The place of its first row among all that are written together.
    pub first_row: usize,
    /// The submission.
    pub submission_id: i64,
    /// When, in microseconds.
    pub recorded_at: i64,
}

/// Everything that some rows of a submission would change.
#[derive(Default)]
pub struct Changeset {
    /// What is worth a second look.
    pub warnings: Vec<Warning>,
    /// How much of that there is, where it is more than is listed.
    pub warnings_total: usize,
    /// What is done to single figures.
    pub steps: Vec<Step>,
    /// What they change of the totals.
    pub deltas: Deltas,
    suspicions: Vec<Suspicion>,
}

/// Works out what changes would do, organization by organization.
pub fn plan<S: InCoalition>(tx: &mut Read<'_, S>, schema: &Schema, changes: &[Change]) -> Result<Changeset> {
    let by_organization = by_organization(changes.iter());
    let organizations: Vec<i32> = by_organization.keys().copied().collect();
    let members = memberships::find(tx, &organizations)?;
    let stretches = stretches(schema, &by_organization);
    let mut stored = load_stored(tx, schema, &stretches)?;
    let (mut changeset, mut series) = (Changeset::default(), Series::default());
    for (organization_id, changes) in by_organization {
        let Some(membership) = members.get(&organization_id) else {
            continue;
        };
        let stored = stored.remove(&organization_id).unwrap_or_default();
        let first = changeset.steps.len();
        changeset.add(schema, membership, &stored, &changes);
        series.add(schema, &stored, &stretches, (first, &changeset.steps[first..]));
    }
    let mut suspicions = std::mem::take(&mut changeset.suspicions);
    suspicions.extend(series.doubts(tx, schema)?);
    changeset.warn(schema, suspicions);
    Ok(changeset)
}

/// Of these changes, the rows of those that would not leave everything as it is.
pub fn rows_with_effect<'a, S: InCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    changes: impl Iterator<Item = &'a Change>,
) -> Result<BTreeSet<usize>> {
    let by_organization = by_organization(changes);
    let stored = load_stored(tx, schema, &stretches(schema, &by_organization))?;
    let nothing = BTreeMap::new();
    let steps = by_organization.iter().flat_map(|(organization_id, changes)| {
        let stored = stored.get(organization_id).unwrap_or(&nothing);
        changes.iter().filter_map(move |change| step(change, stored))
    });
    Ok(steps.map(|step| step.row).collect())
}

fn by_organization<'a>(changes: impl Iterator<Item = &'a Change>) -> BTreeMap<i32, Vec<&'a Change>> {
    let mut by_organization: BTreeMap<i32, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_organization
            .entry(change.organization_id)
            .or_default()
            .push(change);
    }
    by_organization
}

/// What has to be known of each organization. Neighbours often report the same, which is then worked out once.
fn stretches(schema: &Schema, by_organization: &BTreeMap<i32, Vec<&Change>>) -> Vec<(i32, Stretch)> {
    let mut last = (BTreeSet::new(), Vec::new());
    let mut stretches = Vec::new();
    for (&organization_id, changes) in by_organization {
        let touched: BTreeSet<(i32, Period)> = changes
            .iter()
            .map(|change| (change.measure_id, change.period))
            .collect();
        if touched != last.0 {
            let spans = spans(needed(schema, &touched));
            last = (touched, spans);
        }
        stretches.extend(last.1.iter().map(|&stretch| (organization_id, stretch)));
    }
    stretches
}

/// One stretch for each measure, so that a measure is read once however many of its periods are touched.
fn spans(stretches: Vec<Stretch>) -> Vec<Stretch> {
    let mut spans: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for (measure, first, last) in stretches {
        match spans.last_mut() {
            Some((same, _, end)) if *same == measure => *end = last.max(*end),
            _ => spans.push((measure, first, last)),
        }
    }
    spans
}

impl Changeset {
    /// Adds what the changes of one organization do to what it has stored.
    fn add(
        &mut self,
        schema: &Schema,
        member: &Membership,
        stored: &BTreeMap<Place, Stored>,
        changes: &[&Change],
    ) {
        let mut figures = Figures::new();
        for (&(measure, period, cell), stored) in stored {
            figures
                .entry((measure, period))
                .or_default()
                .insert(cell, stored.answer);
        }
        let first = self.steps.len();
        self.steps
            .extend(changes.iter().filter_map(|change| step(change, stored)));
        let steps = &self.steps[first..];
        if steps.is_empty() {
            return;
        }
        let touched: BTreeSet<_> = steps.iter().map(|step| (step.place.0, step.place.1)).collect();
        let expects = |measure: &_, period| member.expects(schema, measure, period);
        let before = effects(schema, &touched, &figures, &expects);
        for step in steps {
            let (measure, period, cell) = step.place;
            let slice = figures.entry((measure, period)).or_default();
            match step.answer {
                Some(answer) => slice.insert(cell, answer),
                None => slice.remove(&cell),
            };
        }
        figures.retain(|_, slice| !slice.is_empty());
        self.deltas
            .add(&effects(schema, &touched, &figures, &expects).minus(&before), 1);
        self.doubt_totals(schema, &figures, first);
    }

    /// Doubts once each cell whose parts come to more than it, at the first row that touches its slice.
    fn doubt_totals(&mut self, schema: &Schema, figures: &Figures, first: usize) {
        let mut looked_at = BTreeSet::new();
        for (number, step) in self.steps.iter().enumerate().skip(first) {
            let (measure, period, _) = step.place;
            let key = (measure, period);
            let (Some(measure), Some(slice)) = (schema.measure(measure), figures.get(&key)) else {
                continue;
            };
            if slice.len() < 2 || !looked_at.insert(key) {
                continue;
            }
            let answers = slice.iter().map(|(&cell, &answer)| (cell, answer));
            let exceeded = parts_exceed_total(schema, measure, answers).into_iter();
            self.suspicions.extend(exceeded.map(|cell| Suspicion {
                step: number,
                cell,
                doubt: Doubt::PartsExceedTotal,
            }));
        }
    }
}

/// What one change does; `None` if everything is so already.
fn step(change: &Change, stored: &BTreeMap<Place, Stored>) -> Option<Step> {
    let place = (change.measure_id, change.period, change.cell);
    let before = stored.get(&place);
    let is_unchanged = match (&change.answer, before) {
        (None, None) => true,
        (Some(answer), Some(before)) => *answer == before.answer && change.note == before.note,
        _ => false,
    };
    (!is_unchanged).then(|| Step {
        row: change.row,
        organization_id: change.organization_id,
        place,
        answer: change.answer,
        note: change.note.clone(),
        before: before.cloned(),
    })
}
