//! The one place where totals become rows.
//!
//! Both ways to the cube fill the ledger: one tally for each measure, period and group (all organizations, one of them,
//! or those with one value of the asked attributes), and how many organizations answered. From these it knows who is
//! still awaited, and gives the rows of every tally (see `tally`) their keys and their order.

use super::by_id::ById;
use super::cell::Cell;
use super::coverage::Coverage;
use super::cube::{Cube, Row};
use super::dimension::NOT_STATED;
use super::eligible::Eligible;
use super::measure::Measure;
use super::period::Period;
use super::period_kind::PeriodKind;
use super::question::{Column, Question};
use super::rollup::sources;
use super::schema::Schema;
use super::status::{break_dates, is_break};
use super::tally::{Slot, Tally};
use std::collections::{BTreeMap, HashMap};

/// Everything that the rows are made of.
pub(super) struct Ledger<'a> {
    schema: &'a Schema,
    question: &'a Question,
    measures: Vec<&'a Measure>,
    groups: Vec<(Vec<String>, Eligible)>,
    group_places: HashMap<Vec<String>, usize>,
    tallies: BTreeMap<(usize, Period, usize), Tally>,
    coverage: ById<(usize, i32, Period), Coverage>,
}

/// The number measures whose finer periods a row of the measure at that kind of period is made of.
pub(super) fn finer_sources<'a>(
    schema: &'a Schema,
    measure: &'a Measure,
    kind: PeriodKind,
) -> impl Iterator<Item = &'a Measure> {
    sources(schema, measure)
        .into_iter()
        .filter(move |source| source.frequency != kind)
}

impl<'a> Ledger<'a> {
    pub fn new(schema: &'a Schema, question: &'a Question) -> Self {
        let measures = question
            .asked(schema)
            .filter(|measure| question.misfits(schema, measure).is_empty())
            .collect();
        Self {
            schema,
            question,
            measures,
            groups: Vec::new(),
            group_places: HashMap::new(),
            tallies: BTreeMap::new(),
            coverage: ById::default(),
        }
    }

    /// The measures that fit the question, each with its place and the bounds of its rows.
    pub fn asked(&self) -> impl Iterator<Item = (usize, &'a Measure, (Period, Period))> + use<'a> {
        let (measures, question) = (self.measures.clone(), self.question);
        let bounds = question.bounds(self.schema);
        let measures = measures.into_iter().enumerate();
        measures.filter_map(move |(place, measure)| {
            let bounds = bounds.of(question.kind(measure))?;
            Some((place, measure, bounds))
        })
    }

    /// The group with these keys: those of the columns that are no dimensions, in their order.
    pub fn group(&mut self, keys: Vec<String>) -> usize {
        match self.group_places.get(&keys) {
            Some(&place) => place,
            None => {
                self.group_places.insert(keys.clone(), self.groups.len());
                self.groups.push((keys, Eligible::default()));
                self.groups.len() - 1
            }
        }
    }

    /// The organizations of a group, to be added to.
    pub fn members(&mut self, group: usize) -> &mut Eligible {
        &mut self.groups[group].1
    }

    /// The tally of a measure, period and group, which has a row from now on.
    pub fn tally(&mut self, place: usize, period: Period, group: usize) -> &mut Tally {
        self.tallies.entry((place, period, group)).or_default()
    }

    /// The tally of a measure, period and group that has been answered.
    pub fn answered(&mut self, place: usize, period: Period, group: usize) -> Option<&mut Tally> {
        self.tallies.get_mut(&(place, period, group))
    }

    /// Adds to the coverage of a group.
    pub fn cover(&mut self, group: usize, measure_id: i32, period: Period, counts: &Coverage) {
        self.coverage
            .entry((group, measure_id, period))
            .or_default()
            .add(counts, 1);
    }

    /// The rows of all tallies, in their order.
    pub fn cube(mut self) -> Cube {
        let tallies = std::mem::take(&mut self.tallies);
        let free: Vec<u16> = self
            .question
            .dimensions()
            .filter(|&id| self.question.filter.code(id).is_none())
            .collect();
        let blank = free.iter().try_fold(self.question.filter, |cell, &dimension| {
            cell.with(dimension, Cell::NOT_STATED)
        });
        let overlapping = free.iter().any(|&id| {
            self.schema
                .dimension(id)
                .is_some_and(|dimension| dimension.overlapping)
        });
        let breaks: Vec<_> = self
            .measures
            .iter()
            .map(|measure| break_dates(self.schema, measure))
            .collect();
        let mut rows = Vec::new();
        for ((place, period, group), tally) in tallies {
            let (measure, Some(blank)) = (self.measures[place], blank) else {
                continue;
            };
            let (expected, eligible) = self.awaited(measure, period, group);
            let slot = Slot {
                measure,
                period,
                expected,
                eligible,
                is_complete: self.is_complete(measure, period, group),
                is_break: is_break(self.schema, &breaks[place], period),
                has_bounds: self.question.has_bounds(measure),
            };
            let sums = measure.is_sum() && !free.is_empty() && !overlapping;
            for (cell, row) in slot.rows(self.schema, self.question, &tally, blank, sums) {
                let (rank, keys) = self.keys(&cell, group);
                let keys = keys.into();
                rows.push(((place, period, rank), Row { keys, ..row }));
            }
        }
        rows.sort_by(|left, right| left.0.cmp(&right.0));
        Cube {
            columns: self.question.columns(self.schema),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        }
    }

    /// A row's keys, and what sorts them: codes by their place in the dimension, the rest alphabetically, `_` last.
    fn keys(&self, cell: &Cell, group: usize) -> (Vec<(bool, usize, String)>, Vec<String>) {
        let mut of_group = self.groups[group].0.iter();
        let key = |column: &Column| match column {
            Column::Dimension(id) => {
                let (dimension, code) = (
                    self.schema.dimension(*id),
                    cell.code(*id).unwrap_or(Cell::NOT_STATED),
                );
                let text = dimension
                    .and_then(|dimension| dimension.code_text(code))
                    .unwrap_or(NOT_STATED);
                let place =
                    dimension.and_then(|dimension| dimension.codes.iter().position(|known| known.id == code));
                (place.unwrap_or(usize::MAX), text.to_owned())
            }
            _ => (0, of_group.next().cloned().unwrap_or_default()),
        };
        let keys: Vec<(usize, String)> = self.question.by.iter().map(key).collect();
        let rank = keys
            .iter()
            .map(|(place, text)| (text == NOT_STATED, *place, text.clone()))
            .collect();
        (rank, keys.into_iter().map(|(_, text)| text).collect())
    }

    /// How many are expected to answer, and how many were before any of them did.
    fn awaited(&mut self, measure: &Measure, period: Period, group: usize) -> (u32, u32) {
        let eligible = self.groups[group].1.count(self.schema, measure, period);
        let coverage = self.coverage.get(&(group, measure.id, period));
        (coverage.copied().unwrap_or_default().expected(eligible), eligible)
    }

    /// Whether everyone expected has every finer period that a coarser figure is made of.
    fn is_complete(&mut self, measure: &Measure, period: Period, group: usize) -> bool {
        let (schema, start) = (self.schema, self.schema.fiscal_start);
        finer_sources(schema, measure, period.kind()).all(|source| {
            period.finer_periods(source.frequency, start).all(|finer| {
                let contributors = self
                    .coverage
                    .get(&(group, source.id, finer))
                    .map_or(0, |counts| counts.contributors);
                u32::try_from(contributors).unwrap_or(0) >= self.awaited(source, finer, group).0
            })
        })
    }
}
