//! Activities: what partners do together, for which goals, and who brings what.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::activity_body::{ActivityPatch, Known, NewActivity};
use super::dates::date;
use super::{Body, IfMatch, List, Page, QueryText, respond, text};
use crate::app::App;
use crate::auth::{Coalition, Editor, InCoalition, InOrganization, Observer, Partner};
use crate::clock::rfc3339;
use crate::domain::contribution::{Contribution, ContributionRole};
use crate::error::{Error, Result};
use crate::store::activities::{self, ActivityFilter};
use crate::store::{Read, goals, participants};

/// An activity, as answered.
#[derive(Serialize)]
pub struct Activity {
    id: String,
    title: String,
    description: String,
    starts_on: String,
    ends_on: String,
    place: String,
    goals: Vec<String>,
    measures: Vec<String>,
    contributions: Vec<ContributionBy>,
    attendance: Option<i32>,
    organization: String,
    created_at: String,
    updated_at: String,
    /// Where the next page goes on.
    #[serde(skip)]
    entered_at: i64,
}

#[derive(Serialize)]
struct ContributionBy {
    organization: String,
    name: String,
    role: ContributionRole,
}

impl Activity {
    fn of(found: activities::Activity, known: &Known) -> Self {
        let code = |id: i32| known.participants.code(id).unwrap_or_default().to_owned();
        let mut goals: Vec<String> = found
            .fields
            .goals
            .iter()
            .filter_map(|id| known.goals.iter().find(|(known, _)| known == id))
            .map(|(_, code)| code.clone())
            .collect();
        let mut measures: Vec<String> = found
            .fields
            .measures
            .iter()
            .filter_map(|id| known.schema.measure(*id))
            .map(|measure| measure.code.clone())
            .collect();
        let part = |part: &Contribution| ContributionBy {
            organization: code(part.organization_id),
            name: known
                .participants
                .name(part.organization_id)
                .unwrap_or_default()
                .to_owned(),
            role: part.role,
        };
        let mut contributions: Vec<ContributionBy> = found.fields.contributions.iter().map(part).collect();
        goals.sort_unstable();
        measures.sort_unstable();
        contributions.sort_unstable_by(|a, b| (a.role, &a.organization).cmp(&(b.role, &b.organization)));
        Self {
            id: found.id,
            title: found.fields.title,
            description: found.fields.description,
            starts_on: found.fields.starts_on,
            ends_on: found.fields.ends_on,
            place: found.fields.place,
            goals,
            measures,
            contributions,
            attendance: found.fields.attendance,
            organization: code(found.organization_id),
            created_at: rfc3339(found.created_at),
            updated_at: rfc3339(found.updated_at),
            entered_at: found.created_at,
        }
    }
}

fn known<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Known> {
    Ok(Known {
        schema: tx.schema()?,
        goals: goals::list_codes(tx)?,
        participants: participants::list(tx)?,
    })
}

/// The activities that have begun by a day, the latest first.
pub(super) fn list_begun<S: InCoalition>(
    tx: &mut Read<'_, S>,
    on: NaiveDate,
    limit: i64,
) -> Result<Vec<Activity>> {
    let found = activities::list_begun(tx, on, limit)?;
    let known = known(tx)?;
    Ok(found
        .into_iter()
        .map(|found| Activity::of(found, &known))
        .collect())
}

/// All of them, by their first days.
pub(super) fn list_all<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<Activity>> {
    let found = activities::list(tx, &ActivityFilter::default(), None, i64::MAX)?;
    let known = known(tx)?;
    Ok(found
        .into_iter()
        .map(|found| Activity::of(found, &known))
        .collect())
}

fn view<S: InCoalition>(tx: &mut Read<'_, S>, id: &str) -> Result<Activity> {
    let found = activities::find(tx, id)?;
    Ok(Activity::of(found, &known(tx)?))
}

