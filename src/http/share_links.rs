//! Share links, as those who keep them see them.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, List, Page, QueryText, respond, text};
use crate::app::App;
use crate::auth::{self, Actor, Admin, Backbone, Coalition, InCoalition};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::domain::given::given;
use crate::domain::issue::Issue;
use crate::domain::measure_cell::measure_of;
use crate::domain::schema::Schema;
use crate::domain::share_link::{LONGEST, LinkAudience, MOST_MEASURES, USUAL};
use crate::error::{Error, Result};
use crate::store::actors::ActorName;
use crate::store::{Read, share_links};

/// A link, as answered; with its secret this once.
#[derive(Serialize)]
pub(super) struct ShareLink {
    id: String,
    name: String,
    audience: LinkAudience,
    measures: Option<Vec<String>>,
    prefix: String,
    created_by: Option<ActorName>,
    created_at: String,
    expires_at: String,
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl From<share_links::ShareLink> for ShareLink {
    fn from(found: share_links::ShareLink) -> Self {
        Self {
            id: found.id,
            name: found.name,
            audience: found.audience,
            measures: found.measures,
            prefix: found.prefix,
            created_by: found.created_by,
            created_at: rfc3339(found.created_at),
            expires_at: rfc3339(found.expires_at),
            revoked_at: found.revoked_at.map(rfc3339),
            secret: None,
            address: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewShareLink {
    name: String,
    audience: LinkAudience,
    #[serde(default, deserialize_with = "given")]
    measures: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    expires_at: Option<String>,
}

impl NewShareLink {
    /// When the link ends, and what else is wrong with it that can be told without the schema.
    fn check(&self, now: i64) -> Result<i64> {
        let mut issues = Vec::new();
        text::name(&self.name, "/name", &mut issues);
        if let Some(measures) = &self.measures
            && !(1..=MOST_MEASURES).contains(&measures.len())
        {
            let detail = format!(
                "name 1 to {MOST_MEASURES} measures, or leave them out to show all that there are for the audience"
            );
            issues.push(Issue::new("/measures", "wrong_number", detail));
        }
        let expires_at = match self.expires_at.as_deref().map(parse_rfc3339) {
            None => now + USUAL,
            Some(Some(at)) if (now + 1..=now + LONGEST).contains(&at) => at,
            Some(at) => {
                let (code, detail) = match at {
                    None => (
                        "invalid_time",
                        "an instant as in RFC 3339, such as 2027-06-30T00:00:00Z",
                    ),
                    Some(_) => ("out_of_range", "later than now, and at most five years ahead"),
                };
                issues.push(Issue::new("/expires_at", code, detail));
                now
            }
        };
        text::settle(issues)?;
        Ok(expires_at)
    }
}

/// The measures of those codes, by id.
fn measures(schema: &Schema, codes: &[String]) -> Result<Vec<i32>> {
    let (mut ids, mut issues) = (Vec::new(), Vec::new());
    for (place, code) in codes.iter().enumerate() {
        let pointer = format!("/measures/{place}");
        match measure_of(schema, code, &pointer) {
            Ok(measure) if ids.contains(&measure.id) => {
                let detail = format!("`{code}` is there already");
                issues.push(Issue::new(pointer, "duplicate", detail));
            }
            Ok(measure) => ids.push(measure.id),
            Err(issue) => issues.push(issue),
        }
    }
    text::settle(issues)?;
    Ok(ids)
}

/// All of them, the newest first.
pub(super) fn list_all<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<ShareLink>> {
    let found = share_links::list(tx, None, i64::MAX)?;
    Ok(found.into_iter().map(ShareLink::from).collect())
}

/// `GET …/share-links`.
pub async fn list(
    coalition: Coalition<Backbone>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let page: Page = query.parse()?;
    let (limit, after) = (page.limit()?, page.after::<(i64, String)>()?);
    let found = app
        .db
        .read(&coalition, move |tx| {
            share_links::list(tx, after.as_ref(), limit as i64 + 1)
        })
        .await?;
    let page = List::page(found, limit, |last| (last.created_at, last.id.clone()))?;
    respond::list(&page.map(ShareLink::from), request.path(), request.query_string())
}

/// `GET …/share-links/{share_link}`.
pub async fn find(
    coalition: Coalition<Backbone>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let id = path.into_inner().1;
    let found = app
        .db
        .read(&coalition, move |tx| share_links::find(tx, &id))
        .await?;
    respond::found(&ShareLink::from(found))
}

/// `POST …/share-links`.
pub async fn create(
    coalition: Coalition<Backbone, Admin>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let Actor::Account(created_by) = coalition.caller().actor() else {
        return Err(Error::Forbidden("only people make share links".into()));
    };
    let new: NewShareLink = body.json().await?;
    let expires_at = new.check(app.db.clock().now())?;
    let secret = auth::ShareLink::secret()?;
    let (id, prefix, secret_hash) = (uuid::Uuid::now_v7().to_string(), secret.prefix(), secret.hash());
    let made = app
        .db
        .write(&coalition, move |tx| {
            let schema = tx.schema()?;
            let named = new.measures.as_deref();
            let new = share_links::NewShareLink {
                id: id.clone(),
                name: new.name.clone(),
                audience: new.audience,
                measures: named.map(|codes| measures(&schema, codes)).transpose()?,
                prefix: prefix.clone(),
                secret_hash: secret_hash.clone(),
                created_by,
                expires_at,
            };
            share_links::create(tx, &new)
        })
        .await?;
    let location = format!("/v1/coalitions/{}/share-links/{}", coalition.code(), made.id);
    let answer = ShareLink {
        secret: Some(secret.reveal().to_owned()),
        address: Some(format!("/v1/shared/{}", secret.reveal())),
        ..ShareLink::from(made)
    };
    let mut response = respond::secret(StatusCode::CREATED, &answer)?;
    let location = HeaderValue::from_str(&location).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// `DELETE …/share-links/{share_link}`: it ends at once.
pub async fn delete(
    coalition: Coalition<Backbone, Admin>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let id = path.into_inner().1;
    app.db
        .write(&coalition, move |tx| share_links::delete(tx, &id))
        .await?;
    Ok(respond::nothing())
}
