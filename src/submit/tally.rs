//! What has come of a submission's rows: counts, and what is to be said of single rows.

use std::collections::{BTreeMap, HashMap};

use super::taken::Taken;
use crate::domain::submission::{Change, RowError};
use crate::store::changeset::{Step, Warning};
use crate::store::submissions::{Counts, MOST_NOTICES, OrganizationCounts, Receipt, RowNotice};

/// What has come of the rows so far.
#[derive(Default)]
pub struct Tally {
    pub counts: Counts,
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
    pub fn refuse(
        &mut self,
        taken: &Taken<'_>,
        mut errors: Vec<RowError>,
        find: &dyn Fn(&str) -> Option<i32>,
    ) {
        self.counts.received += taken.rows.len();
        errors.extend((taken.first..).zip(taken.rows).filter_map(|(place, row)| {
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
            let code = taken
                .row(of_row[0].row)
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
        let total = errors.len();
        self.errors
            .add(taken, total, errors.into_iter().map(|error| (error, None)));
    }

    /// Counts the good rows of a piece, and what is done for them.
    pub fn count<'s>(&mut self, changes: &[Change], steps: impl Iterator<Item = &'s Step>) {
        let mut counted: BTreeMap<i32, Counts> = BTreeMap::new();
        for of in changes.chunk_by(|a, b| a.organization_id == b.organization_id) {
            counted.entry(of[0].organization_id).or_default().received += of.len();
        }
        for step in steps {
            let counts = counted.entry(step.organization_id).or_default();
            *match (&step.answer, &step.before) {
                (None, _) => &mut counts.withdrawn,
                (Some(_), None) => &mut counts.created,
                (Some(_), Some(_)) => &mut counts.updated,
            } += 1;
        }
        for (organization, mut counts) in counted {
            counts.unchanged = counts.received - counts.created - counts.updated - counts.withdrawn;
            self.organizations.entry(organization).or_default().add(&counts);
            self.counts.add(&Counts {
                received: 0,
                ..counts
            });
        }
    }

    /// Notes which rows of a piece are worth a second look; there are so many in all.
    pub fn warn(&mut self, taken: &Taken<'_>, total: usize, warnings: impl Iterator<Item = Warning>) {
        let told = warnings.map(|warning| {
            let found = RowError {
                row: warning.row,
                pointer: format!("/observations/{}{}", warning.row, warning.field),
                code: warning.code,
                detail: warning.detail,
            };
            (found, warning.justification)
        });
        self.warnings.add(taken, total, told);
    }

    /// The organizations that rows were about.
    pub fn organizations(&self) -> Vec<i32> {
        self.organizations.keys().copied().collect()
    }

    /// The receipt; by organization where rows named any.
    pub fn into_receipt(self, names: HashMap<i32, String>) -> Receipt {
        let organizations = names.into_iter().filter_map(|(id, organization)| {
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
    /// Counts so many, and lists the first of them.
    fn add(
        &mut self,
        taken: &Taken<'_>,
        total: usize,
        found: impl Iterator<Item = (RowError, Option<String>)>,
    ) {
        self.total += total;
        let room = MOST_NOTICES - self.listed.len();
        self.listed.extend(found.take(room).map(|(found, justification)| {
            let field = found
                .pointer
                .splitn(4, '/')
                .nth(3)
                .map(|field| format!("/{field}"));
            RowNotice {
                row: found.row + 1,
                at: taken.at(found.row, field.as_deref().unwrap_or_default()),
                pointer: found.pointer,
                code: found.code.into(),
                detail: found.detail,
                justification,
            }
        }));
    }
}
