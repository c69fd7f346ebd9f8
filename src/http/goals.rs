//! Goals: the common agenda, which the backbone sets and any partner proposes.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cells::{self, CellCodes};
use super::dates::date;
use super::{Body, IfMatch, List, Page, QueryText, respond, text};
use crate::app::App;
use crate::auth::{Backbone, Coalition, Editor, InCoalition, Observer, Partner};
use crate::clock::rfc3339;
use crate::domain::audit::Action;
use crate::domain::audit_details as details;
use crate::domain::code::Code;
use crate::domain::given::{given, given_or_null};
use crate::domain::goal_measure::{self, NewGoalMeasure};
use crate::domain::issue::Issue;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::goals::{self, GoalFields};
use crate::store::{Read, Write, audit};

const STATEMENT: usize = 1_000;
const WORDS: usize = 500;

/// A goal, as answered.
#[derive(Serialize)]
pub(super) struct Goal {
    code: String,
    statement: String,
    population: String,
    place: String,
    target_date: Option<String>,
    state: String,
    organization: String,
    measures: Vec<GoalMeasure>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize)]
struct GoalMeasure {
    measure: String,
    cell: CellCodes,
    headline: bool,
}

impl Goal {
    fn of(found: goals::Goal, schema: &Schema) -> Self {
        let measures = found.fields.measures.iter().filter_map(|item| {
            Some(GoalMeasure {
                measure: schema.measure(item.measure_id)?.code.clone(),
                cell: cells::codes(schema, &item.cell),
                headline: item.headline,
            })
        });
        Self {
            measures: measures.collect(),
            code: found.code,
            statement: found.fields.statement,
            population: found.fields.population,
            place: found.fields.place,
            target_date: found.fields.target_date,
            state: found.state,
            organization: found.organization,
            created_at: rfc3339(found.created_at),
            updated_at: rfc3339(found.updated_at),
        }
    }
}

