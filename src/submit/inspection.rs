//! The first look at a submission's rows: whether they can be read, and what they would change by the shared schema.
//! What is stored is not looked at here, but where a period is locked.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::Tenant;
use super::locked;
use super::made_for::check_made_for;
use super::material::Piece;
use super::taken::Taken;
use super::tally::Tally;
use crate::auth::{InCoalition, InOrganization};
use crate::domain::issue::Issue;
use crate::domain::schema::Schema;
use crate::domain::submission::{Change, Checker, Submitter};
use crate::domain::text;
use crate::error::{Error, Result};
use crate::formats::incoming::{Head, Row};
use crate::store::changeset::{Step, Warning};
use crate::store::submissions::Receipt;
use crate::store::{Read, memberships};

/// What is known of a submission after its rows were looked at.
#[derive(Default)]
pub struct Inspected {
    /// Counts, and what is wrong.
    pub tally: Tally,
    head: Head,
    source: Option<String>,
    /// The place of the last piece's first row.
    first: usize,
    names_organizations: bool,
}

/// Where rows are looked at.
pub struct Desk<'s> {
    /// What was found so far.
    pub found: Inspected,
    schema: &'s Schema,
    checker: Checker<'s>,
    codes: &'s OnceCell<HashMap<String, i32>>,
    find: &'s dyn Fn(&str) -> Option<i32>,
}

/// Looks at the rows of a submission, as `look` hands them over.
pub fn inspect(
    schema: &Schema,
    tenant: &Tenant,
    look: impl FnOnce(&mut Desk<'_>) -> Result<()>,
) -> Result<Inspected> {
    let codes: OnceCell<HashMap<String, i32>> = OnceCell::new();
    let find = |code: &str| codes.get()?.get(&code.to_ascii_lowercase()).copied();
    let submitter = Submitter {
        organization_id: tenant.organization_id(),
        is_backbone: tenant.is_backbone(),
        organizations: &find,
    };
    let mut desk = Desk {
        found: Inspected::default(),
        schema,
        checker: Checker::new(schema, &submitter),
        codes: &codes,
        find: &find,
    };
    look(&mut desk)?;
    let found = Inspected {
        names_organizations: codes.get().is_some(),
        ..desk.found
    };
    if found.tally.counts.received == 0 {
        return Err(Error::invalid(
            "/observations",
            "required",
            "a submission has at least one row",
        ));
    }
    Ok(found)
}

impl Desk<'_> {
    /// Takes the next piece; what its good rows change, if it has rows.
    pub fn take(&mut self, tx: &mut Read<'_, Tenant>, piece: &Piece) -> Result<Option<Vec<Change>>> {
        match piece {
            Piece::Head(head) => {
                check_columns(self.schema, head)?;
                if head.made_for.is_some() {
                    let codes = memberships::codes(tx)?;
                    check_made_for(head, tx.tenant(), &codes)?;
                }
                self.found.head = head.clone();
            }
            Piece::Source(text) => self.found.source = Some(checked_source(text)?),
            Piece::Rows(rows) => {
                if self.codes.get().is_none() && rows.iter().any(names_organization) {
                    let _ = self.codes.set(memberships::codes(tx)?);
                }
                return Ok(Some(self.check(tx, rows)?));
            }
        }
        Ok(None)
    }

    fn check(&mut self, tx: &mut Read<'_, Tenant>, rows: &[Row]) -> Result<Vec<Change>> {
        let found = &mut self.found;
        found.first = found.tally.counts.received;
        for (place, row) in (found.first..).zip(rows) {
            if let Ok(row) = &row.content {
                self.checker.check(place, row);
            }
        }
        let mut checked = self.checker.take();
        locked::refuse(tx, self.schema, &mut checked)?;
        let taken = Taken {
            head: &found.head,
            first: found.first,
            rows,
        };
        found.tally.refuse(&taken, checked.errors, self.find);
        Ok(checked.changes)
    }
}

impl Inspected {
    /// The rows of the last piece.
    pub fn taken<'a>(&'a self, rows: &'a [Row]) -> Taken<'a> {
        Taken {
            head: &self.head,
            first: self.first,
            rows,
        }
    }

    /// Takes note of what is done for the good rows of the last piece; of its warnings, the first are listed.
    pub fn add<'s>(
        &mut self,
        rows: &[Row],
        changes: &[Change],
        steps: impl Iterator<Item = &'s Step>,
        (warnings_total, warnings): (usize, impl Iterator<Item = Warning>),
    ) {
        self.tally.count(changes, steps);
        let taken = Taken {
            head: &self.head,
            first: self.first,
            rows,
        };
        self.tally.warn(&taken, warnings_total, warnings);
    }

    /// The receipt, without its id and state, and where the figures come from.
    pub fn finish(self, tx: &mut Read<'_, Tenant>) -> Result<(Receipt, Option<String>)> {
        let names = match self.names_organizations {
            true => memberships::names(tx, &self.tally.organizations())?,
            false => HashMap::new(),
        };
        Ok((self.tally.into_receipt(names), self.source))
    }
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
