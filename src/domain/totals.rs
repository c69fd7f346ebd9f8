//! Totals over organizations, and the value that a total has.
//!
//! `sum`, `mean` (of the organizations, unweighted), `min` and `max` are what they say. `none` is the value of the one
//! organization that reported; of several, none is right, and the row is `conflicting`. The value of a ratio is
//! multiplier × sum of numerators / sum of denominators: a ratio of sums, never a mean of ratios. Rounding, half away
//! from zero, happens here and nowhere before.

use super::decimal::{MAX_UNITS, divide_half_away};
use super::measure::{Aggregation, Measure, MeasureKind};
use super::rational::Rational;
use super::resolve::Share;
use super::rollup::Effect;
use super::schema::Schema;
use super::status::Status;

/// The shares of several organizations at one cell and period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// In units of the measure; of a ratio, in units of its numerator's measure.
    pub sum: i128,
    /// The summed denominators of a ratio, in units of the denominator's measure; else 0.
    pub denominator: i128,
    /// How many organizations.
    pub contributors: u32,
    /// How many of them with an estimate in their share.
    pub estimated: u32,
    /// The least share; `None` in totals from the rollup, which cannot know.
    pub min: Option<i128>,
    /// The greatest share; `None` in totals from the rollup.
    pub max: Option<i128>,
    /// The greatest [peak](Share::peak) of a share; `None` in totals from the rollup.
    pub peak: Option<i128>,
}

impl Total {
    /// Adds one organization's share.
    pub fn add(&mut self, share: &Share) {
        self.sum += share.sum;
        self.denominator += share.denominator;
        self.contributors += 1;
        self.estimated += u32::from(share.estimated);
        self.min = Some(self.min.map_or(share.sum, |least| least.min(share.sum)));
        self.max = Some(self.max.map_or(share.sum, |greatest| greatest.max(share.sum)));
        self.peak = Some(self.peak.map_or(share.peak, |greatest| greatest.max(share.peak)));
    }
}

impl From<Effect> for Total {
    /// The total that all effects at a cell add up to: a row of the rollup.
    fn from(effect: Effect) -> Self {
        let count = |number| u32::try_from(number).unwrap_or(0);
        Self {
            sum: effect.sum,
            denominator: effect.denominator,
            contributors: count(effect.contributors),
            estimated: count(effect.estimated),
            min: None,
            max: None,
            peak: None,
        }
    }
}

/// What a row shows of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figure {
    /// In units of the measure, rounded half away from zero.
    pub value: Option<i128>,
    /// The summed numerators of a ratio, in units of the numerator's measure; `None` for a number.
    pub numerator: Option<i128>,
    /// The summed denominators of a ratio, in units of the denominator's measure; `None` for a number.
    pub denominator: Option<i128>,
    /// The value before rounding, in the measure's unit, not in scaled units.
    pub exact: Option<Rational>,
    /// `overflow` or `conflicting`, where that is why there is no value.
    pub trouble: Option<Status>,
}

impl Figure {
    /// The figure of a total: without a value when nobody contributed, when a summed denominator is zero, and where
    /// it is in trouble.
    pub fn of(schema: &Schema, measure: &Measure, total: &Total) -> Self {
        if total.contributors == 0 {
            return Self::default();
        }
        match &measure.kind {
            MeasureKind::Number { aggregation, .. } => number(*aggregation, measure.decimals, total),
            MeasureKind::Ratio {
                numerator,
                denominator,
                multiplier,
            } => {
                let decimals = |id| schema.measure(id).map_or(0, |side| side.decimals);
                let sides = (decimals(numerator.measure_id), decimals(denominator.measure_id));
                ratio(measure.decimals, sides, *multiplier, total)
            }
        }
    }

    fn overflow() -> Self {
        Self {
            trouble: Some(Status::Overflow),
            ..Self::default()
        }
    }
}

fn number(aggregation: Aggregation, decimals: u8, total: &Total) -> Figure {
    let contributors = i128::from(total.contributors);
    let value = match aggregation {
        Aggregation::Sum => Some(total.sum),
        Aggregation::Mean => Some(divide_half_away(total.sum, contributors)),
        Aggregation::Min => total.min,
        Aggregation::Max => total.max,
        Aggregation::None if total.contributors > 1 => {
            return Figure {
                trouble: Some(Status::Conflicting),
                ..Figure::default()
            };
        }
        Aggregation::None => Some(total.sum),
    };
    let exact = match aggregation {
        Aggregation::Mean => {
            Rational::of_units(total.sum, decimals).and_then(|sum| sum.over(Rational::new(contributors, 1)?))
        }
        _ => value.and_then(|units| Rational::of_units(units, decimals)),
    };
    match value {
        Some(units) if !is_held(units) => Figure::overflow(),
        _ => Figure {
            value,
            exact,
            ..Figure::default()
        },
    }
}

fn ratio(decimals: u8, (above, below): (u8, u8), multiplier: i64, total: &Total) -> Figure {
    if !is_held(total.sum) || !is_held(total.denominator) {
        return Figure::overflow();
    }
    let shown = Figure {
        numerator: Some(total.sum),
        denominator: Some(total.denominator),
        ..Figure::default()
    };
    if total.denominator == 0 {
        return shown;
    }
    let exact = Rational::of_units(total.sum, above)
        .and_then(|above| above.over(Rational::of_units(total.denominator, below)?))
        .and_then(|quotient| quotient.over(Rational::new(1, i128::from(multiplier))?));
    match exact.map(|exact| (exact, exact.rounded(decimals))) {
        Some((exact, Some(units))) if is_held(units) => Figure {
            value: Some(units),
            exact: Some(exact),
            ..shown
        },
        _ => Figure {
            trouble: Some(Status::Overflow),
            ..shown
        },
    }
}

/// Whether every client can keep the number whole.
fn is_held(units: i128) -> bool {
    units.unsigned_abs() <= u128::from(MAX_UNITS.unsigned_abs())
}
