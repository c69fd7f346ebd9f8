//! How organizations come into a coalition, and how they leave it.
//!
//! Nothing here is deleted: figures, dates and levels of an organization that leaves stay, and it may come back.

use diesel::prelude::*;

use super::invitations::{self, NewInvitation};
use super::partner_terms::{ByBackbone, PartnerPatch, backbone_stays};
use super::partners::{Partner, find, find_any};
use super::places::save;
use super::schema::organizations;
use super::{Read, Write, organizations as tenants, reach};
use crate::auth::{InCoalition, MayWrite, Role, Secret};
use crate::clock::date_of;
use crate::domain::code::Code;
use crate::domain::partner::{PartnerRole, PartnerState};
use crate::error::{Error, Result};

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
                return Err(Error::conflict(
                    "already_active",
                    "this organization is in the coalition already",
                ));
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
    terms.apply(&*tx.schema()?, &mut partner)?;
    save(tx, &partner)?;
    terms.save_level(tx, partner.organization_id)?;
    find(tx, code.as_str())
}

/// Brings in an organization that has nobody to sign in yet, active at once, and answers the secret with which it is
/// taken over later.
pub fn bring_in(
    tx: &mut ByBackbone<'_>,
    code: &Code,
    name: &str,
    terms: &PartnerPatch,
) -> Result<(Partner, Secret)> {
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
    terms.apply(&*tx.schema()?, &mut partner)?;
    save(tx, &partner)?;
    terms.save_level(tx, partner.organization_id)?;
    let claim = create_claim(tx, partner.organization_id)?;
    Ok((find(tx, code.as_str())?, claim))
}

/// Removes a partner, or withdraws its invitation; answers its place as it is then.
pub fn remove(tx: &mut ByBackbone<'_>, code: &str) -> Result<Partner> {
    let mut partner = find(tx, code)?;
    match partner.state {
        PartnerState::Active => leave_now(tx, partner),
        PartnerState::Invited => {
            partner.state = PartnerState::Left;
            partner.left_at = partner.left_at.or(Some(tx.recorded_at()));
            save(tx, &partner)?;
            Ok(partner)
        }
        PartnerState::Declined => Err(Error::conflict(
            "already_declined",
            "this organization has declined already",
        )),
        PartnerState::Left => Err(Error::conflict(
            "already_left",
            "this organization has left already",
        )),
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
        return Err(Error::conflict(
            "not_active",
            "your organization is not in the coalition any more",
        ));
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
        Err(Error::conflict(
            "not_invited",
            "there is no open invitation: it has been answered or withdrawn already",
        ))
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
        expected_measures: None,
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
    reach::know(tx.connection, &code.key())?;
    Ok(organizations::table
        .filter(organizations::code_key.eq(code.key()))
        .select((organizations::id, organizations::code, organizations::name))
        .first(tx.connection)
        .optional()?)
}

/// The claim of an organization that was just brought in: whoever holds the secret becomes its first admin.
fn create_claim(tx: &mut ByBackbone<'_>, organization_id: i32) -> Result<Secret> {
    let (secret, now) = (Secret::generate("invitation")?, tx.recorded_at());
    let claim = NewInvitation {
        id: uuid::Uuid::now_v7().to_string(),
        email: None,
        role: Role::Admin,
        token_hash: secret.hash(),
    };
    invitations::insert(tx.connection, organization_id, &claim, now)?;
    Ok(secret)
}
