//! Partners: who is in a coalition, in which role and how deeply.

use std::collections::BTreeMap;

use actix_web::http::header::{ETAG, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::etag::etag;
use super::format::{Format, Offered};
use super::partner_terms::{Candidate, NewPartner, PartnerPatch};
use super::{Body, IfMatch, List, Page, QueryText, format, partners_csv, respond};
use crate::app::App;
use crate::auth::{Admin, Backbone, Coalition, InCoalition, MayWrite, Observer};
use crate::clock::rfc3339;
use crate::config::Registration;
use crate::domain::audit::Action;
use crate::domain::audit_details as details;
use crate::domain::partner::{EngagementLevel, PartnerRole, PartnerState};
use crate::error::{Error, Result};
use crate::store::{Read, Write, audit, joining, partner_terms, partners};

/// A partner, as answered.
#[derive(Serialize)]
pub struct Partner {
    pub organization: String,
    pub name: String,
    pub role: PartnerRole,
    pub state: PartnerState,
    pub engagement_level: Option<EngagementLevel>,
    pub engagement_since: Option<String>,
    pub member_from: Option<String>,
    pub member_until: Option<String>,
    pub expected_measures: Option<Vec<String>>,
    pub attributes: BTreeMap<String, String>,
    pub invited_at: String,
    pub joined_at: Option<String>,
    pub left_at: Option<String>,
}

impl From<partners::Partner> for Partner {
    fn from(found: partners::Partner) -> Self {
        Self {
            organization: found.organization,
            name: found.name,
            role: found.role,
            state: found.state,
            engagement_level: found.level.map(|level| level.level),
            engagement_since: found.level.map(|level| level.starts_on.to_string()),
            member_from: found.member_from.map(|day| day.to_string()),
            member_until: found.member_until.map(|day| day.to_string()),
            expected_measures: found.expected_measures,
            attributes: found.attributes,
            invited_at: rfc3339(found.invited_at),
            joined_at: found.joined_at.map(rfc3339),
            left_at: found.left_at.map(rfc3339),
        }
    }
}

#[derive(Serialize)]
struct CreatedPartner<'a> {
    #[serde(flatten)]
    partner: &'a Partner,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim_token: Option<&'a str>,
}

