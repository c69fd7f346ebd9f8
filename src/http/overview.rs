//! A coalition at a glance: everything that the front page of a dashboard needs, as whoever asks may see it.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;

use super::activities::{Activity, list_begun};
use super::caching::Cacheable;
use super::latest_figure::LatestFigure;
use super::measure_progress::{MeasureProgress, wanted};
use super::overview_completeness::Completeness;
use crate::app::App;
use crate::auth::{Coalition, InOrganization, Observer};
use crate::domain::cell::Cell;
use crate::domain::goal_measure::GoalMeasure;
use crate::domain::measure::Measure;
use crate::domain::partner::{EngagementLevel, PartnerRole};
use crate::domain::schema::Schema;
use crate::error::Result;
use crate::store::goals::Goal;
use crate::store::{Read, coalitions, goals, partners, reference_points, series};

/// The most goals of an overview.
const MOST_GOALS: i64 = 200;
/// So many activities are recent.
const RECENT: i64 = 5;

type Tx<'t, 'c> = &'t mut Read<'c, Coalition<Observer>>;

#[derive(Serialize)]
struct Overview {
    coalition: String,
    name: String,
    purpose: String,
    revision: i64,
    goals: Vec<GoalAtAGlance>,
    measures: Vec<LatestFigure>,
    completeness: Option<Completeness>,
    activities: Vec<Activity>,
    partners: Partners,
}

#[derive(Serialize)]
struct GoalAtAGlance {
    goal: String,
    statement: String,
    population: String,
    place: String,
    target_date: Option<String>,
    measures: Vec<MeasureProgress>,
}

#[derive(Serialize)]
struct Partners {
    total: usize,
    by_role: BTreeMap<PartnerRole, usize>,
    by_engagement_level: BTreeMap<EngagementLevel, usize>,
    without_engagement_level: usize,
}

/// `GET …/overview`.
pub async fn find(
    coalition: Coalition<Observer>,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let today = app.db.clock().today();
    // Completeness is that of the partner's own reports.
    let of = [today.to_string(), coalition.organization_id().to_string()];
    let cacheable = Cacheable::new(&request, &coalition, "application/json", &of)?;
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let overview = move |tx: Tx<'_, '_>| Ok((tx.version()?, overview(tx, today)?));
    let (version, found) = app.db.read(&coalition, overview).await?;
    Ok(cacheable.answer(version).body(serde_json::to_vec(&found)?))
}

fn overview(tx: Tx<'_, '_>, today: NaiveDate) -> Result<Overview> {
    let (coalition, revision) = (coalitions::find(tx)?, tx.current_tick()?.revision);
    let schema = tx.schema()?;
    let (goals, measures) = figures(tx, &schema, today)?;
    Ok(Overview {
        coalition: coalition.code,
        name: coalition.name,
        purpose: coalition.purpose,
        revision,
        goals,
        measures,
        completeness: Completeness::find(tx, &schema, today)?,
        activities: list_begun(tx, today, RECENT)?,
        partners: Partners::of(&partners::list_places(tx)?),
    })
}

/// The goals with their progress, and the latest figures of all measures that are in use.
fn figures(
    tx: Tx<'_, '_>,
    schema: &Schema,
    today: NaiveDate,
) -> Result<(Vec<GoalAtAGlance>, Vec<LatestFigure>)> {
    let goals = goals::list_adopted(tx, MOST_GOALS)?;
    let points = reference_points::list_all(tx)?;
    let measures: Vec<&Measure> = schema
        .measures
        .iter()
        .filter(|measure| !measure.retired)
        .collect();
    let headlines = measures
        .iter()
        .map(|measure| (measure.id, Cell::HEADLINE, measure.frequency));
    let of_goals = goals.iter().flat_map(shown);
    let of_goals = of_goals.filter_map(|asked| wanted(schema, asked, &points));
    let series = series::load(tx, schema, headlines.clone().chain(of_goals))?;
    let progress = |asked: &GoalMeasure| MeasureProgress::of(schema, asked, &points, &series, today);
    let goals = goals.iter().map(|goal| GoalAtAGlance {
        goal: goal.code.clone(),
        statement: goal.fields.statement.clone(),
        population: goal.fields.population.clone(),
        place: goal.fields.place.clone(),
        target_date: goal.fields.target_date.clone(),
        measures: shown(goal).filter_map(progress).collect(),
    });
    let latest = measures.iter().zip(headlines);
    let latest = latest.map(|(measure, key)| LatestFigure::of(schema, measure, series.rows(key), today));
    Ok((goals.collect(), latest.collect()))
}

/// The measures that stand for a goal; where none is said to, all of them.
fn shown(goal: &Goal) -> impl Iterator<Item = &GoalMeasure> {
    let measures = &goal.fields.measures;
    let has_headline = measures.iter().any(|measure| measure.headline);
    measures
        .iter()
        .filter(move |measure| measure.headline || !has_headline)
}

impl Partners {
    fn of(places: &[(PartnerRole, Option<EngagementLevel>)]) -> Self {
        let with_role = |role: PartnerRole| places.iter().filter(|place| place.0 == role).count();
        let with_level = |level| places.iter().filter(|place| place.1 == level).count();
        Self {
            total: places.len(),
            by_role: PartnerRole::ALL
                .iter()
                .map(|role| (*role, with_role(*role)))
                .collect(),
            by_engagement_level: EngagementLevel::ALL
                .iter()
                .map(|level| (*level, with_level(Some(*level))))
                .collect(),
            without_engagement_level: with_level(None),
        }
    }
}
