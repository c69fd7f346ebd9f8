//! The secrets that sign access tokens.

use diesel::prelude::*;

use super::connection::Connection;
use super::schema::signing_keys;
use super::{System, audit};
use crate::auth::Actor;
use crate::domain::audit::{Action, Chain};
use crate::error::{Error, Result};

/// A key goes on verifying this long after a newer one took over, in microseconds: longer than any token holds.
const OVERLAP: i64 = 3_600_000_000;

/// A key that verifies.
#[derive(Queryable)]
pub struct SigningKey {
    /// Its name.
    pub kid: String,
    /// What it signs with.
    pub secret: Vec<u8>,
    /// When it was made, in microseconds.
    pub created_at: i64,
}

/// Every key that verifies, the newest last.
pub fn list(tx: &mut System<'_>) -> Result<Vec<SigningKey>> {
    let now = tx.now();
    Ok(signing_keys::table
        .filter(
            signing_keys::retired_at
                .is_null()
                .or(signing_keys::retired_at.gt(now)),
        )
        .order((signing_keys::created_at, signing_keys::kid))
        .select((signing_keys::kid, signing_keys::secret, signing_keys::created_at))
        .load(tx.connection)?)
}

/// Puts a new key in front; those before it verify for another hour, so that nobody is signed out. Answers its name.
pub fn rotate(tx: &mut System<'_>) -> Result<String> {
    let now = tx.now();
    diesel::update(signing_keys::table.filter(signing_keys::retired_at.is_null()))
        .set(signing_keys::retired_at.eq(now + OVERLAP))
        .execute(tx.connection)?;
    let kid = create(tx.connection, now)?;
    let what = (
        Action::SigningKeyRotated,
        format!("signing_key:{kid}"),
        &serde_json::json!({}),
    );
    audit::append(tx.connection, now, &Actor::Operator, Chain::Installation, what)?;
    Ok(kid)
}

/// The first key of a database that has none.
pub(in crate::store) fn ensure(connection: &mut Connection, now: i64) -> Result<()> {
    if !exist(connection)? {
        create(connection, now)?;
    }
    Ok(())
}

/// Whether there are any.
pub(in crate::store) fn exist(connection: &mut Connection) -> Result<bool> {
    Ok(signing_keys::table.count().get_result::<i64>(connection)? > 0)
}

fn create(connection: &mut Connection, now: i64) -> Result<String> {
    let mut secret = vec![0; 32];
    getrandom::fill(&mut secret).map_err(Error::internal)?;
    let kid = uuid::Uuid::now_v7().to_string();
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::kid.eq(&kid),
            signing_keys::secret.eq(secret),
            signing_keys::created_at.eq(now),
        ))
        .execute(connection)?;
    Ok(kid)
}
