//! Figures over time as they are drawn: which lines there are, where they are broken, and what the axes go over.
//!
//! A line goes through periods that follow each other. Where one is missing, hidden or has no single figure, or where a
//! break in comparability begins, the line is broken: nothing is drawn across it, and nothing as zero.

use super::chart_axis::Axis;
use super::cube::{Cube, Row};
use super::dimension::NOT_STATED;
use super::period::Period;
use super::period_kind::PeriodKind;
use super::question::{Column, Question};
use super::schema::Schema;
use super::status::Status;
use std::collections::BTreeSet;

/// The most lines that can be told apart.
pub const MOST_LINES: usize = 8;
/// The most periods that are drawn: a point of the page for each.
const MOST_PERIODS: i32 = 600;
/// So many periods without figures may stand on either side of those with figures, or as many as there are with.
const ROOM: i32 = 12;

/// A figure on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub period: Period,
    /// In units of the measure.
    pub units: i128,
    /// Whether not everyone who is expected has answered.
    pub is_provisional: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What people call it; empty where there is only one.
    pub name: String,
    /// Its unbroken parts, none of them empty.
    pub runs: Vec<Vec<Point>>,
}

impl Line {
    /// Its figures, in order.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.runs.iter().flatten()
    }
}

/// Baselines and targets of the measure at the cell, of the kind of period that is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Milestones {
    /// Where progress begins: the earliest baseline.
    pub baseline: Option<Point>,
    /// By period.
    pub targets: Vec<Point>,
}

impl Milestones {
    /// The kind of period that they are of.
    pub fn kind(&self) -> Option<PeriodKind> {
        let first = self.baseline.iter().chain(&self.targets).next();
        first.map(|point| point.period.kind())
    }

    /// They themselves, if they are of that kind: others are of other figures.
    pub fn of_kind(self, kind: PeriodKind) -> Self {
        if self.kind() == Some(kind) {
            self
        } else {
            Self::default()
        }
    }

    /// The way from the baseline over the targets, in order.
    pub fn way(&self) -> impl Iterator<Item = &Point> {
        let begins = self.baseline.iter();
        begins.chain(self.targets.iter().filter(|target| {
            self.baseline
                .is_none_or(|baseline| target.period > baseline.period)
        }))
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The first and the last period of the axis; `None` where there is nothing to draw.
    pub window: Option<(Period, Period)>,
    /// Whether there are earlier figures than the axis has room for.
    pub is_cut: bool,
    /// The lines, in the order of the answer.
    pub lines: Vec<Line>,
    /// How many more lines there would be.
    pub undrawn: usize,
    /// Periods that have a row but no figure to draw, and why.
    pub untold: Vec<(Period, Status)>,
    /// Periods for which nobody has a figure, up to the last that anybody answered for.
    pub missing: Vec<Period>,
    /// Periods in which a break in comparability begins.
    pub breaks: Vec<Period>,
    /// Where it began and where it should go.
    pub milestones: Milestones,
    /// The axis of the figures.
    pub axis: Axis,
}

impl Chart {
    /// The chart of the answer to a question of one measure by one column at most.
    pub fn of(schema: &Schema, question: &Question, cube: &Cube, milestones: Milestones) -> Self {
        let window = window(schema, question, cube, &milestones);
        let seen = |period: Period| window.is_some_and(|(first, last)| (first..=last).contains(&period));
        let rows: Vec<&Row> = cube.rows.iter().filter(|row| seen(row.period)).collect();
        let (lines, undrawn) = lines(schema, question, &rows);
        let periods_where = |holds: fn(&Row) -> bool| {
            let found = rows
                .iter()
                .filter(|row| holds(row))
                .map(|row| (row.period, row.status));
            let mut found: Vec<_> = found.collect();
            found.sort_unstable();
            found.dedup_by_key(|(period, _)| *period);
            found
        };
        let drawn = lines.iter().flat_map(Line::points).chain(milestones.way());
        let axis = Axis::over(drawn.map(|point| point.units));
        Self {
            is_cut: rows.len() < cube.rows.len(),
            window,
            lines,
            undrawn,
            untold: periods_where(|row| row.value.is_none() && has_figure(row)),
            missing: missing(&rows),
            breaks: periods_where(|row| row.is_break)
                .into_iter()
                .map(|(period, _)| period)
                .collect(),
            milestones,
            axis,
        }
    }

    /// Where a period stands on the axis, counted from its first.
    pub fn place(&self, period: Period) -> i32 {
        self.window.map_or(0, |(first, _)| between(first, period))
    }

