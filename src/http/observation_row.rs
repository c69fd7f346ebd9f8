//! How a figure is told: where it stands, what was answered, and where that came from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::rfc3339;
use crate::domain::answer::Answer;
use crate::domain::decimal::JsonNumber;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::earlier_values::EarlierValue;
use crate::store::observation_feed::Observation;
use crate::store::{Key, figures};

/// Whose figure, of what, when.
#[derive(Serialize)]
pub struct Place {
    organization: String,
    measure: String,
    period: String,
    period_start: String,
    period_end: String,
    cell: BTreeMap<String, String>,
}

/// What was answered; nothing, where the answer was taken back.
#[derive(Serialize)]
pub struct Told {
    value: Option<JsonNumber>,
    estimated: bool,
    missing: Option<&'static str>,
    note: Option<String>,
}

/// A row of the list of observations.
#[derive(Serialize)]
pub struct Row {
    #[serde(flatten)]
    place: Place,
    #[serde(flatten)]
    told: Told,
    withdrawn: bool,
    submission: String,
    recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<Earlier>>,
}

#[derive(Serialize)]
struct Earlier {
    #[serde(flatten)]
    told: Told,
    submission: String,
    recorded_at: String,
    superseded_at: String,
    superseded_by: String,
}

impl Place {
    /// The names of what a key stands for, and its measure.
    pub fn of(schema: &Schema, key: Key, organization: String) -> Result<(Self, &Measure)> {
        let (measure, period, cell, _) = key;
        let period = Period::from_encoded(period).ok_or_else(broken)?;
        let cell = schema.cell_by_id(cell).ok_or_else(broken)?;
        Self::named(schema, (measure, period, cell), organization)
    }

    /// The names of a place that may not be in use yet, and its measure.
    pub fn named(
        schema: &Schema,
        (measure, period, cell): figures::Place,
        organization: String,
    ) -> Result<(Self, &Measure)> {
        let measure = schema.measure(measure).ok_or_else(broken)?;
        let pairs = schema.cell_codes(&cell).into_iter();
        let place = Self {
            organization,
            measure: measure.code.clone(),
            period: period.to_string(),
            period_start: period.start(schema.fiscal_start).to_string(),
            period_end: period.end(schema.fiscal_start).to_string(),
            cell: pairs.map(|(name, code)| (name.into(), code.into())).collect(),
        };
        Ok((place, measure))
    }
}

fn broken() -> Error {
    Error::internal("an observation has something that nothing can be")
}

impl Told {
    /// An answer to a measure.
    pub fn of(measure: &Measure, answer: Option<Answer>, note: Option<String>) -> Self {
        let units = answer.and_then(Answer::units);
        Self {
            value: units.map(|units| JsonNumber::from_units(units, measure.decimals)),
            estimated: answer.is_some_and(Answer::is_estimated),
            missing: answer.and_then(Answer::missing),
            note,
        }
    }
}

impl Row {
    /// A figure, and what it said before, newest first, where that is asked for.
    pub fn of(schema: &Schema, found: Observation, history: Option<Vec<EarlierValue>>) -> Result<Self> {
        let (place, measure) = Place::of(schema, found.key, found.organization)?;
        let earlier = |earlier: EarlierValue| Earlier {
            told: Told::of(measure, Some(earlier.answer), earlier.note),
            submission: earlier.submission,
            recorded_at: rfc3339(earlier.recorded_at),
            superseded_at: rfc3339(earlier.superseded_at),
            superseded_by: earlier.superseded_by,
        };
        Ok(Self {
            place,
            told: Told::of(measure, found.answer, found.note),
            withdrawn: found.answer.is_none(),
            submission: found.submission,
            recorded_at: rfc3339(found.recorded_at),
            history: history.map(|values| values.into_iter().map(earlier).collect()),
        })
    }
}
