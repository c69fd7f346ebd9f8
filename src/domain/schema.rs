//! A coalition's shared schema with its lookups, read-only and cheap to share behind an `Arc`.

pub use super::cell_key::CellError;

use super::by_id::ById;
use super::cell::Cell;
use super::dimension::Dimension;
use super::measure::{Disclosure, Measure, MeasureKind, MeasureScope, Side};
use super::period::Period;
use super::period_kind::FiscalStart;
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Dimensions, measures and the cells in use. Codes are looked up ignoring case.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The first month of the coalition's fiscal year.
    pub fiscal_start: FiscalStart,
    /// One more with every change of the schema.
    pub version: i32,
    /// The figures of periods that end by this day take no changes. None unless said otherwise.
    pub locked_through: Option<NaiveDate>,
    /// In the order in which they were made.
    pub dimensions: Vec<Dimension>,
    /// In the order in which they were made.
    pub measures: Vec<Measure>,
    dimension_places: ById<u16, usize>,
    dimension_codes: HashMap<String, usize>,
    /// Of each dimension, in the order of `dimensions`: code to code id, with `_`.
    pub(super) code_ids: Vec<HashMap<String, u16>>,
    measure_places: ById<i32, usize>,
    measure_codes: HashMap<String, usize>,
    ratios: ById<i32, Vec<i32>>,
    /// The numbers that are required, themselves or for a ratio that is.
    required: HashSet<i32>,
    /// Whether any of these is in use.
    has_required: bool,
    cell_ids: Arc<HashMap<Cell, i32>>,
    cells: Arc<HashMap<i32, Cell>>,
    /// What somebody does not see: found by id alone.
    measures_aside: HashMap<i32, Measure>,
    dimensions_aside: HashMap<u16, Dimension>,
}

impl Schema {
    /// The schema of these parts. Dimensions and measures keep their order; what a ratio takes from its sides is
    /// brought up to date: its dimensions are those that both have and neither fixes, and it is protected if
    /// either is. Cells whose key names nothing of the schema are left out.
    pub fn new(
        fiscal_start: FiscalStart,
        version: i32,
        dimensions: Vec<Dimension>,
        measures: Vec<Measure>,
        cells: Vec<(i32, String)>,
    ) -> Self {
        let mut schema = Self {
            fiscal_start,
            version,
            locked_through: None,
            dimensions,
            measures,
            dimension_places: ById::default(),
            dimension_codes: HashMap::new(),
            code_ids: Vec::new(),
            measure_places: ById::default(),
            measure_codes: HashMap::new(),
            ratios: ById::default(),
            required: HashSet::new(),
            has_required: false,
            cell_ids: Arc::default(),
            cells: Arc::default(),
            measures_aside: HashMap::new(),
            dimensions_aside: HashMap::new(),
        };
        schema.index();
        schema.follow_sides();
        schema.note_required();
        let known = cells
            .into_iter()
            .filter_map(|(id, key)| Some((schema.parse_cell_key(&key)?, id)));
        let known: Vec<(Cell, i32)> = [(Cell::HEADLINE, 0)].into_iter().chain(known).collect();
        schema.cells = Arc::new(known.iter().map(|&(cell, id)| (id, cell)).collect());
        schema.cell_ids = Arc::new(known.into_iter().collect());
        schema
    }

    /// Sets up the lookups.
    fn index(&mut self) {
        let ids = self.dimensions.iter().map(|dimension| dimension.id);
        self.dimension_places = ids.zip(0..).collect();
        let codes = self.dimensions.iter().map(|dimension| dimension.code.as_str());
        self.dimension_codes = by_code(codes.zip(0..));
        self.code_ids = self.dimensions.iter().map(code_ids).collect();
        let ids = self.measures.iter().map(|measure| measure.id);
        self.measure_places = ids.zip(0..).collect();
        let codes = self.measures.iter().map(|measure| measure.code.as_str());
        self.measure_codes = by_code(codes.zip(0..));
    }

