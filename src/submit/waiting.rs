//! A submission on its way into the database, with what is needed to answer it.

use super::{Submission, Tenant};
use crate::error::Result;
use crate::store::Write;
use crate::store::idempotency::{self, Answer, Keyed};
use crate::store::submissions::Receipt;

/// A submission that waits to be applied.
pub struct Waiting {
    /// Who submits.
    pub tenant: Tenant,
    /// What.
    pub submission: Submission,
    /// The request by its name, if it has one.
    pub keyed: Option<Keyed>,
    /// What a receipt is answered as.
    pub answer: fn(&Receipt, &Tenant) -> Result<Answer>,
}

impl Waiting {
    /// Applies it by itself: its answer, or the same answer again (`true`), if it was given before.
    pub fn apply(&self, tx: &mut Write<'_, Tenant>) -> Result<(Answer, bool)> {
        let apply = |tx: &mut Write<'_, Tenant>| (self.answer)(&self.submission.apply(tx)?, &self.tenant);
        match &self.keyed {
            Some(request) => idempotency::once(tx, request, apply),
            None => Ok((apply(tx)?, false)),
        }
    }
}
