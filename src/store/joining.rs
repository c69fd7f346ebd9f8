//! How organizations come into a coalition, how their place changes, and how they leave it.
//!
//! Nothing here is deleted: figures, dates and levels of an organization that leaves stay, and it may come back.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::partners::{Level, Partner, find, find_any, save, save_level};
use super::schema::{invitations, organizations};
use super::{Read, Write, organizations as tenants};
use crate::auth::{Admin, Backbone, Coalition, InCoalition, MayWrite, Role, Secret};
use crate::clock::date_of;
use crate::domain::code::Code;
use crate::domain::issue::Issue;
use crate::domain::partner::{EngagementLevel, PartnerRole, PartnerState, check_dates};
use crate::error::{Error, Result};

/// How long an organization that was brought in can be claimed, in microseconds: 90 days.
const CLAIM: i64 = 90 * 24 * 60 * 60 * 1_000_000;

/// A transaction of the backbone's admin.
type ByBackbone<'c> = Write<'c, Coalition<Backbone, Admin>>;

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
    /// All of its attributes.
    pub attributes: Option<std::collections::BTreeMap<String, String>>,
}

impl PartnerPatch {
    /// The place as it is to be.
    fn apply(&self, partner: &mut Partner) -> Result<()> {
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
        let mut issues = Vec::from_iter(check_dates(partner.member_from, partner.member_until, pointer).err());
        let has_left = partner.state == PartnerState::Left && partner.joined_at.is_some();
        if has_left && partner.member_until.is_none() {
            let detail = "the organization has left: its membership needs a last day";
            issues.push(Issue::new("/member_until", "required", detail));
        }
        if issues.is_empty() { Ok(()) } else { Err(Error::Invalid(issues)) }
    }

    fn save_level(&self, tx: &mut ByBackbone<'_>, organization_id: i32) -> Result<()> {
        let Some((level, since)) = self.level else { return Ok(()) };
        let starts_on = since.unwrap_or_else(|| tx.clock().today());
        save_level(tx, organization_id, Level { level, starts_on })
    }
}

/// Invites a registered organization, once more if it has declined or left.
pub fn invite(tx: &mut ByBackbone<'_>, code: &Code, terms: &PartnerPatch) -> Result<Partner> {
    let organization = find_organization(tx, code)?.ok_or_else(|| {
        Error::invalid(
            "/organization",
            "unknown_organization",
            format!(
                "no organization is registered under '{}': check its code, or bring it in as a new_organization",
                code.as_str()
            ),
        )
    })?;
    let now = tx.recorded_at();
    let mut partner = match find_any(tx, code.as_str())? {
        Some(partner) => match partner.state {
            PartnerState::Active => {
                return Err(Error::conflict("already_active", "this organization is in the coalition already"));
            }
            PartnerState::Invited => {
                let detail = "this organization is invited already, and has not answered yet";
                return Err(Error::conflict("already_invited", detail));
            }
            PartnerState::Declined | PartnerState::Left => come_back(partner, terms, now),
        },
        None => stranger(organization, now),
    };
    partner.role = PartnerRole::Partner;
    terms.apply(&mut partner)?;
    save(tx, &partner)?;
    terms.save_level(tx, partner.organization_id)?;
    find(tx, code.as_str())
}

/// Brings in an organization that has nobody to sign in yet, active at once, and answers the secret with which it is
/// taken over later.
pub fn bring_in(tx: &mut ByBackbone<'_>, code: &Code, name: &str, terms: &PartnerPatch) -> Result<(Partner, Secret)> {
    if find_organization(tx, code)?.is_some() {
        let detail = format!(
            "an organization is registered under '{}' already: invite it as `organization`, or choose another code",
            code.as_str()
        );
        return Err(Error::conflict("code_taken", detail));
    }
    let now = tx.recorded_at();
    let made = tenants::create(tx.connection, code, name, now)?;
    let mut partner = stranger((made.id, made.code, made.name), now);
    partner.state = PartnerState::Active;
    partner.joined_at = Some(now);
    terms.apply(&mut partner)?;
    save(tx, &partner)?;
    terms.save_level(tx, partner.organization_id)?;
    let claim = create_claim(tx, partner.organization_id)?;
    Ok((find(tx, code.as_str())?, claim))
}

/// Changes a partner's role, level, dates or attributes.
pub fn update(tx: &mut ByBackbone<'_>, code: &str, patch: &PartnerPatch) -> Result<Partner> {
    let mut partner = find(tx, code)?;
    patch.apply(&mut partner)?;
    save(tx, &partner)?;
    patch.save_level(tx, partner.organization_id)?;
    find(tx, code)
}

/// Removes a partner, or withdraws its invitation.
pub fn remove(tx: &mut ByBackbone<'_>, code: &str) -> Result<()> {
    let mut partner = find(tx, code)?;
    match partner.state {
        PartnerState::Active => leave_now(tx, partner).map(drop),
        PartnerState::Invited => {
            partner.state = PartnerState::Left;
            partner.left_at = partner.left_at.or(Some(tx.recorded_at()));
            save(tx, &partner)
        }
        PartnerState::Declined => Err(Error::conflict("already_declined", "this organization has declined already")),
        PartnerState::Left => Err(Error::conflict("already_left", "this organization has left already")),
    }
}

