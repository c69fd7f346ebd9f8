//! Figures added up over organizations.

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{QueryText, format};
use crate::app::App;
use crate::auth::{Coalition, InCoalition, Observer};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::domain::cell::Cell;
use crate::domain::disclosure::protect;
use crate::domain::issue::Issue;
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::question::{Column, Question};
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::formats::{cube_csv, cube_json};
use crate::store::aggregates::answer;
use crate::store::{Purpose, instants};

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
    coalition: Coalition<Observer>,
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
    let as_of = query
        .as_of
        .as_deref()
        .map(|text| instant(text, app.db.clock().now()))
        .transpose()?;
    if let Some(instant) = as_of {
        settle(&app, &coalition, instant).await?;
    }
    let bytes = app
        .db
        .read(&coalition, move |tx| {
            let tick = tx.current_tick()?;
            let schema = tx.schema()?;
            let question = question(&schema, &query)?;
            let is_protected = !tx.tenant().is_backbone();
            if is_protected
                && question
                    .by
                    .iter()
                    .any(|column| !matches!(column, Column::Dimension(_)))
            {
                return Err(Error::Forbidden(
                    "figures by organization or by their attributes are for the coalition's backbone".into(),
                ));
            }
            let cube = answer(tx, &schema, &question, as_of)?;
            let cube = if is_protected {
                protect(&schema, cube)
            } else {
                cube
            };
            if format == format::Format::Csv {
                return cube_csv::write(&schema, &question, &cube);
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
            Ok(bytes)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header(("Vary", "Accept"))
        .body(bytes))
}

/// Sees to it that nothing can be recorded at or before the instant any more, so that its answer never changes.
async fn settle(app: &App, coalition: &Coalition<Observer>, instant: i64) -> Result<()> {
    let is_settled = app
        .db
        .read(coalition, move |tx| Ok(tx.current_tick()?.recorded_at >= instant))
        .await?;
    if is_settled {
        return Ok(());
    }
    let coalition_id = coalition.id();
    app.db
        .system(Purpose::SettleInstant, move |tx| {
            instants::settle(tx, coalition_id, instant)
        })
        .await
}

fn instant(text: &str, now: i64) -> Result<i64> {
    let instant = parse_rfc3339(text).ok_or_else(|| {
        Error::invalid(
            "?as_of",
            "invalid_time",
            "an instant as in RFC 3339, such as 2026-06-30T00:00:00Z",
        )
    })?;
    if instant > now {
        return Err(Error::invalid(
            "?as_of",
            "in_the_future",
            "what will be known then is not known yet",
        ));
    }
    Ok(instant)
}

fn question(schema: &Schema, query: &AggregateQuery) -> Result<Question> {
    let mut issues = Vec::new();
    let mut question = Question {
        measures: measures(schema, query.measure.as_deref(), &mut issues),
        by: columns(schema, query.by.as_deref(), &mut issues),
        filter: cell(schema, query.cell.as_deref(), &mut issues),
        at: query.at.as_deref().and_then(|text| kind(text, &mut issues)),
        range: range(schema, query.period.as_deref(), &mut issues),
    };
    if issues.is_empty() && query.measure.is_some() {
        issues = question.check(schema);
    }
    if !issues.is_empty() {
        return Err(Error::Invalid(issues));
    }
    question.keep_fitting(schema);
    Ok(question)
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn measures(schema: &Schema, asked: Option<&str>, issues: &mut Vec<Issue>) -> Vec<i32> {
    let Some(asked) = asked else {
        return schema
            .measures
            .iter()
            .filter(|measure| !measure.retired)
            .map(|measure| measure.id)
            .collect();
    };
    let mut ids = Vec::new();
    for code in parts(asked) {
        match schema.measure_by_code(code) {
            Some(measure) if ids.contains(&measure.id) => {}
            Some(measure) => ids.push(measure.id),
            None => {
                issues.push(Issue::query(
                    "measure",
                    "unknown_measure",
                    format!("there is no measure '{code}' here"),
                ));
            }
        }
    }
    ids
}

fn columns(schema: &Schema, by: Option<&str>, issues: &mut Vec<Issue>) -> Vec<Column> {
    let mut columns = Vec::new();
    for name in parts(by.unwrap_or_default()) {
        let column = if name == "organization" {
            Column::Organization
        } else if let Some(key) = name.strip_prefix("partner_") {
            Column::Attribute(key.to_owned())
        } else if let Some(dimension) = schema.dimension_by_code(name) {
            Column::Dimension(dimension.id)
        } else {
            let known: Vec<&str> = schema
                .dimensions
                .iter()
                .map(|dimension| dimension.code.as_str())
                .collect();
            let detail = format!(
                "'{name}' is not a column here: there are organization, partner_<attribute>, and the dimensions {}",
                known.join(", ")
            );
            issues.push(Issue::query("by", "unknown_column", detail));
            continue;
        };
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    if columns
        .iter()
        .filter(|column| matches!(column, Column::Dimension(_)))
        .count()
        > Cell::MOST
    {
        issues.push(Issue::query(
            "by",
            "too_many_dimensions",
            format!("at most {} dimensions at once", Cell::MOST),
        ));
    }
    columns
}

fn cell(schema: &Schema, text: Option<&str>, issues: &mut Vec<Issue>) -> Cell {
    let mut pairs = Vec::new();
    for pair in parts(text.unwrap_or_default()) {
        match pair.split_once(':') {
            Some(pair) => pairs.push(pair),
            None => issues.push(Issue::query(
                "cell",
                "invalid_cell",
                "pairs such as age_group:young_adult",
            )),
        }
    }
    schema.cell_from_pairs(pairs).unwrap_or_else(|error| {
        issues.push(Issue::query("cell", error.code(), error.to_string()));
        Cell::HEADLINE
    })
}

fn kind(text: &str, issues: &mut Vec<Issue>) -> Option<PeriodKind> {
    let kind = PeriodKind::parse(text);
    if kind.is_none() {
        let kinds: Vec<&str> = PeriodKind::ALL.iter().map(|kind| kind.as_str()).collect();
        issues.push(Issue::query(
            "at",
            "unknown_period_type",
            format!("one of {}", kinds.join(", ")),
        ));
    }
    kind
}

fn range(schema: &Schema, text: Option<&str>, issues: &mut Vec<Issue>) -> PeriodRange {
    let Some(text) = text else { return PeriodRange::ALL };
    PeriodRange::parse(text, schema.fiscal_start).unwrap_or_else(|error| {
        issues.push(Issue::query("period", "invalid_period", error.to_string()));
        PeriodRange::ALL
    })
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
