//! The person behind a session.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, IfMatch, respond, text};
use crate::app::App;
use crate::auth::{Attempt, ClientAddress, Given, OwnWords, Passwords, Person, Secret, check_counted};
use crate::clock::rfc3339;
use crate::domain::given::given;
use crate::error::{Error, Result};
use crate::store::accounts::{self, NewPassword, OwnerProof};
use crate::store::erasure;

/// An account, as answered.
#[derive(Serialize)]
struct Account {
    email: String,
    name: String,
    created_at: String,
    second_factor: Option<SecondFactor>,
}

#[derive(Serialize)]
struct SecondFactor {
    enabled_at: String,
    recovery_codes_left: i64,
}

impl From<accounts::Account> for Account {
    fn from(found: accounts::Account) -> Self {
        Self {
            email: found.email,
            name: found.name,
            created_at: rfc3339(found.created_at),
            second_factor: found.second_factor.map(|factor| SecondFactor {
                enabled_at: rfc3339(factor.confirmed_at),
                recovery_codes_left: factor.codes_left,
            }),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountPatch {
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    password: Option<String>,
    #[serde(default, deserialize_with = "given")]
    current_password: Option<String>,
    #[serde(default, deserialize_with = "given")]
    code: Option<String>,
}

impl AccountPatch {
    fn check(&self) -> Result<()> {
        let mut issues = Vec::new();
        if let Some(name) = &self.name {
            text::name(name, "/name", &mut issues);
        }
        if let Some(password) = &self.password {
            issues.extend(Passwords::check(password, "/password"));
        }
        if self.password.is_some() && self.current_password.is_none() {
            issues.push(crate::domain::issue::Issue::new(
                "/current_password",
                "required",
                "a new password needs the current one beside it",
            ));
        }
        text::settle(issues)
    }
}

/// `GET /account`.
pub async fn find(person: Person, app: web::Data<App>) -> Result<HttpResponse> {
    let found = app.db.read(&person, accounts::find).await?;
    respond::found(&Account::from(found))
}

/// `PATCH /account`; a new password ends every session.
pub async fn update(
    person: Person,
    from: ClientAddress,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let patch: AccountPatch = body.json().await?;
    patch.check()?;
    let (password, attempt) = match (patch.password, patch.current_password) {
        (Some(new), Some(password)) => {
            let own = app.db.read(&person, accounts::find_own_words).await?;
            let own = OwnWords::of(own.iter().map(String::as_str));
            text::settle(app.passwords.check_against(&new, own, "/password").await?)?;
            let given = Given {
                password,
                code: patch.code,
            };
            let (proof, attempt) = check_current(&app, &person, given, from).await?;
            let hash = app.passwords.hash(new).await?;
            (Some(NewPassword { proof, hash }), Some(attempt))
        }
        _ => (None, None),
    };
    let patch = accounts::AccountPatch {
        name: patch.name,
        password,
    };
    let updated = app
        .db
        .write(&person, move |tx| {
            if_match.check(&Account::from(accounts::find(tx)?))?;
            accounts::update(tx, &patch)
        })
        .await;
    let updated = match attempt {
        Some(attempt) => settle_current(attempt, updated)?,
        None => updated?,
    };
    respond::found(&Account::from(updated))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerConfirmation {
    current_password: String,
    #[serde(default, deserialize_with = "given")]
    code: Option<String>,
}

/// `POST /account/erase`: for good, so the password is asked for once more.
pub async fn erase(
    person: Person,
    body: Body,
    from: ClientAddress,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (proof, attempt) = confirm_owner(&app, &person, body, from).await?;
    let unknown = Secret::generate("erased")?;
    let password = NewPassword {
        proof,
        hash: app.passwords.hash(unknown.reveal().to_owned()).await?,
    };
    let erased = app
        .db
        .write(&person, move |tx| erasure::erase(tx, &password))
        .await;
    settle_current(attempt, erased)?;
    Ok(respond::nothing())
}

/// What a body with the current password, and a code where there is a second factor, proves.
pub(super) async fn confirm_owner(
    app: &App,
    person: &Person,
    body: Body,
    from: ClientAddress,
) -> Result<(OwnerProof, Attempt)> {
    let given: OwnerConfirmation = body.json().await?;
    let given = Given {
        password: given.current_password,
        code: given.code,
    };
    check_current(app, person, given, from).await
}

/// What attempts of somebody who is signed in are counted under.
pub(super) fn counted_name(person: &Person) -> String {
    format!("account:{}", person.account_id())
}

/// Settles an attempt of somebody who is signed in, to whom a wrong code is a field to be mended.
pub(super) fn settle_current<T>(attempt: Attempt, came: Result<T>) -> Result<T> {
    attempt.settle(came).map_err(in_field)
}

/// What is said of a code to somebody who is signed in.
fn in_field(error: Error) -> Error {
    let code = match error {
        Error::SecondFactorRequired => "required",
        Error::SecondFactorRefused => "wrong_code",
        other => return other,
    };
    Error::invalid("/code", code, error.to_string())
}

/// That a current password was right, with the attempt, which is settled by what comes of it.
async fn check_current(
    app: &App,
    person: &Person,
    given: Given,
    from: ClientAddress,
) -> Result<(OwnerProof, Attempt)> {
    let stored = app.db.read(person, accounts::find_password_hash).await?;
    let holds = check_counted(
        app,
        &counted_name(person),
        given.password,
        Some(stored.clone()),
        from,
    )
    .await?;
    if let Some(attempt) = holds {
        let attempt = match given.code {
            Some(_) => attempt.with_code(person.account_id())?,
            None => attempt,
        };
        let proof = OwnerProof {
            checked_hash: stored,
            code: given.code,
        };
        return Ok((proof, attempt));
    }
    tracing::warn!(account = person.account_id(), "a current password was refused");
    Err(Error::invalid(
        "/current_password",
        "wrong_password",
        "this is not your current password",
    ))
}
