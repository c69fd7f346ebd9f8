//! The organizations of a coalition as its other nouns name them: codes outside, ids inside.

use std::collections::HashMap;

use diesel::prelude::*;

use super::Read;
use super::schema::{organizations, partners};
use crate::auth::InCoalition;
use crate::error::Result;

/// An organization that is, was or is asked to be in the coalition.
#[derive(Clone, Debug, Queryable)]
pub struct Participant {
    /// Its inner id.
    pub id: i32,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `backbone`, `partner` or `observer`.
    pub role: String,
    /// `invited`, `active`, `declined` or `left`.
    pub state: String,
}

/// The organizations of one coalition.
pub struct Participants(HashMap<i32, Participant>);

/// All of them, those that have left included.
pub fn list<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Participants> {
    let rows: Vec<Participant> = partners::table
        .inner_join(organizations::table.on(organizations::id.eq(partners::organization_id)))
        .filter(partners::coalition_id.eq(tx.tenant().coalition_id()))
        .select((
            organizations::id,
            organizations::code,
            organizations::name,
            partners::role,
            partners::state,
        ))
        .load(tx.connection)?;
    Ok(Participants(rows.into_iter().map(|row| (row.id, row)).collect()))
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
            matches!(found.state.as_str(), "active" | "left") && found.code.eq_ignore_ascii_case(code)
        })
    }

    /// One that may report today, by its code in any case.
    pub fn reporter(&self, code: &str) -> Option<&Participant> {
        self.member(code)
            .filter(|found| found.state == "active" && found.role != "observer")
    }
}
