//! Shared schemas, kept in memory under the stamp that names their exact state.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::coalition_clock::Tick;
use super::connection::Connection;
use crate::domain::schema::Schema;
use crate::error::Result;

/// At most this many coalitions' schemas are kept.
const CAPACITY: usize = 1_000;

/// Schemas by coalition.
#[derive(Clone, Default)]
pub(in crate::store) struct SchemaCache(Arc<Mutex<HashMap<i32, Stamped>>>);

/// A schema and the stamp of its state.
type Stamped = (i64, Arc<Schema>);

impl SchemaCache {
    /// The schema of a coalition at a tick, loaded if it is not here. A stamp names one state only, so what a
    /// transaction that is later undone puts here is never found again.
    pub fn find(&self, connection: &mut Connection, coalition_id: i32, tick: Tick) -> Result<Arc<Schema>> {
        if let Some((stamp, schema)) = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&coalition_id)
            && *stamp == tick.schema_stamp
        {
            return Ok(schema.clone());
        }
        let schema = Arc::new(super::schemas::load(
            connection,
            coalition_id,
            tick.schema_version,
        )?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert(coalition_id, (tick.schema_stamp, schema.clone()));
        Ok(schema)
    }
}
