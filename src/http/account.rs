//! The person behind a session.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, IfMatch, respond, text};
use crate::app::App;
use crate::auth::{ClientAddress, Passwords, Person, Secret, check_counted};
use crate::clock::rfc3339;
use crate::domain::given::given;
use crate::error::{Error, Result};
use crate::store::accounts::{self, NewPassword};
use crate::store::erasure;

/// An account, as answered.
#[derive(Serialize)]
struct Account {
    email: String,
    name: String,
    created_at: String,
}

impl From<accounts::Account> for Account {
    fn from(found: accounts::Account) -> Self {
        Self {
            email: found.email,
            name: found.name,
            created_at: rfc3339(found.created_at),
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
    let checked = check_current(&app, &person, patch.current_password, from).await?;
    let password = match (patch.password, checked) {
        (Some(password), Some(checked_hash)) => Some(NewPassword {
            checked_hash,
            hash: app.passwords.hash(password).await?,
        }),
        _ => None,
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
        .await?;
    respond::found(&Account::from(updated))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountErasure {
    current_password: String,
}

/// `POST /account/erase`: for good, so the password is asked for once more.
pub async fn erase(
    person: Person,
    body: Body,
    from: ClientAddress,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let given: AccountErasure = body.json().await?;
    let checked = check_current(&app, &person, Some(given.current_password), from).await?;
    let unknown = Secret::generate("erased")?;
    let password = NewPassword {
        checked_hash: checked.ok_or(Error::NotFound)?,
        hash: app.passwords.hash(unknown.reveal().to_owned()).await?,
    };
    app.db
        .write(&person, move |tx| erasure::erase(tx, &password))
        .await?;
    Ok(respond::nothing())
}

/// The stored form that a current password was right for; `None` where none was given.
async fn check_current(
    app: &App,
    person: &Person,
    password: Option<String>,
    from: ClientAddress,
) -> Result<Option<String>> {
    let Some(password) = password else {
        return Ok(None);
    };
    let stored = app.db.read(person, accounts::find_password_hash).await?;
    let account = format!("account:{}", person.account_id());
    if check_counted(app, &account, password, Some(stored.clone()), from).await? {
        return Ok(Some(stored));
    }
    tracing::warn!(account = person.account_id(), "a current password was refused");
    Err(Error::invalid(
        "/current_password",
        "wrong_password",
        "this is not your current password",
    ))
}
