//! On which terms an organization is in a coalition: its role, level, dates and attributes, as the backbone sets them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Write;
use super::partners::{Level, Partner, find};
use super::places::{save, save_level};
use crate::auth::{Admin, Backbone, Coalition};
use crate::domain::expected_measures::check as check_expected;
use crate::domain::issue::Issue;
use crate::domain::partner::{EngagementLevel, PartnerRole, PartnerState, check_dates};
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// A transaction of the backbone's admin.
pub(in crate::store) type ByBackbone<'c> = Write<'c, Coalition<Backbone, Admin>>;

/// What a backbone says of a partner; what it does not say stays as it is.
#[derive(Clone, Debug, Default)]
pub struct PartnerPatch {
    /// Its role.
    pub role: Option<PartnerRole>,
    /// Its engagement level, and from when on it holds: from today unless said.
    pub level: Option<(EngagementLevel, Option<NaiveDate>)>,
    /// The first day of its membership, perhaps none.
    pub member_from: Option<Option<NaiveDate>>,
    /// The last one, perhaps none.
    pub member_until: Option<Option<NaiveDate>>,
    /// The codes of the measures that it is expected to report; the usual ones without.
    pub expected_measures: Option<Option<Vec<String>>>,
    /// All of its attributes.
    pub attributes: Option<BTreeMap<String, String>>,
}

impl PartnerPatch {
    /// The place as it is to be.
    pub(in crate::store) fn apply(&self, schema: &Schema, partner: &mut Partner) -> Result<()> {
        match self.role {
            Some(PartnerRole::Backbone) if partner.role != PartnerRole::Backbone => {
                return Err(Error::invalid(
                    "/role",
                    "backbone_role",
                    "a coalition has one backbone, the organization that started it: choose partner or observer",
                ));
            }
            Some(role) if partner.role == PartnerRole::Backbone && role != PartnerRole::Backbone => {
                return Err(backbone_stays());
            }
            role => partner.role = role.unwrap_or(partner.role),
        }
        partner.member_from = self.member_from.unwrap_or(partner.member_from);
        partner.member_until = self.member_until.unwrap_or(partner.member_until);
        if let Some(attributes) = &self.attributes {
            partner.attributes = attributes.clone();
        }
        let pointer = match self.member_until {
            Some(_) => "/member_until",
            None => "/member_from",
        };
        let mut issues =
            Vec::from_iter(check_dates(partner.member_from, partner.member_until, pointer).err());
        match &self.expected_measures {
            Some(Some(codes)) => match check_expected(schema, partner.role, codes) {
                Ok(codes) => partner.expected_measures = Some(codes),
                Err(found) => issues.extend(found),
            },
            Some(None) => partner.expected_measures = None,
            None => {}
        }
        let has_left = partner.state == PartnerState::Left && partner.joined_at.is_some();
        if has_left && partner.member_until.is_none() {
            let detail = "the organization has left: its membership needs a last day";
            issues.push(Issue::new("/member_until", "required", detail));
        }
        if issues.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(issues))
        }
    }

    pub(in crate::store) fn save_level(&self, tx: &mut ByBackbone<'_>, organization_id: i32) -> Result<()> {
        let Some((level, since)) = self.level else {
            return Ok(());
        };
        let starts_on = since.unwrap_or_else(|| tx.clock().today());
        save_level(tx, organization_id, Level { level, starts_on })
    }
}

/// Changes a partner's role, level, dates or attributes.
pub fn update(tx: &mut ByBackbone<'_>, code: &str, patch: &PartnerPatch) -> Result<Partner> {
    let mut partner = find(tx, code)?;
    patch.apply(&*tx.schema()?, &mut partner)?;
    save(tx, &partner)?;
    patch.save_level(tx, partner.organization_id)?;
    find(tx, code)
}

/// Why the backbone cannot go.
pub(in crate::store) fn backbone_stays() -> Error {
    Error::conflict(
        "backbone_stays",
        "a coalition keeps its backbone: it cannot leave, or become anything else",
    )
}
