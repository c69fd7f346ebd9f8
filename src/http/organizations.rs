//! The organization that a token is for, and the registration of new ones.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, IfMatch, respond, text};
use crate::app::App;
use crate::auth::{Admin, Attempt, Checked, ClientAddress, Given, OwnWords, Scope, Viewer, check_password};
use crate::clock::rfc3339;
use crate::config::Registration;
use crate::domain::code::Code;
use crate::domain::given::given;
use crate::error::{Error, Result};
use crate::store::accounts::Joining;
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

/// How another resource names an organization.
#[derive(Serialize)]
pub struct CodeAndName {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
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
    #[serde(default, deserialize_with = "given")]
    code: Option<String>,
}

/// `POST /organizations`: an organization with its first admin.
pub async fn create(from: ClientAddress, body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    if app.registration != Registration::Open {
        return Err(Error::Forbidden(
            "organizations come in here by a coalition's invitation only".into(),
        ));
    }
    let new: NewOrganization = body.json().await?;
    let own = OwnWords::of([new.code.as_str(), &new.name, &new.admin.email, &new.admin.name]);
    let judged = app
        .passwords
        .check_against(&new.admin.password, own, "/admin/password");
    let mut issues = judged.await?;
    text::name(&new.name, "/name", &mut issues);
    text::name(&new.admin.name, "/admin/name", &mut issues);
    text::email(&new.admin.email, "/admin/email", &mut issues);
    text::settle(issues)?;
    let (admin, attempt) = first_admin(&app, new.admin, from).await?;
    let new = organizations::NewOrganization {
        code: new.code,
        name: new.name,
        admin,
    };
    let made = app
        .db
        .system(Purpose::Register, move |tx| organizations::register(tx, &new))
        .await;
    let made = match attempt {
        Some(attempt) => attempt.settle(made)?,
        None => made?,
    };
    respond::created("/v1/organization", &Organization::from(made))
}

/// Somebody who has an account proves it by its password, and keeps its name; anybody else gets one.
async fn first_admin(app: &App, admin: NewAdmin, from: ClientAddress) -> Result<(Joining, Option<Attempt>)> {
    let given = Given {
        password: admin.password,
        code: admin.code,
    };
    match check_password(app, &admin.email, &given, from).await? {
        Checked::Holds(account, attempt) => Ok((Joining::Known(account, given.code), Some(attempt))),
        Checked::Refused => Err(Error::Unauthenticated(
            "this address has an account: give the password of that account",
        )),
        Checked::Nobody => {
            let new = Joining::New {
                email: admin.email,
                name: admin.name,
                password_hash: app.passwords.hash(given.password).await?,
            };
            Ok((new, None))
        }
    }
}

/// `GET /organization`.
pub async fn find(scope: Scope<Viewer>, app: web::Data<App>) -> Result<HttpResponse> {
    let found = app.db.read(&scope, organizations::find).await?;
    respond::found(&Organization::from(found))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationPatch {
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
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
    if let Some(name) = &patch.name {
        text::name(name, "/name", &mut issues);
    }
    text::settle(issues)?;
    let updated = app
        .db
        .write(&scope, move |tx| {
            let current = organizations::find(tx)?;
            if_match.check(&Organization::from(current.clone()))?;
            match &patch.name {
                Some(name) => organizations::update(tx, name),
                None => Ok(current),
            }
        })
        .await?;
    respond::found(&Organization::from(updated))
}
