//! For whom a transaction works, told to PostgreSQL: its row-level security shows each transaction what it may reach and
//! nothing else, whatever the queries say. The settings end with the transaction. SQLite has nothing of the kind.

use std::fmt::Write as _;

use diesel::connection::SimpleConnection;

use super::Purpose;
use super::connection::Connection;
use crate::error::Result;

/// What a transaction reaches from its beginning on.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// The coalition that it works in.
    pub coalition_id: Option<i32>,
    /// The organizations that it works for.
    pub organization_ids: Vec<i32>,
    /// The account that it works for.
    pub account_id: Option<i32>,
    /// For what it works where there is no tenant.
    pub purpose: Option<Purpose>,
}

impl Reach {
    /// Statements that begin a transaction with this reach on PostgreSQL.
    pub(in crate::store) fn after(&self, begin: &str) -> String {
        let mut text = begin.to_owned();
        if let Some(id) = self.coalition_id {
            set(&mut text, "coalition", &id.to_string());
        }
        if !self.organization_ids.is_empty() {
            set(&mut text, "organizations", &list(&self.organization_ids));
        }
        if let Some(id) = self.account_id {
            set(&mut text, "account", &id.to_string());
        }
        if let Some(purpose) = self.purpose {
            set(&mut text, "purpose", purpose.name());
        }
        text
    }
}

/// Enters a coalition: one that is about to be made, or that a record names.
pub(in crate::store) fn enter(connection: &mut Connection, coalition_id: i32) -> Result<()> {
    tell(connection, "coalition", &coalition_id.to_string())
}

/// Works for these organizations from here on.
pub(in crate::store) fn work_for(connection: &mut Connection, organization_ids: &[i32]) -> Result<()> {
    tell(connection, "organizations", &list(organization_ids))
}

/// Knows the row of others that has this code, address or hash of a secret.
pub(in crate::store) fn know(connection: &mut Connection, text: &str) -> Result<()> {
    let mut hex = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    tell(connection, "known", &hex)
}

/// Knows the accounts that rows have named.
pub(in crate::store) fn name_accounts(connection: &mut Connection, ids: &[i32]) -> Result<()> {
    tell(connection, "named_accounts", &list(ids))
}

/// Knows the API keys that rows have named.
pub(in crate::store) fn name_keys(connection: &mut Connection, ids: &[String]) -> Result<()> {
    let harmless = |id: &&String| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let ids: Vec<&str> = ids.iter().filter(harmless).map(String::as_str).collect();
    tell(connection, "named_keys", &ids.join(","))
}

fn tell(connection: &mut Connection, name: &str, value: &str) -> Result<()> {
    let Connection::Postgres(connection) = connection else {
        return Ok(());
    };
    let mut text = String::new();
    set(&mut text, name, value);
    Ok(connection.batch_execute(&text)?)
}

/// The value is of digits, letters, `-`, `_` and `,` only, which is why it can stand in a statement.
fn set(text: &mut String, name: &str, value: &str) {
    debug_assert!(
        value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_,".contains(&b))
    );
    let _ = write!(text, "; SET LOCAL cairn.{name} = '{value}'");
}

fn list(ids: &[i32]) -> String {
    let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
    ids.join(",")
}
