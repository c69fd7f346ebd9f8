//! Share links: by which somebody outside a coalition reads what it shows.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::json;

use super::actors::{ActorName, find_names};
use super::connection::each;
use super::own::own;
use super::schema::{measures, share_link_measures, share_links};
use super::{Read, Write, audit};
use crate::auth::{Actor, Admin, Backbone, Coalition, InCoalition, InOrganization};
use crate::clock::rfc3339;
use crate::domain::audit::Action;
use crate::domain::audit_details;
use crate::domain::share_link::LinkAudience;
use crate::error::{Error, Result};

/// A link, without its secret.
#[derive(Clone, Debug)]
pub struct ShareLink {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Whom it is for.
    pub audience: LinkAudience,
    /// The codes of the measures that it shows; `None` where it shows all that there are for its audience.
    pub measures: Option<Vec<String>>,
    /// How its secret begins.
    pub prefix: String,
    /// Who made it.
    pub created_by: Option<ActorName>,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// When it ends, in microseconds.
    pub expires_at: i64,
    /// When it was revoked, if it was.
    pub revoked_at: Option<i64>,
}

/// A link to be made.
#[derive(Clone, Debug)]
pub struct NewShareLink {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Whom it is for.
    pub audience: LinkAudience,
    /// The measures that it shows, by id.
    pub measures: Option<Vec<i32>>,
    /// How its secret begins.
    pub prefix: String,
    /// The hash of its secret.
    pub secret_hash: String,
    /// The account that makes it.
    pub created_by: i32,
    /// When it ends, in microseconds.
    pub expires_at: i64,
}

type Row = (
    (String, String, String, String, String),
    (i32, i32, i64, i64, Option<i64>),
);

/// The coalition's links: where every query of links by those who keep them starts.
macro_rules! scoped {
    ($tx:ident) => {
        share_links::table
            .filter(own!(share_links::coalition_id, $tx.tenant().coalition_id()))
            .select((
                (
                    share_links::id,
                    share_links::name,
                    share_links::audience,
                    share_links::reach,
                    share_links::prefix,
                ),
                (
                    share_links::organization_id,
                    share_links::created_by,
                    share_links::created_at,
                    share_links::expires_at,
                    share_links::revoked_at,
                ),
            ))
    };
}

