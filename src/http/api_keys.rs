//! API keys of the organization that a token is for.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, List, Page, QueryText, respond, text};
use crate::app::App;
use crate::auth::{Actor, Admin, ApiScope, Scope, Secret};
use crate::clock::rfc3339;
use crate::domain::issue::Issue;
use crate::error::{Error, Result};
use crate::store::api_keys;

/// A key, as answered; with its secret this once.
#[derive(Serialize)]
pub(super) struct ApiKey {
    id: String,
    name: String,
    prefix: String,
    scopes: Vec<ApiScope>,
    coalition: Option<String>,
    created_at: String,
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<api_keys::ApiKey> for ApiKey {
    fn from(found: api_keys::ApiKey) -> Self {
        Self {
            id: found.id,
            name: found.name,
            prefix: found.prefix,
            scopes: found.scopes,
            coalition: found.coalition,
            created_at: rfc3339(found.created_at),
            revoked_at: found.revoked_at.map(rfc3339),
            secret: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewApiKey {
    name: String,
    scopes: Vec<ApiScope>,
    coalition: Option<String>,
}

impl NewApiKey {
    fn check(&self) -> Result<()> {
        let mut issues = Vec::new();
        text::name(&self.name, "/name", &mut issues);
        if self.scopes.is_empty() {
            let all: Vec<&str> = ApiScope::ALL.iter().map(|scope| scope.as_str()).collect();
            let detail = format!("say what the key is for, with at least one of {}", all.join(", "));
            issues.push(Issue::new("/scopes", "required", detail));
        }
        for (index, scope) in self.scopes.iter().enumerate() {
            if self.scopes[..index].contains(scope) {
                let detail = format!("{} is there already", scope.as_str());
                issues.push(Issue::new(format!("/scopes/{index}"), "duplicate", detail));
            }
        }
        text::settle(issues)
    }
}

/// `GET /organization/api-keys`.
pub async fn list(
    scope: Scope<Admin>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let page: Page = query.parse()?;
    let (limit, after) = (page.limit()?, page.after::<(i64, String)>()?);
    let found = app
        .db
        .read(&scope, move |tx| {
            api_keys::list(tx, after.as_ref(), limit as i64 + 1)
        })
        .await?;
    let page = List::page(found, limit, |last| (last.created_at, last.id.clone()))?;
    respond::list(&page.map(ApiKey::from), request.path(), request.query_string())
}

/// `POST /organization/api-keys`.
pub async fn create(scope: Scope<Admin>, body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    let Actor::Account(created_by) = scope.caller().actor() else {
        return Err(Error::Forbidden("only people make API keys".into()));
    };
    let new: NewApiKey = body.json().await?;
    new.check()?;
    let secret = Secret::generate("key")?;
    let new = api_keys::NewApiKey {
        id: uuid::Uuid::now_v7().to_string(),
        name: new.name,
        prefix: secret.prefix(),
        secret_hash: secret.hash(),
        scopes: new.scopes,
        coalition: new.coalition,
        created_by,
    };
    let made = app.db.write(&scope, move |tx| api_keys::create(tx, &new)).await?;
    let answer = ApiKey {
        secret: Some(secret.reveal().to_owned()),
        ..ApiKey::from(made)
    };
    respond::secret(StatusCode::CREATED, &answer)
}

/// `DELETE /organization/api-keys/{api_key}`.
pub async fn delete(scope: Scope<Admin>, id: web::Path<String>, app: web::Data<App>) -> Result<HttpResponse> {
    app.db.write(&scope, move |tx| api_keys::delete(tx, &id)).await?;
    Ok(respond::nothing())
}
