//! Reviews of submissions: the backbone looks at what came in, accepts it or asks, and the sender sees which.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::submissions::Listed;
use super::{Body, IfMatch, respond, text};
use crate::app::App;
use crate::auth::{Backbone, Coalition, Editor};
use crate::clock::rfc3339;
use crate::domain::audit::Action;
use crate::domain::audit_details::changed;
use crate::domain::given::given;
use crate::domain::issue::Issue;
use crate::domain::review::Verdict;
use crate::error::{Error, Result};
use crate::store::reviews::{self, NewReview};
use crate::store::{audit, imports, submissions};

/// The longest comment, in characters.
const COMMENT: usize = 2_000;

/// A review, as answered.
#[derive(Serialize)]
pub(super) struct Review {
    verdict: Verdict,
    comment: Option<String>,
    reviewed_by: Option<String>,
    reviewed_at: String,
}

impl From<reviews::Review> for Review {
    fn from(found: reviews::Review) -> Self {
        Self {
            verdict: found.verdict,
            comment: found.comment,
            reviewed_by: found.reviewed_by,
            reviewed_at: rfc3339(found.reviewed_at),
        }
    }
}

impl Review {
    /// What was found, without who found it.
    fn found(&self) -> NewReview {
        NewReview {
            verdict: self.verdict,
            comment: self.comment.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewBody {
    verdict: Verdict,
    #[serde(default, deserialize_with = "given")]
    comment: Option<String>,
}

impl ReviewBody {
    fn check(self) -> Result<NewReview> {
        let mut issues = Vec::new();
        match &self.comment {
            Some(comment) => text::statement(comment, COMMENT, "/comment", &mut issues),
            None if self.verdict == Verdict::Questioned => issues.push(Issue::new(
                "/comment",
                "required",
                "say what is in question, so that the sender can answer it or correct it",
            )),
            None => {}
        }
        text::settle(issues)?;
        Ok(NewReview {
            verdict: self.verdict,
            comment: self.comment,
        })
    }
}

/// `PUT …/submissions/{submission}/review`: what the backbone finds, in the place of what it found before.
pub async fn replace(
    coalition: Coalition<Backbone, Editor>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, id) = path.into_inner();
    let review: ReviewBody = body.json().await?;
    let review = review.check()?;
    let reviewed = app
        .db
        .write(&coalition, move |tx| {
            if imports::find(tx, &id)?.is_some() {
                return Err(Error::conflict(
                    "not_applied",
                    "this submission has changed no figure, so there is nothing to review: it waits to be applied, or \
                     was refused",
                ));
            }
            let before = Listed::from(submissions::find(tx, &id)?);
            if_match.check(&before)?;
            let details = changed(&before.review.as_ref().map(Review::found), &review)?;
            if details == json!({}) {
                return Ok(before);
            }
            reviews::replace(tx, &id, &review)?;
            let after = Listed::from(submissions::find(tx, &id)?);
            audit::record(tx, Action::SubmissionReviewed, format!("submission:{id}"), &details)?;
            Ok(after)
        })
        .await?;
    respond::found(&reviewed)
}