#[derive(Serialize)]
struct PartnerLevel {
    level: EngagementLevel,
    starts_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    state: Option<PartnerState>,
    format: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// All that the caller may see.
pub(super) fn list_all<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<Partner>> {
    let found = partners::list(tx, None, None, i64::MAX as usize)?;
    Ok(found.into_iter().map(Partner::from).collect())
}

/// `GET …/partners`: those that the caller may see, as JSON or CSV.
pub async fn list(
    coalition: Coalition<Observer>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let ListQuery {
        state,
        format,
        limit,
        cursor,
    } = query.parse()?;
    let format = *format::choose(&Format::ALL, format.as_deref(), &request)?;
    let page = Page { limit, cursor };
    let (limit, after) = (page.limit()?, page.after::<String>()?);
    let (found, keys) = app
        .db
        .read(&coalition, move |tx| {
            let keys = match format {
                Format::Csv => partners::attribute_keys(tx)?,
                Format::Json => Vec::new(),
            };
            Ok((partners::list(tx, state, after.as_deref(), limit + 1)?, keys))
        })
        .await?;
    let found = found.into_iter().map(Partner::from).collect();
    let page = List::page(found, limit, |partner: &Partner| {
        partner.organization.to_ascii_lowercase()
    })?;
    let body = match format {
        Format::Json => serde_json::to_vec(&page)?,
        Format::Csv => partners_csv::write(&page.data, &keys)?,
    };
    let (path, query) = (request.path(), request.query_string());
    let mut response = respond::page(&page, path, query, format.media_type(), body)?;
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// `POST …/partners`: invites an organization, or brings one in that has nobody to sign in yet.
pub async fn create(
    coalition: Coalition<Backbone, Admin>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (candidate, terms) = body.json::<NewPartner>().await?.check()?;
    if matches!(candidate, Candidate::New(..)) && app.registration == Registration::Closed {
        return Err(Error::Forbidden(
            "this installation takes no new organizations: invite those that are registered".into(),
        ));
    }
    let code = coalition.code().to_owned();
    let (partner, claim) = app
        .db
        .write(&coalition, move |tx| {
            let (made, claim, action) = match &candidate {
                Candidate::Registered(code) => {
                    (joining::invite(tx, code, &terms)?, None, Action::PartnerInvited)
                }
                Candidate::New(code, name) => {
                    let (made, claim) = joining::bring_in(tx, code, name, &terms)?;
                    (made, Some(claim), Action::PartnerBroughtIn)
                }
            };
            let (id, partner) = (made.organization_id, Partner::from(made));
            let told = details::made(&partner)?;
            audit::record_place(tx, action, (id, &partner.organization), &told)?;
            Ok((partner, claim))
        })
        .await?;
    let location = format!("/v1/coalitions/{code}/partners/{}", partner.organization);
    let claim_token = claim.as_ref().map(|claim| claim.reveal());
    let mut response = respond::created(
        &location,
        &CreatedPartner {
            partner: &partner,
            claim_token,
        },
    )?;
    // The tag is of the partner: what is shown this once is no part of it.
    let tag = etag(&serde_json::to_vec(&partner)?);
    response
        .headers_mut()
        .insert(ETAG, HeaderValue::from_str(&tag).map_err(Error::internal)?);
    Ok(response)
}

/// `GET …/partners/{organization}`.
pub async fn find(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let code = path.into_inner().1;
    let found = app
        .db
        .read(&coalition, move |tx| partners::find(tx, &code))
        .await?;
    respond::found(&Partner::from(found))
}

/// `PATCH …/partners/{organization}`.
pub async fn update(
    coalition: Coalition<Backbone, Admin>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let code = path.into_inner().1;
    let patch = match body.json::<PartnerPatch>().await.and_then(PartnerPatch::check) {
        Ok(patch) => patch,
        Err(error) => {
            // That there is no such partner comes before what is wrong with the change.
            app.db
                .read(&coalition, move |tx| partners::find(tx, &code))
                .await?;
            return Err(error);
        }
    };
    let updated = app
        .db
        .write(&coalition, move |tx| {
            let before = Partner::from(partners::find(tx, &code)?);
            if_match.check(&before)?;
            let updated = partner_terms::update(tx, &code, &patch)?;
            record(tx, Action::PartnerUpdated, &before, updated)
        })
        .await?;
    respond::found(&updated)
}

/// `DELETE …/partners/{organization}`: it leaves, or its invitation is withdrawn.
pub async fn delete(
    coalition: Coalition<Backbone, Admin>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let code = path.into_inner().1;
    app.db
        .write(&coalition, move |tx| {
            let before = Partner::from(partners::find(tx, &code)?);
            if_match.check(&before)?;
            let removed = joining::remove(tx, &code)?;
            record(tx, Action::PartnerRemoved, &before, removed)
        })
        .await?;
    Ok(respond::nothing())
}

/// Writes down how a place changed, and answers it as it is now.
pub(super) fn record<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    action: Action,
    before: &Partner,
    after: partners::Partner,
) -> Result<Partner> {
    let (id, after) = (after.organization_id, Partner::from(after));
    let told = details::changed(before, &after)?;
    audit::record_place(tx, action, (id, &after.organization), &told)?;
    Ok(after)
}

/// `GET …/partners/{organization}/levels`: how its engagement went up and down.
pub async fn list_levels(
    coalition: Coalition<Observer>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let page: Page = query.parse()?;
    let (limit, after) = (page.limit()?, page.after::<String>()?);
    let code = path.into_inner().1;
    let found = app
        .db
        .read(&coalition, move |tx| {
            let partner = partners::find(tx, &code)?;
            partners::list_levels(tx, &partner, after.as_deref(), limit + 1)
        })
        .await?;
    let found = found
        .into_iter()
        .map(|level| PartnerLevel {
            level: level.level,
            starts_on: level.starts_on.to_string(),
        })
        .collect();
    let page = List::page(found, limit, |level: &PartnerLevel| level.starts_on.clone())?;
    respond::list(&page, request.path(), request.query_string())
}
