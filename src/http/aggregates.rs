//! Figures added up over organizations.

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::caching::Cacheable;
use super::question::QuestionText;
use super::{QueryText, as_of, format};
use crate::app::App;
use crate::auth::Reader;
use crate::clock::rfc3339;
use crate::domain::question::Question;
use crate::domain::schema::Schema;
use crate::error::Result;
use crate::formats::{cube_csv, cube_json};
use crate::store::aggregates::answer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AggregateQuery {
    measure: Option<String>,
    period: Option<String>,
    by: Option<String>,
    at: Option<String>,
    cell: Option<String>,
    as_of: Option<String>,
    format: Option<String>,
}

impl AggregateQuery {
    fn question(&self) -> QuestionText<'_> {
        QuestionText {
            measure: self.measure.as_deref(),
            period: self.period.as_deref(),
            by: self.by.as_deref(),
            at: self.at.as_deref(),
            cell: self.cell.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Meta<'a> {
    coalition: &'a str,
    revision: i64,
    schema_version: i32,
    as_of: Option<String>,
    fiscal_year_start_month: u8,
    breaks: Vec<BreakNotice<'a>>,
}

#[derive(Serialize)]
struct BreakNotice<'a> {
    measure: &'a str,
    period: String,
    reason: &'a str,
}

/// `GET …/aggregates`.
pub async fn find(
    reader: Reader,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let query: AggregateQuery = query.parse()?;
    let accept = request
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let format = format::choose(query.format.as_deref(), &accept)?;
    let cacheable = Cacheable::new(&request, &reader, format.media_type(), &[])?;
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let as_of = as_of::settled(&app, &reader, query.as_of.as_deref()).await?;
    let (version, bytes) = app
        .db
        .read(&reader, move |tx| {
            let tick = tx.current_tick()?;
            let schema = tx.schema()?;
            let question = query.question().read(&schema)?;
            let cube = answer(tx, &schema, &question, as_of)?;
            if format == format::Format::Csv {
                return Ok((tick.version(), cube_csv::write(&schema, &question, &cube)?));
            }
            let meta = Meta {
                coalition: tx.tenant().code(),
                revision: tick.revision,
                schema_version: tick.schema_version,
                as_of: as_of.map(rfc3339),
                fiscal_year_start_month: schema.fiscal_start.month(),
                breaks: breaks(&schema, &question),
            };
            let mut bytes = b"{\"data\":".to_vec();
            bytes.extend(cube_json::write(&schema, &question, &cube)?);
            bytes.extend(b",\"meta\":");
            bytes.extend(serde_json::to_vec(&meta)?);
            bytes.push(b'}');
            Ok((tick.version(), bytes))
        })
        .await?;
    Ok(cacheable.answer(version).body(bytes))
}

/// The breaks that begin within what was asked.
fn breaks<'a>(schema: &'a Schema, question: &Question) -> Vec<BreakNotice<'a>> {
    let asked = question.measures.iter().filter_map(|&id| schema.measure(id));
    asked
        .flat_map(|measure| measure.breaks.iter().map(move |declared| (measure, declared)))
        .filter(|(_, declared)| {
            let start = declared.from.start(schema.fiscal_start);
            question.range.from.is_none_or(|from| start >= from)
                && question.range.to.is_none_or(|to| start <= to)
        })
        .map(|(measure, declared)| BreakNotice {
            measure: &measure.code,
            period: declared.from.to_string(),
            reason: &declared.reason,
        })
        .collect()
}
