//! The set of observations: the caller's own; for the backbone, everybody's. The same rows as `GET …/observations`,
//! all pages of one state.

use actix_web::{HttpRequest, HttpResponse, web};

use super::filter::{Filter, Operator};
use super::literal::Literal;
use super::model::EntitySet;
use super::options::Options;
use super::page::{Page, Rest, Step};
use super::request::{Sent, counted, not_implemented};
use super::token;
use crate::app::App;
use crate::auth::{Coalition, InCoalition, InOrganization, Partner};
use crate::clock::rfc3339;
use crate::domain::answer::Answer as Told;
use crate::domain::decimal::Decimal;
use crate::domain::dimension::Dimension;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::formats::table::Item;
use crate::http::QueryText;
use crate::store::observation_feed::{self, Filter as Feed, Observation};
use crate::store::{Key, Read, memberships};

/// How many observations are read at a time.
const AT_ONCE: usize = 1_000;
/// After so many that the filter left out, the answer ends, and the client goes on behind its link.
const MOST_READ: usize = 10_000;
/// So many are counted at most.
const MOST_COUNTED: usize = 500_000;

/// The state that all pages tell, as an instant of the coalition's clock, and the last row that was passed.
type Passed = (i64, Option<Key>);

/// `GET /odata/{coalition}/Observations`.
pub async fn list(
    coalition: Coalition<Partner>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let sent = Sent::of(&request, query, coalition.code());
    let answer = app
        .db
        .read(&coalition, move |tx| {
            let schema = tx.schema()?;
            let set = EntitySet::observations(&schema);
            let asked = sent.read()?;
            let options = Options::read(&asked.given, &set)?;
            let mut page = Page::new(&options, asked.page_size());
            let next = fill(tx, &schema, &set, &mut page)?;
            page.write(&asked, &set, next)
        })
        .await?;
    Ok(answer.into())
}

/// `GET /odata/{coalition}/Observations/$count`.
pub async fn count(
    coalition: Coalition<Partner>,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let count = app
        .db
        .read(&coalition, move |tx| {
            let schema = tx.schema()?;
            let set = EntitySet::observations(&schema);
            let options = Options::of_count(&query, &set)?;
            let mut page = Page::new(&options, 0);
            fill(tx, &schema, &set, &mut page)?;
            Ok(page.count())
        })
        .await?;
    Ok(counted(count))
}

/// Fills a page, and answers what it leaves for the next one.
fn fill(
    tx: &mut Read<'_, Coalition<Partner>>,
    schema: &Schema,
    set: &EntitySet,
    page: &mut Page<'_>,
) -> Result<Option<Rest>> {
    let token = page.options().token.as_deref();
    let passed: Option<Passed> = token.map(token::read).transpose()?;
    let now = tx.current_tick()?.recorded_at;
    let (until, after) = passed.unwrap_or((now, None));
    let mut feed = Feed {
        until: until.min(now),
        after,
        limit: AT_ONCE as i64,
        ..narrowed(tx, schema, set, &page.options().filter)?
    };
    let (mut next, mut count) = (None, 0);
    while !page.has_enough() {
        let found = observation_feed::list(tx, &feed)?;
        let is_last = found.len() < AT_ONCE;
        for row in found {
            let key = row.key;
            if page.offer(items(schema, row)?) == Step::Full {
                next.get_or_insert((feed.until, feed.after));
            }
            if page.has_enough() {
                break;
            }
            feed.after = Some(key);
            count += 1;
        }
        if is_last || page.has_enough() {
            break;
        }
        if count >= MOST_COUNTED && page.is_counting() {
            let detail = format!(
                "more than {MOST_COUNTED} observations are not counted: filter by measure, or do not ask for their number"
            );
            return Err(not_implemented("$count", detail));
        }
        if count >= MOST_READ && !page.is_counting() {
            next = Some((feed.until, feed.after));
            break;
        }
    }
    next.map(|place: Passed| page.rest(&place)).transpose()
}

/// Whose observations the caller may read, and of these at least those that the filter takes.
fn narrowed(
    tx: &mut Read<'_, Coalition<Partner>>,
    schema: &Schema,
    set: &EntitySet,
    filter: &Filter,
) -> Result<Feed> {
    let mut feed = Feed::default();
    if !tx.tenant().is_backbone() {
        feed.organization_id = Some(tx.tenant().organization_id());
    } else if let Some(Literal::Text(code)) = filter.equals(set, "organization").next() {
        let found = memberships::codes(tx)?.get(&code.to_ascii_lowercase()).copied();
        feed.organization_id = Some(found.unwrap_or(NOBODY));
    }
    if let Some(Literal::Text(code)) = filter.equals(set, "measure").next() {
        feed.measure_id = Some(schema.measure_by_code(code).map_or(NOBODY, |measure| measure.id));
    }
    let recorded_at = set.property("recorded_at").map(|(place, _)| place);
    for comparison in filter.0.iter().filter(|one| Some(one.place) == recorded_at) {
        if let (Operator::Greater, Literal::Instant(instant)) = (comparison.operator, &comparison.literal) {
            feed.recorded_after = feed.recorded_after.max(Some(*instant));
        }
    }
    Ok(feed)
}

/// An id that nothing has.
const NOBODY: i32 = 0;

/// A row, one item for each property of the set.
fn items(schema: &Schema, found: Observation) -> Result<Vec<Item<'static>>> {
    let broken = || Error::internal("an observation has something that nothing can be");
    let (measure, period, cell, _) = found.key;
    let measure = schema.measure(measure).ok_or_else(broken)?;
    let period = Period::from_encoded(period).ok_or_else(broken)?;
    let cell = schema.cell_by_id(cell).ok_or_else(broken)?;
    let text = |text: Option<String>| text.map_or(Item::Nothing, |text| Item::Text(text.into()));
    let code = |dimension: &Dimension| {
        let code = cell.code(dimension.id).and_then(|id| dimension.code_text(id));
        text(code.map(str::to_owned))
    };
    let value = found.answer.and_then(Told::units);
    let number = value.map(|units| Decimal::new(units, measure.decimals));
    let mut items = vec![
        Item::Text(found.organization.into()),
        Item::Text(measure.code.clone().into()),
        Item::Text(period.to_string().into()),
        Item::Text(schema.cell_key(&cell).into()),
        Item::Date(period.start(schema.fiscal_start)),
        Item::Date(period.end(schema.fiscal_start)),
    ];
    items.extend(schema.dimensions.iter().map(code));
    items.extend([
        number.map_or(Item::Nothing, Item::Number),
        Item::Flag(found.answer.is_some_and(Told::is_estimated)),
        text(found.answer.and_then(Told::missing).map(str::to_owned)),
        text(found.note),
        Item::Text(found.submission.into()),
        Item::Text(rfc3339(found.recorded_at).into()),
    ]);
    Ok(items)
}
