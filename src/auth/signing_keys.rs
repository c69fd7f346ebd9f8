//! The keys that sign access tokens, as held in memory: the newest signs, all that are not retired verify.

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
    newest: String,
    keys: HashMap<String, Pair>,
    read_at: i64,
}

#[derive(Clone)]
struct Pair {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// A ring is not read anew more often than this, in microseconds, however many unknown keys are presented.
const PATIENCE: i64 = 1_000_000;
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
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let pair = ring
            .keys
            .get(&ring.newest)
            .ok_or_else(|| Error::internal("there is no signing key"))?;
        Ok((ring.newest.clone(), pair.encoding.clone()))
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
        let newest = rows.last().map(|(kid, _)| kid.clone()).unwrap_or_default();
        let keys = rows
            .into_iter()
            .map(|(kid, secret)| {
                let pair = Pair {
                    encoding: EncodingKey::from_secret(&secret),
                    decoding: DecodingKey::from_secret(&secret),
                };
                (kid, pair)
            })
            .collect();
        let read_at = self.db.clock().now();
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Ring {
            newest,
            keys,
            read_at,
        };
        Ok(())
    }
}
