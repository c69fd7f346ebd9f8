//! Charts: figures over time as a picture that any page can show.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::caching::Cacheable;
use super::question::QuestionText;
use super::{QueryText, as_of};
use crate::app::App;
use crate::auth::Reader;
use crate::clock::rfc3339;
use crate::domain::caption::Caption;
use crate::domain::cell::Cell;
use crate::domain::chart::{Chart, Milestones, Point};
use crate::domain::goal_measure::GoalMeasure;
use crate::domain::measure::Measure;
use crate::domain::question::Question;
use crate::domain::references::ReferenceKind;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::formats::chart_svg;
use crate::store::aggregates::answer;
use crate::store::{Read, goals, reference_points};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChartQuery {
    measure: Option<String>,
    period: Option<String>,
    by: Option<String>,
    at: Option<String>,
    cell: Option<String>,
    as_of: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoalChartQuery {
    measure: Option<String>,
    period: Option<String>,
    as_of: Option<String>,
}

/// `GET …/chart.svg`: one measure, by one column at most.
pub async fn find(
    reader: Reader,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let query: ChartQuery = query.parse()?;
    let instant = query.as_of.clone();
    drawn(&app, &reader, &request, instant, move |tx, as_of| {
        let schema = tx.schema()?;
        let (measure, question) = query.read(&schema)?;
        let milestones = match question.by.is_empty() {
            true => milestones(tx, measure.id, &question.filter)?,
            false => Milestones::default(),
        };
        let caption = Caption::of(&schema, measure, &question);
        let milestones = milestones.of_kind(question.kind(measure));
        let cube = answer(tx, &schema, &question, as_of)?;
        Ok((Chart::of(&schema, &question, &cube, milestones), caption))
    })
    .await
}

/// `GET …/goals/{goal}/chart.svg`: the measure that stands for the goal, with where it began and where it should be.
pub async fn find_goal(
    reader: Reader,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (query, code) = (query.parse::<GoalChartQuery>()?, path.into_inner().1);
    let instant = query.as_of.clone();
    drawn(&app, &reader, &request, instant, move |tx, as_of| {
        let goal = goals::find(tx, &code)?;
        let schema = tx.schema()?;
        let (measure, cell) = query.choose(&schema, &goal.fields.measures)?;
        let milestones = milestones(tx, measure.id, &cell)?;
        let period = QuestionText {
            period: query.period.as_deref(),
            ..QuestionText::default()
        };
        let question = Question {
            measures: vec![measure.id],
            filter: cell,
            at: Some(milestones.kind().unwrap_or(measure.frequency)),
            ..period.read(&schema)?
        };
        let caption = Caption::of(&schema, measure, &question).under(&goal.fields.statement);
        let cube = answer(tx, &schema, &question, as_of)?;
        Ok((Chart::of(&schema, &question, &cube, milestones), caption))
    })
    .await
}

impl ChartQuery {
    fn read<'s>(&self, schema: &'s Schema) -> Result<(&'s Measure, Question)> {
        let unnamed = || {
            let detail = "a chart shows one measure: name it, such as measure=PROGRAMS";
            Error::invalid("?measure", "one_measure", detail)
        };
        let question = QuestionText {
            measure: Some(self.measure.as_deref().ok_or_else(unnamed)?),
            period: self.period.as_deref(),
            by: self.by.as_deref(),
            at: self.at.as_deref(),
            cell: self.cell.as_deref(),
            bounds: false,
        }
        .read(schema)?;
        let [id] = question.measures[..] else {
            return Err(unnamed());
        };
        if question.by.len() > 1 {
            let detail = "a chart has lines for one column at most: leave the others out";
            return Err(Error::invalid("?by", "one_column", detail));
        }
        Ok((schema.measure(id).ok_or(Error::NotFound)?, question))
    }
}

impl GoalChartQuery {
    /// The measure of the goal that was asked for, or the one that stands for it.
    fn choose<'s>(&self, schema: &'s Schema, measures: &[GoalMeasure]) -> Result<(&'s Measure, Cell)> {
        let asked = self.measure.as_deref();
        let found = match asked.map(|code| schema.measure_by_code(code)) {
            Some(asked) => measures
                .iter()
                .find(|item| asked.is_some_and(|asked| asked.id == item.measure_id)),
            None => measures.iter().find(|item| item.headline).or(measures.first()),
        };
        let known = found.and_then(|item| Some((schema.measure(item.measure_id)?, item.cell)));
        known.ok_or_else(|| match asked {
            Some(code) => {
                let detail = format!("the goal has no measure '{code}'");
                Error::invalid("?measure", "unknown_measure", detail)
            }
            None => {
                let detail = "the goal has no measure yet, so that there is nothing to draw";
                Error::invalid("?measure", "no_measure", detail)
            }
        })
    }
}

/// A chart, drawn: from what is read in one transaction, as it was known at an instant if one is named.
async fn drawn(
    app: &App,
    reader: &Reader,
    request: &HttpRequest,
    instant: Option<String>,
    chart: impl Fn(&mut Read<'_, Reader>, Option<i64>) -> Result<(Chart, Caption)> + Send + 'static,
) -> Result<HttpResponse> {
    let cacheable = Cacheable::new(request, reader, chart_svg::MEDIA_TYPE, &[])?;
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let as_of = as_of::settled(app, reader, instant.as_deref()).await?;
    let (version, bytes) = app
        .db
        .read(reader, move |tx| {
            let (chart, mut caption) = chart(tx, as_of)?;
            caption
                .about
                .extend(as_of.map(|instant| format!("as of {}", rfc3339(instant))));
            Ok((tx.version()?, chart_svg::write(&chart, &caption)?))
        })
        .await?;
    Ok(cacheable
        .answer(version)
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes))
}

/// The baselines and targets of a measure at a cell.
fn milestones(tx: &mut Read<'_, Reader>, measure_id: i32, cell: &Cell) -> Result<Milestones> {
    let mut points = |kind| -> Result<Vec<Point>> {
        let points = reference_points::list(tx, measure_id, kind)?;
        let at_cell = points.into_iter().filter(|point| point.cell == *cell);
        Ok(at_cell
            .map(|point| Point {
                period: point.period,
                units: point.units.into(),
                is_provisional: false,
            })
            .collect())
    };
    Ok(Milestones {
        baseline: points(ReferenceKind::Baseline)?
            .into_iter()
            .min_by_key(|point| point.period),
        targets: points(ReferenceKind::Target)?,
    })
}
