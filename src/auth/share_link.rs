//! Who follows a share link: nobody's account, no organization, only somebody who may read what the link shows.

use std::sync::Arc;

use super::Secret;
use crate::app::App;
use crate::domain::sight::Sight;
use crate::error::{Error, Result};
use crate::store::{Purpose, Version, followed_links};

/// How the secrets of links begin.
pub(super) const PREFIX: &str = "cairn_share_";

/// A link that has not ended. Made here only, from what the database says at each request.
#[derive(Clone, Debug)]
pub struct ShareLink {
    coalition_id: i32,
    coalition: Arc<str>,
    sight: Sight,
    expires_at: i64,
    seen: Version,
}

impl ShareLink {
    /// A secret for a new link.
    pub fn secret() -> Result<Secret> {
        Secret::generate("share")
    }

    /// The link of a secret, by its hash, if it holds.
    pub(super) async fn find(app: &App, secret_hash: String) -> Result<Option<Self>> {
        let found = app
            .db
            .system(Purpose::FollowLink, move |tx| {
                followed_links::find(tx, &secret_hash)
            })
            .await?;
        Ok(found.map(|found| Self {
            coalition_id: found.coalition_id,
            coalition: found.coalition.into(),
            sight: found.audience.sight(found.measures),
            expires_at: found.expires_at,
            seen: found.version,
        }))
    }

    /// The same for whoever sends the secret in `Authorization`, in the coalition of that code.
    pub(super) async fn presented(app: &App, secret_hash: String, coalition: Option<&str>) -> Result<Self> {
        let found = Self::find(app, secret_hash).await?.ok_or(Error::Unauthenticated(
            "this share link no longer holds: it has expired or was revoked",
        ))?;
        match coalition {
            Some(code) if !code.eq_ignore_ascii_case(&found.coalition) => Err(Error::NotFound),
            _ => Ok(found),
        }
    }

    /// The coalition that it shows something of.
    pub fn coalition_id(&self) -> i32 {
        self.coalition_id
    }

    /// The coalition's code.
    pub fn coalition(&self) -> &str {
        &self.coalition
    }

    /// What it shows.
    pub fn sight(&self) -> &Sight {
        &self.sight
    }

    /// When it ends, in microseconds.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// The coalition's state at the moment in which the link was found.
    pub fn seen(&self) -> Version {
        self.seen
    }
}
