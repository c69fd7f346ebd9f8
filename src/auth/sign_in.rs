//! Whether a password is somebody's: asked here only, taking as long for an address that nobody has as for a wrong
//! password, and counted either way.

use super::ClientAddress;
use crate::app::App;
use crate::error::Result;
use crate::store::Purpose;
use crate::store::accounts::{self, KnownAccount};

/// What an address and a password turned out to be.
pub(crate) enum Checked {
    /// No account has that address.
    Nobody,
    /// The password is another, or the account is suspended; which of the two is not told.
    Refused,
    /// The account, whose password it is.
    Holds(KnownAccount),
}

/// Checks a password against the account of that email address, for whoever asks from there.
pub(crate) async fn check_password(
    app: &App,
    email: &str,
    password: String,
    from: ClientAddress,
) -> Result<Checked> {
    let address = email.to_owned();
    let known = app
        .db
        .system(Purpose::FindAccount, move |tx| {
            accounts::find_by_email(tx, &address)
        })
        .await?;
    let stored = known.as_ref().map(|account| account.password_hash.clone());
    let holds = check_counted(app, email, password, stored, from).await?;
    Ok(match known {
        None => Checked::Nobody,
        Some(account) if holds && !account.is_suspended => Checked::Holds(account),
        Some(account) => {
            tracing::warn!(account = account.id, "a password was refused");
            Checked::Refused
        }
    })
}

/// Whether a password is the one behind a stored form, counted for an account at an address.
pub(crate) async fn check_counted(
    app: &App,
    account: &str,
    password: String,
    stored: Option<String>,
    from: ClientAddress,
) -> Result<bool> {
    let attempt = app.attempts.begin(account, from)?;
    match app.passwords.verify(password, stored).await {
        Ok(true) => {
            attempt.succeed();
            Ok(true)
        }
        Ok(false) => Ok(false),
        Err(error) => {
            attempt.take_back();
            Err(error)
        }
    }
}
