//! The figures as they were reported.

use actix_web::http::header::{HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::format::{Format, Offered};
use super::observation_query::{Asked, ObservationQuery};
use super::observation_row::Row;
use super::{List, QueryText, format, observations_csv, respond};
use crate::app::App;
use crate::auth::{Coalition, Partner};
use crate::clock::rfc3339;
use crate::error::Result;
use crate::store::observation_feed::{self, Filter};
use crate::store::{Key, Read, earlier_values};

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
    let query: ObservationQuery = query.parse()?;
    let format = *format::choose(&Format::ALL, query.format.as_deref(), &request)?;
    let asked = query.read()?;
    let mut response = match format {
        Format::Json => json(&coalition, &request, asked, &app).await?,
        Format::Csv => observations_csv::list(&coalition, &request, asked, &app).await?,
    };
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

async fn json(
    coalition: &Coalition<Partner>,
    request: &HttpRequest,
    asked: Asked,
    app: &App,
) -> Result<HttpResponse> {
    let page = app.db.read(coalition, move |tx| page(tx, &asked)).await?;
    let (path, query) = (request.path(), request.query_string());
    let body = serde_json::to_vec(&page)?;
    respond::page(&page.list, path, query, Format::Json.media_type(), body)
}

fn page(tx: &mut Read<'_, Coalition<Partner>>, asked: &Asked) -> Result<Page> {
    let schema = tx.schema()?;
    let filter = Filter {
        limit: asked.limit as i64 + 1,
        ..asked.filter(tx, &schema)?
    };
    let found = observation_feed::list(tx, &filter)?;
    let mut history = None;
    let mut shown = asked.limit.min(found.len());
    if asked.with_history {
        let keys: Vec<Key> = found.iter().take(asked.limit).map(|row| row.key).collect();
        let earlier = earlier_values::list(tx, &keys, filter.until)?;
        shown = earlier.len();
        history = Some(earlier.into_iter());
    }
    let list = List::page(found, shown, |row| (filter.until, row.key))?;
    Ok(Page {
        list: list.try_map(|row| {
            let earlier = history.as_mut().map(|history| history.next().unwrap_or_default());
            Row::of(&schema, row, earlier)
        })?,
        meta: Meta {
            updated_until: rfc3339(filter.until),
        },
    })
}
