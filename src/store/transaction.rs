//! What a closure gets to work with: a connection inside a transaction, and the tenant it works for.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::changeset::Mark;
use super::coalition_clock::{self, Tick, Version};
use super::connection::Connection;
use super::stamped::Stamped;
use super::{memberships, schemas};
use crate::auth::{InCoalition, MayWrite, ReadsCoalition, Tenant};
use crate::clock::Clock;
use crate::domain::roster::Roster;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// What transactions share besides the database.
#[derive(Clone, Default)]
pub(in crate::store) struct Context {
    pub clock: Clock,
    pub schemas: Stamped<Schema>,
    pub rosters: Stamped<Roster>,
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

/// A write transaction of several tenants in one coalition, each of which has a turn of its own.
pub struct Together<'c, S> {
    lead: Write<'c, S>,
    tenants: &'c [S],
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

impl<S: ReadsCoalition> Read<'_, S> {
    /// The coalition's clock as this transaction sees it.
    pub fn current_tick(&mut self) -> Result<Tick> {
        let tick = match self.tick {
            Some(tick) => tick,
            None => coalition_clock::current(self.connection, self.tenant.coalition_id())?,
        };
        self.tick = Some(tick);
        Ok(tick)
    }

    /// Names the coalition's state as this transaction sees it.
    pub fn version(&mut self) -> Result<Version> {
        Ok(self.current_tick()?.version())
    }

    /// The shared schema as this transaction sees it, and of it what the tenant sees.
    pub fn schema(&mut self) -> Result<Arc<Schema>> {
        let (tick, coalition_id) = (self.current_tick()?, self.tenant.coalition_id());
        let whole = self.context.schemas.find(coalition_id, tick.schema_stamp, || {
            schemas::load(self.connection, coalition_id, tick.schema_version)
        })?;
        Ok(self.tenant.sight().schema(whole))
    }

    /// Who takes part, as this transaction sees it.
    pub fn roster(&mut self) -> Result<Arc<Roster>> {
        let (tick, coalition_id) = (self.current_tick()?, self.tenant.coalition_id());
        self.context.rosters.find(coalition_id, tick.schema_stamp, || {
            memberships::load_roster(self.connection, coalition_id)
        })
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
            Some(coalition_id) => Some(coalition_clock::advance(connection, coalition_id, now, 1)?),
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

    /// What the rows of this write are written down under, if all are one submission's.
    pub fn mark(&self) -> Mark {
        Mark {
            first_row: 0,
            submission_id: self.revision(),
            recorded_at: self.recorded_at(),
        }
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

impl<'c, S: InCoalition + MayWrite> Together<'c, S> {
    /// Begins, by waiting for the coalition's clock.
    pub(in crate::store) fn begin(
        connection: &'c mut Connection,
        context: &'c Context,
        tenants: &'c [S],
    ) -> Result<Self> {
        let lead = tenants
            .first()
            .ok_or_else(|| Error::internal("nobody writes together"))?;
        let coalition_id = lead.coalition_id();
        if tenants.iter().any(|tenant| tenant.coalition_id() != coalition_id) {
            return Err(Error::internal("those of several coalitions write together"));
        }
        let now = context.clock.now();
        let turns = i64::try_from(tenants.len()).map_err(Error::internal)?;
        let last = coalition_clock::advance(connection, coalition_id, now, turns)?;
        let read = Read {
            tick: Some(last),
            ..Read::new(connection, context, lead)
        };
        Ok(Self {
            lead: Write { read, now },
            tenants,
        })
    }

    /// What concerns the coalition as a whole, in the name of the first of them.
    pub fn lead(&mut self) -> &mut Write<'c, S> {
        &mut self.lead
    }

    /// One of them, by its place, to read in its name.
    pub fn member(&mut self, place: usize) -> Read<'_, S> {
        let lead = &mut self.lead.read;
        Read {
            tick: lead.tick,
            ..Read::new(lead.connection, lead.context, &self.tenants[place])
        }
    }

    /// The turn of one of them, by its place, for rows from a place on.
    pub fn mark(&self, place: usize, first_row: usize) -> Mark {
        let after = (self.tenants.len() - 1 - place) as i64;
        Mark {
            first_row,
            submission_id: self.lead.revision() - after,
            recorded_at: self.lead.recorded_at() - after,
        }
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
