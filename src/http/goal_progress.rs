//! How far along a goal is.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;

use super::caching::Cacheable;
use super::measure_progress::{MeasureProgress, wanted};
use crate::app::App;
use crate::auth::Reader;
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
    reader: Reader,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let ((_, code), today) = (path.into_inner(), app.db.clock().today());
    let cacheable = Cacheable::new(&request, &reader, "application/json", &[today.to_string()])?;
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let (version, found) = app
        .db
        .read(&reader, move |tx| {
            let goal = goals::find(tx, &code)?;
            let schema = tx.schema()?;
            let progress = GoalProgress {
                measures: of_measures(tx, &schema, &goal.fields.measures, today)?,
                goal: goal.code,
            };
            Ok((tx.version()?, progress))
        })
        .await?;
    Ok(cacheable.answer(version).body(serde_json::to_vec(&found)?))
}

fn of_measures(
    tx: &mut Read<'_, Reader>,
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