    /// Puts measures and dimensions aside that are not to be seen.
    pub(super) fn set_aside(
        &mut self,
        sees_measure: impl Fn(&Measure) -> bool,
        sees_dimension: impl Fn(&Dimension) -> bool,
    ) {
        let measures = self.measures.extract_if(.., |measure| !sees_measure(measure));
        self.measures_aside
            .extend(measures.map(|measure| (measure.id, measure)));
        let dimensions = self
            .dimensions
            .extract_if(.., |dimension| !sees_dimension(dimension));
        self.dimensions_aside
            .extend(dimensions.map(|dimension| (dimension.id, dimension)));
        self.index();
    }

    fn follow_sides(&mut self) {
        for place in 0..self.measures.len() {
            let MeasureKind::Ratio {
                numerator,
                denominator,
                ..
            } = &self.measures[place].kind
            else {
                continue;
            };
            let (id, sides) = (
                self.measures[place].id,
                [numerator.measure_id, denominator.measure_id],
            );
            let dimensions = self.ratio_dimensions(numerator, denominator);
            let is_open = sides.iter().all(|side| {
                self.measure(*side)
                    .is_none_or(|side| side.disclosure == Disclosure::Open)
            });
            self.measures[place].dimensions = dimensions;
            if !is_open {
                self.measures[place].disclosure = Disclosure::Protected;
            }
            for side in sides {
                let ratios = self.ratios.entry(side).or_default();
                if !ratios.contains(&id) {
                    ratios.push(id);
                }
            }
        }
    }

    fn note_required(&mut self) {
        let asked = self.measures.iter().filter(|measure| measure.required);
        let sources = asked.flat_map(|measure| {
            let is_in_use = |source: &Measure| !measure.retired && !source.retired;
            self.performance_sources(measure)
                .map(move |source| (source.id, is_in_use(source)))
        });
        let sources: Vec<(i32, bool)> = sources.collect();
        self.has_required = sources.iter().any(|(_, is_in_use)| *is_in_use);
        self.required = sources.into_iter().map(|(id, _)| id).collect();
    }

