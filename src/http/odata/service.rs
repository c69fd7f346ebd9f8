//! The service document: what there is.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::model::EntitySet;
use super::request::Sent;
use crate::app::App;
use crate::auth::{ApiScope, Place, Reader};
use crate::error::Result;
use crate::http::QueryText;

#[derive(Serialize)]
struct Service {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    value: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    kind: &'static str,
    url: String,
}

/// `GET /odata/{coalition}/`.
pub async fn find(
    reader: Reader,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let sent = Sent::of(&request, query, reader.code());
    let sets = entity_sets(&app, &reader).await?;
    let asked = sent.read_plain()?;
    let entry = |set: &EntitySet| Entry {
        name: set.name.clone(),
        kind: "EntitySet",
        url: set.name.clone(),
    };
    let service = Service {
        context: asked
            .representation
            .has_metadata
            .then(|| format!("{}$metadata", asked.root)),
        value: sets.iter().map(entry).collect(),
    };
    Ok(asked.answer(serde_json::to_vec(&service)?).into())
}

/// The sets that the caller may read.
pub async fn entity_sets(app: &App, reader: &Reader) -> Result<Vec<EntitySet>> {
    let reads_observations = reader.inside().is_some_and(|coalition| {
        coalition.place() >= Place::Partner && coalition.caller().has_scope(ApiScope::ObservationsRead)
    });
    app.db
        .read(reader, move |tx| {
            let schema = tx.schema()?;
            Ok(EntitySet::all(&schema, reads_observations))
        })
        .await
}
