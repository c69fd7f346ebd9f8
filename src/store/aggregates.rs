//! Answers to questions: from the live totals where they do, from the observations where they do not.

use std::collections::{BTreeSet, HashMap};

use super::figures::load_everybody;
use super::{Read, reported, totals};
use crate::auth::ReadsCoalition;
use crate::domain::aggregate::{from_figures, from_rollup};
use crate::domain::cube::{Cube, Row};
use crate::domain::period::Period;
use crate::domain::question::{Question, Way};
use crate::domain::reported::ReportedRows;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// The cube that answers a question, as whoever asks may see it; with `as_of`, from the figures as they were known at
/// that instant. Every answer with figures of several organizations in it comes from here, so that what is hidden is
/// hidden in one place.
pub fn answer<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    question: &Question,
    as_of: Option<i64>,
) -> Result<Cube> {
    let audience = tx.tenant().sight().audience;
    if !question.measures.iter().all(|&id| schema.shows(id)) {
        return Err(Error::NotFound);
    }
    if !audience.may_ask(question) {
        return Err(Error::Forbidden(
            "figures by organization or by their attributes, and the bounds of how many people they count, are for the \
             coalition's backbone"
                .into(),
        ));
    }
    let cube = match as_of {
        Some(_) => from_observations(tx, schema, question, as_of)?,
        None => from_figures_of_now(tx, schema, question)?,
    };
    Ok(audience.disclose(schema, cube))
}

/// The figures that hold now, each measure's in the quickest way.
fn from_figures_of_now<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    question: &Question,
) -> Result<Cube> {
    let mut cube = Cube {
        columns: question.columns(schema),
        rows: Vec::new(),
    };
    for way in [Way::Totals, Way::Reported, Way::Observations] {
        let part = question.part(schema, way);
        if part.measures.is_empty() {
            continue;
        }
        let rows = match way {
            Way::Totals => from_totals(tx, schema, &part)?.rows,
            Way::Reported => from_reported(tx, schema, &part)?,
            Way::Observations => from_observations(tx, schema, &part, None)?.rows,
        };
        append(&mut cube.rows, rows);
    }
    let places: HashMap<i32, usize> = question.measures.iter().copied().zip(0..).collect();
    // Stable: the rows of one measure and period are in order already.
    cube.rows
        .sort_by_key(|row| (places.get(&row.measure_id), row.period));
    Ok(cube)
}

fn from_totals<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    question: &Question,
) -> Result<Cube> {
    let only = question.by.is_empty().then_some(question.filter);
    let totals = totals::load(tx, schema, &question.rollup_needed(schema), only)?;
    let coverage = totals::load_coverage(tx, &question.coverage_needed(schema))?;
    Ok(from_rollup(schema, question, totals, coverage, &*tx.roster()?))
}

/// From what was reported at the filtered cell where that tells it, and only the rest from all observations.
fn from_reported<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    question: &Question,
) -> Result<Vec<Row>> {
    let coverage = totals::load_coverage(tx, &question.coverage_needed(schema))?;
    let mut answered: Vec<_> = coverage
        .into_iter()
        .filter(|(_, counts)| !counts.is_zero())
        .collect();
    answered.sort_unstable_by_key(|(slice, _)| *slice);
    let slices: Vec<(i32, Period)> = answered.iter().map(|(slice, _)| *slice).collect();
    let answers = reported::load(tx, schema, &question.filter, &slices)?;
    let roster = tx.roster()?;
    let groups = ReportedRows::new(schema, question, &roster);
    let (mut rows, mut left) = (Vec::new(), BTreeSet::new());
    for (slice, counts) in &answered {
        let found = schema.measure(slice.0).zip(answers.get(slice));
        match found.and_then(|(measure, answers)| groups.of(measure, slice.1, counts, answers)) {
            Some(of_slice) => append(&mut rows, of_slice),
            None => left.extend([*slice]),
        }
    }
    if !left.is_empty() {
        let cube = from_observations(tx, schema, &question.about(schema, &left), None)?;
        let is_left = |row: &Row| left.contains(&(row.measure_id, row.period));
        rows.extend(cube.rows.into_iter().filter(is_left));
    }
    Ok(rows)
}

/// Adds rows, which are large and many: those that are the first are not copied.
fn append(rows: &mut Vec<Row>, more: Vec<Row>) {
    if rows.is_empty() {
        *rows = more;
    } else {
        rows.extend(more);
    }
}

/// The same cube, worked out from the observations alone.
fn from_observations<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    question: &Question,
    as_of: Option<i64>,
) -> Result<Cube> {
    let mut everybody = load_everybody(tx, schema, &question.figures_needed(schema), as_of)?;
    let roster = tx.roster()?;
    let organizations = roster.organizations().iter().map(|facts| {
        let figures = everybody.remove(&facts.id).unwrap_or_default();
        (facts, figures)
    });
    Ok(from_figures(schema, question, organizations))
}