/// The activity, for those who may change it: who leads it, who entered it, and the backbone.
fn changeable<S: InCoalition>(tx: &mut Read<'_, S>, id: &str) -> Result<activities::Activity> {
    let found = activities::find(tx, id)?;
    let caller = tx.tenant().organization_id();
    let leads = found
        .fields
        .contributions
        .iter()
        .any(|part| part.role == ContributionRole::Lead && part.organization_id == caller);
    if leads || found.organization_id == caller || tx.tenant().is_backbone() {
        return Ok(found);
    }
    Err(Error::Forbidden(
        "only the lead of this activity, the organization that entered it, or the backbone may change it"
            .into(),
    ))
}

/// Which activities are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActivityQuery {
    goal: Option<String>,
    organization: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

impl ActivityQuery {
    fn filter(&self, known: &Known) -> Result<ActivityFilter> {
        let mut issues = Vec::new();
        let goal = self.goal.as_deref();
        let organization = self.organization.as_deref();
        let from = self.from.as_deref();
        let to = self.to.as_deref();
        let filter = ActivityFilter {
            goal_id: goal.and_then(|code| known.goal(code, "?goal", &mut issues)),
            organization_id: organization
                .and_then(|code| known.organization(code, "?organization", &mut issues)),
            from: from
                .and_then(|day| date(day, "?from", &mut issues))
                .map(|day| day.to_string()),
            to: to
                .and_then(|day| date(day, "?to", &mut issues))
                .map(|day| day.to_string()),
        };
        text::settle(issues)?;
        Ok(filter)
    }
}

/// `GET …/activities`, by first day, then in the order they were entered.
pub async fn list(
    coalition: Coalition<Observer>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let mut query: ActivityQuery = query.parse()?;
    let page = Page {
        limit: query.limit,
        cursor: query.cursor.take(),
    };
    let (limit, after) = (page.limit()?, page.after::<(String, i64)>()?);
    let data = app
        .db
        .read(&coalition, move |tx| {
            let known = known(tx)?;
            let filter = query.filter(&known)?;
            let found = activities::list(tx, &filter, after.clone(), limit as i64 + 1)?;
            Ok(found
                .into_iter()
                .map(|activity| Activity::of(activity, &known))
                .collect())
        })
        .await?;
    let list = List::page(data, limit, |activity: &Activity| {
        (activity.starts_on.clone(), activity.entered_at)
    })?;
    respond::list(&list, request.path(), request.query_string())
}

/// `POST …/activities`: the caller's organization leads it, unless another lead is named.
pub async fn create(
    coalition: Coalition<Partner, Editor>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let new: NewActivity = body.json().await?;
    let made = app
        .db
        .write(&coalition, move |tx| {
            let fields = new.check(&known(tx)?, tx.tenant().organization_id())?;
            let id = activities::create(tx, &fields)?;
            view(tx, &id)
        })
        .await?;
    let location = format!("/v1/coalitions/{}/activities/{}", coalition.code(), made.id);
    respond::created(&location, &made)
}

/// `GET …/activities/{activity}`.
pub async fn find(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, id) = path.into_inner();
    let found = app.db.read(&coalition, move |tx| view(tx, &id)).await?;
    respond::found(&found)
}

/// `PATCH …/activities/{activity}`.
pub async fn update(
    coalition: Coalition<Partner, Editor>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, id) = path.into_inner();
    let about = id.clone();
    let allowed = app
        .db
        .read(&coalition, move |tx| changeable(tx, &about).map(drop));
    let patch: ActivityPatch = body.json_about(allowed).await?;
    let updated = app
        .db
        .write(&coalition, move |tx| {
            let (before, known) = (changeable(tx, &id)?, known(tx)?);
            if_match.check(&Activity::of(before.clone(), &known))?;
            let after = patch.apply(&before, &known)?;
            if after != before.fields {
                activities::update(tx, &before.id, &after)?;
            }
            view(tx, &id)
        })
        .await?;
    respond::found(&updated)
}

/// `DELETE …/activities/{activity}`.
pub async fn delete(
    coalition: Coalition<Partner, Editor>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, id) = path.into_inner();
    app.db
        .write(&coalition, move |tx| {
            let (found, known) = (changeable(tx, &id)?, known(tx)?);
            if_match.check(&Activity::of(found.clone(), &known))?;
            activities::delete(tx, &found.id)
        })
        .await?;
    Ok(respond::nothing())
}
