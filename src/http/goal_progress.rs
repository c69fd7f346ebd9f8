//! How far along a goal is.

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;

use super::measure_progress::{MeasureProgress, wanted};
use super::respond;
use crate::app::App;
use crate::auth::{Coalition, Observer};
use crate::domain::goal_measure::GoalMeasure;
use crate::domain::schema::Schema;
use crate::error::Result;
use crate::store::{Read, goals, reference_points, series};

#[derive(Serialize)]
struct GoalProgress {
    goal: String,
    measures: Vec<MeasureProgress>,
}

/// `GET …/goals/{goal}/progress`.
pub async fn find(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    let found = app
        .db
        .read(&coalition, move |tx| {
            let goal = goals::find(tx, &code)?;
            let (schema, today) = (tx.schema()?, tx.clock().today());
            Ok(GoalProgress {
                measures: of_measures(tx, &schema, &goal.fields.measures, today)?,
                goal: goal.code,
            })
        })
        .await?;
    respond::answer(&found)
}

fn of_measures(
    tx: &mut Read<'_, Coalition<Observer>>,
    schema: &Schema,
    asked: &[GoalMeasure],
    today: NaiveDate,
) -> Result<Vec<MeasureProgress>> {
    let points = reference_points::list_all(tx)?;
    let series = series::load(
        tx,
        schema,
        asked.iter().filter_map(|asked| wanted(schema, asked, &points)),
    )?;
    let progress = asked
        .iter()
        .filter_map(|asked| MeasureProgress::of(schema, asked, &points, &series, today));
    Ok(progress.collect())
}
