//! What an organization brings to an activity.

use super::words::words;

words! {
    /// The part that an organization has in an activity.
    ContributionRole {
        /// Answers for it.
        Lead = "lead",
        /// Gives the place.
        Host = "host",
        /// Gives working time.
        Staff = "staff",
        /// Accompanies people.
        Mentor = "mentor",
        /// Gives knowledge.
        Expertise = "expertise",
        /// Gives or lends things.
        Equipment = "equipment",
        /// Gives money.
        Funding = "funding",
        /// Makes it known.
        Outreach = "outreach",
    }
}

/// An organization's part in an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contribution {
    /// What the part is.
    pub role: ContributionRole,
    /// The organization.
    pub organization_id: i32,
}
