//! Who takes part in a coalition, as its answers see them.

use super::eligible::Eligible;
use super::membership::Membership;
use std::collections::BTreeMap;

/// An organization of the coalition, as far as rows are grouped by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationFacts {
    /// As in reporters of measures.
    pub id: i32,
    /// The key of its rows in the column `organization`.
    pub code: String,
    /// Partner attributes by key.
    pub attributes: BTreeMap<String, String>,
    /// Decides what is expected of it.
    pub membership: Membership,
}

/// All organizations that ever joined, and how many of them are expected to answer.
#[derive(Default)]
pub struct Roster {
    organizations: Vec<OrganizationFacts>,
    everybody: Eligible,
}

impl Roster {
    /// Of these organizations.
    pub fn new(organizations: Vec<OrganizationFacts>) -> Self {
        let mut everybody = Eligible::default();
        for facts in &organizations {
            everybody.add(&facts.membership);
        }
        Self {
            organizations,
            everybody,
        }
    }

    /// The organizations, in the order in which they were given.
    pub fn organizations(&self) -> &[OrganizationFacts] {
        &self.organizations
    }

    /// All of them as one group.
    pub(super) fn everybody(&self) -> Eligible {
        self.everybody.clone()
    }
}
