//! What a submission did, figure by figure.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::observation_row::{Place, Told};
use super::{List, Page, QueryText, respond};
use crate::app::App;
use crate::auth::{Coalition, Partner};
use crate::domain::schema::Schema;
use crate::error::Result;
use crate::store::submission_rows::{self, SubmittedRow};
use crate::store::{Key, submissions};

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    place: Place,
    #[serde(flatten)]
    told: Told,
    withdrawn: bool,
    superseded: bool,
}

/// `GET …/submissions/{submission}/observations`: the figures that it set or took back.
pub async fn list(
    coalition: Coalition<Partner>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, id) = path.into_inner();
    let list = app
        .db
        .read(&coalition, move |tx| {
            let submission = submissions::find(tx, &id)?;
            let page: Page = query.parse()?;
            let (limit, after) = (page.limit()?, page.after::<Key>()?);
            let schema = tx.schema()?;
            let found = submission_rows::list(tx, &submission, after, limit as i64 + 1)?;
            List::page(found, limit, |row| row.key)?.try_map(|row| show(&schema, row))
        })
        .await?;
    respond::list(&list, request.path(), request.query_string())
}

fn show(schema: &Schema, row: SubmittedRow) -> Result<Row> {
    let (place, measure) = Place::of(schema, row.key, row.organization)?;
    Ok(Row {
        place,
        told: Told::of(measure, row.answer, row.note),
        withdrawn: row.answer.is_none(),
        superseded: row.is_superseded,
    })
}
