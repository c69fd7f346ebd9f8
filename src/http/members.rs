//! The people of the organization that a token is for.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, List, Page, QueryText, respond};
use crate::app::App;
use crate::auth::{Admin, Role, Scope, Viewer};
use crate::clock::rfc3339;
use crate::error::{Error, Result};
use crate::store::members;

/// A member, as answered.
#[derive(Serialize)]
pub(super) struct Member {
    email: String,
    name: String,
    role: Role,
    created_at: String,
}

impl From<members::Member> for Member {
    fn from(found: members::Member) -> Self {
        Self {
            email: found.email,
            name: found.name,
            role: found.role,
            created_at: rfc3339(found.created_at),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberPatch {
    role: Role,
}

/// `GET /organization/members`.
pub async fn list(
    scope: Scope<Viewer>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let page: Page = query.parse()?;
    let (limit, after) = (page.limit()?, page.after::<String>()?);
    let found = app
        .db
        .read(&scope, move |tx| {
            members::list(tx, after.as_deref(), limit as i64 + 1)
        })
        .await?;
    let page = List::page(found, limit, |member| member.email_key.clone())?;
    respond::list(&page.map(Member::from), request.path(), request.query_string())
}

/// `PATCH /organization/members/{email}`.
pub async fn update(
    scope: Scope<Admin>,
    email: web::Path<String>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let patch: MemberPatch = body.json().await?;
    grants_no_more(&scope, patch.role)?;
    let updated = app
        .db
        .write(&scope, move |tx| members::update(tx, &email, patch.role))
        .await?;
    respond::answer(&Member::from(updated))
}

/// `DELETE /organization/members/{email}`.
pub async fn delete(
    scope: Scope<Admin>,
    email: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    app.db
        .write(&scope, move |tx| members::delete(tx, &email))
        .await?;
    Ok(respond::nothing())
}

/// Nobody gives a role that is more than their own, whoever may call this in the first place.
pub(super) fn grants_no_more(scope: &Scope<Admin>, role: Role) -> Result<()> {
    if role <= scope.caller().role() {
        return Ok(());
    }
    Err(Error::Forbidden(
        "you cannot give a role that is more than your own".into(),
    ))
}
