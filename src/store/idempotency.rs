//! Requests that may be sent twice and have one effect: the first answer is kept in the transaction of its effect, and
//! given again. A request that fails keeps nothing.

use diesel::prelude::*;

use super::connection::each;
use super::kept::Kept;
use super::many::{Bind, Many};
use super::own::own;
use super::schema::idempotency_keys;
use super::{Read, Write};
use crate::auth::{InCoalition, InOrganization, MayWrite};
use crate::error::{Error, Result};

/// How long an answer is kept, in microseconds: a day.
const KEPT: i64 = 24 * 60 * 60 * 1_000_000;
/// Old answers that are removed with each new one.
const REMOVED: i64 = 100;

/// A request that names itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Keyed {
    /// Its method and path.
    pub route: String,
    /// Its name, unique to its organization and route for a day.
    pub key: String,
    /// A checksum of everything in it that matters.
    pub fingerprint: String,
}

/// What a request is answered with, body and all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers that matter, besides the content type, which is JSON.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The organization's row of a request: where every query of one row starts.
macro_rules! scoped {
    ($tx:ident, $request:ident) => {
        idempotency_keys::table.find((
            $tx.tenant().organization_id(),
            $request.route.as_str(),
            $request.key.as_str(),
        ))
    };
}

/// Does the work and keeps its answer; or, where that was done within the last day, gives the same answer again. The
/// second value says which. Whoever comes while the first is under way waits for it here.
pub fn once<S: InOrganization + MayWrite>(
    tx: &mut Write<'_, S>,
    request: &Keyed,
    work: impl FnOnce(&mut Write<'_, S>) -> Result<Answer>,
) -> Result<(Answer, bool)> {
    let now = tx.clock().now();
    if remove_old(tx, now - KEPT)? {
        let own = scoped!(tx, request).filter(idempotency_keys::created_at.lt(now - KEPT));
        diesel::delete(own).execute(tx.connection)?;
    }
    if !reserve(tx, request, now)? {
        return Ok((find(tx, request)?, true));
    }
    let answer = work(tx)?;
    keep(tx, request, &answer)?;
    Ok((answer, false))
}

/// Whether an answer to the request is kept, be it too old to be given again.
pub fn is_known<S: InOrganization>(tx: &mut Read<'_, S>, request: &Keyed) -> Result<bool> {
    let found: Option<i64> = scoped!(tx, request)
        .select(idempotency_keys::created_at)
        .get_result(tx.connection)
        .optional()?;
    Ok(found.is_some())
}

/// Keeps answers to requests that were not known, each with who asked. Their routes lie within the coalition that this
/// transaction has locked, so that nobody else can be keeping the same.
pub fn keep_all<S: InOrganization + InCoalition>(
    tx: &mut Write<'_, S>,
    answers: &[(&S, &Keyed, &Answer)],
) -> Result<()> {
    if answers.is_empty() {
        return Ok(());
    }
    let now = tx.clock().now();
    remove_old(tx, now - KEPT)?;
    let headers = answers.iter().map(|(.., answer)| {
        let status = i16::try_from(answer.status).map_err(Error::internal)?;
        Ok((status, serde_json::to_string(&answer.headers)?))
    });
    let headers = headers.collect::<Result<Vec<_>>>()?;
    let rows = answers.iter().zip(&headers);
    let rows = rows.map(|((tenant, request, answer), (status, headers))| {
        [
            Bind::Int(tenant.organization_id()),
            Bind::MaybeText(Some(&request.route)),
            Bind::MaybeText(Some(&request.key)),
            Bind::MaybeText(Some(&request.fingerprint)),
            Bind::Small(*status),
            Bind::MaybeText(Some(headers)),
            Bind::MaybeText(Some(&answer.body)),
            Bind::Big(now),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let into = "INSERT INTO idempotency_keys (organization_id, route, key, fingerprint, status, headers, body, \
        created_at) VALUES";
    for statement in Many::<8>::statements(into, &rows, "") {
        each!(tx.connection, c => statement.execute(c))?;
    }
    Ok(())
}

/// Removes some of the organization's rows from before an instant; whether there were any.
fn remove_old<S: InOrganization>(tx: &mut Write<'_, S>, before: i64) -> Result<bool> {
    use idempotency_keys as k;
    let organization_id = tx.tenant().organization_id();
    let old: Vec<(String, String)> = k::table
        .filter(own!(k::organization_id, organization_id))
        .filter(k::created_at.lt(before))
        .order(k::created_at)
        .limit(REMOVED)
        .select((k::route, k::key))
        .load(tx.connection)?;
    let is_any = !old.is_empty();
    for (route, key) in old {
        diesel::delete(k::table.find((organization_id, route, key))).execute(tx.connection)?;
    }
    Ok(is_any)
}

/// Whether the request is the first of its name.
fn reserve<S: InOrganization>(tx: &mut Write<'_, S>, request: &Keyed, now: i64) -> Result<bool> {
    use idempotency_keys as k;
    let values = (
        k::organization_id.eq(tx.tenant().organization_id()),
        k::route.eq(&request.route),
        k::key.eq(&request.key),
        k::fingerprint.eq(&request.fingerprint),
        k::status.eq(0),
        k::headers.eq(""),
        k::body.eq(""),
        k::created_at.eq(now),
    );
    let inserted = each!(tx.connection, c => Kept(diesel::insert_into(k::table)
        .values(values)
        .on_conflict_do_nothing())
        .execute(c))?;
    Ok(inserted == 1)
}

fn find<S: InOrganization>(tx: &mut Write<'_, S>, request: &Keyed) -> Result<Answer> {
    use idempotency_keys as k;
    let (fingerprint, status, headers, body): (String, i16, String, String) = scoped!(tx, request)
        .select((k::fingerprint, k::status, k::headers, k::body))
        .get_result(tx.connection)?;
    if fingerprint != request.fingerprint {
        return Err(Error::KeyReused);
    }
    Ok(Answer {
        status: u16::try_from(status).map_err(Error::internal)?,
        headers: serde_json::from_str(&headers)?,
        body,
    })
}

fn keep<S: InOrganization>(tx: &mut Write<'_, S>, request: &Keyed, answer: &Answer) -> Result<()> {
    use idempotency_keys as k;
    let update = diesel::update(scoped!(tx, request)).set((
        k::status.eq(i16::try_from(answer.status).map_err(Error::internal)?),
        k::headers.eq(serde_json::to_string(&answer.headers)?),
        k::body.eq(&answer.body),
    ));
    Kept(update).execute(tx.connection)?;
    Ok(())
}
