//! Figures added up over organizations.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::caching::Cacheable;
use super::question::QuestionText;
use super::{QueryText, as_of, format};
use crate::app::App;
use crate::auth::Reader;
use crate::clock::rfc3339;
use crate::error::{Error, Result};
use crate::formats::cube_format::{CUBE_FORMATS, CubeAnswer, CubeFormat};
use crate::formats::cube_meta::Meta;
use crate::store::Read;
use crate::store::aggregates::answer;
use crate::store::brief::is_brief;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AggregateQuery {
    measure: Option<String>,
    period: Option<String>,
    by: Option<String>,
    at: Option<String>,
    cell: Option<String>,
    #[serde(default)]
    bounds: bool,
    as_of: Option<String>,
    format: Option<String>,
    #[serde(default)]
    bom: bool,
}

impl AggregateQuery {
    fn question(&self) -> QuestionText<'_> {
        QuestionText {
            measure: self.measure.as_deref(),
            period: self.period.as_deref(),
            by: self.by.as_deref(),
            at: self.at.as_deref(),
            cell: self.cell.as_deref(),
            bounds: self.bounds,
        }
    }

    fn format(&self, request: &HttpRequest) -> Result<&'static CubeFormat> {
        let format = format::choose(&CUBE_FORMATS, self.format.as_deref(), request)?;
        if self.bom && !format.takes_bom {
            let detail = format!(
                "a byte order mark tells spreadsheets how a CSV is encoded; {} needs none, so leave `bom` out",
                format.name
            );
            return Err(Error::invalid("?bom", "bom_of_csv_only", detail));
        }
        Ok(format)
    }
}

/// `GET …/aggregates`.
pub async fn find(
    reader: Reader,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let query: AggregateQuery = query.parse()?;
    let format = query.format(&request)?;
    let cacheable = Cacheable::new(&request, &reader, format.media_type, &[])?;
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let as_of = as_of::settled(&app, &reader, query.as_of.as_deref()).await?;
    let code = reader.code().to_owned();
    let (version, bytes) = app
        .db
        .read_at_once(&reader, move |tx, at_once| {
            let bytes = render(tx, &query, format, as_of, at_once)?;
            Ok(Some(tx.version()?).zip(bytes))
        })
        .await?;
    let mut response = cacheable.answer(version);
    if let Some(ending) = format.ending {
        let name = format!("attachment; filename=\"{code}-aggregates.{ending}\"");
        response.insert_header((CONTENT_DISPOSITION, name));
    }
    Ok(response.body(bytes))
}

/// The bytes of the answer, as whoever asks may see it; `None` where it should be there at once and is not a brief one.
fn render(
    tx: &mut Read<'_, Reader>,
    query: &AggregateQuery,
    format: &CubeFormat,
    as_of: Option<i64>,
    at_once: bool,
) -> Result<Option<Vec<u8>>> {
    let revision = tx.current_tick()?.revision;
    let schema = tx.schema()?;
    let question = query.question().read(&schema)?;
    if at_once && !(format.is_light && is_brief(tx, &schema, &question, as_of)?) {
        return Ok(None);
    }
    let cube = answer(tx, &schema, &question, as_of)?;
    let meta = Meta::of(
        tx.tenant().code(),
        revision,
        &schema,
        &question,
        as_of.map(rfc3339),
    );
    let answer = CubeAnswer {
        schema: &schema,
        question: &question,
        cube: &cube,
        meta: &meta,
    };
    format.render(&answer, query.bom).map(Some)
}
