//! The figures as they were reported.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::observation_row::Row;
use super::{List, QueryText, own_or_all, respond};
use crate::app::App;
use crate::auth::{Coalition, Partner};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::observation_feed::{self, Filter};
use crate::store::{Key, Read, earlier_values};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    measure: Option<String>,
    period: Option<String>,
    organization: Option<String>,
    updated_after: Option<String>,
    #[serde(default)]
    include_history: bool,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A page, with the instant up to which it is told.
#[derive(Serialize)]
struct Page {
    #[serde(flatten)]
    list: List<Row>,
    meta: Meta,
}

#[derive(Serialize)]
struct Meta {
    updated_until: String,
}

/// `GET …/observations`: one's own; for the backbone, everybody's. All pages tell one state: the cursor carries the
/// instant that the first page was asked at.
pub async fn list(
    coalition: Coalition<Partner>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let query: ListQuery = query.parse()?;
    let recorded_after = query.updated_after.as_deref().map(instant).transpose()?;
    let page = super::Page {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let (limit, cursor) = (page.limit()?, page.after::<(i64, Key)>()?);
    let page = app
        .db
        .read(&coalition, move |tx| {
            let schema = tx.schema()?;
            let now = tx.current_tick()?.recorded_at;
            let filter = Filter {
                recorded_after,
                with_withdrawn: query.include_history || recorded_after.is_some(),
                until: cursor.map_or(now, |(until, _)| until.min(now)),
                after: cursor.map(|(_, key)| key),
                limit: limit as i64 + 1,
                ..filter(tx, &schema, &query)?
            };
            read(tx, &schema, &filter, limit, query.include_history)
        })
        .await?;
    let body = serde_json::to_vec(&page)?;
    respond::page(
        &page.list,
        request.path(),
        request.query_string(),
        "application/json",
        body,
    )
}

fn read(
    tx: &mut Read<'_, Coalition<Partner>>,
    schema: &Schema,
    filter: &Filter,
    limit: usize,
    with_history: bool,
) -> Result<Page> {
    let found = observation_feed::list(tx, filter)?;
    let mut history = None;
    let mut shown = limit.min(found.len());
    if with_history {
        let keys: Vec<Key> = found.iter().take(limit).map(|row| row.key).collect();
        let earlier = earlier_values::list(tx, &keys, filter.until)?;
        shown = earlier.len();
        history = Some(earlier.into_iter());
    }
    let list = List::page(found, shown, |row| (filter.until, row.key))?;
    Ok(Page {
        list: list.try_map(|row| {
            let earlier = history.as_mut().map(|history| history.next().unwrap_or_default());
            Row::of(schema, row, earlier)
        })?,
        meta: Meta {
            updated_until: rfc3339(filter.until),
        },
    })
}

fn instant(text: &str) -> Result<i64> {
    parse_rfc3339(text).ok_or_else(|| {
        Error::invalid(
            "?updated_after",
            "invalid_time",
            "an instant as in RFC 3339, such as 2026-06-30T00:00:00Z; take it from meta.updated_until",
        )
    })
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
    filter.organization_id = own_or_all::organization(tx, query.organization.as_deref())?;
    Ok(filter)
}
