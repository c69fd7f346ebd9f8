//! The organizations of a coalition as its other nouns name them: codes outside, ids inside.

use std::collections::HashMap;

use diesel::prelude::*;

use super::Read;
use super::own::own;
use super::schema::{organizations, partners};
use crate::auth::InCoalition;
use crate::domain::partner::{PartnerRole, PartnerState};
use crate::error::{Error, Result};

/// An organization that is, was or is asked to be in the coalition.
#[derive(Clone, Debug)]
pub struct Participant {
    /// Its inner id.
    pub id: i32,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is there.
    pub role: PartnerRole,
    /// How far it has come in.
    pub state: PartnerState,
    /// When it last joined, in microseconds; never, where it was only asked.
    pub joined_at: Option<i64>,
}

/// The organizations of one coalition.
pub struct Participants(HashMap<i32, Participant>);

/// All of them, those that have left included.
pub fn list<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Participants> {
    let rows: Vec<(i32, String, String, String, String, Option<i64>)> = partners::table
        .inner_join(organizations::table.on(organizations::id.eq(partners::organization_id)))
        .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
        .select((
            organizations::id,
            organizations::code,
            organizations::name,
            partners::role,
            partners::state,
            partners::joined_at,
        ))
        .load(tx.connection)?;
    rows.into_iter()
        .map(|(id, code, name, role, state, joined_at)| {
            let unknown = |word: &str| Error::internal(format!("'{word}' is no place in a coalition"));
            let participant = Participant {
                id,
                code,
                name,
                role: PartnerRole::parse(&role).ok_or_else(|| unknown(&role))?,
                state: PartnerState::parse(&state).ok_or_else(|| unknown(&state))?,
                joined_at,
            };
            Ok((id, participant))
        })
        .collect::<Result<_>>()
        .map(Participants)
}

impl Participants {
    /// The code of an organization.
    pub fn code(&self, id: i32) -> Option<&str> {
        self.0.get(&id).map(|found| found.code.as_str())
    }

    /// The name of an organization.
    pub fn name(&self, id: i32) -> Option<&str> {
        self.0.get(&id).map(|found| found.name.as_str())
    }

    /// One that takes or took part, whatever its role, by its code in any case.
    pub fn member(&self, code: &str) -> Option<&Participant> {
        self.0.values().find(|found| {
            let took_part = match found.state {
                PartnerState::Active => true,
                PartnerState::Left => found.joined_at.is_some(),
                PartnerState::Invited | PartnerState::Declined => false,
            };
            took_part && found.code.eq_ignore_ascii_case(code)
        })
    }

    /// One that may report today, by its code in any case.
    pub fn reporter(&self, code: &str) -> Option<&Participant> {
        self.member(code)
            .filter(|found| found.state == PartnerState::Active && found.role != PartnerRole::Observer)
    }
}
