//! Invitations into the organization that a token is for, and their acceptance by whoever holds the one-time token.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::members::grants_no_more;
use super::organizations::CodeAndName;
use super::{Body, List, Page, QueryText, respond, text};
use crate::app::App;
use crate::auth::{
    Admin, Attempt, Checked, ClientAddress, Given, OwnWords, Passwords, Role, Scope, Secret, check_password,
};
use crate::clock::rfc3339;
use crate::domain::given::given;
use crate::error::{Error, Result};
use crate::store::accounts::Joining;
use crate::store::{Purpose, invitations};

/// An invitation, as answered; with its token this once.
#[derive(Serialize)]
pub(super) struct Invitation {
    id: String,
    email: Option<String>,
    role: Role,
    created_at: String,
    expires_at: String,
    state: invitations::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<invitations::Invitation> for Invitation {
    fn from(found: invitations::Invitation) -> Self {
        Self {
            id: found.id,
            email: found.email,
            role: found.role,
            created_at: rfc3339(found.created_at),
            expires_at: rfc3339(found.expires_at),
            state: found.state,
            token: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    email: String,
    role: Role,
}

/// `GET /organization/invitations`.
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
            invitations::list(tx, after.as_ref(), limit as i64 + 1)
        })
        .await?;
    let page = List::page(found, limit, |last| (last.created_at, last.id.clone()))?;
    respond::list(
        &page.map(Invitation::from),
        request.path(),
        request.query_string(),
    )
}

/// `POST /organization/invitations`.
pub async fn create(scope: Scope<Admin>, body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    let new: NewInvitation = body.json().await?;
    let mut issues = Vec::new();
    text::email(&new.email, "/email", &mut issues);
    text::settle(issues)?;
    grants_no_more(&scope, new.role)?;
    let token = Secret::generate("invitation")?;
    let new = invitations::NewInvitation {
        id: uuid::Uuid::now_v7().to_string(),
        email: Some(new.email),
        role: new.role,
        token_hash: token.hash(),
    };
    let made = app
        .db
        .write(&scope, move |tx| invitations::create(tx, &new))
        .await?;
    let answer = Invitation {
        token: Some(token.reveal().to_owned()),
        ..Invitation::from(made)
    };
    respond::secret(StatusCode::CREATED, &answer)
}

/// `DELETE /organization/invitations/{invitation}`.
pub async fn delete(scope: Scope<Admin>, id: web::Path<String>, app: web::Data<App>) -> Result<HttpResponse> {
    app.db
        .write(&scope, move |tx| invitations::delete(tx, &id))
        .await?;
    Ok(respond::nothing())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvitationAcceptance {
    token: String,
    password: String,
    #[serde(default, deserialize_with = "given")]
    code: Option<String>,
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    email: Option<String>,
}

#[derive(Serialize)]
struct AcceptedInvitation {
    organization: CodeAndName,
    email: String,
    role: Role,
}

/// `POST /invitations/accept`.
pub async fn accept(from: ClientAddress, body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    let acceptance: InvitationAcceptance = body.json().await?;
    let mut issues = Passwords::check(&acceptance.password, "/password");
    if let Some(email) = &acceptance.email {
        text::email(email, "/email", &mut issues);
    }
    if let Some(name) = &acceptance.name {
        text::name(name, "/name", &mut issues);
    }
    text::settle(issues)?;
    let hash = Secret::hash_of(&acceptance.token);
    let sought = hash.clone();
    let invited = app
        .db
        .system(Purpose::FindInvitation, move |tx| {
            invitations::find_by_token(tx, &sought)
        })
        .await?
        .ok_or_else(unknown_token)?;
    let email = invited.email.or(acceptance.email).ok_or_else(|| {
        required(
            "/email",
            "with this token an organization is taken over: say under which email address",
        )
    })?;
    let name = acceptance.name.as_deref().unwrap_or_default();
    let own = OwnWords::of([invited.code.as_str(), &invited.name, &email, name]);
    let judged = app
        .passwords
        .check_against(&acceptance.password, own, "/password");
    text::settle(judged.await?)?;
    let given = Given {
        password: acceptance.password,
        code: acceptance.code,
    };
    let (joining, attempt) = joining(&app, email, acceptance.name, given, from).await?;
    let accepted = app
        .db
        .system(Purpose::AcceptInvitation, move |tx| {
            invitations::accept(tx, &hash, &joining)
        })
        .await
        .and_then(|accepted| accepted.ok_or_else(unknown_token));
    let accepted = match attempt {
        Some(attempt) => attempt.settle(accepted)?,
        None => accepted?,
    };
    respond::answer(&AcceptedInvitation {
        organization: CodeAndName {
            code: accepted.code,
            name: accepted.name,
        },
        email: accepted.email,
        role: accepted.role,
    })
}

/// One answer for every token that opens nothing.
fn unknown_token() -> Error {
    Error::invalid(
        "/token",
        "invalid_token",
        "this token is unknown, used, withdrawn or too old: ask for a new invitation",
    )
}

fn required(pointer: &str, detail: &str) -> Error {
    Error::invalid(pointer, "required", detail)
}

/// Whoever joins: somebody with an account proves it by its password, anybody else gets one.
async fn joining(
    app: &App,
    email: String,
    name: Option<String>,
    given: Given,
    from: ClientAddress,
) -> Result<(Joining, Option<Attempt>)> {
    match check_password(app, &email, &given, from).await? {
        Checked::Holds(account, attempt) => Ok((Joining::Known(account, given.code), Some(attempt))),
        Checked::Refused => Err(Error::Unauthenticated(
            "this address has an account: give the password of that account",
        )),
        Checked::Nobody => {
            let name = name.ok_or_else(|| required("/name", "say your name, for the new account"))?;
            let new = Joining::New {
                email,
                name,
                password_hash: app.passwords.hash(given.password).await?,
            };
            Ok((new, None))
        }
    }
}
