//! What goes into a template: the figures that an organization is asked for, with what it reported.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::own::own;
use super::schema::observations as o;
use super::{Read, memberships};
use crate::auth::InCoalition;
use crate::domain::answer::Answer;
use crate::domain::cell::Cell;
use crate::domain::period::Period;
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::schema::Schema;
use crate::domain::template::{Asked, MOST_ROWS, Slot, TemplateRow, slots};
use crate::error::{Error, Result};

/// The rows of the asking organization's template for a period.
pub fn rows<S: InCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    period: Period,
) -> Result<Vec<TemplateRow>> {
    let organization_id = tx.tenant().organization_id();
    let membership = memberships::find(tx, &[organization_id])?.remove(&organization_id);
    let asked = Asked {
        organization_id,
        is_backbone: tx.tenant().is_backbone(),
        measures: membership
            .as_ref()
            .filter(|membership| membership.is_partner_role)
            .and_then(|membership| membership.measures.as_deref()),
    };
    let reported = reported_cells(tx, schema)?;
    let slots = slots(schema, asked, period, &reported).ok_or_else(|| {
        let detail = format!(
            "a template for {period} would have more than {MOST_ROWS} rows: ask for a shorter period"
        );
        Error::invalid("?period", "too_many_rows", detail)
    })?;
    let mut figures = figures(tx, schema, period)?;
    let rows = slots.into_iter().map(|slot| {
        let before = slot.period.previous().map(|period| Slot { period, ..slot });
        let previous = before
            .and_then(|before| figures.get(&before))
            .map(|(answer, _)| *answer);
        let (answer, note) = figures
            .get_mut(&slot)
            .map_or((None, None), |(answer, note)| (Some(*answer), note.take()));
        TemplateRow {
            slot,
            answer,
            note,
            previous,
        }
    });
    Ok(rows.collect())
}

/// The cells that the organization ever reported, of each measure.
fn reported_cells<S: InCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
) -> Result<HashMap<i32, BTreeSet<Cell>>> {
    let pairs: Vec<(i32, i32)> = o::table
        .filter(own!(o::coalition_id, tx.tenant().coalition_id()))
        .filter(o::organization_id.eq(tx.tenant().organization_id()))
        .select((o::measure_id, o::cell_id))
        .distinct()
        .load(tx.connection)?;
    let mut cells: HashMap<i32, BTreeSet<Cell>> = HashMap::new();
    for (measure, cell) in pairs {
        cells.entry(measure).or_default().extend(schema.cell_by_id(cell));
    }
    Ok(cells)
}

/// The organization's figures in the period, and in the one before of each length.
fn figures<S: InCoalition>(tx: &mut Read<'_, S>, schema: &Schema, period: Period) -> Result<Figures> {
    let range = PeriodRange {
        from: Some(period.start(schema.fiscal_start)),
        to: Some(period.end(schema.fiscal_start)),
    };
    let mut figures = Figures::new();
    for &kind in PeriodKind::ALL {
        let Some((first, last)) = range.bounds(kind, schema.fiscal_start) else {
            continue;
        };
        let first = first.previous().unwrap_or(first);
        let rows: Vec<Columns> = o::table
            .filter(own!(o::coalition_id, tx.tenant().coalition_id()))
            .filter(o::organization_id.eq(tx.tenant().organization_id()))
            .filter(o::period.between(first.encoded(), last.encoded()))
            .select((o::measure_id, o::period, o::cell_id, o::value, o::flags, o::note))
            .load(tx.connection)?;
        for row in rows {
            let (slot, figure) = figure(schema, row)?;
            figures.insert(slot, figure);
        }
    }
    Ok(figures)
}

type Figures = HashMap<Slot, (Answer, Option<String>)>;
/// Measure, period, cell, value, flags and note.
type Columns = (i32, i32, i32, Option<i64>, i16, Option<String>);

fn figure(schema: &Schema, row: Columns) -> Result<(Slot, (Answer, Option<String>))> {
    let (measure_id, period, cell, value, flags, note) = row;
    let broken = || Error::internal("an observation has something that nothing can be");
    let slot = Slot {
        measure_id,
        period: Period::from_encoded(period).ok_or_else(broken)?,
        cell: schema.cell_by_id(cell).ok_or_else(broken)?,
    };
    let answer = Answer::from_columns(value, flags).ok_or_else(broken)?;
    Ok((slot, (answer, note)))
}
