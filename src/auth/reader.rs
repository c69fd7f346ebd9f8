//! Whoever may read a coalition's figures: an organization in it, or somebody with a share link to it.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_core::future::LocalBoxFuture;

use super::api_key::{Presented, presented};
use super::{Access, Coalition, Observer, ReadsCoalition, Secret, ShareLink};
use crate::app::App;
use crate::domain::sight::Sight;
use crate::error::{Error, Result};
use crate::store::Version;

/// Proof that figures of a coalition may be read: that of the path, by an organization that is at least an observer in
/// it, or by a share link in `Authorization`; or that of the share link whose secret stands in the path. It reads, and
/// cannot write.
#[derive(Clone, Debug)]
pub struct Reader(Way);

#[derive(Clone, Debug)]
enum Way {
    Inside(Coalition<Observer>),
    Link(ShareLink),
}

impl Reader {
    /// The coalition.
    pub fn coalition_id(&self) -> i32 {
        match &self.0 {
            Way::Inside(coalition) => coalition.id(),
            Way::Link(link) => link.coalition_id(),
        }
    }

    /// Its code, as registered.
    pub fn code(&self) -> &str {
        match &self.0 {
            Way::Inside(coalition) => coalition.code(),
            Way::Link(link) => link.coalition(),
        }
    }

    /// What it sees of the coalition.
    pub fn sight(&self) -> Sight {
        match &self.0 {
            Way::Inside(coalition) => coalition.sight(),
            Way::Link(link) => link.sight().clone(),
        }
    }

    /// The organization's place, if that is the way.
    pub fn inside(&self) -> Option<&Coalition<Observer>> {
        match &self.0 {
            Way::Inside(coalition) => Some(coalition),
            Way::Link(_) => None,
        }
    }

    /// The share link, if that is the way.
    pub fn link(&self) -> Option<&ShareLink> {
        match &self.0 {
            Way::Inside(_) => None,
            Way::Link(link) => Some(link),
        }
    }

    /// The coalition's state at the moment in which the proof was made.
    pub fn seen(&self) -> Version {
        match &self.0 {
            Way::Inside(coalition) => coalition.seen(),
            Way::Link(link) => link.seen(),
        }
    }

    async fn of(request: &HttpRequest) -> Result<Self> {
        let app = App::of(request)?;
        let named = |name| request.match_info().get(name);
        if let Some(secret) = named("token") {
            let found = ShareLink::find(app, Secret::hash_of(secret)).await?;
            return Ok(Self(Way::Link(found.ok_or(Error::NoSuchLink)?)));
        }
        Ok(Self(match presented(request)? {
            Presented::LinkHash(hash) => {
                Way::Link(ShareLink::presented(app, hash, named("coalition")).await?)
            }
            _ => Way::Inside(Coalition::extract(request).await?),
        }))
    }
}

impl FromRequest for Reader {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let reader = Self::of(&request).await?;
            Access::check_query(&request)?;
            Ok(reader)
        })
    }
}
