//! A submission from its rows to its receipt: the one way in, for the API, the demo and the command line.

use std::sync::Arc;

use uuid::Uuid;

use crate::auth::{Coalition, Editor, InCoalition, InOrganization, Partner};
use crate::domain::issue::Issue;
use crate::domain::schema::Schema;
use crate::domain::submission::{RowError, Submitter, check};
use crate::error::{Error, Result};
use crate::formats::ParsedSubmission;
use crate::store::changeset::{Changeset, Counts, plan};
use crate::store::submissions::{self, Receipt, RowNotice};
use crate::store::{Read, Write, memberships};

/// The most rows of one submission.
pub const MOST_ROWS: usize = 50_000;
/// The most errors, and the most warnings, that are listed; all are counted.
const LISTED: usize = 1_000;

/// What happens to the good rows of a submission that has bad ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing: one bad row refuses all.
    #[default]
    Atomic,
    /// They go in, and the bad ones are listed.
    Partial,
}

/// A submission, ready to be applied; applying it again has no further effect.
pub struct Submission {
    parsed: ParsedSubmission,
    mode: Mode,
    uuid: String,
}

impl Submission {
    /// A submission of no more rows than are taken at once.
    pub fn new(parsed: ParsedSubmission, mode: Mode) -> Result<Self> {
        if parsed.rows.is_empty() {
            return Err(Error::invalid(
                "/observations",
                "required",
                "a submission has at least one row",
            ));
        }
        if parsed.rows.len() > MOST_ROWS {
            return Err(Error::TooLarge(format!(
                "{} rows are more than the {MOST_ROWS} that are taken at once: send them in several submissions",
                parsed.rows.len()
            )));
        }
        Ok(Self {
            parsed,
            mode,
            uuid: Uuid::now_v7().to_string(),
        })
    }

    /// What would happen, without any of it happening.
    pub fn rehearse(&self, tx: &mut Read<'_, Coalition<Partner, Editor>>) -> Result<Receipt> {
        let (_, changeset, errors) = self.weigh(tx)?;
        Ok(Receipt {
            submission: None,
            state: "dry_run".into(),
            dry_run: true,
            ..receipt(&changeset, &errors)
        })
    }

    /// Applies it, and keeps its receipt.
    pub fn apply(&self, tx: &mut Write<'_, Coalition<Partner, Editor>>) -> Result<Receipt> {
        let (schema, changeset, errors) = self.weigh(tx)?;
        if !errors.is_empty() && self.mode == Mode::Atomic {
            return Err(rejection(&changeset, &errors));
        }
        let state = if errors.is_empty() { "applied" } else { "partial" };
        let receipt = Receipt {
            submission: Some(self.uuid.clone()),
            state: state.into(),
            dry_run: false,
            ..receipt(&changeset, &errors)
        };
        submissions::create(tx, schema, &changeset, self.parsed.source.as_deref(), &receipt)?;
        Ok(receipt)
    }

    /// Checks every row against the schema as it is now, and works out what the good ones change.
    fn weigh(
        &self,
        tx: &mut Read<'_, Coalition<Partner, Editor>>,
    ) -> Result<(Arc<Schema>, Changeset, Vec<RowError>)> {
        let schema = tx.schema()?;
        self.check_columns(&schema)?;
        let names_organizations = self.parsed.rows.iter().any(|row| row.organization.is_some());
        let codes = if names_organizations {
            memberships::codes(tx)?
        } else {
            Default::default()
        };
        let submitter = Submitter {
            organization_id: tx.tenant().organization_id(),
            is_backbone: tx.tenant().is_backbone(),
            organizations: &|code| codes.get(&code.to_ascii_lowercase()).copied(),
        };
        let mut checked = check(&schema, &submitter, &self.parsed.rows);
        for unreadable in &self.parsed.unreadable {
            checked.errors.retain(|error| error.row != unreadable.row);
        }
        checked.errors.extend(self.parsed.unreadable.iter().cloned());
        checked.errors.sort_by_key(|error| error.row);
        let mut changeset = plan(tx, &schema, &checked.changes)?;
        changeset.counts = Counts {
            received: self.parsed.rows.len(),
            rejected: checked.rejected(),
            ..changeset.counts
        };
        Ok((schema, changeset, checked.errors))
    }

    /// Refuses a file whose header names what is no dimension.
    fn check_columns(&self, schema: &Schema) -> Result<()> {
        let unknown: Vec<Issue> = self
            .parsed
            .dimensions
            .iter()
            .filter(|code| schema.dimension_by_code(code).is_none())
            .map(|code| {
                let known: Vec<&str> = schema.dimensions.iter().map(|dimension| dimension.code.as_str()).collect();
                let detail = format!(
                    "the column '{code}' is not known here: besides measure, period, value, organization, estimated, \
                     missing and note there are the dimensions {}",
                    if known.is_empty() { "(none yet)".to_owned() } else { known.join(", ") }
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
}

fn receipt(changeset: &Changeset, errors: &[RowError]) -> Receipt {
    Receipt {
        submission: None,
        state: String::new(),
        dry_run: false,
        counts: changeset.counts,
        errors: notices(errors),
        warnings: notices(&changeset.warnings),
    }
}

fn rejection(changeset: &Changeset, errors: &[RowError]) -> Error {
    let Counts {
        received, rejected, ..
    } = changeset.counts;
    let rows = if received == 1 { "row" } else { "rows" };
    Error::RejectedRows {
        detail: format!("{rejected} of {received} {rows} cannot be taken; nothing was changed"),
        errors: notices(errors),
    }
}

fn notices(errors: &[RowError]) -> Vec<RowNotice> {
    errors
        .iter()
        .take(LISTED)
        .map(|error| RowNotice {
            row: error.row + 1,
            pointer: error.pointer.clone(),
            code: error.code.into(),
            detail: error.detail.clone(),
        })
        .collect()
}
