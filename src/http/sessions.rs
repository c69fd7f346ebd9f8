//! Signing in, staying signed in, signing out.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::organizations::CodeAndName;
use super::{Body, respond};
use crate::app::App;
use crate::auth::{Checked, ClientAddress, Given, LIFETIME, Person, Role, Secret, Subject, check_password};
use crate::domain::given::given;
use crate::error::{Error, Result};
use crate::store::Purpose;
use crate::store::sessions::{self, NewSession, Opened, Renewed};

/// One answer for an address that nobody has, a wrong password, and whoever is suspended.
const REFUSED: Error = Error::Unauthenticated("this address and password do not go together");
const ENDED: Error = Error::Unauthenticated("this refresh token does not hold: sign in again");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    email: String,
    password: String,
    #[serde(default, deserialize_with = "given")]
    code: Option<String>,
    #[serde(default, deserialize_with = "given")]
    organization: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionRefresh {
    refresh_token: String,
}

/// A session, as answered.
#[derive(Serialize)]
struct Session<'a> {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: &'a str,
    organization: CodeAndName,
    role: Role,
}

/// `POST /sessions`.
pub async fn create(from: ClientAddress, body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    let credentials: Credentials = body.json().await?;
    let given = Given {
        password: credentials.password,
        code: credentials.code,
    };
    let checked = check_password(&app, &credentials.email, &given, from).await?;
    let Checked::Holds(account, attempt) = checked else {
        return Err(REFUSED);
    };
    let token = Secret::generate("refresh")?;
    let new = NewSession {
        id: uuid::Uuid::now_v7().to_string(),
        account,
        code: given.code,
        organization: credentials.organization,
        token_hash: token.hash(),
    };
    let opened = app
        .db
        .system(Purpose::Session, move |tx| sessions::create(tx, &new))
        .await;
    match attempt.settle(opened)? {
        Opened::Session(session) => signed_in(&app, session, &token).await,
        Opened::Refused => Err(REFUSED),
        Opened::Choose(codes) => Err(Error::invalid(
            "/organization",
            "choose_organization",
            format!("name the organization to sign in to: {}", codes.join(", ")),
        )),
    }
}

/// `POST /sessions/refresh`.
pub async fn refresh(body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    let given: SessionRefresh = body.json().await?;
    let next = Secret::generate("refresh")?;
    let (presented, hash) = (Secret::hash_of(&given.refresh_token), next.hash());
    let renewed = app
        .db
        .system(Purpose::Session, move |tx| {
            sessions::refresh(tx, &presented, &hash)
        })
        .await?;
    match renewed {
        Renewed::Session(session) => signed_in(&app, session, &next).await,
        Renewed::Refused => Err(ENDED),
        Renewed::Reused(session) => {
            tracing::warn!(
                session,
                "a refresh token came a second time: its session is ended"
            );
            Err(ENDED)
        }
    }
}

/// `DELETE /sessions`.
pub async fn delete(person: Person, app: web::Data<App>) -> Result<HttpResponse> {
    app.db.write(&person, sessions::delete).await?;
    Ok(respond::nothing())
}

async fn signed_in(app: &App, session: sessions::Session, refresh_token: &Secret) -> Result<HttpResponse> {
    let left = (session.expires_at - app.db.clock().now()) / 1_000_000;
    let subject = Subject::Account {
        account: session.account_id,
        session: session.id,
    };
    let access_token = app.tokens.issue(session.place.organization_id, subject).await?;
    let answer = Session {
        access_token,
        token_type: "Bearer",
        expires_in: LIFETIME.min(left),
        refresh_token: refresh_token.reveal(),
        organization: CodeAndName {
            code: session.place.code,
            name: session.place.name,
        },
        role: session.place.role,
    };
    respond::secret(StatusCode::OK, &answer)
}