/// A new goal; a change of one has the same fields without the code, and a state.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGoal {
    code: Code,
    statement: String,
    #[serde(default)]
    population: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    target_date: Option<String>,
    #[serde(default)]
    measures: Vec<NewGoalMeasure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoalPatch {
    #[serde(default, deserialize_with = "given")]
    statement: Option<String>,
    #[serde(default, deserialize_with = "given")]
    population: Option<String>,
    #[serde(default, deserialize_with = "given")]
    place: Option<String>,
    #[serde(default, deserialize_with = "given_or_null")]
    target_date: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    measures: Option<Vec<NewGoalMeasure>>,
    #[serde(default, deserialize_with = "given")]
    state: Option<NewState>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NewState {
    Retired,
}

fn check_words(statement: &str, population: &str, place: &str, issues: &mut Vec<Issue>) {
    text::statement(statement, STATEMENT, "/statement", issues);
    text::prose(population, WORDS, "/population", issues);
    text::prose(place, WORDS, "/place", issues);
}

fn check_measures(
    schema: &Schema,
    items: &[NewGoalMeasure],
    issues: &mut Vec<Issue>,
) -> Vec<goal_measure::GoalMeasure> {
    goal_measure::check(schema, items).unwrap_or_else(|found| {
        issues.extend(found);
        Vec::new()
    })
}

impl NewGoal {
    fn check(&self, schema: &Schema) -> Result<GoalFields> {
        let mut issues = Vec::new();
        check_words(&self.statement, &self.population, &self.place, &mut issues);
        let target_date = self.target_date.as_deref();
        let fields = GoalFields {
            statement: self.statement.trim().to_owned(),
            population: self.population.trim().to_owned(),
            place: self.place.trim().to_owned(),
            target_date: target_date
                .and_then(|day| date(day, "/target_date", &mut issues))
                .map(|day| day.to_string()),
            measures: check_measures(schema, &self.measures, &mut issues),
        };
        text::settle(issues)?;
        Ok(fields)
    }
}

impl GoalPatch {
    fn apply(&self, before: &GoalFields, schema: &Schema) -> Result<GoalFields> {
        let mut issues = Vec::new();
        let mut after = before.clone();
        for (given, field) in [
            (&self.statement, &mut after.statement),
            (&self.population, &mut after.population),
            (&self.place, &mut after.place),
        ] {
            if let Some(given) = given {
                *field = given.trim().to_owned();
            }
        }
        check_words(&after.statement, &after.population, &after.place, &mut issues);
        if let Some(given) = &self.target_date {
            after.target_date = given
                .as_deref()
                .and_then(|day| date(day, "/target_date", &mut issues))
                .map(|day| day.to_string());
        }
        if let Some(given) = &self.measures {
            after.measures = check_measures(schema, given, &mut issues);
        }
        text::settle(issues)?;
        Ok(after)
    }
}

/// All of them, by their codes.
pub(super) fn list_all<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<Goal>> {
    let schema = tx.schema()?;
    let found = goals::list(tx, None, i64::MAX)?;
    Ok(found.into_iter().map(|goal| Goal::of(goal, &schema)).collect())
}

fn view<S: InCoalition>(tx: &mut Read<'_, S>, code: &str) -> Result<Goal> {
    let found = goals::find(tx, code)?;
    Ok(Goal::of(found, &*tx.schema()?))
}

/// The goal, for those who may change it: who proposed it, and the backbone.
fn changeable<S: InCoalition>(tx: &mut Read<'_, S>, code: &str) -> Result<goals::Goal> {
    let found = goals::find(tx, code)?;
    if found.organization_id == tx.tenant().organization_id() || tx.tenant().is_backbone() {
        return Ok(found);
    }
    Err(Error::Forbidden(
        "only the organization that proposed this goal, or the backbone, may change it".into(),
    ))
}

/// `GET …/goals`, by code.
pub async fn list(
    coalition: Coalition<Observer>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let page: Page = query.parse()?;
    let (limit, after) = (page.limit()?, page.after::<String>()?);
    let data = app
        .db
        .read(&coalition, move |tx| {
            let schema = tx.schema()?;
            let found = goals::list(tx, after.clone(), limit as i64 + 1)?;
            Ok(found.into_iter().map(|goal| Goal::of(goal, &schema)).collect())
        })
        .await?;
    let list = List::page(data, limit, |goal: &Goal| goal.code.to_ascii_lowercase())?;
    respond::list(&list, request.path(), request.query_string())
}

/// `POST …/goals`: adopted at once where the backbone sets it, proposed where another partner does.
pub async fn create(
    coalition: Coalition<Partner, Editor>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let new: NewGoal = body.json().await?;
    let made = app
        .db
        .write(&coalition, move |tx| {
            let fields = new.check(&*tx.schema()?)?;
            let known = goals::list_codes(tx)?;
            if known
                .iter()
                .any(|(_, code)| code.eq_ignore_ascii_case(new.code.as_str()))
            {
                let detail = format!("there is already a goal '{}'", new.code);
                return Err(Error::conflict("code_taken", detail));
            }
            let state = if tx.tenant().is_backbone() {
                "adopted"
            } else {
                "proposed"
            };
            goals::create(tx, &new.code, state, &fields)?;
            let made = view(tx, new.code.as_str())?;
            audit::record(
                tx,
                Action::GoalCreated,
                subject(&made.code),
                &details::made(&made)?,
            )?;
            Ok(made)
        })
        .await?;
    let location = format!("/v1/coalitions/{}/goals/{}", coalition.code(), made.code);
    respond::created(&location, &made)
}

/// `GET …/goals/{goal}`.
pub async fn find(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    let found = app.db.read(&coalition, move |tx| view(tx, &code)).await?;
    respond::found(&found)
}

/// `PATCH …/goals/{goal}`.
pub async fn update(
    coalition: Coalition<Partner, Editor>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    let about = code.clone();
    let known = app
        .db
        .read(&coalition, move |tx| changeable(tx, &about).map(drop));
    let patch: GoalPatch = body.json_about(known).await?;
    let updated = app
        .db
        .write(&coalition, move |tx| change(tx, &code, &patch, &if_match))
        .await?;
    respond::found(&updated)
}

fn change(
    tx: &mut Write<'_, Coalition<Partner, Editor>>,
    code: &str,
    patch: &GoalPatch,
    if_match: &IfMatch,
) -> Result<Goal> {
    let (before, schema) = (changeable(tx, code)?, tx.schema()?);
    let known = Goal::of(before.clone(), &schema);
    if_match.check(&known)?;
    let after = patch.apply(&before.fields, &schema)?;
    let state = match patch.state {
        Some(NewState::Retired) => "retired",
        None => &before.state,
    };
    if (state, &after) == (before.state.as_str(), &before.fields) {
        return Ok(known);
    }
    if before.state == "retired" {
        return Err(retired());
    }
    goals::update(tx, before.id, state, &after)?;
    let updated = view(tx, code)?;
    let told = details::changed(&known, &updated)?;
    audit::record(tx, Action::GoalUpdated, subject(&updated.code), &told)?;
    Ok(updated)
}

fn subject(code: &str) -> String {
    format!("goal:{code}")
}

fn retired() -> Error {
    Error::conflict(
        "goal_retired",
        "this goal is retired and stays as it is: set a new one",
    )
}

/// `POST …/goals/{goal}/adopt`: the backbone takes up what a partner proposed.
pub async fn adopt(
    coalition: Coalition<Backbone, Editor>,
    path: web::Path<(String, String)>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    let about = code.clone();
    let known = app.db.read(&coalition, move |tx| view(tx, &about).map(drop));
    body.empty_about(known).await?;
    let adopted = app
        .db
        .write(&coalition, move |tx| {
            let found = goals::find(tx, &code)?;
            match found.state.as_str() {
                "proposed" => {
                    goals::update(tx, found.id, "adopted", &found.fields)?;
                    let told = json!({"proposed_by": found.organization});
                    audit::record(tx, Action::GoalAdopted, subject(&found.code), &told)?;
                }
                "retired" => return Err(retired()),
                _ => {}
            }
            view(tx, &code)
        })
        .await?;
    respond::found(&adopted)
}
