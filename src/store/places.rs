//! Organizations' places in coalitions, as they are written down. Nothing else writes these tables.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::connection::each;
use super::partners::{Level, Partner};
use super::schema::{organization_coalitions, partner_levels, partners};
use super::{Read, Write, coverage, memberships};
use crate::auth::{Admin, InCoalition, InOrganization, MayWrite, Scope};
use crate::domain::partner::{PartnerRole, PartnerState};
use crate::error::{Error, Result};

/// The place of a new coalition's first organization, the caller's.
pub(in crate::store) fn create_backbone(tx: &mut Write<'_, Scope<Admin>>, coalition_id: i32) -> Result<()> {
    let (organization_id, now) = (tx.tenant().organization_id(), tx.recorded_at());
    diesel::insert_into(partners::table)
        .values((
            partners::coalition_id.eq(coalition_id),
            partners::organization_id.eq(organization_id),
            partners::role.eq(PartnerRole::Backbone.as_str()),
            partners::state.eq(PartnerState::Active.as_str()),
            partners::attributes.eq("{}"),
            partners::invited_at.eq(now),
            partners::joined_at.eq(now),
        ))
        .execute(tx.connection)?;
    diesel::insert_into(organization_coalitions::table)
        .values((
            organization_coalitions::organization_id.eq(organization_id),
            organization_coalitions::coalition_id.eq(coalition_id),
        ))
        .execute(tx.connection)?;
    Ok(())
}

/// Writes a place down as it is to be, new or not, and moves with it what hangs on it: whether figures are expected,
/// and the organization's own list of coalitions.
pub(in crate::store) fn save<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    partner: &Partner,
) -> Result<()> {
    use partners as p;
    let (coalition_id, id) = (tx.tenant().coalition_id(), partner.organization_id);
    let before = memberships::find(tx, &[id])?;
    let values = (
        p::role.eq(partner.role.as_str()),
        p::state.eq(partner.state.as_str()),
        p::member_from.eq(partner.member_from.map(|day| day.to_string())),
        p::member_until.eq(partner.member_until.map(|day| day.to_string())),
        p::attributes.eq(serde_json::to_string(&partner.attributes)?),
        p::invited_at.eq(partner.invited_at),
        p::joined_at.eq(partner.joined_at),
        p::left_at.eq(partner.left_at),
        p::expected_measures.eq(expected_measures(tx, partner)?),
    );
    each!(tx.connection, c => diesel::insert_into(p::table)
        .values((p::coalition_id.eq(coalition_id), p::organization_id.eq(id), values.clone()))
        .on_conflict((p::coalition_id, p::organization_id))
        .do_update()
        .set(values)
        .execute(c))?;
    tx.touch_schema(false)?;
    let after = memberships::find(tx, &[id])?;
    coverage::reconcile(tx, id, before.get(&id), after.get(&id))?;
    list_among_own(tx, partner)
}

/// The ids of the measures that a partner is expected to report, as they are kept.
fn expected_measures<S: InCoalition>(tx: &mut Read<'_, S>, partner: &Partner) -> Result<Option<String>> {
    let Some(codes) = &partner.expected_measures else {
        return Ok(None);
    };
    let schema = tx.schema()?;
    let ids = codes.iter().map(|code| Some(schema.measure_by_code(code)?.id));
    let ids: Option<BTreeSet<i32>> = ids.collect();
    let ids = ids.ok_or_else(|| Error::internal("a partner is expected to report what is no measure"))?;
    Ok(Some(serde_json::to_string(&ids)?))
}

/// The coalition stays on the list of an organization that has left it or declined: what changes of the organization
/// shows in answers about the time before.
fn list_among_own<S: InCoalition>(tx: &mut Write<'_, S>, partner: &Partner) -> Result<()> {
    use organization_coalitions as mine;
    let (organization_id, coalition_id) = (partner.organization_id, tx.tenant().coalition_id());
    each!(tx.connection, c => diesel::insert_into(mine::table)
        .values((mine::organization_id.eq(organization_id), mine::coalition_id.eq(coalition_id)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Writes down from when on a level holds; what was written down for that day before is replaced.
pub(in crate::store) fn save_level<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    organization_id: i32,
    level: Level,
) -> Result<()> {
    use partner_levels as l;
    let (coalition_id, now) = (tx.tenant().coalition_id(), tx.recorded_at());
    let values = (l::level.eq(level.level.as_str()), l::recorded_at.eq(now));
    let key = (
        l::coalition_id.eq(coalition_id),
        l::organization_id.eq(organization_id),
        l::starts_on.eq(level.starts_on.to_string()),
    );
    each!(tx.connection, c => diesel::insert_into(l::table)
        .values((key, values))
        .on_conflict((l::coalition_id, l::organization_id, l::starts_on))
        .do_update()
        .set(values)
        .execute(c))?;
    Ok(())
}
