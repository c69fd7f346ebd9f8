//! What is asked of the cube: which measures, broken down how, over which time.
//!
//! A row of the answer stands for one measure, one period, one code of each `by` dimension and, if asked, one
//! organization or one value of each partner attribute. Its cell is the filter together with those codes.

use super::cell::Cell;
use super::dimension::NOT_STATED;
use super::figures::inside;
use super::issue::Issue;
use super::measure::{Aggregation, Measure};
use super::period::Period;
use super::period_kind::{FiscalStart, PeriodKind};
use super::period_range::{Bounds, PeriodRange};
use super::rollup::{merged, sources};
use super::roster::OrganizationFacts;
use super::schema::Schema;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// A column that the rows are broken down by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The id of a dimension; its column has the dimension's code.
    Dimension(u16),
    /// One row for each organization, in the column `organization`.
    Organization,
    /// The key of a partner attribute; its column is `partner_<key>`.
    Attribute(String),
}

/// A way to the rows of a measure, the quickest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The rollup has them.
    Totals,
    /// What was reported at the filtered cell tells them, if everybody who answered did so there: the rows of
    /// organizations and of partner attributes, the least or greatest of something, and the bounds of how many people
    /// are counted.
    Reported,
    /// All observations do: at coarser periods, or by organization or partner attribute and broken down further.
    Observations,
}

/// A question to the cube. `as_of` is not part of it: it only decides which figures are loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Ids, in the order of the rows.
    pub measures: Vec<i32>,
    /// In the order of the columns, each once.
    pub by: Vec<Column>,
    /// The cell within which everything is asked.
    pub filter: Cell,
    /// The kind of period to bring figures to; each measure's own frequency without.
    pub at: Option<PeriodKind>,
    /// Only periods that lie wholly within have rows.
    pub range: PeriodRange,
    /// Whether to tell at least and at most how many people are in figures that count them.
    pub bounds: bool,
}

impl Question {
    /// The names of the columns that `by` adds, in its order.
    pub fn columns(&self, schema: &Schema) -> Vec<String> {
        let name = |column: &Column| match column {
            Column::Dimension(id) => schema
                .dimension(*id)
                .map_or_else(String::new, |dimension| dimension.code.clone()),
            Column::Organization => "organization".to_owned(),
            Column::Attribute(key) => format!("partner_{key}"),
        };
        self.by.iter().map(name).collect()
    }

