//! The names of those who did something.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use super::connection::Connection;
use super::erasure::is_erased;
use super::reach;
use super::schema::{accounts, api_keys};
use crate::auth::Actor;
use crate::error::Result;

/// A person or a program, as others may know it.
#[derive(Clone, Debug, Serialize)]
pub struct ActorName {
    /// The account's name, or the API key's.
    pub name: String,
    /// The account's address, which is for its own organization only.
    pub email: Option<String>,
    /// The API key's id.
    pub api_key: Option<String>,
}

/// The names of those written down so; who is neither an account nor an API key has none.
pub(in crate::store) fn find_names<'a>(
    connection: &mut Connection,
    actors: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, ActorName>> {
    let (mut ids, mut keys) = (Vec::new(), Vec::new());
    for actor in actors {
        match actor.parse() {
            Ok(Actor::Account(id)) => ids.push(id),
            Ok(Actor::Key(id)) => keys.push(id),
            Ok(Actor::Operator) | Err(()) => {}
        }
    }
    reach::name_accounts(connection, &ids)?;
    reach::name_keys(connection, &keys)?;
    let people: Vec<(i32, String, String)> = accounts::table
        .filter(accounts::id.eq_any(&ids))
        .select((accounts::id, accounts::name, accounts::email))
        .load(connection)?;
    let programs: Vec<(String, String)> = api_keys::table
        .filter(api_keys::id.eq_any(&keys))
        .select((api_keys::id, api_keys::name))
        .load(connection)?;
    let people = people.into_iter().map(|(id, name, email)| {
        let name = ActorName {
            name,
            email: Some(email).filter(|email| !is_erased(email)),
            api_key: None,
        };
        (Actor::Account(id).to_string(), name)
    });
    let programs = programs.into_iter().map(|(id, name)| {
        let name = ActorName {
            name,
            email: None,
            api_key: Some(id.clone()),
        };
        (Actor::Key(id).to_string(), name)
    });
    Ok(people.chain(programs).collect())
}
