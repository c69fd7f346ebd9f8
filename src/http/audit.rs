//! The audit log, as those who answer for an organization or a coalition read it.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{List, Page, QueryText, respond};
use crate::app::App;
use crate::auth::{Admin, Backbone, Coalition, Scope};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::domain::audit::Action;
use crate::error::{Error, Result};
use crate::store::audit_log::{self, Filter};

/// A row, as answered.
#[derive(Serialize)]
struct AuditEntry {
    sequence: i64,
    recorded_at: String,
    actor: AuditActor,
    action: String,
    subject: String,
    details: BTreeMap<String, Value>,
    sha256: String,
}

#[derive(Serialize)]
struct AuditActor {
    id: String,
    name: Option<String>,
    email: Option<String>,
}

impl AuditEntry {
    fn of(found: audit_log::Entry) -> Result<Self> {
        let (name, email) = found.name.map(|known| (known.name, known.email)).unzip();
        Ok(Self {
            sequence: found.sequence,
            recorded_at: rfc3339(found.recorded_at),
            actor: AuditActor {
                id: found.actor,
                name,
                email: email.flatten(),
            },
            action: found.action,
            subject: found.subject,
            details: serde_json::from_str(&found.details)?,
            sha256: found.sha256,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    actor: Option<String>,
    action: Option<String>,
    since: Option<String>,
    until: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

impl AuditQuery {
    /// What to list, one row more than the page holds, and how many the page holds.
    fn filter(self) -> Result<(Filter, usize)> {
        let page = Page {
            limit: self.limit,
            cursor: self.cursor,
        };
        let (limit, before) = (page.limit()?, page.after::<i64>()?);
        let action = self.action.map(|word| {
            let detail = format!("'{word}' is nothing that the log tells of, such as member.updated");
            Action::parse(&word).ok_or_else(|| Error::invalid("?action", "unknown_action", detail))
        });
        let actor = self.actor.map(|text| {
            let detail =
                format!("'{text}' is nobody: give the `id` of an actor, such as account:12 or operator");
            let unknown = |()| Error::invalid("?actor", "unknown_actor", detail);
            text.parse().map_err(unknown)
        });
        let filter = Filter {
            actor: actor.transpose()?,
            action: action.transpose()?,
            since: instant("?since", self.since)?,
            until: instant("?until", self.until)?,
            before,
            limit: limit as i64 + 1,
        };
        Ok((filter, limit))
    }
}

fn instant(pointer: &str, text: Option<String>) -> Result<Option<i64>> {
    let Some(text) = text else { return Ok(None) };
    let detail = "an instant as in RFC 3339, such as 2026-06-30T00:00:00Z";
    let at = parse_rfc3339(&text).ok_or_else(|| Error::invalid(pointer, "invalid_time", detail))?;
    Ok(Some(at))
}

fn answer(found: Vec<audit_log::Entry>, limit: usize, request: &HttpRequest) -> Result<HttpResponse> {
    let page = List::page(found, limit, |last| last.sequence)?.try_map(AuditEntry::of)?;
    respond::list(&page, request.path(), request.query_string())
}

/// `GET /organization/audit`, newest first.
pub async fn list_of_organization(
    scope: Scope<Admin>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (filter, limit) = query.parse::<AuditQuery>()?.filter()?;
    let found = app
        .db
        .read(&scope, move |tx| audit_log::list_of_organization(tx, &filter))
        .await?;
    answer(found, limit, &request)
}

/// `GET …/audit`, newest first.
pub async fn list_of_coalition(
    coalition: Coalition<Backbone, Admin>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (filter, limit) = query.parse::<AuditQuery>()?.filter()?;
    let found = app
        .db
        .read(&coalition, move |tx| audit_log::list_of_coalition(tx, &filter))
        .await?;
    answer(found, limit, &request)
}
