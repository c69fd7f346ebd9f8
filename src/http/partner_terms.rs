//! What a backbone says of a partner, as it comes in: role, level, dates and attributes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::dates::{date, day_or_none};
use super::text;
use crate::domain::code::Code;
use crate::domain::given::{given, given_or_null};
use crate::domain::issue::Issue;
use crate::domain::partner::{EngagementLevel, PartnerRole, check_attributes};
use crate::error::{Error, Result};
use crate::store::partner_terms as terms;

/// A change of a partner.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerPatch {
    #[serde(default, deserialize_with = "given")]
    role: Option<PartnerRole>,
    #[serde(default, deserialize_with = "given")]
    engagement_level: Option<EngagementLevel>,
    #[serde(default, deserialize_with = "given")]
    engagement_since: Option<String>,
    #[serde(default, deserialize_with = "given_or_null")]
    member_from: Option<Option<String>>,
    #[serde(default, deserialize_with = "given_or_null")]
    member_until: Option<Option<String>>,
    #[serde(default, deserialize_with = "given_or_null")]
    expected_measures: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "given")]
    attributes: Option<BTreeMap<String, String>>,
}

/// A new partner: an organization that is registered, or one to be brought in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPartner {
    #[serde(default, deserialize_with = "given")]
    organization: Option<Code>,
    #[serde(default, deserialize_with = "given")]
    new_organization: Option<NewOrganization>,
    #[serde(default, deserialize_with = "given")]
    role: Option<PartnerRole>,
    #[serde(default, deserialize_with = "given")]
    engagement_level: Option<EngagementLevel>,
    #[serde(default, deserialize_with = "given")]
    engagement_since: Option<String>,
    #[serde(default, deserialize_with = "given_or_null")]
    member_from: Option<Option<String>>,
    #[serde(default, deserialize_with = "given_or_null")]
    member_until: Option<Option<String>>,
    #[serde(default, deserialize_with = "given_or_null")]
    expected_measures: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "given")]
    attributes: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrganization {
    code: Code,
    name: String,
}

/// Who is to become a partner.
pub enum Candidate {
    /// An organization that is registered.
    Registered(Code),
    /// One that has nobody to sign in yet, by code and name.
    New(Code, String),
}

impl NewPartner {
    /// Who, and on which terms.
    pub fn check(self) -> Result<(Candidate, terms::PartnerPatch)> {
        let mut issues = Vec::new();
        let candidate = match (self.organization, self.new_organization) {
            (Some(code), None) => Candidate::Registered(code),
            (None, Some(new)) => {
                text::name(&new.name, "/new_organization/name", &mut issues);
                Candidate::New(new.code, new.name)
            }
            _ => {
                return Err(Error::invalid(
                    "",
                    "required",
                    "name either the organization to invite or a new_organization to bring in",
                ));
            }
        };
        let patch = PartnerPatch {
            role: self.role,
            engagement_level: self.engagement_level,
            engagement_since: self.engagement_since,
            member_from: self.member_from,
            member_until: self.member_until,
            expected_measures: self.expected_measures,
            attributes: self.attributes,
        };
        Ok((candidate, patch.settle(issues)?))
    }
}

impl PartnerPatch {
    /// The change, if everything in it can be.
    pub fn check(self) -> Result<terms::PartnerPatch> {
        self.settle(Vec::new())
    }

    fn settle(self, mut issues: Vec<Issue>) -> Result<terms::PartnerPatch> {
        if let (Some(_), None) = (&self.engagement_since, self.engagement_level) {
            let detail = "engagement_since is the day on which a level begins: say which";
            issues.push(Issue::new("/engagement_level", "required", detail));
        }
        let since = self
            .engagement_since
            .and_then(|day| date(&day, "/engagement_since", &mut issues));
        let member_from = day_or_none(self.member_from, "/member_from", &mut issues);
        let member_until = day_or_none(self.member_until, "/member_until", &mut issues);
        if let Some(attributes) = &self.attributes {
            check_attributes(attributes, "/attributes", &mut issues);
        }
        text::settle(issues)?;
        Ok(terms::PartnerPatch {
            role: self.role,
            level: self.engagement_level.map(|level| (level, since)),
            member_from,
            member_until,
            expected_measures: self.expected_measures,
            attributes: self.attributes,
        })
    }
}
