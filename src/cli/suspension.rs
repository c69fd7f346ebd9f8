//! What the commands that suspend accounts and organizations have in common.

use std::process::ExitCode;

use cairn::clock::Clock;
use cairn::config::DatabaseOptions;
use cairn::error::{Error, Result};
use cairn::store::{DatabaseLock, Db, Purpose, System};

use super::Outcome;

/// What is to become of it.
#[derive(Clone, Copy, PartialEq)]
pub enum Suspension {
    On,
    Lifted,
}

/// Suspends whoever has that name, or lifts that, and says what came of it.
pub fn change(
    database: &DatabaseOptions,
    name: &str,
    to: Suspension,
    set: fn(&mut System<'_>, &str, bool) -> Result<Option<bool>>,
    unknown: &str,
) -> Outcome {
    let sentence = |error: Error| error.to_string();
    let location = database.location("sqlite://cairn.db")?;
    let _lock = DatabaseLock::acquire(&location)?;
    let db = Db::open(&location, 1, Clock::System).map_err(sentence)?;
    let (named, is_suspended) = (name.to_owned(), to == Suspension::On);
    let done = db.system(Purpose::Suspend, move |tx| set(tx, &named, is_suspended));
    let changed = actix_web::rt::System::new().block_on(done).map_err(sentence)?;
    let changed = changed.ok_or_else(|| format!("{unknown} {name}"))?;
    println!(
        "{name} is {}{}",
        if changed { "" } else { "already " },
        if is_suspended { "suspended" } else { "let in" }
    );
    Ok(ExitCode::SUCCESS)
}