    /// How many periods the axis has.
    pub fn places(&self) -> i32 {
        self.window.map_or(0, |(first, last)| between(first, last) + 1)
    }
}

/// How many periods one lies after another of its kind.
fn between(first: Period, last: Period) -> i32 {
    last.ordinal() - first.ordinal()
}

/// From the first figure to the last, or over the range that was asked for, and as far as the milestones go; but never
/// so far that the figures become small.
fn window(
    schema: &Schema,
    question: &Question,
    cube: &Cube,
    milestones: &Milestones,
) -> Option<(Period, Period)> {
    let periods = || cube.rows.iter().map(|row| row.period);
    let points = || milestones.way().map(|point| point.period);
    let first = periods().min().or_else(|| points().min())?;
    let last = periods().max().or_else(|| points().max())?;
    let bounds = question.range.bounds(first.kind(), schema.fiscal_start);
    let asked = |is_bounded: bool, of: fn((Period, Period)) -> Period| bounds.filter(|_| is_bounded).map(of);
    let from = asked(question.range.from.is_some(), |bounds| bounds.0);
    let to = asked(question.range.to.is_some(), |bounds| bounds.1);
    let room = (between(first, last) + 1).max(ROOM);
    let earliest = from.or_else(|| points().min()).unwrap_or(first).min(first);
    let latest = to.or_else(|| points().max()).unwrap_or(last).max(last);
    let earliest = first.back(between(earliest, first).min(room) as usize);
    let latest = Period::from_ordinal(last.kind(), last.ordinal() + between(last, latest).min(room))?;
    let cut = latest.back(MOST_PERIODS as usize - 1);
    Some((earliest.max(cut), latest))
}

/// The lines, and how many are left out because there are too many: those with the smallest latest figures.
fn lines(schema: &Schema, question: &Question, rows: &[&Row]) -> (Vec<Line>, usize) {
    let column = question.by.first();
    let key = |row: &Row| row.keys.first().cloned().unwrap_or_default();
    let mut keys: Vec<String> = Vec::new();
    for row in rows {
        if !keys.contains(&key(row)) {
            keys.push(key(row));
        }
    }
    keys.sort_by_key(|key| order(schema, column, key));
    let mut lines: Vec<Line> = keys
        .into_iter()
        .map(|of| Line {
            runs: runs(rows.iter().copied().filter(|row| key(row) == of)),
            name: column.map_or_else(String::new, |column| column.key_name(schema, &of)),
        })
        .filter(|line| !line.runs.is_empty())
        .collect();
    let size = |line: &Line| line.points().last().map_or(0, |point| point.units.unsigned_abs());
    let mut sizes: Vec<u128> = lines.iter().map(size).collect();
    sizes.sort_unstable_by(|left, right| right.cmp(left));
    let undrawn = lines.len().saturating_sub(MOST_LINES);
    if let Some(&least) = sizes.get(MOST_LINES - 1) {
        lines.retain(|line| size(line) >= least);
        lines.truncate(MOST_LINES);
    }
    (lines, undrawn)
}

/// Codes stand in their dimension's order, everything else by name, and what is not stated last.
fn order(schema: &Schema, column: Option<&Column>, key: &str) -> (bool, usize, String) {
    let dimension = match column {
        Some(Column::Dimension(id)) => schema.dimension(*id),
        _ => None,
    };
    let place = dimension.and_then(|dimension| dimension.codes.iter().position(|code| code.code == key));
    (key == NOT_STATED, place.unwrap_or(0), key.to_owned())
}

/// The unbroken parts of a line.
fn runs<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<Vec<Point>> {
    let mut rows: Vec<&Row> = rows.collect();
    rows.sort_by_key(|row| row.period);
    let mut runs: Vec<Vec<Point>> = Vec::new();
    for row in rows {
        let Some(units) = row.value else { continue };
        let point = Point {
            period: row.period,
            units,
            is_provisional: row.status == Status::Provisional,
        };
        match runs.last_mut() {
            Some(run) if !row.is_break && follows(run, row.period) => run.push(point),
            _ => runs.push(vec![point]),
        }
    }
    runs
}

fn follows(run: &[Point], period: Period) -> bool {
    run.last().is_some_and(|last| between(last.period, period) == 1)
}

/// Whether somebody answered with a figure, be it one that is not told.
fn has_figure(row: &Row) -> bool {
    row.value.is_some() || row.contributors != Some(0)
}

fn missing(rows: &[&Row]) -> Vec<Period> {
    let periods = || rows.iter().map(|row| row.period);
    let (Some(first), Some(last)) = (periods().min(), periods().max()) else {
        return Vec::new();
    };
    let told: BTreeSet<Period> = rows
        .iter()
        .filter(|row| has_figure(row))
        .map(|row| row.period)
        .collect();
    let all = std::iter::successors(Some(first), |period| period.next().filter(|next| *next <= last));
    all.filter(|period| !told.contains(period)).collect()
}

#[cfg(test)]
#[path = "chart_tests.rs"]
mod tests;
