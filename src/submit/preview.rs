//! What a submission would change, a page of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::taken::Taken;
use crate::auth::InCoalition;
use crate::domain::answer::Answer;
use crate::domain::schema::Schema;
use crate::error::Result;
use crate::store::changeset::Step;
use crate::store::figures::Place;
use crate::store::submissions::Receipt;
use crate::store::{Read, memberships};

/// Which of the changes are told, in the order of the rows.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// So many are passed over.
    pub offset: usize,
    /// At most so many.
    pub limit: usize,
}

/// What would become of a submission.
pub struct Rehearsed {
    /// The receipt that it would get, but for its id.
    pub receipt: Receipt,
    /// How many figures would change.
    pub changes_total: usize,
    /// A page of them.
    pub changes: Vec<FigureChange>,
    /// The schema that their places and values are told by.
    pub schema: Arc<Schema>,
}

/// A figure that would change.
#[derive(Clone, Debug)]
pub struct FigureChange {
    /// The row, counted from 1.
    pub row: usize,
    /// Where it stands in the file, for people.
    pub at: Option<String>,
    /// The organization's code.
    pub organization: String,
    /// Of what.
    pub place: Place,
    /// What holds now, with its note; `None` for a new figure.
    pub before: Option<(Answer, Option<String>)>,
    /// What would hold; `None` where the figure would be taken back.
    pub after: Option<(Answer, Option<String>)>,
}

/// Collects a page of changes, and counts them all.
pub struct Preview {
    page: Page,
    total: usize,
    listed: Vec<(i32, FigureChange)>,
}

impl Preview {
    /// Of nothing yet.
    pub const fn new(page: Page) -> Self {
        Self {
            page,
            total: 0,
            listed: Vec::new(),
        }
    }

    /// Takes note of what a piece of the rows would change.
    pub fn add(&mut self, taken: &Taken<'_>, steps: &[Step]) {
        let passed_over = self.page.offset.saturating_sub(self.total);
        self.total += steps.len();
        let room = self.page.limit - self.listed.len();
        if room == 0 || passed_over >= steps.len() {
            return;
        }
        let mut in_order: Vec<&Step> = steps.iter().collect();
        in_order.sort_unstable_by_key(|step| step.row);
        let told = in_order.into_iter().skip(passed_over).take(room).map(|step| {
            let change = FigureChange {
                row: step.row + 1,
                at: taken.at(step.row, "/value"),
                organization: String::new(),
                place: step.place,
                before: step.before.clone().map(|before| (before.answer, before.note)),
                after: step.answer.map(|answer| (answer, step.note.clone())),
            };
            (step.organization_id, change)
        });
        self.listed.extend(told);
    }

    /// How many changes there are, and the page of them.
    pub fn finish<S: InCoalition>(self, tx: &mut Read<'_, S>) -> Result<(usize, Vec<FigureChange>)> {
        let ids: BTreeSet<i32> = self.listed.iter().map(|(id, _)| *id).collect();
        let names = memberships::names(tx, &ids.into_iter().collect::<Vec<_>>())?;
        let named = self.listed.into_iter().map(|(id, change)| FigureChange {
            organization: names.get(&id).cloned().unwrap_or_default(),
            ..change
        });
        Ok((self.total, named.collect()))
    }
}
