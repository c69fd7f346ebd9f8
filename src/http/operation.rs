//! What operating the service takes: whether it lives, whether it is ready, and its contract.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::app::App;
use crate::error::{Error, Result};
use crate::store::{Purpose, health};

/// The contract, as it is served and as the tests hold the server to it.
pub const CONTRACT: &str = include_str!("../../openapi.yaml");

/// `GET /healthz`: the program runs.
pub async fn find_health() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body("{\"status\":\"ok\"}")
}

/// `GET /readyz`: the program runs, is not about to stop, and its database answers with the tables it needs; 503 if not.
pub async fn find_readiness(request: HttpRequest) -> Result<HttpResponse> {
    let app = App::of(&request)?;
    if app.limits.is_stopping() {
        return Err(Error::Busy);
    }
    app.db.system(Purpose::Health, health::check).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body("{\"status\":\"ready\"}"))
}

/// `GET /openapi.yaml`: the contract.
pub async fn find_contract() -> HttpResponse {
    HttpResponse::Ok().content_type("application/yaml").body(CONTRACT)
}

/// `/docs`: the contract for people, with everything it needs on board.
pub fn configure_docs(config: &mut web::ServiceConfig) {
    config.service(web::redirect("/docs", "/docs/"));
    config.service(
        SwaggerUi::new("/docs/{_:.*}")
            .config(Config::new([Url::new("Cairn", "/openapi.yaml")]).use_base_layout()),
    );
}
