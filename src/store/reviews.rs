//! Reviews of submissions by the backbone.

use diesel::prelude::*;
use serde::Serialize;

use super::Write;
use super::actors::ActorName;
use super::own::own;
use super::schema::submissions;
use crate::auth::{Backbone, Coalition, Editor, InOrganization};
use crate::domain::review::Verdict;
use crate::error::{Error, Result};

/// What the backbone found.
#[derive(Clone, Debug)]
pub struct Review {
    /// What it found.
    pub verdict: Verdict,
    /// What it says to that.
    pub comment: Option<String>,
    /// The name of whoever looked.
    pub reviewed_by: Option<String>,
    /// When, in microseconds.
    pub reviewed_at: i64,
}

/// A review to be kept.
#[derive(Clone, Debug, Serialize)]
pub struct NewReview {
    /// What was found.
    pub verdict: Verdict,
    /// What is said to that.
    pub comment: Option<String>,
}

/// Verdict, comment, who and when, as they are kept.
pub(in crate::store) type Row = (Option<String>, Option<String>, Option<String>, Option<i64>);
pub(in crate::store) type Columns = (
    submissions::verdict,
    submissions::review_comment,
    submissions::reviewed_by,
    submissions::reviewed_at,
);
pub(in crate::store) const COLUMNS: Columns = (
    submissions::verdict,
    submissions::review_comment,
    submissions::reviewed_by,
    submissions::reviewed_at,
);

/// The review that was kept so, if there is one.
pub(in crate::store) fn read(
    (verdict, comment, _, reviewed_at): Row,
    reviewed_by: Option<&ActorName>,
) -> Result<Option<Review>> {
    let (Some(verdict), Some(reviewed_at)) = (verdict, reviewed_at) else {
        return Ok(None);
    };
    Ok(Some(Review {
        verdict: Verdict::parse(&verdict)
            .ok_or_else(|| Error::internal(format!("'{verdict}' is no verdict")))?,
        comment,
        reviewed_by: reviewed_by.map(|known| known.name.clone()),
        reviewed_at,
    }))
}

/// Keeps a review of a submission, in the place of the one before.
pub fn replace(
    tx: &mut Write<'_, Coalition<Backbone, Editor>>,
    uuid: &str,
    review: &NewReview,
) -> Result<()> {
    let coalition_id = tx.tenant().id();
    let changed = diesel::update(submissions::table)
        .filter(own!(submissions::coalition_id, coalition_id))
        .filter(submissions::uuid.eq(uuid))
        .set((
            submissions::verdict.eq(review.verdict.as_str()),
            submissions::review_comment.eq(review.comment.as_deref()),
            submissions::reviewed_by.eq(tx.tenant().actor().to_string()),
            submissions::reviewed_at.eq(tx.recorded_at()),
        ))
        .execute(tx.connection)?;
    match changed {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
