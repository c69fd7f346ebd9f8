//! Answers to questions: from the live totals where they do, from the observations where they do not.

use super::figures::load_everybody;
use super::{Read, memberships, rollup};
use crate::auth::ReadsCoalition;
use crate::domain::aggregate::{OrganizationFacts, from_figures, from_rollup};
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
            "figures by organization or by their attributes are for the coalition's backbone".into(),
        ));
    }
    let cube = if as_of.is_none() && question.fits_rollup(schema) {
        from_totals(tx, schema, question)?
    } else {
        from_observations(tx, schema, question, as_of)?
    };
    Ok(audience.disclose(schema, cube))
}

fn from_totals<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    question: &Question,
) -> Result<Cube> {
    let only = question.by.is_empty().then_some(question.filter);
    let totals = rollup::load(tx, schema, &question.rollup_needed(schema), only)?;
    let coverage = rollup::load_coverage(tx, &question.coverage_needed(schema))?;
    let members = memberships::expected(tx)?;
    Ok(from_rollup(schema, question, totals, &coverage, &members))
}

/// The same cube, worked out from the observations alone.
fn from_observations<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    question: &Question,
    as_of: Option<i64>,
) -> Result<Cube> {
    let mut everybody = load_everybody(tx, schema, &question.figures_needed(schema), as_of)?;
    let organizations = memberships::list(tx)?.into_iter().map(|facts| {
        let figures = everybody
            .remove(&facts.membership.organization_id)
            .unwrap_or_default();
        let organization = OrganizationFacts {
            id: facts.membership.organization_id,
            code: facts.code,
            attributes: facts.attributes,
            membership: facts.membership,
        };
        (organization, figures)
    });
    Ok(from_figures(schema, question, organizations))
}
