//! The requests with an `Idempotency-Key` that this process is working on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::idempotency::Keyed;

/// Organization, route and key.
type Name = (i32, String, String);

/// Which are under way. It only spares whoever comes too early the waiting: that each has one effect is seen to by the
/// database.
#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<Name>>>);

/// One of them, until it is dropped.
pub struct Flight {
    all: InFlight,
    name: Name,
}

impl InFlight {
    /// Begins one, unless it is under way.
    pub fn begin(&self, organization_id: i32, request: &Keyed) -> Option<Flight> {
        let name = (organization_id, request.route.clone(), request.key.clone());
        let is_new = self.lock().insert(name.clone());
        is_new.then(|| Flight {
            all: self.clone(),
            name,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Name>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.all.lock().remove(&self.name);
    }
}
