//! What organizations answered for the measures that are expected of them, and when they first did.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::min;
use diesel::prelude::*;

use super::figures::{Stretch, load_stored};
use super::memberships::{self, PartnerFacts};
use super::own::own;
use super::schema::{coverage, observation_history};
use super::{Read, totals as live_totals};
use crate::auth::InCoalition;
use crate::clock::date_of;
use crate::domain::completeness::{Answered, Item, Window, expected};
use crate::domain::completeness_totals::{Totals, totals as totals_of};
use crate::domain::coverage::slice_standing;
use crate::domain::figures::Slice;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// The organizations whose figures are in memory at once.
const AT_ONCE: usize = 50;

/// The measures expected of one organization in one period.
#[derive(Clone, Debug)]
pub struct Line {
    /// The organization's code.
    pub organization: String,
    /// Its name.
    pub name: String,
    /// The period.
    pub period: Period,
    /// How each measure stands.
    pub items: Vec<Item>,
}

/// A line before anything was looked up.
type Blank<'a> = (&'a PartnerFacts, Period, Vec<&'a Measure>);

/// The lines of all organizations, or of one, by code and period, from after such a pair on.
pub fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    windows: &[Window<'_>],
    organization_id: Option<i32>,
    after: Option<(String, Period)>,
    limit: usize,
) -> Result<Vec<Line>> {
    let members = memberships::list(tx)?;
    let asked = members
        .iter()
        .filter(|facts| organization_id.is_none_or(|id| facts.membership.organization_id == id));
    let mut blanks: Vec<Blank> = Vec::new();
    for facts in asked {
        let key = facts.code.to_ascii_lowercase();
        if after.as_ref().is_some_and(|(code, _)| key < *code) {
            continue;
        }
        let is_left = |period: Period| {
            let last = after.as_ref().filter(|(code, _)| key == *code);
            last.is_none_or(|(_, last)| period > *last)
        };
        let lines = expected(schema, &facts.membership, windows).into_iter();
        let lines = lines.filter(|(period, _)| is_left(*period));
        blanks.extend(lines.map(|(period, measures)| (facts, period, measures)));
        if blanks.len() >= limit {
            break;
        }
    }
    blanks.truncate(limit);
    let today = tx.clock().today();
    let mut lines = Vec::with_capacity(blanks.len());
    for some in blanks
        .chunk_by(|left, right| left.0.code == right.0.code)
        .collect::<Vec<_>>()
        .chunks(AT_ONCE)
    {
        let answers = answers(tx, schema, &some.concat())?;
        for (facts, period, measures) in some.iter().copied().flatten() {
            let id = facts.membership.organization_id;
            let item = |measure: &&Measure| {
                let answered = answers.get(&(id, measure.id, *period)).copied();
                Item::of(schema, measure, *period, answered, today)
            };
            lines.push(Line {
                organization: facts.code.clone(),
                name: facts.name.clone(),
                period: *period,
                items: measures.iter().map(item).collect(),
            });
        }
    }
    Ok(lines)
}

/// By organization, measure and period.
type Answers = HashMap<(i32, i32, Period), Answered>;

/// What was answered for some lines, without what was taken back.
fn answers<S: InCoalition>(tx: &mut Read<'_, S>, schema: &Schema, blanks: &[Blank<'_>]) -> Result<Answers> {
    let (mut own, mut all) = (BTreeMap::new(), BTreeMap::new());
    let mut organizations = BTreeSet::new();
    for (facts, period, measures) in blanks {
        let id = facts.membership.organization_id;
        organizations.insert(id);
        for measure in measures {
            extend(&mut own, (id, measure.id), *period);
            extend(&mut all, measure.id, *period);
        }
    }
    let stretches: Vec<(i32, Stretch)> = own
        .into_iter()
        .map(|((id, measure), (first, last))| (id, (measure, first, last)))
        .collect();
    let mut slices: BTreeMap<(i32, i32, Period), (Slice, i64)> = BTreeMap::new();
    for (id, figures) in load_stored(tx, schema, &stretches)? {
        for ((measure, period, cell), stored) in figures {
            let (slice, first_at) = slices
                .entry((id, measure, period))
                .or_insert_with(|| (Slice::new(), i64::MAX));
            slice.insert(cell, stored.answer);
            *first_at = stored.recorded_at.min(*first_at);
        }
    }
    let earlier = earlier(tx, &organizations, all)?;
    let answers = slices.into_iter().filter_map(|(key, (slice, first_at))| {
        let first_at = earlier
            .get(&key)
            .map_or(first_at, |earlier| first_at.min(*earlier));
        let answered = Answered {
            standing: slice_standing(&slice)?,
            first_at,
            first_on: date_of(first_at),
        };
        Some((key, answered))
    });
    Ok(answers.collect())
}

fn extend<K: Ord>(stretches: &mut BTreeMap<K, (Period, Period)>, key: K, period: Period) {
    let stretch = stretches.entry(key).or_insert((period, period));
    *stretch = (stretch.0.min(period), stretch.1.max(period));
}

/// When what no longer holds was first recorded, by organization, measure and period.
fn earlier<S: InCoalition>(
    tx: &mut Read<'_, S>,
    organizations: &BTreeSet<i32>,
    stretches: BTreeMap<i32, (Period, Period)>,
) -> Result<HashMap<(i32, i32, Period), i64>> {
    use observation_history as h;
    let mut found = HashMap::new();
    for (measure, (first, last)) in stretches {
        let rows: Vec<(i32, i32, Option<i64>)> = h::table
            .filter(own!(h::coalition_id, tx.tenant().coalition_id()))
            .filter(h::measure_id.eq(measure))
            .filter(h::period.between(first.encoded(), last.encoded()))
            .filter(h::organization_id.eq_any(organizations))
            .group_by((h::organization_id, h::period))
            .select((h::organization_id, h::period, min(h::recorded_at)))
            .load(tx.connection)?;
        for (organization, period, recorded_at) in rows {
            let period =
                Period::from_encoded(period).ok_or_else(|| Error::internal("an answer of no period"))?;
            found.extend(recorded_at.map(|at| ((organization, measure, period), at)));
        }
    }
    Ok(found)
}

/// How complete the coalition's reports are in the last period of each window.
pub fn totals<S: InCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    windows: &[Window<'_>],
) -> Result<BTreeMap<Period, Totals>> {
    let last = windows
        .iter()
        .map(|(measure, (_, last))| (measure.id, *last, *last));
    let coverage = live_totals::load_coverage(tx, &last.collect::<Vec<_>>())?;
    let coverage = coverage.into_iter().collect();
    Ok(totals_of(schema, &*tx.roster()?, windows, &coverage))
}

/// The earliest period that anybody ever answered for, by measure.
pub fn earliest<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<HashMap<i32, Period>> {
    let rows: Vec<(i32, Option<i32>)> = coverage::table
        .filter(own!(coverage::coalition_id, tx.tenant().coalition_id()))
        .group_by(coverage::measure_id)
        .select((coverage::measure_id, min(coverage::period)))
        .load(tx.connection)?;
    let read = |(measure, period): (i32, Option<i32>)| Some((measure, Period::from_encoded(period?)?));
    Ok(rows.into_iter().filter_map(read).collect())
}
