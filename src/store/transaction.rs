//! What a closure gets to work with: a connection inside a transaction, and the tenant it works for.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::coalition_clock::{self, Tick};
use super::connection::Connection;
use super::schema_cache::SchemaCache;
use crate::auth::{InCoalition, Tenant};
use crate::clock::Clock;
use crate::domain::schema::Schema;
use crate::error::Result;

/// What transactions share besides the database.
#[derive(Clone, Default)]
pub(in crate::store) struct Context {
    pub clock: Clock,
    pub schemas: SchemaCache,
}

/// A read transaction: everything in it sees one moment.
pub struct Read<'c, S> {
    pub(in crate::store) connection: &'c mut Connection,
    pub(in crate::store) context: &'c Context,
    /// The coalition's clock, once it is known: nothing but this transaction can move it on for this transaction.
    pub(in crate::store) tick: Option<Tick>,
    tenant: &'c S,
}

/// A write transaction. What it does is kept if the closure answers `Ok`, and undone if not.
pub struct Write<'c, S> {
    read: Read<'c, S>,
    now: i64,
}

/// A transaction without a tenant, for one [`super::Purpose`].
pub struct System<'c> {
    pub(in crate::store) connection: &'c mut Connection,
    pub(in crate::store) context: &'c Context,
}

impl<'c, S> Read<'c, S> {
    pub(in crate::store) fn new(connection: &'c mut Connection, context: &'c Context, tenant: &'c S) -> Self {
        Self {
            connection,
            context,
            tick: None,
            tenant,
        }
    }

    /// For whom this is.
    pub fn tenant(&self) -> &'c S {
        self.tenant
    }

    /// The clock that this installation runs by.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }
}

impl<S: InCoalition> Read<'_, S> {
    /// The coalition's clock as this transaction sees it.
    pub fn current_tick(&mut self) -> Result<Tick> {
        let tick = match self.tick {
            Some(tick) => tick,
            None => coalition_clock::current(self.connection, self.tenant.coalition_id())?,
        };
        self.tick = Some(tick);
        Ok(tick)
    }

    /// The shared schema as this transaction sees it.
    pub fn schema(&mut self) -> Result<Arc<Schema>> {
        let tick = self.current_tick()?;
        self.context
            .schemas
            .find(self.connection, self.tenant.coalition_id(), tick)
    }
}

impl<'c, S: Tenant> Write<'c, S> {
    /// Begins: in a coalition, by waiting for its clock.
    pub(in crate::store) fn begin(
        connection: &'c mut Connection,
        context: &'c Context,
        tenant: &'c S,
    ) -> Result<Self> {
        let now = context.clock.now();
        let tick = match tenant.locks() {
            Some(coalition_id) => Some(coalition_clock::advance(connection, coalition_id, now)?),
            None => None,
        };
        let read = Read {
            tick,
            ..Read::new(connection, context, tenant)
        };
        Ok(Self { read, now })
    }

    /// When this write is recorded, in microseconds.
    pub fn recorded_at(&self) -> i64 {
        self.read.tick.map_or(self.now, |tick| tick.recorded_at)
    }

    /// The coalition's revision that this write makes; 0 outside a coalition.
    pub fn revision(&self) -> i64 {
        self.read.tick.map_or(0, |tick| tick.revision)
    }
}

impl<'c, S> Deref for Write<'c, S> {
    type Target = Read<'c, S>;
    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<S> DerefMut for Write<'_, S> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}

impl<'c> System<'c> {
    pub(in crate::store) fn new(connection: &'c mut Connection, context: &'c Context) -> Self {
        Self { connection, context }
    }

    /// Now, in microseconds.
    pub fn now(&self) -> i64 {
        self.context.clock.now()
    }
}
