//! Who takes part in a coalition, as its answers see them.

use super::eligible::Eligible;
use super::measure::{Measure, MeasureScope};
use super::membership::Membership;
use super::period::Period;
use super::schema::Schema;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

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
    /// By their ids.
    organizations: Vec<OrganizationFacts>,
    /// The places of the organizations in the order of their codes.
    by_code: Vec<usize>,
    /// The keys of their rows, in that order.
    code_keys: Vec<Arc<[String]>>,
    /// The kinds of membership, their organizations left out.
    classes: Vec<Membership>,
    /// Of each organization, the place of its kind.
    class_of: Vec<usize>,
    everybody: Eligible,
}

impl Roster {
    /// Of these organizations.
    pub fn new(mut organizations: Vec<OrganizationFacts>) -> Self {
        organizations.sort_unstable_by_key(|facts| facts.id);
        let mut by_code: Vec<usize> = (0..organizations.len()).collect();
        by_code.sort_by(|&left, &right| organizations[left].code.cmp(&organizations[right].code));
        let mut everybody = Eligible::default();
        let (mut classes, mut places) = (Vec::new(), HashMap::new());
        let mut class_of = Vec::with_capacity(organizations.len());
        for facts in &organizations {
            everybody.add(&facts.membership);
            let class = Membership {
                organization_id: 0,
                ..facts.membership.clone()
            };
            class_of.push(*places.entry(class.clone()).or_insert_with(|| {
                classes.push(class);
                classes.len() - 1
            }));
        }
        Self {
            code_keys: by_code
                .iter()
                .map(|&place| [organizations[place].code.clone()].into())
                .collect(),
            organizations,
            by_code,
            classes,
            class_of,
            everybody,
        }
    }

    /// The organizations, in the order of their ids.
    pub fn organizations(&self) -> &[OrganizationFacts] {
        &self.organizations
    }

    /// The organizations with their places among all, in the order of their codes.
    pub(super) fn by_code(&self) -> impl Iterator<Item = (usize, &OrganizationFacts)> {
        let facts = |&place: &usize| Some((place, self.organizations.get(place)?));
        self.by_code.iter().filter_map(facts)
    }

    /// The keys of the rows by organization, in the order of their codes.
    pub(super) fn code_keys(&self) -> &[Arc<[String]>] {
        &self.code_keys
    }

    /// Of each organization by its place, whether an answer for the measure in the period is expected of it.
    pub(super) fn expecting(&self, schema: &Schema, measure: &Measure, period: Period) -> Vec<bool> {
        if measure.scope == MeasureScope::Population && !schema.reporters(measure).is_empty() {
            let all = self.organizations.iter();
            return all
                .map(|facts| facts.membership.expects(schema, measure, period))
                .collect();
        }
        let classes = self.classes.iter();
        let expected: Vec<bool> = classes
            .map(|class| class.expects(schema, measure, period))
            .collect();
        self.class_of.iter().map(|&class| expected[class]).collect()
    }

    /// All of them as one group.
    pub(super) fn everybody(&self) -> Eligible {
        self.everybody.clone()
    }
}
