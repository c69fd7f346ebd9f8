//! Third step: the organization's place in the coalition of the path.

use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_core::future::LocalBoxFuture;

use super::scope::too_small;
use super::{Access, Actor, Caller, Role, RoleAtLeast, Viewer};
use crate::error::{Error, Result};
use crate::store::{Db, Purpose, Version, callers};

/// An organization's place in a coalition; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Invited, and has not answered yet: sees the coalition's name and its invitation.
    Invited,
    /// Reads aggregates, schema, goals and activities.
    Observer,
    /// Also submits.
    Partner,
    /// Keeps the coalition together.
    Backbone,
}

/// At least invited.
#[derive(Clone, Copy, Debug)]
pub struct Invited;
/// At least an observer.
#[derive(Clone, Copy, Debug)]
pub struct Observer;
/// At least a partner.
#[derive(Clone, Copy, Debug)]
pub struct Partner;
/// The backbone.
#[derive(Clone, Copy, Debug)]
pub struct Backbone;

/// A place that a type stands for.
pub trait PlaceAtLeast: sealed::Sealed + Copy + Send + Sync + 'static {
    /// The least place.
    const PLACE: Place;
}
/// A place inside: the organization has joined.
pub trait Inside: PlaceAtLeast {}

impl PlaceAtLeast for Invited {
    const PLACE: Place = Place::Invited;
}
impl PlaceAtLeast for Observer {
    const PLACE: Place = Place::Observer;
}
impl PlaceAtLeast for Partner {
    const PLACE: Place = Place::Partner;
}
impl PlaceAtLeast for Backbone {
    const PLACE: Place = Place::Backbone;
}
impl Inside for Observer {}
impl Inside for Partner {}
impl Inside for Backbone {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Invited {}
    impl Sealed for super::Observer {}
    impl Sealed for super::Partner {}
    impl Sealed for super::Backbone {}
}

/// Proof that the caller's organization has at least the place `P` in the coalition of the path, and the caller at
/// least the role `R` in its organization. Made here only, from what the database says at each request; whoever has
/// no place there, or has left, gets the same 404 as for a coalition that does not exist.
#[derive(Clone, Debug)]
pub struct Coalition<P, R = Viewer> {
    caller: Caller,
    id: i32,
    code: Arc<str>,
    place: Place,
    seen: Version,
    proof: PhantomData<(P, R)>,
}

impl<P: PlaceAtLeast, R: RoleAtLeast> Coalition<P, R> {
    fn prove(caller: Caller, found: Option<callers::FoundPlace>) -> Result<Self> {
        let found = found.ok_or(Error::NotFound)?;
        if caller.bound_to().is_some_and(|bound| bound != found.coalition_id) {
            return Err(Error::NotFound);
        }
        Ok(Self {
            caller,
            id: found.coalition_id,
            code: found.code.into(),
            place: found.place,
            seen: found.version,
            proof: PhantomData,
        })
    }

    /// Without a request, in the name of an organization by its code, which must have its place there at this moment:
    /// for the command line, and for what was sent before and is applied now.
    pub async fn on_record(db: &Db, coalition: &str, organization: &str, actor: Actor) -> Result<Self> {
        let (coalition, organization) = (coalition.to_owned(), organization.to_owned());
        let (id, place) = db
            .system(Purpose::FindOrganization, move |tx| {
                let id = callers::find_organization(tx, &organization)?.ok_or(Error::NotFound)?;
                Ok((id, callers::find_place(tx, id, &coalition)?))
            })
            .await?;
        Self::prove(Caller::on_record(id, actor), place)?.check()
    }

    fn check(self) -> Result<Self> {
        if self.place < P::PLACE {
            return Err(Error::Forbidden(
                match (self.place, P::PLACE) {
                    (Place::Invited, _) => {
                        "your organization is invited to this coalition: accept the invitation first"
                    }
                    (_, Place::Backbone) => "only the coalition's backbone may do this",
                    _ => "your organization is an observer in this coalition, and observers do not submit",
                }
                .into(),
            ));
        }
        if self.caller.role() < R::ROLE {
            return Err(too_small(R::ROLE));
        }
        Ok(self)
    }

    /// The coalition.
    pub fn id(&self) -> i32 {
        self.id
    }

    /// Its code, as registered.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The organization's place in it, which may be more than `P` asks.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The coalition's state at the moment in which the proof was made.
    pub fn seen(&self) -> Version {
        self.seen
    }

    /// Who it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The caller's role in its organization, which may be more than `R` asks.
    pub fn role(&self) -> Role {
        self.caller.role()
    }
}

impl<P: PlaceAtLeast, R: RoleAtLeast> FromRequest for Coalition<P, R> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let code = request
                .match_info()
                .get("coalition")
                .unwrap_or_default()
                .to_owned();
            let (caller, found) = Caller::identify(&request, Some(code)).await?;
            let coalition = Self::prove(caller, found)?;
            coalition.caller.may_use(&request)?;
            let coalition = coalition.check()?;
            Access::check_query(&request)?;
            Ok(coalition)
        })
    }
}
