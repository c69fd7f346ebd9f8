//! The second factor of the person behind a session: begun with the password, counting once the app has shown a code.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::account::{confirm_owner, counted_name, settle_current};
use super::{Body, respond};
use crate::app::App;
use crate::auth::{ClientAddress, Person, RecoveryCode, random};
use crate::domain::totp;
use crate::error::{Error, Result};
use crate::store::second_factors;

#[derive(Serialize)]
struct Begun {
    secret: String,
    uri: String,
}

#[derive(Serialize)]
struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

impl RecoveryCodes {
    fn answer(codes: &[RecoveryCode]) -> Result<HttpResponse> {
        let recovery_codes = codes.iter().map(RecoveryCode::reveal).collect();
        respond::secret(StatusCode::OK, &Self { recovery_codes })
    }
}

/// `POST /account/second-factor`.
pub async fn create(
    person: Person,
    from: ClientAddress,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (proof, attempt) = confirm_owner(&app, &person, body, from).await?;
    let secret = random::<{ totp::SECRET }>()?;
    let begun = app
        .db
        .write(&person, move |tx| second_factors::begin(tx, &proof, &secret))
        .await;
    let email = settle_current(attempt, begun)?;
    let shown = totp::shown(&secret, &email).ok_or_else(|| Error::internal("a secret without its form"))?;
    let answer = Begun {
        secret: shown.base32,
        uri: shown.uri,
    };
    respond::secret(StatusCode::CREATED, &answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    code: String,
}

/// `POST /account/second-factor/confirm`.
pub async fn confirm(
    person: Person,
    from: ClientAddress,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let given: Confirmation = body.json().await?;
    let attempt = app.attempts.begin(&counted_name(&person), from)?;
    let attempt = attempt.with_code(person.account_id())?;
    let codes = RecoveryCode::generate()?;
    let hashes: Vec<String> = codes.iter().map(RecoveryCode::hash).collect();
    let confirmed = app
        .db
        .write(&person, move |tx| {
            second_factors::confirm(tx, &given.code, &hashes)
        })
        .await;
    settle_current(attempt, confirmed)?;
    RecoveryCodes::answer(&codes)
}

/// `POST /account/second-factor/recovery-codes`.
pub async fn replace_codes(
    person: Person,
    from: ClientAddress,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (proof, attempt) = confirm_owner(&app, &person, body, from).await?;
    let codes = RecoveryCode::generate()?;
    let hashes: Vec<String> = codes.iter().map(RecoveryCode::hash).collect();
    let replaced = app
        .db
        .write(&person, move |tx| {
            second_factors::replace_codes(tx, &proof, &hashes)
        })
        .await;
    settle_current(attempt, replaced)?;
    RecoveryCodes::answer(&codes)
}

/// `POST /account/second-factor/remove`.
pub async fn remove(
    person: Person,
    from: ClientAddress,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (proof, attempt) = confirm_owner(&app, &person, body, from).await?;
    let removed = app
        .db
        .write(&person, move |tx| second_factors::remove(tx, &proof))
        .await;
    settle_current(attempt, removed)?;
    Ok(respond::nothing())
}
