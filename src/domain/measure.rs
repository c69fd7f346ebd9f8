//! Measures: the lines of the shared schema.

use super::cell::Cell;
use super::period::Period;
use super::period_kind::PeriodKind;
use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// Which way is better.
    Direction {
        /// More is better.
        Up = "up",
        /// Less is better.
        Down = "down",
        /// Neither: a target is reached from wherever the baseline is.
        Neutral = "neutral",
    }
}

words! {
    /// Whom a measure is about. Figures of the two scopes are never added together.
    MeasureScope {
        /// A whole population, reported by named reporters.
        Population = "population",
        /// An organization's own clients.
        Performance = "performance",
    }
}

words! {
    /// What a performance measure tells.
    PerformanceType {
        /// How much was done.
        HowMuch = "how_much",
        /// How well it was done.
        HowWell = "how_well",
        /// Whether anyone is better off.
        BetterOff = "better_off",
    }
}

words! {
    /// Who may see single figures.
    Disclosure {
        /// Small groups of contributors are hidden from those who may not see them.
        Protected = "protected",
        /// Nothing is hidden. A measure can go from here to `protected`, never back.
        Open = "open",
    }
}

words! {
    /// Whether figures add over time.
    Accumulation {
        /// Counted over a period: finer periods are summed.
        Flow = "flow",
        /// Counted at a moment: the last finer period stands, nothing is summed over time.
        Stock = "stock",
    }
}

words! {
    /// How figures of several organizations become one. `none` is the value of the one that reported.
    Aggregation { Sum = "sum", Mean = "mean", Min = "min", Max = "max", None = "none" }
}

/// A measure. Its body, everything but the id, is what `measures.body` holds as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// The coalition's own number for it; 0 before it is stored.
    #[serde(skip)]
    pub id: i32,
    /// Unique in the coalition, ignoring case; never changes.
    pub code: String,
    /// 1, and one more with every change.
    pub version: i32,
    /// What people read.
    pub name: String,
    /// What is counted, and how.
    pub definition: String,
    /// What the figures are in, such as `programs`.
    pub unit: String,
    /// Values are integers scaled by ten to this power.
    pub decimals: u8,
    /// Which way is better.
    pub direction: Direction,
    /// Whom it is about.
    pub scope: MeasureScope,
    /// What it tells; `None` for a population measure.
    pub performance_type: Option<PerformanceType>,
    /// The type of period in which it is reported; for a ratio the coarser of its sides.
    pub frequency: PeriodKind,
    /// Dimension ids, sorted. Those of a ratio follow from its sides.
    pub dimensions: Vec<u16>,
    /// Whether its figures count people.
    pub counts_people: bool,
    /// Whether a value below zero is an error.
    pub nonnegative: bool,
    /// Whether every partner is asked for it, unless the backbone has chosen other measures for it.
    pub required: bool,
    /// How many days after a period's end its figures are due; without, they are never late.
    pub due_days: Option<u16>,
    /// Who may see single figures.
    pub disclosure: Disclosure,
    /// The least and the greatest value that surprise nobody, in units.
    pub expected_range: Option<(Option<i64>, Option<i64>)>,
    /// A retired measure takes no new figures; those that it has still count.
    pub retired: bool,
    /// In the order of time.
    pub breaks: Vec<Break>,
    /// The organizations that report a population measure; the backbone, when there are none.
    pub reporters: Vec<i32>,
    /// How it comes by its figures.
    pub kind: MeasureKind,
}

/// From this period on the figures cannot be compared with those before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// The first period for which the new definition holds.
    pub from: Period,
    /// What changed, in words.
    pub reason: String,
}

/// How a measure comes by its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// Reported.
    Number {
        /// How figures add over time.
        accumulation: Accumulation,
        /// How figures of several organizations become one.
        aggregation: Aggregation,
    },
    /// Derived: multiplier × sum of numerators / sum of denominators.
    Ratio {
        /// What is divided.
        numerator: Side,
        /// What it is divided by.
        denominator: Side,
        /// 100 for a percentage, 1000 for a rate per thousand.
        multiplier: i64,
    },
}

/// One side of a ratio: a `number` measure with aggregation `sum`, at one cell of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// A number measure that is summed.
    pub measure_id: i32,
    /// The cell of it that is taken; the headline, unless the ratio fixes one.
    pub cell: Cell,
}

impl Measure {
    /// Whether it is derived from two others and never submitted.
    pub const fn is_ratio(&self) -> bool {
        matches!(self.kind, MeasureKind::Ratio { .. })
    }

    /// `number` or `ratio`.
    pub const fn kind_name(&self) -> &'static str {
        if self.is_ratio() { "ratio" } else { "number" }
    }

    /// Numerator, denominator and multiplier of a ratio.
    pub const fn sides(&self) -> Option<(&Side, &Side, i64)> {
        match &self.kind {
            MeasureKind::Ratio {
                numerator,
                denominator,
                multiplier,
            } => Some((numerator, denominator, *multiplier)),
            MeasureKind::Number { .. } => None,
        }
    }

    /// How a number adds over time; `None` for a ratio.
    pub const fn accumulation(&self) -> Option<Accumulation> {
        match self.kind {
            MeasureKind::Number { accumulation, .. } => Some(accumulation),
            MeasureKind::Ratio { .. } => None,
        }
    }

    /// How a number is aggregated over organizations; `None` for a ratio.
    pub const fn aggregation(&self) -> Option<Aggregation> {
        match self.kind {
            MeasureKind::Number { aggregation, .. } => Some(aggregation),
            MeasureKind::Ratio { .. } => None,
        }
    }

    /// Whether it is a number that is summed: only these have resolved cells and can be sides of a ratio.
    pub fn is_sum(&self) -> bool {
        self.aggregation() == Some(Aggregation::Sum)
    }

    /// Whether a sum of it over organizations counts those people several times whom several of them serve, so that
    /// only bounds can be told of how many there are.
    pub fn has_people_bounds(&self) -> bool {
        self.counts_people && self.nonnegative && self.is_sum()
    }

    /// Whether the cell names only dimensions of the measure.
    pub fn has_cell(&self, cell: &Cell) -> bool {
        cell.dimensions()
            .all(|dimension| self.dimensions.contains(&dimension))
    }
}
