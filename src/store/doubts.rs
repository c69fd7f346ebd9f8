//! Which figures of a changeset are worth a second look, and what is said of them.

use std::collections::BTreeMap;

use super::changeset::Step;
use super::earlier_periods::{self, Wanted};
use super::figures::{Place, Stored, Stretch};
use super::receipt::MOST_NOTICES;
use super::{Read, changeset::Changeset};
use crate::auth::InCoalition;
use crate::domain::cell::Cell;
use crate::domain::doubt::{Doubt, against_history, first_compared, is_unexpected};
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// A row that is worth a second look.
#[derive(Clone)]
pub struct Warning {
    /// The place of the row among the submitted, from 0.
    pub row: usize,
    /// The field that is doubtful, such as `/value`; empty for the row as a whole.
    pub field: &'static str,
    /// A stable name for programs.
    pub code: &'static str,
    /// For people: what is doubtful.
    pub detail: String,
    /// What its note says, which may be the reason.
    pub justification: Option<String>,
}

/// A doubt about the figure of a cell, told at the row of a step.
pub(in crate::store) struct Suspicion {
    pub step: usize,
    pub cell: Cell,
    pub doubt: Doubt,
}

/// One figure of a series, in the order of time within each organization, measure and cell. What a step says of a period
/// comes after what was stored for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    organization_id: i32,
    measure_id: i32,
    cell: Cell,
    period: Period,
    step: Option<usize>,
    units: Option<i64>,
}

/// The values before and after a changeset.
#[derive(Default)]
pub(in crate::store) struct Series {
    points: Vec<Point>,
    wanted: Vec<Wanted>,
}

impl Series {
    /// Adds the figures of one organization: what is stored in the stretches that were read, of which there is one for
    /// each measure, in order; and the steps, which stand from the place `first` on.
    pub fn add(
        &mut self,
        schema: &Schema,
        stored: &BTreeMap<Place, Stored>,
        stretches: &[(i32, Stretch)],
        (first, steps): (usize, &[Step]),
    ) {
        let mut changed: BTreeMap<i32, Changed> = BTreeMap::new();
        for (number, step) in (first..).zip(steps) {
            let (measure_id, period, cell) = step.place;
            let units = step.answer.and_then(|answer| answer.units());
            self.points.push(Point {
                organization_id: step.organization_id,
                measure_id,
                cell,
                period,
                step: Some(number),
                units,
            });
            if units.is_some() {
                changed
                    .entry(measure_id)
                    .or_insert_with(|| Changed::at(period))
                    .add(period, schema.cell_id(&cell));
            }
        }
        let Some(organization_id) = steps.first().map(|step| step.organization_id) else {
            return;
        };
        let known = stored
            .iter()
            .filter(|((measure_id, ..), _)| changed.contains_key(measure_id));
        self.points
            .extend(known.map(|(&(measure_id, period, cell), stored)| Point {
                organization_id,
                measure_id,
                cell,
                period,
                step: None,
                units: stored.answer.units(),
            }));
        self.wanted
            .extend(changed.iter().filter_map(|(&measure_id, changed)| {
                let at = stretches
                    .partition_point(|&(of, (measure, ..))| (of, measure) < (organization_id, measure_id));
                let (_, (_, read_from, _)) = *stretches.get(at)?;
                let first = first_compared(schema.measure(measure_id)?, changed.earliest);
                let last = read_from.previous()?;
                (first <= last).then_some(Wanted {
                    organization_id,
                    measure_id,
                    first,
                    last,
                    cells: changed.cells?,
                })
            }));
    }

    /// Reads what was reported before, and holds the steps against it.
    pub fn doubts<S: InCoalition>(mut self, tx: &mut Read<'_, S>, schema: &Schema) -> Result<Vec<Suspicion>> {
        for (organization_id, measure_id, period, cell, units) in earlier_periods::load(tx, &self.wanted)? {
            let broken = || Error::internal("an observation has something that nothing can be");
            self.points.push(Point {
                organization_id,
                measure_id,
                cell: schema.cell_by_id(cell).ok_or_else(broken)?,
                period: Period::from_encoded(period).ok_or_else(broken)?,
                step: None,
                units: Some(units),
            });
        }
        self.points.sort_unstable();
        let mut doubts = Vec::new();
        let of = |point: &Point| (point.organization_id, point.measure_id, point.cell);
        for series in self.points.chunk_by(|a, b| of(a) == of(b)) {
            add_doubts(schema, series, &mut doubts);
        }
        Ok(doubts)
    }
}

/// What changes of one measure.
struct Changed {
    earliest: Period,
    /// The least and the greatest id of cells in use; others have no history.
    cells: Option<(i32, i32)>,
}

impl Changed {
    const fn at(earliest: Period) -> Self {
        Self {
            earliest,
            cells: None,
        }
    }

    fn add(&mut self, period: Period, cell: Option<i32>) {
        self.earliest = self.earliest.min(period);
        if let Some(cell) = cell {
            let (least, greatest) = self.cells.unwrap_or((cell, cell));
            self.cells = Some((least.min(cell), greatest.max(cell)));
        }
    }
}

/// The doubts about one organization's figures for one measure and cell.
fn add_doubts(schema: &Schema, series: &[Point], doubts: &mut Vec<Suspicion>) {
    let Some(measure) = series.first().and_then(|point| schema.measure(point.measure_id)) else {
        return;
    };
    let (mut periods, mut values) = (Vec::new(), Vec::new());
    for of_period in series.chunk_by(|a, b| a.period == b.period) {
        let Some(&Point {
            period,
            cell,
            step,
            units: Some(units),
            ..
        }) = of_period.last()
        else {
            continue;
        };
        if let Some(step) = step {
            let from = first_compared(measure, period);
            let earlier = &values[periods.partition_point(|earlier| *earlier < from)..];
            let unexpected = is_unexpected(measure, units).then_some(Doubt::OutsideExpectedRange { units });
            let found = against_history(units, earlier).into_iter().chain(unexpected);
            doubts.extend(found.map(|doubt| Suspicion { step, cell, doubt }));
        }
        periods.push(period);
        values.push(units);
    }
}

impl Changeset {
    /// Puts doubts into words, as many as a receipt lists, in the order of the rows.
    pub(in crate::store) fn warn(&mut self, schema: &Schema, mut suspicions: Vec<Suspicion>) {
        self.warnings_total = suspicions.len();
        suspicions.sort_by_key(|found| (self.steps[found.step].row, found.doubt));
        suspicions.truncate(MOST_NOTICES);
        self.warnings = suspicions
            .iter()
            .map(|found| told(schema, &self.steps[found.step], found))
            .collect();
    }
}

fn told(schema: &Schema, step: &Step, found: &Suspicion) -> Warning {
    let (measure_id, period, _) = step.place;
    let measure = schema.measure(measure_id);
    let detail = measure.map(|measure| found.doubt.sentence(schema, measure, period, &found.cell));
    Warning {
        row: step.row,
        field: found.doubt.field(),
        code: found.doubt.code(),
        detail: detail.unwrap_or_default(),
        justification: step.note.clone(),
    }
}
