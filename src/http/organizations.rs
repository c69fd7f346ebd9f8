//! The organization that a token is for, and the registration of new ones.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, IfMatch, respond, text};
use crate::app::App;
use crate::auth::{Admin, Passwords, Scope, Viewer};
use crate::clock::rfc3339;
use crate::config::Registration;
use crate::domain::code::Code;
use crate::error::{Error, Result};
use crate::store::{Purpose, organizations};

/// An organization, as answered.
#[derive(Serialize)]
pub struct Organization {
    code: String,
    name: String,
    created_at: String,
}

impl From<organizations::Organization> for Organization {
    fn from(found: organizations::Organization) -> Self {
        Self {
            code: found.code,
            name: found.name,
            created_at: rfc3339(found.created_at),
        }
    }
}

/// A registration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrganization {
    code: Code,
    name: String,
    admin: NewAdmin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAdmin {
    email: String,
    name: String,
    password: String,
}

/// `POST /organizations`: an organization with its first admin.
pub async fn create(body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    if app.registration != Registration::Open {
        return Err(Error::Forbidden(
            "organizations come in here by a coalition's invitation only".into(),
        ));
    }
    let new: NewOrganization = body.json().await?;
    let mut issues = Passwords::check(&new.admin.password, "/admin/password");
    text::name(&new.name, "/name", &mut issues);
    text::name(&new.admin.name, "/admin/name", &mut issues);
    text::email(&new.admin.email, "/admin/email", &mut issues);
    text::settle(issues)?;
    let new = organizations::NewOrganization {
        code: new.code,
        name: new.name,
        email: new.admin.email,
        admin_name: new.admin.name,
        password_hash: app.passwords.hash(new.admin.password).await?,
    };
    let made = app
        .db
        .system(Purpose::Register, move |tx| organizations::register(tx, &new))
        .await?;
    respond::created("/v1/organization", &Organization::from(made))
}

/// `GET /organization`.
pub async fn find(scope: Scope<Viewer>, app: web::Data<App>) -> Result<HttpResponse> {
    let found = app.db.read(&scope, organizations::find).await?;
    respond::found(&Organization::from(found))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationPatch {
    name: String,
}

/// `PATCH /organization`.
pub async fn update(
    scope: Scope<Admin>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let patch: OrganizationPatch = body.json().await?;
    let mut issues = Vec::new();
    text::name(&patch.name, "/name", &mut issues);
    text::settle(issues)?;
    let updated = app
        .db
        .write(&scope, move |tx| {
            if_match.check(&Organization::from(organizations::find(tx)?))?;
            organizations::update(tx, &patch.name)
        })
        .await?;
    respond::found(&Organization::from(updated))
}
