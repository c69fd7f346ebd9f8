//! The sets of aggregates: all measures, each in its own periods, by no dimension or by one.
//!
//! They are asked for a few measures at a time, in the schema's order, until the page is full. What may be seen of a
//! measure and period does not depend on which others are asked for, so each row is the same as in one whole answer.

use actix_web::{HttpRequest, HttpResponse, web};

use super::literal::Literal;
use super::model::EntitySet;
use super::options::Options;
use super::page::{Page, Rest, Step};
use super::request::{Sent, counted};
use super::token;
use crate::app::App;
use crate::auth::Reader;
use crate::domain::cube::Cube;
use crate::domain::question::Question;
use crate::domain::schema::Schema;
use crate::error::Result;
use crate::formats::table::{Item, Shape};
use crate::http::QueryText;
use crate::http::caching::Cacheable;
use crate::http::question::QuestionText;
use crate::store::Read;
use crate::store::aggregates::answer;

/// How many measures are asked for at a time.
const AT_ONCE: usize = 20;

/// What rows are written in, whatever is said of it besides.
const MEDIA_TYPE: &str = "application/json";
/// The fields of a request that its answer depends on.
const VARIES: &str = "Accept, Accept-Encoding, Authorization, OData-MaxVersion, Prefer";

/// A row by its measure, its period as encoded, and how many rows of that measure and period come before it.
type Place = (i32, i32, usize);

/// `GET /odata/{coalition}/{entity_set}`.
pub async fn list(
    reader: Reader,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let name = request.match_info().query("entity_set").to_owned();
    let sent = Sent::of(&request, query, reader.code());
    let cacheable = Cacheable::new(&request, &reader, MEDIA_TYPE, &sent.fields())?.varying(VARIES);
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let (version, answer) = app
        .db
        .read(&reader, move |tx| {
            let schema = tx.schema()?;
            let (set, dimension) = EntitySet::find_aggregates(&schema, &name)?;
            let asked = sent.read()?;
            let options = Options::read(&asked.given, &set)?;
            let mut page = Page::new(&options, asked.page_size());
            let next = fill(tx, &schema, dimension, &set, &mut page)?;
            Ok((tx.version()?, page.write(&asked, &set, next)?))
        })
        .await?;
    cacheable.mark(version, answer.into())
}

/// `GET /odata/{coalition}/{entity_set}/$count`.
pub async fn count(
    reader: Reader,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let name = request.match_info().query("entity_set").to_owned();
    let count = app
        .db
        .read(&reader, move |tx| {
            let schema = tx.schema()?;
            let (set, dimension) = EntitySet::find_aggregates(&schema, &name)?;
            let options = Options::of_count(&query, &set)?;
            let mut page = Page::new(&options, 0);
            fill(tx, &schema, dimension, &set, &mut page)?;
            Ok(page.count())
        })
        .await?;
    Ok(counted(count))
}

/// Fills a page, and answers what it leaves for the next one.
fn fill(
    tx: &mut Read<'_, Reader>,
    schema: &Schema,
    dimension: Option<&str>,
    set: &EntitySet,
    page: &mut Page<'_>,
) -> Result<Option<Rest>> {
    let token = page.options().token.as_deref();
    let start: Option<Place> = token.map(token::read).transpose()?;
    let whole = QuestionText {
        by: dimension,
        ..QuestionText::default()
    };
    let mut question = whole.read(schema)?;
    narrow(&mut question, schema, set, page.options(), start)?;
    let mut next = None;
    for measures in question.measures.chunks(AT_ONCE) {
        let question = Question {
            measures: measures.to_vec(),
            ..question.clone()
        };
        let cube = answer(tx, schema, &question, None)?;
        for (place, row) in rows(schema, &question, set, &cube).filter(|(place, _)| !is_before(place, start))
        {
            if page.offer(row) == Step::Full {
                next.get_or_insert(place);
            }
            if page.has_enough() {
                break;
            }
        }
        if page.has_enough() {
            break;
        }
    }
    next.map(|place| page.rest(&place)).transpose()
}

/// Whether a row comes before the page begins.
fn is_before(place: &Place, start: Option<Place>) -> bool {
    start.is_some_and(|start| place.0 == start.0 && (place.1, place.2) < (start.1, start.2))
}

/// Leaves out the measures before the page, and those that the filter leaves out as a whole.
fn narrow(
    question: &mut Question,
    schema: &Schema,
    set: &EntitySet,
    options: &Options,
    start: Option<Place>,
) -> Result<()> {
    let place = |id: i32| schema.measures.iter().position(|measure| measure.id == id);
    if let Some((measure, _, _)) = start {
        let first = place(measure).ok_or_else(token::unknown)?;
        question
            .measures
            .retain(|&id| place(id).is_some_and(|place| place >= first));
    }
    for literal in options.filter.equals(set, "measure") {
        question.measures.retain(|&id| {
            let code = schema.measure(id).map(|measure| measure.code.clone());
            code.map(Literal::Text).as_ref() == Some(literal)
        });
    }
    Ok(())
}

/// The rows of a cube with their places, one item for each property of the set.
fn rows<'a>(
    schema: &'a Schema,
    question: &Question,
    set: &EntitySet,
    cube: &'a Cube,
) -> impl Iterator<Item = (Place, Vec<Item<'static>>)> + 'a {
    let shape = Shape::of(schema, question);
    let columns = shape.columns(cube);
    let of_property = |name: &str| columns.iter().position(|column| column == name);
    let sources: Vec<Option<usize>> = set
        .properties
        .iter()
        .map(|property| of_property(&property.name))
        .collect();
    let groups = cube
        .rows
        .chunk_by(|left, right| (left.measure_id, left.period) == (right.measure_id, right.period));
    groups
        .flat_map(|rows| rows.iter().enumerate())
        .map(move |(before, row)| {
            let mut items = shape.items(schema, row);
            let taken = sources.iter().map(|source| {
                let item = source.and_then(|source| items.get_mut(source)?.take());
                item.unwrap_or(Item::Nothing).into_owned()
            });
            ((row.measure_id, row.period.encoded(), before), taken.collect())
        })
}
