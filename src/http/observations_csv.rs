//! The figures as they were reported, as CSV: a page where a limit is given, else all of them, sent while they are
//! read. Whatever is written meanwhile, all rows tell the state at the instant at which the first were read.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use tokio::sync::mpsc::{Sender, channel};

use super::format::{Format, Offered};
use super::observation_query::Asked;
use super::pieces::Pieces;
use super::{List, respond};
use crate::app::App;
use crate::auth::{Coalition, Partner};
use crate::clock::rfc3339;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::formats::observations_csv::{Line, Table};
use crate::store::observation_feed::{self, Filter, Observation};
use crate::store::{Db, Read};

/// So many rows are read together.
const PIECE: usize = 10_000;

/// Answers, as soon as the first rows are read.
pub async fn list(
    coalition: &Coalition<Partner>,
    request: &HttpRequest,
    asked: Asked,
    app: &App,
) -> Result<HttpResponse> {
    if asked.with_history {
        let detail = "a table has one value for each figure: ask for earlier values as JSON";
        return Err(Error::invalid("?include_history", "json_only", detail));
    }
    let limit = if asked.is_limited { asked.limit } else { PIECE };
    let first = app.db.read(coalition, move |tx| {
        let schema = tx.schema()?;
        let filter = asked.filter(tx, &schema)?;
        let walk = Walk {
            schema,
            filter,
            limit,
        };
        Ok((walk.step(tx, true)?, asked.is_limited))
    });
    let (step, is_limited) = first.await?;
    let media_type = Format::Csv.media_type();
    let mut response = match step.next {
        Some(next) if !is_limited => {
            let (sender, pieces) = channel(1);
            actix_web::rt::spawn(send_rest(app.db.clone(), coalition.clone(), next, sender));
            let body = Pieces::begin(step.bytes.into(), pieces);
            HttpResponse::Ok().content_type(media_type).streaming(body)
        }
        _ => {
            let (path, query) = (request.path(), request.query_string());
            respond::page(&step.page, path, query, media_type, step.bytes)?
        }
    };
    let name = format!("attachment; filename=\"{}-observations.csv\"", coalition.code());
    let name = HeaderValue::try_from(name).map_err(Error::internal)?;
    response.headers_mut().insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

/// Reads on as fast as the answer is taken. One that breaks off shows, since its end is marked.
async fn send_rest(db: Db, coalition: Coalition<Partner>, first: Walk, sender: Sender<Result<Bytes>>) {
    let mut next = Some(first);
    while let Some(walk) = next.take() {
        let piece = db.read(&coalition, move |tx| walk.step(tx, false)).await;
        let piece = piece.map(|step| {
            next = step.next;
            step.bytes.into()
        });
        if let Err(error) = &piece {
            tracing::error!(%error, "a list of observations broke off");
        }
        if sender.send(piece).await.is_err() {
            return;
        }
    }
}

/// A way through the figures as of one instant, a piece at a time.
struct Walk {
    schema: Arc<Schema>,
    filter: Filter,
    limit: usize,
}

struct Step {
    bytes: Vec<u8>,
    /// No rows: they are in the bytes.
    page: List<Observation>,
    next: Option<Walk>,
}

impl Walk {
    fn step(&self, tx: &mut Read<'_, Coalition<Partner>>, is_first: bool) -> Result<Step> {
        let filter = Filter {
            limit: self.limit as i64 + 1,
            ..self.filter.clone()
        };
        let found = observation_feed::list(tx, &filter)?;
        let mut page = List::page(found, self.limit, |row| (filter.until, row.key))?;
        let bytes = write_rows(&self.schema, is_first, &page.data)?;
        let last = page.next_cursor.as_ref().and(page.data.last());
        let next = last.map(|row| Self {
            schema: Arc::clone(&self.schema),
            filter: Filter {
                after: Some(row.key),
                ..filter
            },
            limit: self.limit,
        });
        page.data.clear();
        Ok(Step { bytes, page, next })
    }
}

/// Rows as CSV, below a header or without one.
pub(super) fn write_rows(schema: &Schema, has_header: bool, rows: &[Observation]) -> Result<Vec<u8>> {
    let mut table = Table::begin(schema, has_header)?;
    for row in rows {
        table.write(&line(row)?)?;
    }
    table.end()
}

fn line(row: &Observation) -> Result<Line<'_>> {
    let (measure_id, period, cell_id, _) = row.key;
    let period = Period::from_encoded(period);
    Ok(Line {
        measure_id,
        period: period.ok_or_else(|| Error::internal("an observation has a period that nothing can be"))?,
        cell_id,
        organization: &row.organization,
        answer: row.answer,
        note: row.note.as_deref(),
        submission: &row.submission,
        recorded_at: rfc3339(row.recorded_at),
    })
}
