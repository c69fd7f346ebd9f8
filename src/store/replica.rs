//! Reads on a standby of the PostgreSQL database. It answers when it has seen at least the state of the coalition that
//! the reader has, which was read on the primary when the caller was identified; where it has not, is busy, or does not
//! answer, the primary does. So nobody reads less than they, or anybody before them, have written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::r2d2::Pool;

use super::Reach;
use super::coalition_clock::{self, Version};
use super::connection::{Connection, Pooled};
use super::postgres::{self, Connections, READ};
use crate::error::{Error, Result};

/// A standby. Cheap to clone.
#[derive(Clone)]
pub(in crate::store) struct Replica {
    pool: Pool<Connections>,
    needed: Arc<Mutex<HashMap<i32, Version>>>,
}

impl Replica {
    /// Opens the pool, whether or not the standby is there.
    pub fn open(url: &str, connections: u32) -> Result<Self> {
        Ok(Self {
            pool: postgres::standby_pool(url, connections)?,
            needed: Arc::default(),
        })
    }

    /// Has later reads in a coalition see at least that state: this process has written or seen it.
    pub fn need(&self, coalition_id: i32, version: Version) {
        let mut needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = needed.entry(coalition_id).or_insert(version);
        if kept.revision < version.revision {
            *kept = version;
        }
    }

    fn needed(&self, coalition_id: i32, seen: Version) -> Version {
        let needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = needed.get(&coalition_id).copied();
        known
            .filter(|known| known.revision > seen.revision)
            .unwrap_or(seen)
    }

    /// One read transaction in a coalition; nothing where the primary has to answer.
    pub fn read<T>(
        &self,
        reach: &Reach,
        coalition_id: i32,
        seen: Version,
        work: &impl Fn(&mut Connection) -> Result<T>,
    ) -> Option<Result<T>> {
        let needed = self.needed(coalition_id, seen);
        // Never waits: the pool makes its connections in threads of its own.
        let mut pooled = self.pool.try_get()?;
        pooled.doubt();
        let answer = attempt(&mut pooled, &reach.after(READ), (coalition_id, needed), work);
        if pooled.connection.batch_execute("COMMIT").is_err() {
            return None;
        }
        pooled.trust();
        answer
    }
}

fn attempt<T>(
    pooled: &mut Pooled,
    begin: &str,
    (coalition_id, needed): (i32, Version),
    work: &impl Fn(&mut Connection) -> Result<T>,
) -> Option<Result<T>> {
    let connection = &mut pooled.connection;
    connection.batch_execute(begin).ok()?;
    let here = coalition_clock::current(connection, coalition_id).ok()?.version();
    // The same revision with another time is another history: a standby that was promoted, or a restored backup.
    let is_recent = here == needed || here.revision > needed.revision;
    match is_recent.then(|| work(connection))? {
        Err(Error::Database(_) | Error::Busy) => None,
        answer => Some(answer),
    }
}
