//! The rows of a submission, piece by piece: checked, compared with what is stored, and handed on.

use std::sync::Arc;

use super::inspection::inspect;
use super::material::{Material, Piece};
use super::preview::Preview;
use super::taken::Taken;
use super::{Mode, Tenant};
use crate::domain::rollup::Deltas;
use crate::domain::schema::Schema;
use crate::error::Result;
use crate::store::changeset::{Changeset, plan};
use crate::store::submissions::{self, Receipt};
use crate::store::{Read, Write};

/// The transaction that rows are weighed in, and what becomes of what they change.
pub trait Scales<'c> {
    /// The transaction, to read in.
    fn read(&mut self) -> &mut Read<'c, Tenant>;
    /// Carries out a part of the submission, and answers the schema as it is then.
    fn carry_out(
        &mut self,
        schema: Arc<Schema>,
        changeset: &Changeset,
        taken: &Taken<'_>,
    ) -> Result<Arc<Schema>>;
}

/// Weighs only, and tells what would change.
pub struct Rehearsal<'t, 'c> {
    /// The transaction.
    pub tx: &'t mut Read<'c, Tenant>,
    /// What would change.
    pub preview: Preview,
}

impl<'c> Scales<'c> for Rehearsal<'_, 'c> {
    fn read(&mut self) -> &mut Read<'c, Tenant> {
        self.tx
    }

    fn carry_out(
        &mut self,
        schema: Arc<Schema>,
        changeset: &Changeset,
        taken: &Taken<'_>,
    ) -> Result<Arc<Schema>> {
        self.preview.add(taken, &changeset.steps);
        Ok(schema)
    }
}

/// Changes of so many totals are written before more are gathered: with all of a large file's, memory would grow.
const MOST_TOTALS: usize = 50_000;

/// Weighs and writes.
pub struct Writing<'t, 'c> {
    tx: &'t mut Write<'c, Tenant>,
    /// What is not written yet of the changes of totals: neighbouring rows often change the same.
    deltas: Deltas,
}

impl<'t, 'c> Writing<'t, 'c> {
    /// In a transaction.
    pub fn new(tx: &'t mut Write<'c, Tenant>) -> Self {
        Self {
            tx,
            deltas: Deltas::default(),
        }
    }

    /// Writes the rest.
    pub fn finish(self) -> Result<()> {
        submissions::change_totals(self.tx, &self.deltas)
    }
}

impl<'c> Scales<'c> for Writing<'_, 'c> {
    fn read(&mut self) -> &mut Read<'c, Tenant> {
        self.tx
    }

    fn carry_out(
        &mut self,
        schema: Arc<Schema>,
        changeset: &Changeset,
        _: &Taken<'_>,
    ) -> Result<Arc<Schema>> {
        let mark = self.tx.mark();
        let schema = submissions::carry_out(self.tx, schema, &changeset.steps, &[mark])?;
        self.deltas.add(&changeset.deltas, 1);
        if self.deltas.totals.len() < MOST_TOTALS {
            return Ok(schema);
        }
        submissions::change_totals(self.tx, &std::mem::take(&mut self.deltas))?;
        self.tx.schema()
    }
}

/// Weighs all rows: the receipt, without its id and state, and where the figures come from. Where a bad row refuses all
/// (`Mode::Atomic`), nothing is carried out after the first one.
pub fn weigh<'c>(
    material: &Material,
    scales: &mut dyn Scales<'c>,
    mode: Mode,
) -> Result<(Receipt, Option<String>)> {
    let opened = scales.read().schema()?;
    let tenant = scales.read().tenant();
    let mut schema = Arc::clone(&opened);
    let inspected = inspect(&opened, tenant, |desk| {
        material.read(&opened, &mut |piece| {
            let (Some(changes), Piece::Rows(rows)) = (desk.take(scales.read(), piece)?, piece) else {
                return Ok(());
            };
            if mode == Mode::Atomic && desk.found.tally.counts.rejected > 0 {
                return Ok(());
            }
            let changeset = plan(scales.read(), &schema, &changes)?;
            let taken = desk.found.taken(rows);
            schema = scales.carry_out(Arc::clone(&schema), &changeset, &taken)?;
            let warnings = (changeset.warnings_total, changeset.warnings.into_iter());
            desk.found.add(rows, &changes, changeset.steps.iter(), warnings);
            Ok(())
        })
    })?;
    inspected.finish(scales.read())
}
