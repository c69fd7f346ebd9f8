//! Answers to questions: from the live totals where they do, from the observations where they do not.

use super::figures::load_everybody;
use super::{Read, totals};
use crate::auth::ReadsCoalition;
use crate::domain::aggregate::{from_figures, from_rollup};
use crate::domain::cube::Cube;
use crate::domain::question::Question;
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
        None => from_both(tx, schema, question)?,
    };
    Ok(audience.disclose(schema, cube))
}

/// From the totals what they answer, and only the rest from the observations.
fn from_both<S: ReadsCoalition>(tx: &mut Read<'_, S>, schema: &Schema, question: &Question) -> Result<Cube> {
    let (of_totals, of_figures) = question.split(schema);
    if of_figures.measures.is_empty() {
        return from_totals(tx, schema, question);
    }
    if of_totals.measures.is_empty() {
        return from_observations(tx, schema, question, None);
    }
    let mut cube = from_totals(tx, schema, &of_totals)?;
    cube.rows
        .extend(from_observations(tx, schema, &of_figures, None)?.rows);
    let place = |id: i32| question.measures.iter().position(|asked| *asked == id);
    cube.rows.sort_by_key(|row| place(row.measure_id));
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
    Ok(from_rollup(schema, question, totals, &coverage, &*tx.roster()?))
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
