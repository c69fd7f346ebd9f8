//! A submission from its rows to its receipt: the one way in, for the API, the demo and the command line.
//!
//! Rows go through in pieces: each is checked against the schema, compared with what is stored, and written before the
//! next is taken up, all in one transaction; so that a large file needs no more memory than a small one, and a
//! rehearsal goes through the same steps but the last.

mod inspection;
mod joint;
mod locked;
mod made_for;
mod material;
mod preview;
mod progress;
mod taken;
mod tally;
mod together;
mod waiting;
mod weighing;

use uuid::Uuid;

pub use material::{Material, Spooled};
use preview::Preview;
pub use preview::{FigureChange, Page, Rehearsed};
pub use progress::Progress;
pub use together::Together;
pub use waiting::Waiting;
use weighing::{Rehearsal, Writing, weigh};

use crate::auth::{Coalition, Editor, Partner};
use crate::error::{Error, Result};
use crate::store::changeset::Mark;
use crate::store::submissions::{self, NewSubmission, Receipt, SourceFile};
use crate::store::{Read, Write};

/// Who may submit.
type Tenant = Coalition<Partner, Editor>;

/// The most rows of a submission that is answered at once.
pub const MOST_ROWS: usize = 50_000;

/// What happens to the good rows of a submission that has bad ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    material: Material,
    mode: Mode,
    file: SourceFile,
    uuid: String,
}

impl Mode {
    /// Its name, as it is written down.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Atomic => "atomic",
            Self::Partial => "partial",
        }
    }

    /// Reads what was written down.
    pub fn named(name: &str) -> Result<Self> {
        [Self::Atomic, Self::Partial]
            .into_iter()
            .find(|mode| mode.as_str() == name)
            .ok_or_else(|| Error::internal(format!("'{name}' is no mode")))
    }
}

impl Submission {
    /// A submission of what came in, in that file.
    pub fn new(material: Material, mode: Mode, file: SourceFile) -> Self {
        Self::known_as(Uuid::now_v7().to_string(), material, mode, file)
    }

    /// The same, with the id that it was promised.
    pub fn known_as(uuid: String, material: Material, mode: Mode, file: SourceFile) -> Self {
        Self {
            material,
            mode,
            file,
            uuid,
        }
    }

    /// What would happen, without any of it happening, and a page of the figures that would change.
    pub fn rehearse(&self, tx: &mut Read<'_, Tenant>, page: Page) -> Result<Rehearsed> {
        let schema = tx.schema()?;
        let preview = Preview::new(page);
        let mut rehearsal = Rehearsal { tx, preview };
        let (receipt, _) = weigh(&self.material, &mut rehearsal, Mode::Partial)?;
        let (changes_total, changes) = rehearsal.preview.finish(rehearsal.tx)?;
        Ok(Rehearsed {
            receipt: Receipt {
                state: "dry_run".into(),
                dry_run: true,
                ..receipt
            },
            changes_total,
            changes,
            schema,
        })
    }

    /// Applies it, and keeps its receipt.
    pub fn apply(&self, tx: &mut Write<'_, Tenant>) -> Result<Receipt> {
        let mut writing = Writing::new(tx);
        let (receipt, source) = weigh(&self.material, &mut writing, self.mode)?;
        let receipt = self.settle(receipt)?;
        writing.finish()?;
        let (tenant, mark) = (tx.tenant(), tx.mark());
        submissions::create(tx, &[self.kept(tenant, mark, &receipt, source.as_deref())])?;
        Ok(receipt)
    }

    /// The receipt with its id and state, unless a bad row refuses all.
    fn settle(&self, receipt: Receipt) -> Result<Receipt> {
        let has_errors = receipt.counts.rejected > 0;
        if has_errors && self.mode == Mode::Atomic {
            return Err(rejection(receipt));
        }
        let state = if has_errors { "partial" } else { "applied" };
        Ok(Receipt {
            submission: Some(self.uuid.clone()),
            state: state.into(),
            ..receipt
        })
    }

    /// What is kept of it.
    fn kept<'a>(
        &'a self,
        tenant: &'a Tenant,
        mark: Mark,
        receipt: &'a Receipt,
        source: Option<&'a str>,
    ) -> NewSubmission<'a> {
        NewSubmission {
            uuid: &self.uuid,
            tenant,
            mark,
            source,
            file: &self.file,
            receipt,
        }
    }
}

fn rejection(receipt: Receipt) -> Error {
    let (received, rejected) = (receipt.counts.received, receipt.counts.rejected);
    let rows = if received == 1 { "row" } else { "rows" };
    let listed = match receipt.errors.len() {
        all if all == receipt.errors_total => String::new(),
        first => format!(
            "; the first {first} of {} errors are listed",
            receipt.errors_total
        ),
    };
    Error::RejectedRows {
        detail: format!("{rejected} of {received} {rows} cannot be taken; nothing was changed{listed}"),
        total: receipt.errors_total,
        errors: receipt.errors,
    }
}
