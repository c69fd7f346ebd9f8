//! The rows of a submission, piece by piece: checked, compared with what is stored, and handed on.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::Mode;
use super::made_for::check_made_for;
use super::material::{Material, Piece};
use super::preview::Preview;
use super::taken::Taken;
use super::tally::Tally;
use crate::auth::{Coalition, Editor, InCoalition, InOrganization, Partner};
use crate::domain::issue::Issue;
use crate::domain::rollup::Deltas;
use crate::domain::schema::Schema;
use crate::domain::submission::{Checker, Submitter};
use crate::domain::text;
use crate::error::{Error, Result};
use crate::formats::incoming::{Head, Row};
use crate::store::changeset::{Changeset, plan};
use crate::store::submissions::{self, Receipt};
use crate::store::{Read, Write, memberships};

type Tenant = Coalition<Partner, Editor>;

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

/// Weighs and writes.
pub struct Writing<'t, 'c>(pub &'t mut Write<'c, Tenant>);

impl<'c> Scales<'c> for Writing<'_, 'c> {
    fn read(&mut self) -> &mut Read<'c, Tenant> {
        self.0
    }

    fn carry_out(
        &mut self,
        schema: Arc<Schema>,
        changeset: &Changeset,
        _: &Taken<'_>,
    ) -> Result<Arc<Schema>> {
        submissions::carry_out(self.0, schema, changeset)
    }
}

/// What came of a submission's rows.
pub struct Weighed {
    /// Everything but its id and state.
    pub receipt: Receipt,
    /// Where the figures come from.
    pub source: Option<String>,
    /// What they change of the totals.
    pub deltas: Deltas,
}

/// Weighs all rows. Where a bad row refuses all (`Mode::Atomic`), nothing is carried out after the first one.
pub fn weigh<'c>(material: &Material, scales: &mut dyn Scales<'c>, mode: Mode) -> Result<Weighed> {
    let tenant = scales.read().tenant();
    let opened = scales.read().schema()?;
    let codes: OnceCell<HashMap<String, i32>> = OnceCell::new();
    let find = |code: &str| codes.get()?.get(&code.to_ascii_lowercase()).copied();
    let submitter = Submitter {
        organization_id: tenant.organization_id(),
        is_backbone: tenant.is_backbone(),
        organizations: &find,
    };
    let mut checker = Checker::new(&opened, &submitter);
    let mut schema = Arc::clone(&opened);
    let (mut head, mut tally) = (Head::default(), Tally::default());
    let (mut source, mut deltas) = (None, Deltas::default());
    material.read(&opened, &mut |piece| {
        match piece {
            Piece::Head(found) => {
                check_columns(&opened, found)?;
                if found.made_for.is_some() {
                    let codes = memberships::codes(scales.read())?;
                    check_made_for(found, scales.read().tenant(), &codes)?;
                }
                head = found.clone();
            }
            Piece::Source(text) => source = Some(checked_source(text)?),
            Piece::Rows(rows) => {
                if codes.get().is_none() && rows.iter().any(names_organization) {
                    let _ = codes.set(memberships::codes(scales.read())?);
                }
                let taken = Taken {
                    head: &head,
                    first: tally.counts.received,
                    rows,
                };
                for (place, row) in (taken.first..).zip(rows) {
                    if let Ok(row) = &row.content {
                        checker.check(place, row);
                    }
                }
                let checked = checker.take();
                tally.refuse(&taken, checked.errors, &find);
                if mode == Mode::Partial || tally.counts.rejected == 0 {
                    let changeset = plan(scales.read(), &schema, &checked.changes)?;
                    schema = scales.carry_out(Arc::clone(&schema), &changeset, &taken)?;
                    deltas.add(&changeset.deltas, 1);
                    tally.add(&taken, changeset);
                }
            }
        }
        Ok(())
    })?;
    if tally.counts.received == 0 {
        return Err(Error::invalid(
            "/observations",
            "required",
            "a submission has at least one row",
        ));
    }
    let names = match codes.get() {
        Some(_) => memberships::names(scales.read(), &tally.organizations())?,
        None => HashMap::new(),
    };
    Ok(Weighed {
        receipt: tally.into_receipt(names),
        source,
        deltas,
    })
}

fn names_organization(row: &Row) -> bool {
    row.content.as_ref().is_ok_and(|row| row.organization.is_some())
}

fn checked_source(text: &str) -> Result<String> {
    let mut issues = Vec::new();
    let source = text::named(&mut issues, "/source", text, text::NAME);
    if issues.is_empty() {
        Ok(source)
    } else {
        Err(Error::Invalid(issues))
    }
}

/// Refuses a file whose header names what is no dimension.
fn check_columns(schema: &Schema, head: &Head) -> Result<()> {
    let known: Vec<&str> = schema
        .dimensions
        .iter()
        .map(|dimension| dimension.code.as_str())
        .collect();
    let known = if known.is_empty() {
        "(none yet)".to_owned()
    } else {
        known.join(", ")
    };
    let unknown: Vec<Issue> = head
        .dimensions
        .iter()
        .filter(|code| schema.dimension_by_code(code).is_none())
        .map(|code| {
            let detail = format!(
                "the column '{code}' is not known here: besides measure, period, value, organization, estimated, \
                 missing and note there are the dimensions {known}"
            );
            Issue::new("", "unknown_column", detail)
        })
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Error::Malformed(unknown))
    }
}
