//! What the database takes as a proof of who is asking.

use super::role::WritingRole;
use super::{Actor, Coalition, Person, PlaceAtLeast, Reader, RoleAtLeast, Scope};
use crate::domain::disclosure::Audience;
use crate::domain::sight::Sight;
use crate::store::{Reach, Version};

/// For whom a transaction works. Only the proofs of this module are tenants.
pub trait Tenant: sealed::Sealed + Clone + Send + 'static {
    /// What the database lets it reach.
    fn reach(&self) -> Reach;

    /// The coalition whose clock a write begins with.
    fn locks(&self) -> Option<i32> {
        None
    }

    /// The coalition that a read is in, and the state of it that the read must see at least; nothing for what is not in
    /// a coalition, and always sees the latest.
    fn at_least(&self) -> Option<(i32, Version)> {
        None
    }
}

/// A tenant that may write.
pub trait MayWrite: Tenant {}

/// A tenant that is an organization.
pub trait InOrganization: Tenant {
    /// The organization.
    fn organization_id(&self) -> i32;
    /// Who acts in it.
    fn actor(&self) -> Actor;
}

/// A tenant that reads in a coalition: an organization that has a place in it, or somebody with a share link to it.
pub trait ReadsCoalition: Tenant {
    /// The coalition.
    fn coalition_id(&self) -> i32;
    /// What of the coalition it sees.
    fn sight(&self) -> Sight;
    /// The coalition's state at the moment in which the proof was made.
    fn seen(&self) -> Version;
}

/// A tenant that is an organization in a coalition, be it only invited.
pub trait InCoalition: InOrganization + ReadsCoalition {
    /// Whether the organization is the coalition's backbone.
    fn is_backbone(&self) -> bool;
}

impl<R: RoleAtLeast> Tenant for Scope<R> {
    fn reach(&self) -> Reach {
        Reach {
            organization_ids: vec![self.organization_id()],
            ..Reach::default()
        }
    }
}
impl<R: WritingRole> MayWrite for Scope<R> {}
impl<R: RoleAtLeast> InOrganization for Scope<R> {
    fn organization_id(&self) -> i32 {
        self.caller().organization_id()
    }
    fn actor(&self) -> Actor {
        self.caller().actor()
    }
}

impl Tenant for Person {
    fn reach(&self) -> Reach {
        Reach {
            account_id: Some(self.account_id()),
            ..Reach::default()
        }
    }
}
impl MayWrite for Person {}

impl<P: PlaceAtLeast, R: RoleAtLeast> Tenant for Coalition<P, R> {
    fn reach(&self) -> Reach {
        Reach {
            coalition_id: Some(self.coalition_id()),
            organization_ids: vec![self.organization_id()],
            ..Reach::default()
        }
    }
    fn locks(&self) -> Option<i32> {
        Some(self.coalition_id())
    }
    fn at_least(&self) -> Option<(i32, Version)> {
        Some((self.coalition_id(), self.seen()))
    }
}
impl<P: PlaceAtLeast, R: WritingRole> MayWrite for Coalition<P, R> {}
impl<P: PlaceAtLeast, R: RoleAtLeast> InOrganization for Coalition<P, R> {
    fn organization_id(&self) -> i32 {
        self.caller().organization_id()
    }
    fn actor(&self) -> Actor {
        self.caller().actor()
    }
}
impl<P: PlaceAtLeast, R: RoleAtLeast> ReadsCoalition for Coalition<P, R> {
    fn coalition_id(&self) -> i32 {
        self.id()
    }
    fn sight(&self) -> Sight {
        Sight::of(match self.is_backbone() {
            true => Audience::Backbone,
            false => Audience::Protected,
        })
    }
    fn seen(&self) -> Version {
        self.seen()
    }
}
impl<P: PlaceAtLeast, R: RoleAtLeast> InCoalition for Coalition<P, R> {
    fn is_backbone(&self) -> bool {
        self.place() == super::Place::Backbone
    }
}

impl Tenant for Reader {
    fn reach(&self) -> Reach {
        Reach {
            coalition_id: Some(self.coalition_id()),
            organization_ids: self
                .inside()
                .map(InOrganization::organization_id)
                .into_iter()
                .collect(),
            ..Reach::default()
        }
    }
    fn at_least(&self) -> Option<(i32, Version)> {
        Some((self.coalition_id(), self.seen()))
    }
}
impl ReadsCoalition for Reader {
    fn coalition_id(&self) -> i32 {
        self.coalition_id()
    }
    fn sight(&self) -> Sight {
        self.sight()
    }
    fn seen(&self) -> Version {
        self.seen()
    }
}

mod sealed {
    pub trait Sealed {}
    impl<R> Sealed for super::Scope<R> {}
    impl Sealed for super::Person {}
    impl Sealed for super::Reader {}
    impl<P, R> Sealed for super::Coalition<P, R> {}
}
