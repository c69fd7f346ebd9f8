//! Applies imports, one after another.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::Imports;
use crate::auth::{Actor, Coalition, Editor, Partner};
use crate::error::{Error, Result};
use crate::formats::submission::Format;
use crate::store::imports::{self, Import, State};
use crate::store::{Db, Purpose};
use crate::submit::{Mode, Spooled, Submission};

/// How often an import is tried while the database is busy, and how long is waited in between.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

type Tenant = Coalition<Partner, Editor>;

/// Works until the process ends.
pub async fn run(imports: Imports, db: Db, mut arriving: UnboundedReceiver<Import>) {
    while let Some(import) = arriving.recv().await {
        imports.set_applying(true);
        let settled = settle(&imports, &db, &import).await;
        imports.set_applying(false);
        match settled {
            Ok(()) => imports.forget(&import.uuid),
            // Its row and its file stay: it is taken up again when the service starts.
            Err(error) => tracing::error!(%error, uuid = import.uuid, "an import could not be ended"),
        }
    }
}

/// Applies one, or writes down why not.
async fn settle(imports: &Imports, db: &Db, import: &Import) -> Result<()> {
    let Err(error) = patiently(|| apply(imports, db, import)).await else {
        return Ok(());
    };
    // Its file goes when it is called off, which may be what failed.
    let progress = imports.progress(&import.uuid);
    let state = match &error {
        _ if progress.is_some_and(|progress| progress.is_cancelled()) => State::Cancelled,
        Error::Busy | Error::Unknown | Error::Database(_) | Error::Internal(_) => State::Failed,
        _ => State::Rejected,
    };
    tracing::info!(uuid = import.uuid, ?state, %error, "an import was not applied");
    let problem = (state != State::Cancelled).then(|| error.to_problem());
    patiently(|| {
        let (import, problem) = (import.clone(), problem.clone());
        db.system(Purpose::EndImport, move |tx| {
            imports::end(tx, &import, state, problem.as_deref())
        })
    })
    .await
}

/// Tries again while the database is busy.
async fn patiently<F: Future<Output = Result<()>>>(attempt: impl Fn() -> F) -> Result<()> {
    let mut tries = 0;
    loop {
        match attempt().await {
            // Where it was kept after all, the next attempt finds that it is no longer there to be applied.
            Err(Error::Busy | Error::Unknown) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

/// In whose name it is applied, if its organization may still submit.
async fn tenant(db: &Db, import: &Import) -> Result<Tenant> {
    let actor: Actor = import
        .actor
        .parse()
        .map_err(|()| Error::internal("an import without an actor"))?;
    let found = Tenant::on_record(db, &import.coalition, &import.organization, actor).await;
    found.map_err(|error| match error {
        Error::NotFound => Error::Forbidden("the organization no longer takes part in this coalition".into()),
        error => error,
    })
}

async fn apply(imports: &Imports, db: &Db, import: &Import) -> Result<()> {
    let tenant = tenant(db, import).await?;
    let progress = imports.progress(&import.uuid).unwrap_or_default();
    let path = imports.spool.path(&import.uuid);
    if !path.exists() {
        return Err(Error::internal("the file of an import is no longer there"));
    }
    let spooled = Spooled {
        path,
        format: Format::named(&import.format)?,
        progress,
    };
    let mode = Mode::named(&import.mode)?;
    let submission = Submission::known_as(import.uuid.clone(), spooled.into(), mode, import.file.clone());
    let uuid = import.uuid.clone();
    let applied = db.write_sized(&tenant, true, move |tx| {
        imports::delete(tx, &uuid)?;
        submission.apply(tx)
    });
    db.metrics().submit(applied.await?.counts.received);
    Ok(())
}
