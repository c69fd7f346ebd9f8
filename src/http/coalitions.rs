//! Coalitions: organizations under one common agenda.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::dates::day_or_none;
use super::{Body, IfMatch, List, Page, QueryText, respond, text};
use crate::app::App;
use crate::auth::{self, Admin, Backbone, Invited, Scope, Viewer};
use crate::clock::rfc3339;
use crate::domain::audit::Action;
use crate::domain::audit_details::changed;
use crate::domain::code::Code;
use crate::domain::given::{given, given_or_null};
use crate::domain::issue::Issue;
use crate::domain::partner::{PartnerRole, PartnerState};
use crate::domain::period_kind::FiscalStart;
use crate::domain::whole_number::given_whole;
use crate::error::Result;
use crate::store::{audit, coalitions};

/// A coalition, as answered: to an organization that has not accepted its invitation yet, by name only.
#[derive(Serialize)]
pub(super) struct Coalition {
    code: String,
    name: String,
    purpose: Option<String>,
    fiscal_year_start_month: Option<i16>,
    locked_through: Option<String>,
    role: PartnerRole,
    state: PartnerState,
    created_at: Option<String>,
    updated_at: Option<String>,
}

impl From<coalitions::Coalition> for Coalition {
    fn from(found: coalitions::Coalition) -> Self {
        let is_inside = found.state == PartnerState::Active;
        Self {
            code: found.code,
            name: found.name,
            purpose: is_inside.then_some(found.purpose),
            fiscal_year_start_month: is_inside.then_some(found.fiscal_year_start_month),
            locked_through: found
                .locked_through
                .filter(|_| is_inside)
                .map(|last| last.to_string()),
            role: found.role,
            state: found.state,
            created_at: is_inside.then(|| rfc3339(found.created_at)),
            updated_at: is_inside.then(|| rfc3339(found.updated_at)),
        }
    }
}

/// `GET /coalitions`: those that the caller's organization is in or invited to.
pub async fn list(
    scope: Scope<Viewer>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let page: Page = query.parse()?;
    let (limit, after) = (page.limit()?, page.after::<String>()?);
    let found = app
        .db
        .read(&scope, move |tx| {
            coalitions::list(tx, after.as_deref(), limit + 1)
        })
        .await?;
    let found = found.into_iter().map(Coalition::from).collect();
    let page = List::page(found, limit, |coalition: &Coalition| {
        coalition.code.to_ascii_lowercase()
    })?;
    respond::list(&page, request.path(), request.query_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCoalition {
    code: Code,
    name: String,
    #[serde(default)]
    purpose: String,
    #[serde(default, deserialize_with = "given_whole")]
    fiscal_year_start_month: Option<i64>,
}

/// `POST /coalitions`: a coalition, with the caller's organization as its backbone.
pub async fn create(scope: Scope<Admin>, body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    let new: NewCoalition = body.json().await?;
    let mut issues = Vec::new();
    text::name(&new.name, "/name", &mut issues);
    text::text(&new.purpose, "/purpose", &mut issues);
    let fiscal_start = new
        .fiscal_year_start_month
        .and_then(|month| fiscal_start(month, &mut issues));
    text::settle(issues)?;
    let new = coalitions::NewCoalition {
        code: new.code,
        name: new.name,
        purpose: new.purpose,
        fiscal_start: fiscal_start.unwrap_or(FiscalStart::JANUARY),
    };
    let made = app
        .db
        .write(&scope, move |tx| coalitions::create(tx, &new))
        .await?;
    respond::created(&format!("/v1/coalitions/{}", made.code), &Coalition::from(made))
}

/// `GET /coalitions/{coalition}`.
pub async fn find(coalition: auth::Coalition<Invited>, app: web::Data<App>) -> Result<HttpResponse> {
    let found = app.db.read(&coalition, coalitions::find).await?;
    respond::found(&Coalition::from(found))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoalitionPatch {
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    purpose: Option<String>,
    #[serde(default, deserialize_with = "given_whole")]
    fiscal_year_start_month: Option<i64>,
    #[serde(default, deserialize_with = "given_or_null")]
    locked_through: Option<Option<String>>,
}

/// `PATCH /coalitions/{coalition}`.
pub async fn update(
    coalition: auth::Coalition<Backbone, Admin>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let patch: CoalitionPatch = body.json().await?;
    let mut issues = Vec::new();
    patch
        .name
        .iter()
        .for_each(|name| text::name(name, "/name", &mut issues));
    patch
        .purpose
        .iter()
        .for_each(|purpose| text::text(purpose, "/purpose", &mut issues));
    let fiscal_start = patch
        .fiscal_year_start_month
        .and_then(|month| fiscal_start(month, &mut issues));
    let locked_through = day_or_none(patch.locked_through, LOCKED_THROUGH, &mut issues);
    if let Some(Some(last)) = locked_through {
        check_ended(last, app.db.clock().today(), &mut issues);
    }
    text::settle(issues)?;
    let patch = coalitions::CoalitionPatch {
        name: patch.name,
        purpose: patch.purpose,
        fiscal_start,
        locked_through,
    };
    let updated = app
        .db
        .write(&coalition, move |tx| {
            let before = Coalition::from(coalitions::find(tx)?);
            if_match.check(&before)?;
            let after = Coalition::from(coalitions::update(tx, &patch)?);
            let (subject, details) = (format!("coalition:{}", after.code), changed(&before, &after)?);
            audit::record(tx, Action::CoalitionUpdated, subject, &details)?;
            Ok(after)
        })
        .await?;
    respond::found(&updated)
}

const LOCKED_THROUGH: &str = "/locked_through";

/// Figures that are still to come are not locked.
fn check_ended(last: NaiveDate, today: NaiveDate, issues: &mut Vec<Issue>) {
    if last >= today {
        let detail = format!("{last} is not over: only periods that have ended can be locked");
        issues.push(Issue::new(LOCKED_THROUGH, "in_the_future", detail));
    }
}

fn fiscal_start(month: i64, issues: &mut Vec<Issue>) -> Option<FiscalStart> {
    let start = u8::try_from(month).ok().and_then(FiscalStart::new);
    if start.is_none() {
        let detail = format!("a month is a number from 1 to 12, not {month}");
        issues.push(Issue::new("/fiscal_year_start_month", "invalid_value", detail));
    }
    start
}