    /// The numbers about organizations' own clients that a measure is made of: itself, or those of its sides that are.
    pub(super) fn performance_sources<'a>(
        &'a self,
        measure: &'a Measure,
    ) -> impl Iterator<Item = &'a Measure> {
        let sources = match measure.sides() {
            None => [Some(measure), None],
            Some((numerator, denominator, _)) => {
                [numerator, denominator].map(|side| self.measure(side.measure_id))
            }
        };
        let sources = sources.into_iter().flatten();
        sources.filter(|source| source.scope == MeasureScope::Performance)
    }

    /// The organizations that a population measure is expected of: those of a ratio are its numerator's where it has
    /// none of its own. Where there are none, it is expected of the backbone.
    pub(super) fn reporters<'a>(&'a self, measure: &'a Measure) -> &'a [i32] {
        let numerator = measure
            .sides()
            .and_then(|(numerator, _, _)| self.measure(numerator.measure_id));
        match measure.reporters.as_slice() {
            [] => numerator.map_or(&[], |side| side.reporters.as_slice()),
            own => own,
        }
    }

    /// Whether the figures of a period take no changes.
    pub fn is_locked(&self, period: Period) -> bool {
        self.locked_through
            .is_some_and(|last| period.end(self.fiscal_start) <= last)
    }

    /// Whether a partner for which nothing else was said is asked for a performance measure: for those that are
    /// required, and where no measure in use is, for all. A ratio that is required requires both of its sides, and is
    /// asked for where both of them are.
    pub fn is_usually_asked_for(&self, measure: &Measure) -> bool {
        !self.has_required
            || self
                .performance_sources(measure)
                .all(|source| self.required.contains(&source.id))
    }

    /// The dimensions of a ratio: those that both sides have and neither fixes, sorted.
    pub fn ratio_dimensions(&self, numerator: &Side, denominator: &Side) -> Vec<u16> {
        let free = |side: &Side, dimension: &u16| {
            side.cell.code(*dimension).is_none()
                && self
                    .measure(side.measure_id)
                    .is_some_and(|measure| measure.dimensions.contains(dimension))
        };
        let mut dimensions: Vec<u16> = self.dimensions.iter().map(|dimension| dimension.id).collect();
        dimensions.retain(|dimension| free(numerator, dimension) && free(denominator, dimension));
        dimensions.sort_unstable();
        dimensions
    }

    /// The dimension with that id.
    pub fn dimension(&self, id: u16) -> Option<&Dimension> {
        self.dimension_places
            .get(&id)
            .and_then(|&place| self.dimensions.get(place))
            .or_else(|| self.dimensions_aside.get(&id))
    }

    /// The dimension with that code.
    pub fn dimension_by_code(&self, code: &str) -> Option<&Dimension> {
        self.dimension_place(code)
            .and_then(|place| self.dimensions.get(place))
    }

    pub(super) fn dimension_place(&self, code: &str) -> Option<usize> {
        look_up(&self.dimension_codes, code)
    }

    /// The id of a dimension's code, 0 for `_`.
    pub fn code_id(&self, dimension: u16, code: &str) -> Option<u16> {
        let place = *self.dimension_places.get(&dimension)?;
        look_up(self.code_ids.get(place)?, code)
    }

    /// The measure with that id.
    pub fn measure(&self, id: i32) -> Option<&Measure> {
        self.measure_places
            .get(&id)
            .and_then(|&place| self.measures.get(place))
            .or_else(|| self.measures_aside.get(&id))
    }

    /// Whether the measure with that id is seen, and not only counted with.
    pub fn shows(&self, id: i32) -> bool {
        self.measure_places.contains_key(&id)
    }

    /// The measure with that code.
    pub fn measure_by_code(&self, code: &str) -> Option<&Measure> {
        look_up(&self.measure_codes, code).and_then(|place| self.measures.get(place))
    }

    /// The ratio measures that have the measure as a side.
    pub fn ratios_of(&self, measure_id: i32) -> &[i32] {
        self.ratios.get(&measure_id).map_or(&[], Vec::as_slice)
    }

    /// The id under which a cell is stored, 0 for the headline; `None` for a cell that no figure has had yet.
    pub fn cell_id(&self, cell: &Cell) -> Option<i32> {
        self.cell_ids.get(cell).copied()
    }

    /// The cell with that id.
    pub fn cell_by_id(&self, id: i32) -> Option<Cell> {
        self.cells.get(&id).copied()
    }

    /// How many cells a measure with these dimensions has: the product of each one's codes, `_` and its absence.
    pub fn lattice_size(&self, dimensions: &[u16]) -> u64 {
        dimensions
            .iter()
            .filter_map(|&id| self.dimension(id))
            .fold(1, |size, dimension| dimension.places().saturating_mul(size))
    }
}

/// Looks a code up as it is written, then ignoring case.
fn look_up<T: Copy>(map: &HashMap<String, T>, code: &str) -> Option<T> {
    map.get(code)
        .or_else(|| map.get(&code.to_ascii_lowercase()))
        .copied()
}

/// A map in which each code stands as it is written and in lower case.
fn by_code<'a, T: Copy>(codes: impl Iterator<Item = (&'a str, T)>) -> HashMap<String, T> {
    codes
        .flat_map(|(code, value)| [(code.to_ascii_lowercase(), value), (code.to_owned(), value)])
        .collect()
}

fn code_ids(dimension: &Dimension) -> HashMap<String, u16> {
    let stated = dimension.codes.iter().map(|code| (code.code.as_str(), code.id));
    by_code(stated.chain([(super::dimension::NOT_STATED, Cell::NOT_STATED)]))
}
