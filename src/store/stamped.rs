//! What is kept in memory of each coalition, under the stamp that names the exact state it was read in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;

/// Of at most this many coalitions.
const CAPACITY: usize = 1_000;

/// One value for each coalition, each with its stamp.
pub(in crate::store) struct Stamped<T>(Arc<Mutex<HashMap<i32, Kept<T>>>>);

type Kept<T> = (i64, Arc<T>);

impl<T> Clone for Stamped<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Stamped<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Stamped<T> {
    /// The value of a coalition at a stamp, loaded if it is not here. A stamp names one state only, so what a
    /// transaction that is later undone puts here is never found again.
    pub fn find(&self, coalition_id: i32, stamp: i64, load: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        if let Some((kept_stamp, value)) = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&coalition_id)
            && *kept_stamp == stamp
        {
            return Ok(value.clone());
        }
        let value = Arc::new(load()?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert(coalition_id, (stamp, value.clone()));
        Ok(value)
    }
}
