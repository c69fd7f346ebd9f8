//! Submissions that are too large to be answered at once: taken in, put on disk, and applied one after another.
//!
//! What was taken in is on disk, in its file and in the table of imports, before that is said; so it survives the end of
//! the service, and is applied when it starts again: whole, or not at all.

mod spool;
mod worker;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

pub use spool::{Spool, Taken};

use crate::error::{Error, Result};
use crate::store::imports::{self, Import};
use crate::store::{Db, Purpose};
use crate::submit::Progress;

/// The imports of this process. Cheap to clone.
#[derive(Clone)]
pub struct Imports {
    /// Where their files lie.
    pub spool: Spool,
    queue: UnboundedSender<Import>,
    progress: Arc<Mutex<HashMap<String, Arc<Progress>>>>,
    is_applying: Arc<AtomicBool>,
}

impl Imports {
    /// Opens the spool, takes up what lies in it, and applies one import after another.
    pub async fn open(folder: &Path, db: Db) -> Result<Self> {
        let spool = Spool::open(folder)?;
        let (queue, arriving) = unbounded_channel();
        let imports = Self {
            spool,
            queue,
            progress: Arc::default(),
            is_applying: Arc::default(),
        };
        let id = imports.spool.id().to_owned();
        let left = db
            .system(Purpose::Resume, move |tx| imports::pending(tx, &id))
            .await?;
        let known = left.iter().map(|import| import.uuid.as_str()).collect();
        imports.spool.keep_only(&known).map_err(Error::internal)?;
        for import in left {
            imports.enqueue(import)?;
        }
        actix_web::rt::spawn(worker::run(imports.clone(), db, arriving));
        Ok(imports)
    }

    /// Applies it when its turn comes.
    pub fn enqueue(&self, import: Import) -> Result<()> {
        self.lock().insert(import.uuid.clone(), Arc::default());
        self.queue.send(import).map_err(Error::internal)
    }

    /// How far one has come; nothing for one that has ended, or that another process has.
    pub fn progress(&self, uuid: &str) -> Option<Arc<Progress>> {
        self.lock().get(uuid).cloned()
    }

    /// How many wait for their turn, and how many are being applied.
    pub fn count(&self) -> (usize, usize) {
        let all = self.lock().len();
        let running = usize::from(self.is_applying.load(Ordering::Relaxed)).min(all);
        (all - running, running)
    }

    /// Calls one off; whether that was in time. Its file goes at once, so that the next service cannot apply it either.
    pub fn cancel(&self, uuid: &str, progress: &Progress) -> bool {
        let is_in_time = progress.cancel();
        if is_in_time {
            self.spool.remove(uuid);
        }
        is_in_time
    }

    fn set_applying(&self, is_applying: bool) {
        self.is_applying.store(is_applying, Ordering::Relaxed);
    }

    fn forget(&self, uuid: &str) {
        self.lock().remove(uuid);
        self.spool.remove(uuid);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Progress>>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
