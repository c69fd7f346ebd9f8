//! The whole shared schema, as JSON Schema, for those who submit.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, web};

use super::etag::etag;
use crate::app::App;
use crate::auth::{Coalition, Observer};
use crate::domain::json_schema::submission_schema;
use crate::error::Result;

/// `GET …/schema`.
pub async fn find(coalition: Coalition<Observer>, app: web::Data<App>) -> Result<HttpResponse> {
    let schema = app.db.read(&coalition, |tx| tx.schema()).await?;
    let body = serde_json::to_vec(&submission_schema(&schema))?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(&body)))
        .content_type("application/schema+json")
        .body(body))
}
