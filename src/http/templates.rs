//! Tables to fill in, made for the organization that asks.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::QueryText;
use crate::app::App;
use crate::auth::{Coalition, Partner};
use crate::domain::period::Period;
use crate::error::{Error, Result};
use crate::formats::template::Template;
use crate::formats::{template_csv, template_xlsx};
use crate::store::{organizations, templates};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateQuery {
    period: String,
}

/// `GET …/template.xlsx`: a workbook.
pub async fn find_workbook(
    coalition: Coalition<Partner>,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    answer(&coalition, &query, &app, XLSX, "xlsx", template_xlsx::write).await
}

/// `GET …/template.csv`: tidy CSV.
pub async fn find_csv(
    coalition: Coalition<Partner>,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    answer(
        &coalition,
        &query,
        &app,
        "text/csv; charset=utf-8",
        "csv",
        template_csv::write,
    )
    .await
}

async fn answer(
    coalition: &Coalition<Partner>,
    query: &QueryText,
    app: &App,
    media_type: &'static str,
    ending: &str,
    write: fn(&Template<'_>) -> Result<Vec<u8>>,
) -> Result<HttpResponse> {
    let query: TemplateQuery = query.parse()?;
    let period = Period::parse(&query.period)
        .map_err(|error| Error::invalid("?period", "invalid_period", error.to_string()))?;
    let bytes = app
        .db
        .read(coalition, move |tx| {
            let schema = tx.schema()?;
            let template = Template {
                schema: &schema,
                coalition: tx.tenant().code(),
                organization: &organizations::find(tx)?.code,
                period,
                rows: templates::rows(tx, &schema, period)?,
                made_at: tx.clock().now(),
            };
            write(&template)
        })
        .await?;
    let name = format!("attachment; filename=\"{}-{period}.{ending}\"", coalition.code());
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CONTENT_DISPOSITION, name))
        .body(bytes))
}
