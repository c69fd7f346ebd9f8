//! The keys that sign access tokens, as held in memory: the newest signs, all that are not retired verify.
//!
//! A key does not sign before every process would find it: one that has just read the ring does not read it again for an
//! unknown key, so a token of a key that is newer than that would be refused there.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::error::{Error, Result};
use crate::store::{Db, Purpose, signing_keys};

/// A ring of keys that can be read anew, so that a rotation reaches every process without a restart.
#[derive(Clone)]
pub struct SigningKeys {
    db: Db,
    ring: Arc<RwLock<Ring>>,
}

#[derive(Default)]
struct Ring {
    /// The names, each with when it was made, the newest last.
    order: Vec<(String, i64)>,
    keys: HashMap<String, Pair>,
    read_at: i64,
}

impl Ring {
    /// The newest key that was made by then; where there is none, the oldest.
    fn signing(&self, latest: i64) -> Option<&str> {
        let settled = self
            .order
            .iter()
            .rev()
            .find(|(_, created_at)| *created_at <= latest);
        let (name, _) = settled.or(self.order.first())?;
        Some(name)
    }
}

#[derive(Clone)]
struct Pair {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// A ring is not read anew more often than this, in microseconds, however many unknown keys are presented.
const PATIENCE: i64 = 1_000_000;
/// A key signs when it is as old as this, in microseconds: [`PATIENCE`], and what clocks may be apart.
const SETTLED: i64 = 5_000_000;
/// A ring older than this, in microseconds, is read anew before it signs.
const FRESHNESS: i64 = 60_000_000;

impl SigningKeys {
    /// Reads the ring from the database.
    pub async fn load(db: Db) -> Result<Self> {
        let keys = Self {
            db,
            ring: Arc::default(),
        };
        keys.reload().await?;
        Ok(keys)
    }

    /// The key that signs, with its name.
    pub async fn signing(&self) -> Result<(String, EncodingKey)> {
        if self.age() > FRESHNESS {
            self.reload().await?;
        }
        let latest = self.db.clock().now() - SETTLED;
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let missing = || Error::internal("there is no signing key");
        let name = ring.signing(latest).ok_or_else(missing)?;
        let pair = ring.keys.get(name).ok_or_else(missing)?;
        Ok((name.to_owned(), pair.encoding.clone()))
    }

    /// The key of that name that verifies, unless it is unknown or retired.
    pub async fn verifying(&self, kid: &str) -> Result<Option<DecodingKey>> {
        let (found, age) = (self.find(kid), self.age());
        if (found.is_none() && age > PATIENCE) || age > FRESHNESS {
            self.reload().await?;
            return Ok(self.find(kid));
        }
        Ok(found)
    }

    fn find(&self, kid: &str) -> Option<DecodingKey> {
        self.ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .keys
            .get(kid)
            .map(|pair| pair.decoding.clone())
    }

    fn age(&self) -> i64 {
        self.db.clock().now() - self.ring.read().unwrap_or_else(PoisonError::into_inner).read_at
    }

    async fn reload(&self) -> Result<()> {
        let rows = self
            .db
            .system(Purpose::ReadSigningKeys, signing_keys::list)
            .await?;
        let order = rows.iter().map(|key| (key.kid.clone(), key.created_at)).collect();
        let keys = rows
            .into_iter()
            .map(|key| {
                let pair = Pair {
                    encoding: EncodingKey::from_secret(&key.secret),
                    decoding: DecodingKey::from_secret(&key.secret),
                };
                (key.kid, pair)
            })
            .collect();
        let read_at = self.db.clock().now();
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Ring { order, keys, read_at };
        Ok(())
    }
}
