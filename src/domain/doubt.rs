//! What makes a good figure worth a second look. Nothing here refuses anything.
//!
//! An organization's new value is held against its own earlier ones for the same measure and cell: the values of the
//! twelve periods right before it, as far back as the measure's last break. How far is *far* is told by the modified
//! z-score of Iglewicz and Hoaglin (*How to Detect and Handle Outliers*, 1993), `0.6745 · |x − median| / MAD`, and their
//! bound of 3.5; MAD, the median absolute deviation, is bent by no single earlier slip, as a standard deviation would
//! be. All of it in integers.

use super::cell::Cell;
use super::decimal::format_units;
use super::measure::Measure;
use super::period::Period;
use super::schema::Schema;

/// How many periods before its own a value is held against.
pub const PERIODS: usize = 12;
/// Fewer earlier values than these make no history to be far from.
const FEWEST_FOR_SCORE: usize = 5;
/// Fewer earlier values than these make no zero sudden.
const FEWEST_FOR_ZERO: usize = 3;

/// Why a figure is worth a second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// The parts along a dimension come to more than the figure.
    PartsExceedTotal,
    /// Zero, where none of so many earlier values was.
    SuddenZero {
        /// How many.
        earlier: usize,
    },
    /// Much further from the middle of the earlier values than they are from one another.
    FarFromHistory {
        /// The figure.
        units: i64,
        /// How many there are.
        earlier: usize,
        /// Their median, twice, so that it is whole.
        twice_median: i128,
    },
    /// Below the least or above the greatest that the measure expects.
    OutsideExpectedRange {
        /// The figure.
        units: i64,
    },
}

/// The earliest period that a measure's value for a period is held against.
pub fn first_compared(measure: &Measure, period: Period) -> Period {
    let earliest = period.back(PERIODS);
    let mut latest_first = measure.breaks.iter().rev();
    let last_break = latest_first.find(|declared| declared.from <= period);
    last_break.map_or(earliest, |declared| declared.from.max(earliest))
}

/// What is doubtful about a value after these earlier ones, of which the last twelve count. A sudden zero is not told
/// once more as far from history.
pub fn against_history(units: i64, earlier: &[i64]) -> Option<Doubt> {
    let earlier = &earlier[earlier.len().saturating_sub(PERIODS)..];
    if units == 0 && earlier.len() >= FEWEST_FOR_ZERO && !earlier.contains(&0) {
        return Some(Doubt::SuddenZero {
            earlier: earlier.len(),
        });
    }
    if earlier.len() < FEWEST_FOR_SCORE {
        return None;
    }
    let mut sorted = [0; PERIODS];
    let sorted = &mut sorted[..earlier.len()];
    for (twice, units) in sorted.iter_mut().zip(earlier) {
        *twice = 2 * i128::from(*units);
    }
    let twice_median = median_of(sorted);
    for twice in sorted.iter_mut() {
        *twice = (*twice - twice_median).abs();
    }
    let twice_deviation = median_of(sorted);
    let twice_distance = (2 * i128::from(units) - twice_median).abs();
    is_far(twice_distance, twice_deviation, twice_median).then_some(Doubt::FarFromHistory {
        units,
        earlier: earlier.len(),
        twice_median,
    })
}

/// Whether a value lies outside the range that its measure expects.
pub fn is_unexpected(measure: &Measure, units: i64) -> bool {
    let (min, max) = measure.expected_range.unwrap_or_default();
    min.is_some_and(|min| units < min) || max.is_some_and(|max| units > max)
}

/// The median of numbers that are even, or whose two middle ones are together; so that nothing is rounded.
fn median_of(numbers: &mut [i128]) -> i128 {
    numbers.sort_unstable();
    let (lower, upper) = ((numbers.len() - 1) / 2, numbers.len() / 2);
    // Half of a sum of even numbers, or of distances from one number that differ by even ones.
    i128::midpoint(numbers[lower], numbers[upper])
}

/// `0.6745 · distance > 3.5 · deviation`, where the deviation is taken for at least a twentieth of the median and at
/// least one unit: what never varied may vary a little.
fn is_far(twice_distance: i128, twice_deviation: i128, twice_median: i128) -> bool {
    let twenty_deviations = (20 * twice_deviation).max(twice_median.abs()).max(40);
    6_745 * 20 * twice_distance > 35_000 * twenty_deviations
}

impl Doubt {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PartsExceedTotal => "parts_exceed_total",
            Self::SuddenZero { .. } => "sudden_zero",
            Self::FarFromHistory { .. } => "far_from_history",
            Self::OutsideExpectedRange { .. } => "outside_expected_range",
        }
    }

    /// The field of the row that it is about; empty where it is about the row as a whole.
    pub const fn field(self) -> &'static str {
        match self {
            Self::PartsExceedTotal => "",
            _ => "/value",
        }
    }

    /// The sentence for people, about the figure of a cell.
    pub fn sentence(self, schema: &Schema, measure: &Measure, period: Period, cell: &Cell) -> String {
        let key = schema.cell_key(cell);
        let (code, key) = (measure.code.as_str(), key.as_str());
        let written = |units: i128| format_units(units, measure.decimals);
        let of = match key {
            "" => format!("`{code}` in {period}"),
            key => format!("`{code}` in {period} for {key}"),
        };
        match self {
            Self::PartsExceedTotal => {
                let whole = match key {
                    "" => "the total".to_owned(),
                    key => format!("the figure for {key}"),
                };
                format!("the parts of {code} in {period} come to more than {whole}")
            }
            Self::SuddenZero { earlier } => format!(
                "{of} is 0, and was not 0 in any of the {earlier} earlier periods: if there is no figure, say why \
                 with `missing`; if it is right, a note says why"
            ),
            Self::FarFromHistory {
                units,
                earlier,
                twice_median,
            } => format!(
                "{of} is {}, far from the {earlier} earlier values, whose median is {}: if it is right, a note says why",
                written(units.into()),
                // One decimal more, since a half may be left.
                format_units(twice_median * 5, measure.decimals + 1),
            ),
            Self::OutsideExpectedRange { units } => {
                let (min, max) = measure.expected_range.unwrap_or_default();
                let range = match (min, max) {
                    (Some(min), Some(max)) => {
                        format!("between {} and {}", written(min.into()), written(max.into()))
                    }
                    (Some(min), None) => format!("{} or more", written(min.into())),
                    (None, Some(max)) => format!("{} or less", written(max.into())),
                    (None, None) => "otherwise".to_owned(),
                };
                format!(
                    "{of} is {}; expected is {range}: if it is right, a note says why",
                    written(units.into())
                )
            }
        }
    }
}

#[cfg(test)]
#[path = "doubt_tests.rs"]
mod tests;
