//! Receipts: what became of a submission, row by row where something was wrong.

use serde::{Deserialize, Serialize};

/// The most errors, and the most warnings, that are listed; all are counted.
pub const MOST_NOTICES: usize = 1_000;

/// How many rows did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that came in.
    pub received: usize,
    /// New figures.
    pub created: usize,
    /// Figures that differ from what was there.
    pub updated: usize,
    /// Figures that were there already.
    pub unchanged: usize,
    /// Figures taken back.
    pub withdrawn: usize,
    /// Rows that were refused.
    pub rejected: usize,
}

impl Counts {
    /// Adds what other rows did.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.withdrawn += other.withdrawn;
        self.rejected += other.rejected;
    }
}

/// What was done to the figures of one organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrganizationCounts {
    /// The organization.
    #[serde(skip)]
    pub organization_id: i32,
    /// Its code.
    pub organization: String,
    /// How many rows did what.
    #[serde(flatten)]
    pub counts: Counts,
}

/// A row of a receipt: what was wrong, or worth a second look.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowNotice {
    /// The row, counted from 1, a CSV file's header not counted.
    pub row: usize,
    /// Where it stands in the file, for people: `line 17`, `Sheet1!D17`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Where in a JSON submission.
    pub pointer: String,
    /// A stable code.
    pub code: String,
    /// The sentence for people.
    pub detail: String,
    /// Of a warning: the row's note, which may say why the figure is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
}

/// What became of a submission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// Its id; none for a dry run.
    pub submission: Option<String>,
    /// `applied`, `partial` or `dry_run`.
    pub state: String,
    /// Whether nothing was changed on purpose.
    pub dry_run: bool,
    /// How many rows did what.
    pub counts: Counts,
    /// The same by organization, where rows named organizations; kept in rows of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<OrganizationCounts>,
    /// How many errors there are.
    pub errors_total: usize,
    /// Rows that were refused, the first thousand errors.
    pub errors: Vec<RowNotice>,
    /// How many warnings there are.
    pub warnings_total: usize,
    /// Rows worth a second look, the first thousand warnings.
    pub warnings: Vec<RowNotice>,
}

impl Receipt {
    /// As much of it as is about one organization, on whose behalf somebody else reported.
    pub fn about(self, of: OrganizationCounts) -> Self {
        Self {
            counts: of.counts,
            organizations: vec![of],
            errors_total: 0,
            errors: Vec::new(),
            warnings_total: 0,
            warnings: Vec::new(),
            ..self
        }
    }
}
