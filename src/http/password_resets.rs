//! New passwords for those who have forgotten theirs, by a one-time token that somebody hands over.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, respond, text};
use crate::app::App;
use crate::auth::{Admin, OwnWords, Passwords, Scope, Secret};
use crate::clock::rfc3339;
use crate::error::{Error, Result};
use crate::store::{Purpose, password_resets};

#[derive(Serialize)]
struct PasswordReset {
    token: String,
    expires_at: String,
}

/// `POST /organization/members/{email}/password-reset`.
pub async fn create(
    scope: Scope<Admin>,
    email: web::Path<String>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    body.empty().await?;
    let token = Secret::generate("reset")?;
    let hash = token.hash();
    let expires_at = app
        .db
        .write(&scope, move |tx| password_resets::create(tx, &email, &hash))
        .await?;
    let answer = PasswordReset {
        token: token.reveal().to_owned(),
        expires_at: rfc3339(expires_at),
    };
    respond::secret(StatusCode::CREATED, &answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordResetAcceptance {
    token: String,
    password: String,
}

/// `POST /password-resets/accept`.
pub async fn accept(body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    let given: PasswordResetAcceptance = body.json().await?;
    text::settle(Passwords::check(&given.password, "/password"))?;
    let hash = Secret::hash_of(&given.token);
    let sought = hash.clone();
    // Only a token that holds is worth the hashing of a password.
    let own = app
        .db
        .system(Purpose::FindPasswordReset, move |tx| {
            password_resets::find_own_words(tx, &sought)
        })
        .await?
        .ok_or_else(unknown_token)?;
    let own = OwnWords::of(own.iter().map(String::as_str));
    let judged = app.passwords.check_against(&given.password, own, "/password");
    text::settle(judged.await?)?;
    let password_hash = app.passwords.hash(given.password).await?;
    let is_done = app
        .db
        .system(Purpose::AcceptPasswordReset, move |tx| {
            password_resets::accept(tx, &hash, &password_hash)
        })
        .await?;
    if !is_done {
        return Err(unknown_token());
    }
    Ok(respond::nothing())
}

/// One answer for every token that opens nothing.
fn unknown_token() -> Error {
    Error::invalid(
        "/token",
        "invalid_token",
        "this token is unknown, used, replaced or too old: ask for a new one",
    )
}
