//! The figures as they were reported.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{List, Page, QueryText, respond};
use crate::app::App;
use crate::auth::{Coalition, InCoalition, InOrganization, Partner};
use crate::clock::rfc3339;
use crate::domain::answer::Answer;
use crate::domain::decimal::JsonNumber;
use crate::domain::period::Period;
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::observations::{self, Filter};
use crate::store::{Read, memberships};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    measure: Option<String>,
    period: Option<String>,
    organization: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Observation {
    organization: String,
    measure: String,
    period: String,
    period_start: String,
    period_end: String,
    cell: BTreeMap<String, String>,
    value: Option<JsonNumber>,
    estimated: bool,
    missing: Option<&'static str>,
    note: Option<String>,
    submission: String,
    recorded_at: String,
}

/// `GET …/observations`: one's own; for the backbone, everybody's.
pub async fn list(
    coalition: Coalition<Partner>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let query: ListQuery = query.parse()?;
    let page = Page {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let (limit, after) = (page.limit()?, page.after()?);
    let page = app
        .db
        .read(&coalition, move |tx| {
            let schema = tx.schema()?;
            let filter = Filter {
                after,
                limit: limit as i64 + 1,
                ..filter(tx, &schema, &query)?
            };
            let found = observations::list(tx, &filter)?;
            List::page(found, limit, observations::Observation::key)?.try_map(|row| show(&schema, row))
        })
        .await?;
    respond::list(&page, request.path(), request.query_string())
}

fn filter(tx: &mut Read<'_, Coalition<Partner>>, schema: &Schema, query: &ListQuery) -> Result<Filter> {
    let mut filter = Filter::default();
    if let Some(code) = &query.measure {
        let unknown = || {
            Error::invalid(
                "?measure",
                "unknown_measure",
                format!("there is no measure '{code}' here"),
            )
        };
        filter.measure_id = Some(schema.measure_by_code(code).ok_or_else(unknown)?.id);
    }
    if let Some(period) = &query.period {
        let range = PeriodRange::parse(period, schema.fiscal_start)
            .map_err(|error| Error::invalid("?period", "invalid_period", error.to_string()))?;
        filter.periods = PeriodKind::ALL
            .iter()
            .filter_map(|&kind| range.bounds(kind, schema.fiscal_start))
            .collect();
        if filter.periods.is_empty() {
            // A range too short for any period: nothing lies in it.
            filter.organization_id = Some(0);
            return Ok(filter);
        }
    }
    let own = tx.tenant().organization_id();
    filter.organization_id = match &query.organization {
        None if tx.tenant().is_backbone() => None,
        None => Some(own),
        Some(code) => {
            let found = memberships::codes(tx)?.get(&code.to_ascii_lowercase()).copied();
            if !tx.tenant().is_backbone() && found != Some(own) {
                return Err(Error::Forbidden(
                    "other organizations' figures are for the backbone only".into(),
                ));
            }
            let unknown = || {
                Error::invalid(
                    "?organization",
                    "unknown_organization",
                    format!("'{code}' is not in this coalition"),
                )
            };
            Some(found.ok_or_else(unknown)?)
        }
    };
    Ok(filter)
}

fn show(schema: &Schema, row: observations::Observation) -> Result<Observation> {
    let broken = || Error::internal("an observation has something that nothing can be");
    let measure = schema.measure(row.measure_id).ok_or_else(broken)?;
    let period = Period::from_encoded(row.period).ok_or_else(broken)?;
    let cell = schema.cell_by_id(row.cell_id).ok_or_else(broken)?;
    let answer = Answer::from_columns(row.value, row.flags).ok_or_else(broken)?;
    Ok(Observation {
        organization: row.organization,
        measure: measure.code.clone(),
        period: period.to_string(),
        period_start: period.start(schema.fiscal_start).to_string(),
        period_end: period.end(schema.fiscal_start).to_string(),
        cell: schema
            .cell_codes(&cell)
            .into_iter()
            .map(|(name, code)| (name.into(), code.into()))
            .collect(),
        value: answer
            .units()
            .map(|units| JsonNumber::from_units(units, measure.decimals)),
        estimated: answer.is_estimated(),
        missing: answer.missing(),
        note: row.note,
        submission: row.submission,
        recorded_at: rfc3339(row.recorded_at),
    })
}
