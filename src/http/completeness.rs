//! Who has reported what, and whether it was in time.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::caching::Cacheable;
use super::question::{measures, range};
use super::{List, Page, QueryText, own_or_all, respond};
use crate::app::App;
use crate::auth::{Coalition, InOrganization, Partner};
use crate::clock::rfc3339;
use crate::domain::completeness::{Counts, Item, Status, Timeliness, Window, window};
use crate::domain::issue::Issue;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::period_range::PeriodRange;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::Read;
use crate::store::completeness::{self, Line};

/// The most measures of periods that an organization is asked about at once.
const MOST: i64 = 20_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompletenessQuery {
    measure: Option<String>,
    period: Option<String>,
    organization: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// How an organization stands in a period.
#[derive(Serialize)]
struct Row {
    organization: String,
    name: String,
    period: String,
    period_start: String,
    period_end: String,
    expected: u32,
    reported: u32,
    not_available: u32,
    not_applicable: u32,
    missing: u32,
    on_time: u32,
    late: u32,
    overdue: u32,
    measures: Vec<MeasureRow>,
}

#[derive(Serialize)]
struct MeasureRow {
    measure: String,
    status: Status,
    due_on: Option<String>,
    first_reported_at: Option<String>,
    timeliness: Option<Timeliness>,
}

/// `GET …/completeness`: of all organizations for the backbone, of its own for a partner.
pub async fn list(
    coalition: Coalition<Partner>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let query: CompletenessQuery = query.parse()?;
    let page = Page {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let (limit, after) = (page.limit()?, page.after::<(String, Period)>()?);
    let of = [
        app.db.clock().today().to_string(),
        coalition.organization_id().to_string(),
    ];
    let cacheable = Cacheable::new(&request, &coalition, "application/json", &of)?;
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let (version, page) = app
        .db
        .read(&coalition, move |tx| {
            let schema = tx.schema()?;
            let windows = windows(tx, &schema, &query)?;
            let organization = own_or_all::organization(tx, query.organization.as_deref())?;
            let found = completeness::list(tx, &schema, &windows, organization, after.clone(), limit + 1)?;
            let key = |line: &Line| (line.organization.to_ascii_lowercase(), line.period);
            let page = List::page(found, limit, key)?.map(|line| Row::of(&schema, line));
            Ok((tx.version()?, page))
        })
        .await?;
    cacheable.mark(
        version,
        respond::list(&page, request.path(), request.query_string())?,
    )
}

/// The measures and periods that are asked about.
fn windows<'s>(
    tx: &mut Read<'_, Coalition<Partner>>,
    schema: &'s Schema,
    query: &CompletenessQuery,
) -> Result<Vec<Window<'s>>> {
    let mut issues = Vec::new();
    let ids = measures(schema, query.measure.as_deref(), &mut issues);
    let asked = query.period.as_deref();
    let range: Option<PeriodRange> = asked.map(|text| range(schema, Some(text), &mut issues));
    let found: Vec<&Measure> = ids.iter().filter_map(|id| schema.measure(*id)).collect();
    let is_derived = |measure: &&&Measure| query.measure.is_some() && measure.is_ratio();
    issues.extend(found.iter().filter(is_derived).map(|measure| {
        let detail = format!(
            "{} is worked out from two others: ask about these instead",
            measure.code
        );
        Issue::query("measure", "not_reported", detail)
    }));
    if !issues.is_empty() {
        return Err(Error::Invalid(issues));
    }
    let (earliest, today) = (completeness::earliest(tx)?, tx.clock().today());
    let reported = found
        .into_iter()
        .filter(|measure| !measure.is_ratio() && !measure.retired);
    let windows: Vec<Window> = reported
        .filter_map(|measure| window(schema, measure, range, earliest.get(&measure.id).copied(), today))
        .collect();
    let periods = |(first, last): (Period, Period)| i64::from(last.encoded() - first.encoded()) + 1;
    if windows.iter().map(|(_, window)| periods(*window)).sum::<i64>() > MOST {
        let detail = format!(
            "that would be more than {MOST} periods of measures: ask about a shorter time, or one measure"
        );
        return Err(Error::invalid("?period", "too_many_periods", detail));
    }
    Ok(windows)
}

impl Row {
    fn of(schema: &Schema, line: Line) -> Self {
        let counts = Counts::of(&line.items);
        Self {
            organization: line.organization,
            name: line.name,
            period: line.period.to_string(),
            period_start: line.period.start(schema.fiscal_start).to_string(),
            period_end: line.period.end(schema.fiscal_start).to_string(),
            expected: counts.expected,
            reported: counts.reported,
            not_available: counts.not_available,
            not_applicable: counts.not_applicable,
            missing: counts.missing,
            on_time: counts.on_time,
            late: counts.late,
            overdue: counts.overdue,
            measures: line
                .items
                .iter()
                .map(|item| MeasureRow::of(schema, item))
                .collect(),
        }
    }
}

impl MeasureRow {
    fn of(schema: &Schema, item: &Item) -> Self {
        Self {
            measure: schema
                .measure(item.measure_id)
                .map_or_else(String::new, |measure| measure.code.clone()),
            status: item.status,
            due_on: item.due_on.map(|day| day.to_string()),
            first_reported_at: item.first_at.map(rfc3339),
            timeliness: item.timeliness,
        }
    }
}