    /// The dimensions of `by`, in its order.
    pub fn dimensions(&self) -> impl Iterator<Item = u16> + '_ {
        self.by.iter().filter_map(|column| {
            if let Column::Dimension(id) = column {
                Some(*id)
            } else {
                None
            }
        })
    }

    /// Whether there is a row for each organization.
    pub fn is_by_organization(&self) -> bool {
        self.by.contains(&Column::Organization)
    }

    /// The keys of an organization's rows: those of the columns that are no dimensions, in their order.
    pub(super) fn keys_of(&self, facts: &OrganizationFacts) -> Vec<String> {
        let stated = |key: &String| facts.attributes.get(key).map_or(NOT_STATED, String::as_str);
        let key = |column: &Column| match column {
            Column::Dimension(_) => None,
            Column::Organization => Some(facts.code.clone()),
            Column::Attribute(key) => Some(stated(key).to_owned()),
        };
        self.by.iter().filter_map(key).collect()
    }

    /// Whether rows of the measure tell at least and at most how many people are in them: not those of a single
    /// organization, which counts each once.
    pub fn has_bounds(&self, measure: &Measure) -> bool {
        self.bounds && !self.is_by_organization() && measure.has_people_bounds()
    }

    /// Whether the cell is one that the answer is made of: the filtered cell, or one broken down by the dimensions.
    pub fn wants(&self, cell: &Cell) -> bool {
        *cell == self.filter || self.is_row(cell)
    }

    /// Whether the cell is that of a row: the filter, and a code of every `by` dimension.
    pub(super) fn is_row(&self, cell: &Cell) -> bool {
        let free = self
            .dimensions()
            .filter(|&dimension| self.filter.code(dimension).is_none());
        cell.contains(&self.filter) && {
            let mut count = self.filter.len();
            free.inspect(|_| count += 1)
                .all(|dimension| cell.code(dimension).is_some())
                && count == cell.len()
        }
    }

    /// What about the measure does not fit the question, and what would.
    pub fn misfits(&self, schema: &Schema, measure: &Measure) -> Vec<Issue> {
        let named = |id: u16| {
            schema
                .dimension(id)
                .map_or("?", |dimension| dimension.code.as_str())
        };
        let lacks = |id: &u16| !measure.dimensions.contains(id);
        let mut issues = Vec::new();
        let asked = self
            .dimensions()
            .map(|id| ("by", id))
            .chain(self.filter.dimensions().map(|id| ("cell", id)));
        for (parameter, id) in asked.filter(|(_, id)| lacks(id)) {
            let codes: Vec<&str> = measure.dimensions.iter().map(|&id| named(id)).collect();
            let has = if codes.is_empty() {
                "it has no dimensions".to_owned()
            } else {
                format!("its dimensions are {}", codes.join(", "))
            };
            issues.push(Issue::query(
                parameter,
                "not_a_dimension",
                format!("{} has no dimension {}; {has}", measure.code, named(id)),
            ));
        }
        if let Some(at) = self
            .at
            .filter(|&at| !measure.frequency.makes(at, schema.fiscal_start))
        {
            let kinds = std::iter::once(measure.frequency)
                .chain(measure.frequency.coarser_kinds(schema.fiscal_start));
            let fitting: Vec<&str> = kinds.map(PeriodKind::as_str).collect();
            issues.push(Issue::query(
                "at",
                "does_not_fit",
                format!(
                    "{} is reported by {}, which does not make {at}; what fits is {}",
                    measure.code,
                    measure.frequency,
                    fitting.join(", ")
                ),
            ));
        }
        issues
    }

    /// What does not fit of all the measures: for measures that were asked for by name.
    pub fn check(&self, schema: &Schema) -> Vec<Issue> {
        self.asked(schema)
            .flat_map(|measure| self.misfits(schema, measure))
            .collect()
    }

    /// Leaves out the measures that do not fit: for a question about all measures.
    pub fn keep_fitting(&mut self, schema: &Schema) {
        let fitting = self
            .asked(schema)
            .filter(|measure| self.misfits(schema, measure).is_empty())
            .map(|measure| measure.id)
            .collect();
        self.measures = fitting;
    }

    /// The kind of period of a measure's rows.
    pub fn kind(&self, measure: &Measure) -> PeriodKind {
        self.at.unwrap_or(measure.frequency)
    }

    /// The first and the last period of the rows of each kind.
    pub fn bounds(&self, schema: &Schema) -> Bounds {
        Bounds::new(&self.range, schema.fiscal_start)
    }

    /// The part of it that is answered in that way, which may be about no measure.
    pub fn part(&self, schema: &Schema, way: Way) -> Self {
        let measures = self.asked(schema).filter(|measure| self.way(measure) == way);
        Self {
            measures: measures.map(|measure| measure.id).collect(),
            ..self.clone()
        }
    }

    /// How a measure's rows are best made of the figures that hold now. (Those that held once are only in the
    /// observations.)
    pub fn way(&self, measure: &Measure) -> Way {
        let is_dimension = |column: &Column| matches!(column, Column::Dimension(_));
        let is_own_frequency = self.kind(measure) == measure.frequency;
        let is_extreme = matches!(measure.aggregation(), Some(Aggregation::Min | Aggregation::Max));
        if is_own_frequency && self.by.iter().all(is_dimension) && !is_extreme && !self.has_bounds(measure) {
            Way::Totals
        } else if is_own_frequency && !self.by.iter().any(is_dimension) && !measure.is_ratio() {
            Way::Reported
        } else {
            Way::Observations
        }
    }

    /// The way to its rows that takes longest of those of its measures.
    pub fn widest_way(&self, schema: &Schema) -> Way {
        let ways = self.asked(schema).map(|measure| self.way(measure));
        ways.max().unwrap_or(Way::Totals)
    }

    /// The most cells that a measure's rows of one period stand for, with the filtered one.
    pub fn cells_of_each(&self, schema: &Schema) -> u64 {
        let codes = |id| schema.dimension(id).map_or(0, |dimension| dimension.codes.len());
        // Each code, what is not stated, and all of them together.
        let of_each = self.dimensions().map(|id| codes(id) as u64 + 2);
        of_each.fold(1, u64::saturating_mul)
    }

    /// The same of the measures of some slices, over the time from the first of them to the last.
    pub fn about(&self, schema: &Schema, slices: &BTreeSet<(i32, Period)>) -> Self {
        let is_asked = |id: &i32| slices.iter().any(|(measure, _)| measure == id);
        let days = |day: fn(Period, FiscalStart) -> NaiveDate| {
            slices
                .iter()
                .map(move |&(_, period)| day(period, schema.fiscal_start))
        };
        Self {
            measures: self.measures.iter().copied().filter(is_asked).collect(),
            range: PeriodRange {
                from: days(Period::start).min(),
                to: days(Period::end).max(),
            },
            ..self.clone()
        }
    }

    /// The totals of the rollup that it is made of, as (measure id, first period, last period); of their cells, those
    /// that it [wants](Self::wants).
    pub fn rollup_needed(&self, schema: &Schema) -> Vec<(i32, Period, Period)> {
        merged(self.own_ranges(schema).collect())
    }

    /// The coverage that goes with [`rollup_needed`](Self::rollup_needed): that of the measures, and of a ratio's
    /// sides where they are reported more often than the ratio.
    pub fn coverage_needed(&self, schema: &Schema) -> Vec<(i32, Period, Period)> {
        let finer = self
            .figures_ranges(schema)
            .filter(|(asked, (_, first, _))| first.kind() != self.kind(asked));
        let finer = finer.map(|(_, range)| range);
        merged(self.own_ranges(schema).chain(finer).collect())
    }

    /// The observations that it is made of otherwise: of every organization, these slices.
    pub fn figures_needed(&self, schema: &Schema) -> Vec<(i32, Period, Period)> {
        let ranges: BTreeSet<_> = self.figures_ranges(schema).map(|(_, range)| range).collect();
        merged(ranges)
    }

    /// Of each measure, the time of its rows.
    fn own_ranges<'a>(&'a self, schema: &'a Schema) -> impl Iterator<Item = (i32, Period, Period)> + 'a {
        let bounds = self.bounds(schema);
        self.asked(schema).filter_map(move |measure| {
            let (first, last) = bounds.of(self.kind(measure))?;
            Some((measure.id, first, last))
        })
    }

    /// Of each measure, what its rows are made of, over their time.
    fn figures_ranges<'a>(
        &'a self,
        schema: &'a Schema,
    ) -> impl Iterator<Item = (&'a Measure, (i32, Period, Period))> {
        let bounds = self.bounds(schema);
        self.asked(schema).flat_map(move |measure| {
            let bounds = bounds.of(self.kind(measure));
            bounds.into_iter().flat_map(move |(first, last)| {
                sources(schema, measure).into_iter().map(move |source| {
                    let (first, last) = inside(first, last, source.frequency, schema.fiscal_start);
                    (measure, (source.id, first, last))
                })
            })
        })
    }

    pub(super) fn asked<'a>(&'a self, schema: &'a Schema) -> impl Iterator<Item = &'a Measure> {
        self.measures.iter().filter_map(|&id| schema.measure(id))
    }
}
