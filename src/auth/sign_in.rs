//! Whether a password is somebody's: asked here only, taking as long for an address that nobody has as for a wrong
//! password, and counted either way.

use super::ClientAddress;
use super::attempts::Attempt;
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
    /// The account, whose password it is. Whether it needs a code too, and this one, is found where the code is used up;
    /// the attempt is settled by what comes of that.
    Holds(KnownAccount, Attempt),
}

/// What somebody has given to prove who they are.
pub(crate) struct Given {
    /// The password.
    pub password: String,
    /// A code of the second factor.
    pub code: Option<String>,
}

/// Checks a password against the account of that email address, for whoever asks from there.
pub(crate) async fn check_password(
    app: &App,
    email: &str,
    given: &Given,
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
    let holds = check_counted(app, email, given.password.clone(), stored, from).await?;
    match (known, holds) {
        (None, _) => Ok(Checked::Nobody),
        (Some(account), Some(attempt)) if !account.is_suspended => {
            let attempt = match given.code {
                Some(_) => attempt.with_code(account.id)?,
                None => attempt,
            };
            Ok(Checked::Holds(account, attempt))
        }
        (Some(account), _) => {
            tracing::warn!(account = account.id, "a password was refused");
            Ok(Checked::Refused)
        }
    }
}

/// The attempt, where a password is the one behind a stored form: counted for an account at an address, and failed until
/// it is settled.
pub(crate) async fn check_counted(
    app: &App,
    account: &str,
    password: String,
    stored: Option<String>,
    from: ClientAddress,
) -> Result<Option<Attempt>> {
    let attempt = app.attempts.begin(account, from)?;
    match app.passwords.verify(password, stored).await {
        Ok(true) => Ok(Some(attempt)),
        Ok(false) => Ok(None),
        Err(error) => {
            attempt.take_back();
            Err(error)
        }
    }
}
