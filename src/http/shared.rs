//! What a share link shows, for whoever builds something on it: which measures, dimensions and goals there are, and what
//! they are called.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::caching::Cacheable;
use super::cells::{CellCodes, codes};
use crate::app::App;
use crate::auth::Reader;
use crate::clock::rfc3339;
use crate::domain::dimension::{Dimension, NOT_STATED};
use crate::domain::goal_measure::GoalMeasure;
use crate::domain::measure::Measure;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::coalitions;
use crate::store::goals::{self, Goal};

#[derive(Serialize)]
struct Shared {
    coalition: String,
    name: String,
    expires_at: String,
    measures: Vec<SharedMeasure>,
    dimensions: Vec<SharedDimension>,
    goals: Vec<SharedGoal>,
}

#[derive(Serialize)]
struct SharedMeasure {
    code: String,
    name: String,
    definition: String,
    unit: String,
    decimals: u8,
    direction: &'static str,
    frequency: &'static str,
    dimensions: Vec<String>,
}

#[derive(Serialize)]
struct SharedDimension {
    code: String,
    name: String,
    codes: Vec<SharedCode>,
}

#[derive(Serialize)]
struct SharedCode {
    code: String,
    name: String,
}

#[derive(Serialize)]
struct SharedGoal {
    code: String,
    statement: String,
    population: String,
    place: String,
    target_date: Option<String>,
    measures: Vec<SharedGoalMeasure>,
}

#[derive(Serialize)]
struct SharedGoalMeasure {
    measure: String,
    cell: CellCodes,
    headline: bool,
}

/// `GET /shared/{token}`.
pub async fn find(reader: Reader, request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse> {
    let cacheable = Cacheable::new(&request, &reader, "application/json", &[])?;
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let ends = reader
        .link()
        .map(|link| link.expires_at())
        .ok_or(Error::NotFound)?;
    let (version, shared) = app
        .db
        .read(&reader, move |tx| {
            let schema = tx.schema()?;
            let measures = schema.measures.iter().filter(|measure| !measure.retired);
            let shared = Shared {
                coalition: tx.tenant().code().to_owned(),
                name: coalitions::find_name(tx)?,
                expires_at: rfc3339(ends),
                measures: measures
                    .map(|measure| SharedMeasure::of(measure, &schema))
                    .collect(),
                dimensions: schema.dimensions.iter().map(SharedDimension::of).collect(),
                goals: goals::list_shown(tx)?
                    .into_iter()
                    .map(|goal| SharedGoal::of(goal, &schema))
                    .collect(),
            };
            Ok((tx.version()?, shared))
        })
        .await?;
    Ok(cacheable.answer(version).body(serde_json::to_vec(&shared)?))
}

impl SharedMeasure {
    fn of(measure: &Measure, schema: &Schema) -> Self {
        let dimensions = measure.dimensions.iter().filter_map(|&id| schema.dimension(id));
        Self {
            code: measure.code.clone(),
            name: measure.name.clone(),
            definition: measure.definition.clone(),
            unit: measure.unit.clone(),
            decimals: measure.decimals,
            direction: measure.direction.as_str(),
            frequency: measure.frequency.as_str(),
            dimensions: dimensions.map(|dimension| dimension.code.clone()).collect(),
        }
    }
}

impl SharedDimension {
    /// With `_`, since rows have it.
    fn of(dimension: &Dimension) -> Self {
        let codes = dimension.codes.iter().map(|code| SharedCode {
            code: code.code.clone(),
            name: code.name.clone(),
        });
        let not_stated = SharedCode {
            code: NOT_STATED.into(),
            name: "Not stated".into(),
        };
        Self {
            code: dimension.code.clone(),
            name: dimension.name.clone(),
            codes: codes.chain([not_stated]).collect(),
        }
    }
}

impl SharedGoal {
    fn of(goal: Goal, schema: &Schema) -> Self {
        let measure = |item: &GoalMeasure| {
            Some(SharedGoalMeasure {
                measure: schema.measure(item.measure_id)?.code.clone(),
                cell: codes(schema, &item.cell),
                headline: item.headline,
            })
        };
        Self {
            measures: goal.fields.measures.iter().filter_map(measure).collect(),
            code: goal.code,
            statement: goal.fields.statement,
            population: goal.fields.population,
            place: goal.fields.place,
            target_date: goal.fields.target_date,
        }
    }
}
