//! Applies imports, one after another.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::Imports;
use crate::auth::{Actor, Coalition, Editor, Partner};
use crate::error::{Error, Result};
use crate::formats::submission::Format;
use crate::store::Db;
use crate::store::imports::{self, Import, State};
use crate::submit::{Mode, Spooled, Submission};

/// How often an import is tried while the database is busy, and how long is waited in between.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

type Tenant = Coalition<Partner, Editor>;

/// Works until the process ends.
pub async fn run(imports: Imports, db: Db, mut arriving: UnboundedReceiver<Import>) {
    while let Some(import) = arriving.recv().await {
        let uuid = import.uuid.clone();
        if let Err(error) = settle(&imports, &db, import).await {
            // Its row and its file stay: it is taken up again when the service starts.
            tracing::error!(%error, uuid, "an import could not be ended");
            continue;
        }
        imports.forget(&uuid);
    }
}

/// Applies one, or writes down why not.
async fn settle(imports: &Imports, db: &Db, import: Import) -> Result<()> {
    let Ok(actor) = import.actor.parse::<Actor>() else {
        return Err(Error::internal("an import without an actor"));
    };
    let tenant = Tenant::on_record(db, &import.coalition, &import.organization, actor).await?;
    let mut tries = 0;
    let error = loop {
        match apply(imports, db, &tenant, &import).await {
            Ok(()) => return Ok(()),
            Err(Error::Busy) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => break error,
        }
    };
    let state = match &error {
        Error::Cancelled => State::Cancelled,
        Error::Busy | Error::Database(_) | Error::Internal(_) => State::Failed,
        _ => State::Rejected,
    };
    tracing::info!(uuid = import.uuid, ?state, "an import was not applied");
    let problem = (state != State::Cancelled).then(|| error.to_problem());
    db.write(&tenant, move |tx| {
        imports::end(tx, &import.uuid, state, problem.as_deref())
    })
    .await
}

async fn apply(imports: &Imports, db: &Db, tenant: &Tenant, import: &Import) -> Result<()> {
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
    db.write_much(tenant, move |tx| {
        imports::delete(tx, &uuid)?;
        submission.apply(tx)
    })
    .await?;
    Ok(())
}
