//! The rows of a submission, piece by piece: checked, compared with what is stored, and handed on.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Mode;
use super::made_for::check_made_for;
use super::material::{Material, Piece};
use crate::auth::{Coalition, Editor, InCoalition, InOrganization, Partner};
use crate::domain::issue::Issue;
use crate::domain::rollup::Deltas;
use crate::domain::schema::Schema;
use crate::domain::submission::{Checker, RowError, Submitter};
use crate::domain::text;
use crate::error::{Error, Result};
use crate::formats::incoming::{Head, Row};
use crate::store::changeset::{Changeset, plan};
use crate::store::submissions::{self, Counts, OrganizationCounts, Receipt, RowNotice};
use crate::store::{Read, Write, memberships};

/// The most errors, and the most warnings, that are listed; all are counted.
const LISTED: usize = 1_000;

type Tenant = Coalition<Partner, Editor>;

/// The transaction that rows are weighed in, and what becomes of what they change.
pub trait Scales<'c> {
    /// The transaction, to read in.
    fn read(&mut self) -> &mut Read<'c, Tenant>;
    /// Carries out a part of the submission, and answers the schema as it is then.
    fn carry_out(&mut self, schema: Arc<Schema>, changeset: &Changeset) -> Result<Arc<Schema>>;
}

/// Weighs only.
pub struct Rehearsal<'t, 'c>(pub &'t mut Read<'c, Tenant>);

impl<'c> Scales<'c> for Rehearsal<'_, 'c> {
    fn read(&mut self) -> &mut Read<'c, Tenant> {
        self.0
    }

    fn carry_out(&mut self, schema: Arc<Schema>, _: &Changeset) -> Result<Arc<Schema>> {
        Ok(schema)
    }
}

/// Weighs and writes.
pub struct Writing<'t, 'c>(pub &'t mut Write<'c, Tenant>);

impl<'c> Scales<'c> for Writing<'_, 'c> {
    fn read(&mut self) -> &mut Read<'c, Tenant> {
        self.0
    }

    fn carry_out(&mut self, schema: Arc<Schema>, changeset: &Changeset) -> Result<Arc<Schema>> {
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
    let mut tally = Tally::default();
    let (mut source, mut deltas) = (None, Deltas::default());
    material.read(&opened, &mut |piece| {
        match piece {
            Piece::Head(head) => {
                check_columns(&opened, head)?;
                if head.made_for.is_some() {
                    let codes = memberships::codes(scales.read())?;
                    check_made_for(head, scales.read().tenant(), &codes)?;
                }
                tally.head = head.clone();
            }
            Piece::Source(text) => source = Some(checked_source(text)?),
            Piece::Rows(rows) => {
                if codes.get().is_none() && rows.iter().any(names_organization) {
                    let _ = codes.set(memberships::codes(scales.read())?);
                }
                let first = tally.counts.received;
                for (place, row) in (first..).zip(rows) {
                    if let Ok(row) = &row.content {
                        checker.check(place, row);
                    }
                }
                let checked = checker.take();
                tally.refuse(first, rows, checked.errors, &find);
                if mode == Mode::Partial || tally.counts.rejected == 0 {
                    let changeset = plan(scales.read(), &schema, &checked.changes)?;
                    schema = scales.carry_out(Arc::clone(&schema), &changeset)?;
                    deltas.add(&changeset.deltas, 1);
                    tally.add(first, rows, changeset);
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
    let names = codes.into_inner().unwrap_or_default();
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

/// What has come of the rows so far.
#[derive(Default)]
struct Tally {
    head: Head,
    counts: Counts,
    organizations: BTreeMap<i32, Counts>,
    errors: Notices,
    warnings: Notices,
}

#[derive(Default)]
struct Notices {
    listed: Vec<RowNotice>,
    total: usize,
}

impl Tally {
    /// Counts the rows of a piece, and notes what is wrong with them.
    fn refuse(
        &mut self,
        first: usize,
        rows: &[Row],
        mut errors: Vec<RowError>,
        find: &dyn Fn(&str) -> Option<i32>,
    ) {
        self.counts.received += rows.len();
        errors.extend((first..).zip(rows).filter_map(|(place, row)| {
            let unreadable = row.content.as_ref().err()?;
            Some(RowError {
                row: place,
                pointer: format!("/observations/{place}{}", unreadable.field),
                code: unreadable.code,
                detail: unreadable.detail.clone(),
            })
        }));
        errors.sort_by_key(|error| error.row);
        for of_row in errors.chunk_by(|a, b| a.row == b.row) {
            self.counts.rejected += 1;
            let code = rows[of_row[0].row - first]
                .content
                .as_ref()
                .ok()
                .and_then(|row| row.organization.as_deref());
            if let Some(organization) = code.and_then(|code| find(code.trim())) {
                let counts = self.organizations.entry(organization).or_default();
                counts.received += 1;
                counts.rejected += 1;
            }
        }
        self.errors.add(&self.head, first, rows, errors);
    }

    /// Counts what the good rows of a piece change.
    fn add(&mut self, first: usize, rows: &[Row], changeset: Changeset) {
        for (organization, counts) in changeset.counts {
            self.counts.add(&Counts {
                received: 0,
                ..counts
            });
            self.organizations.entry(organization).or_default().add(&counts);
        }
        self.warnings.add(&self.head, first, rows, changeset.warnings);
    }

    /// The receipt; by organization where rows named any.
    fn into_receipt(self, names: HashMap<String, i32>) -> Receipt {
        let organizations = names.into_iter().filter_map(|(organization, id)| {
            let counts = *self.organizations.get(&id)?;
            Some(OrganizationCounts {
                organization_id: id,
                organization,
                counts,
            })
        });
        let mut organizations: Vec<OrganizationCounts> = organizations.collect();
        organizations.sort_by(|a, b| a.organization.cmp(&b.organization));
        Receipt {
            submission: None,
            state: String::new(),
            dry_run: false,
            counts: self.counts,
            organizations,
            errors_total: self.errors.total,
            errors: self.errors.listed,
            warnings_total: self.warnings.total,
            warnings: self.warnings.listed,
        }
    }
}

impl Notices {
    fn add(&mut self, head: &Head, first: usize, rows: &[Row], found: Vec<RowError>) {
        self.total += found.len();
        let room = LISTED - self.listed.len();
        self.listed.extend(found.into_iter().take(room).map(|found| {
            let row = &rows[found.row - first];
            let field = found
                .pointer
                .splitn(4, '/')
                .nth(3)
                .map(|field| format!("/{field}"));
            RowNotice {
                row: found.row + 1,
                at: head.place(row.line, row.column, field.as_deref().unwrap_or_default()),
                pointer: found.pointer,
                code: found.code.into(),
                detail: found.detail,
            }
        }));
    }
}