/// The coalition's links, newest first, after the given time and id, at most `limit`.
pub fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    after: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<ShareLink>> {
    let mut query = scoped!(tx)
        .order((share_links::created_at.desc(), share_links::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some((created_at, id)) = after.cloned() {
        let earlier = share_links::created_at.lt(created_at);
        let same = share_links::created_at.eq(created_at);
        query = query.filter(earlier.or(same.and(share_links::id.lt(id))));
    }
    let rows: Vec<Row> = query.load(tx.connection)?;
    read(tx, rows)
}

/// The link of that id.
pub fn find<S: InCoalition>(tx: &mut Read<'_, S>, id: &str) -> Result<ShareLink> {
    let row: Row = scoped!(tx).filter(share_links::id.eq(id)).first(tx.connection)?;
    read(tx, vec![row])?.pop().ok_or(Error::NotFound)
}

/// Makes a link.
pub fn create(tx: &mut Write<'_, Coalition<Backbone, Admin>>, new: &NewShareLink) -> Result<ShareLink> {
    let (coalition_id, now) = (tx.tenant().id(), tx.recorded_at());
    diesel::insert_into(share_links::table)
        .values((
            share_links::coalition_id.eq(coalition_id),
            share_links::id.eq(&new.id),
            share_links::name.eq(&new.name),
            share_links::audience.eq(new.audience.as_str()),
            share_links::reach.eq(match new.measures {
                Some(_) => SOME,
                None => "all",
            }),
            share_links::prefix.eq(&new.prefix),
            share_links::secret_hash.eq(&new.secret_hash),
            share_links::organization_id.eq(tx.tenant().organization_id()),
            share_links::created_by.eq(new.created_by),
            share_links::created_at.eq(now),
            share_links::expires_at.eq(new.expires_at),
        ))
        .execute(tx.connection)?;
    let rows: Vec<_> = new
        .measures
        .iter()
        .flatten()
        .map(|measure_id| {
            (
                share_link_measures::coalition_id.eq(coalition_id),
                share_link_measures::share_link_id.eq(&new.id),
                share_link_measures::measure_id.eq(measure_id),
            )
        })
        .collect();
    if !rows.is_empty() {
        each!(&mut *tx.connection, connection => diesel::insert_into(share_link_measures::table).values(&rows).execute(connection)?);
    }
    let made = find(tx, &new.id)?;
    let details = json!({
        "name": made.name,
        "audience": made.audience,
        "measures": made.measures,
        "expires_at": rfc3339(made.expires_at),
    });
    audit::record(
        tx,
        Action::ShareLinkCreated,
        subject(&made.id),
        &audit_details::made(&details)?,
    )?;
    Ok(made)
}

fn subject(id: &str) -> String {
    format!("share_link:{id}")
}

/// Revokes a link; one that was revoked before stays so.
pub fn delete(tx: &mut Write<'_, Coalition<Backbone, Admin>>, id: &str) -> Result<()> {
    let link = find(tx, id)?;
    if link.revoked_at.is_none() {
        diesel::update(share_links::table.find((tx.tenant().id(), id)))
            .set(share_links::revoked_at.eq(tx.recorded_at()))
            .execute(tx.connection)?;
        audit::record(tx, Action::ShareLinkRevoked, subject(id), &json!({}))?;
    }
    Ok(())
}

/// How it is written down that a link names its measures.
pub(in crate::store) const SOME: &str = "some";

fn read<S: InCoalition>(tx: &mut Read<'_, S>, rows: Vec<Row>) -> Result<Vec<ShareLink>> {
    let ids: Vec<&str> = rows.iter().map(|((id, ..), _)| id.as_str()).collect();
    let mut measures = measures_of(tx, &ids)?;
    let actor = |account: i32| Actor::Account(account).to_string();
    let actors: Vec<String> = rows.iter().map(|(_, (_, account, ..))| actor(*account)).collect();
    let names = find_names(tx.connection, actors.iter().map(String::as_str))?;
    let own = tx.tenant().organization_id();
    rows.into_iter()
        .map(|((id, name, audience, reach, prefix), made)| {
            let (organization_id, account, created_at, expires_at, revoked_at) = made;
            let created_by = names.get(&actor(account)).cloned().map(|known| ActorName {
                email: known.email.filter(|_| organization_id == own),
                ..known
            });
            Ok(ShareLink {
                measures: (reach == SOME).then(|| measures.remove(&id).unwrap_or_default()),
                id,
                name,
                audience: audience_of(&audience)?,
                prefix,
                created_by,
                created_at,
                expires_at,
                revoked_at,
            })
        })
        .collect()
}

fn measures_of<S: InCoalition>(tx: &mut Read<'_, S>, ids: &[&str]) -> Result<HashMap<String, Vec<String>>> {
    let rows: Vec<(String, String)> = share_link_measures::table
        .inner_join(
            measures::table.on(measures::coalition_id
                .eq(share_link_measures::coalition_id)
                .and(measures::id.eq(share_link_measures::measure_id))),
        )
        .filter(own!(
            share_link_measures::coalition_id,
            tx.tenant().coalition_id()
        ))
        .filter(share_link_measures::share_link_id.eq_any(ids))
        .order((
            share_link_measures::share_link_id,
            share_link_measures::measure_id,
        ))
        .select((share_link_measures::share_link_id, measures::code))
        .load(tx.connection)?;
    let mut measures: HashMap<String, Vec<String>> = HashMap::new();
    for (id, code) in rows {
        measures.entry(id).or_default().push(code);
    }
    Ok(measures)
}

pub(in crate::store) fn audience_of(word: &str) -> Result<LinkAudience> {
    LinkAudience::parse(word).ok_or_else(|| Error::internal(format!("'{word}' is no audience of a link")))
}