/// Accepts the invitation of the caller's organization, which is the one of that code.
pub fn accept<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, code: &str) -> Result<Partner> {
    let (mut partner, now) = (find_invited(tx, code)?, tx.recorded_at());
    if let (Some(until), Some(left_at)) = (partner.member_until, partner.left_at)
        && until <= date_of(left_at)
    {
        // The end of the earlier membership.
        partner.member_until = None;
    }
    partner.state = PartnerState::Active;
    partner.joined_at = Some(now);
    partner.left_at = None;
    save(tx, &partner)?;
    Ok(partner)
}

/// Declines the invitation of the caller's organization, which is the one of that code.
pub fn decline<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, code: &str) -> Result<Partner> {
    let mut partner = find_invited(tx, code)?;
    partner.state = PartnerState::Declined;
    save(tx, &partner)?;
    Ok(partner)
}

/// Takes the caller's organization, which is the one of that code, out of the coalition.
pub fn leave<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, code: &str) -> Result<Partner> {
    let partner = find_own(tx, code)?;
    if partner.state != PartnerState::Active {
        return Err(Error::conflict("not_active", "your organization is not in the coalition any more"));
    }
    leave_now(tx, partner)
}

fn leave_now<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, mut partner: Partner) -> Result<Partner> {
    if partner.role == PartnerRole::Backbone {
        return Err(backbone_stays());
    }
    let today = tx.clock().today();
    partner.state = PartnerState::Left;
    partner.left_at = Some(tx.recorded_at());
    partner.member_until = Some(partner.member_until.map_or(today, |until| until.min(today)));
    // A membership that was to begin later begins and ends on one day.
    partner.member_from = partner.member_from.map(|from| from.min(today));
    save(tx, &partner)?;
    Ok(partner)
}

/// The place of the caller's own organization, if that is the one of that code.
pub fn find_own<S: InCoalition>(tx: &mut Read<'_, S>, code: &str) -> Result<Partner> {
    let own = tenants::find(tx)?;
    if !own.code.eq_ignore_ascii_case(code) {
        return Err(Error::Forbidden(
            "only the organization itself may do this: the path has to name your own".into(),
        ));
    }
    find_any(tx, code)?.ok_or(Error::NotFound)
}

fn find_invited<S: InCoalition>(tx: &mut Write<'_, S>, code: &str) -> Result<Partner> {
    let partner = find_own(tx, code)?;
    if partner.state == PartnerState::Invited {
        Ok(partner)
    } else {
        Err(Error::conflict("not_invited", "there is no open invitation: it has been answered or withdrawn already"))
    }
}

/// The place of an organization that was never in the coalition, invited.
fn stranger((organization_id, organization, name): (i32, String, String), now: i64) -> Partner {
    Partner {
        organization_id,
        organization,
        name,
        role: PartnerRole::Partner,
        state: PartnerState::Invited,
        level: None,
        member_from: None,
        member_until: None,
        attributes: Default::default(),
        invited_at: now,
        joined_at: None,
        left_at: None,
    }
}

/// The place of an organization that declined or left, invited once more. What it was a member of before still counts
/// until it accepts; a beginning that is stated anew begins another membership.
fn come_back(partner: Partner, terms: &PartnerPatch, now: i64) -> Partner {
    if partner.joined_at.is_none() {
        return stranger((partner.organization_id, partner.organization, partner.name), now);
    }
    let begins_anew = matches!(terms.member_from, Some(Some(_)));
    Partner {
        state: PartnerState::Invited,
        member_until: partner.member_until.filter(|_| !begins_anew),
        invited_at: now,
        ..partner
    }
}

fn find_organization(tx: &mut ByBackbone<'_>, code: &Code) -> Result<Option<(i32, String, String)>> {
    Ok(organizations::table
        .filter(organizations::code_key.eq(code.key()))
        .select((organizations::id, organizations::code, organizations::name))
        .first(tx.connection)
        .optional()?)
}

fn create_claim(tx: &mut ByBackbone<'_>, organization_id: i32) -> Result<Secret> {
    let (secret, now) = (Secret::generate("invitation")?, tx.recorded_at());
    diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(uuid::Uuid::now_v7().to_string()),
            invitations::organization_id.eq(organization_id),
            invitations::role.eq(Role::Admin.as_str()),
            invitations::token_hash.eq(secret.hash()),
            invitations::created_at.eq(now),
            invitations::expires_at.eq(now + CLAIM),
        ))
        .execute(tx.connection)?;
    Ok(secret)
}

fn backbone_stays() -> Error {
    Error::conflict("backbone_stays", "a coalition keeps its backbone: it cannot leave, or become anything else")
}
