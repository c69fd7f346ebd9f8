//! Coverage: who answered, against who was expected to.
//!
//! Expected for a measure in a period are those of whom an answer is expected (see `membership`), less those of them
//! that answered `not_applicable`, plus any other organization that reported (an outsider).
//!
//! An organization *contributed* to a slice if it gave a value at any cell of it. Otherwise it stands by what it
//! stated: `not_applicable` if any cell says so, else `not_available`. Stating is answering, not contributing.

use super::answer::Answer;
use super::figures::{Figures, Slice, inside, slices};
use super::measure::Measure;
use super::period::Period;
use super::schema::Schema;

/// Where an organization stands in a slice that it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It gave a value at some cell.
    Contributed,
    /// It gave no value, and said of some cell that there is nothing to measure: nothing more is awaited of it.
    NotApplicable,
    /// It gave no value, and only said that it has none: it stays expected.
    NotAvailable,
}

impl Standing {
    /// The reason stated in place of a value.
    pub const fn missing(self) -> Option<&'static str> {
        match self {
            Self::Contributed => None,
            Self::NotApplicable => Some("not_applicable"),
            Self::NotAvailable => Some("not_available"),
        }
    }
}

/// How many organizations answered a measure in a period; also the change of such counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Those that gave a value.
    pub contributors: i32,
    /// Those of whom an answer was expected and who stated `not_applicable`.
    pub not_applicable: i32,
    /// Contributors of whom nothing was expected.
    pub outsiders: i32,
    /// All that answered, with a value or a reason: where it is not zero, the period has a row.
    pub answered: i32,
}

impl Coverage {
    /// What one organization adds, given its standing and whether an answer was expected of it.
    pub fn of(standing: Option<Standing>, expected: bool) -> Self {
        Self {
            contributors: i32::from(standing == Some(Standing::Contributed)),
            not_applicable: i32::from(standing == Some(Standing::NotApplicable) && expected),
            outsiders: i32::from(standing == Some(Standing::Contributed) && !expected),
            answered: i32::from(standing.is_some()),
        }
    }

    /// Adds the other `times` times; −1 takes it away.
    pub fn add(&mut self, other: &Self, times: i32) {
        self.contributors += other.contributors * times;
        self.not_applicable += other.not_applicable * times;
        self.outsiders += other.outsiders * times;
        self.answered += other.answered * times;
    }

    /// Whether nothing is counted.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// How many organizations are expected, out of that many that are before their answers are looked at.
    pub fn expected(&self, eligible: u32) -> u32 {
        let expected = i64::from(eligible) - i64::from(self.not_applicable) + i64::from(self.outsiders);
        u32::try_from(expected).unwrap_or(0)
    }
}

/// Whether an answer for a measure in a period is expected of the organization at hand.
pub type Expects<'a> = &'a dyn Fn(&Measure, Period) -> bool;

/// Where one organization stands in a measure and a period, of the measure's own kind or coarser; `None` if it
/// answered nothing. `shared` says whether it has any share there (a ratio's contribution).
///
/// For a coarser period it contributed if it did in any finer one; it is `not_applicable` only if it said so for
/// every finer period in which it was expected, since otherwise more is awaited of it. In a ratio it contributed if
/// it has a share; else it is `not_applicable` if either side says so, and it answered if it answered both.
pub fn standing(
    schema: &Schema,
    measure: &Measure,
    figures: &Figures,
    period: Period,
    shared: bool,
    expects: Expects,
) -> Option<Standing> {
    let Some((numerator, denominator, _)) = measure.sides() else {
        return number_standing(schema, measure, figures, period, expects);
    };
    if shared {
        return Some(Standing::Contributed);
    }
    let side = |id| {
        schema
            .measure(id)
            .and_then(|side| number_standing(schema, side, figures, period, expects))
    };
    match (side(numerator.measure_id), side(denominator.measure_id)) {
        (Some(Standing::NotApplicable), _) | (_, Some(Standing::NotApplicable)) => {
            Some(Standing::NotApplicable)
        }
        (Some(_), Some(_)) => Some(Standing::NotAvailable),
        _ => None,
    }
}

fn number_standing(
    schema: &Schema,
    measure: &Measure,
    figures: &Figures,
    period: Period,
    expects: Expects,
) -> Option<Standing> {
    let start = schema.fiscal_start;
    if period.kind() == measure.frequency {
        return figures.get(&(measure.id, period)).and_then(slice_standing);
    }
    let (mut answered, mut not_applicable) = (false, 0);
    for (finer, slice) in slices(
        figures,
        measure.id,
        inside(period, period, measure.frequency, start),
    ) {
        match slice_standing(slice) {
            Some(Standing::Contributed) => return Some(Standing::Contributed),
            Some(standing) => {
                answered = true;
                not_applicable += usize::from(standing == Standing::NotApplicable && expects(measure, finer));
            }
            None => {}
        }
    }
    let expected = || {
        period
            .finer_periods(measure.frequency, start)
            .filter(|&finer| expects(measure, finer))
            .count()
    };
    match answered {
        false => None,
        true if not_applicable > 0 && not_applicable == expected() => Some(Standing::NotApplicable),
        true => Some(Standing::NotAvailable),
    }
}

/// Where one organization stands by the answers of one slice; `None` if there are none.
pub fn slice_standing(slice: &Slice) -> Option<Standing> {
    let any = |wanted: fn(&Answer) -> bool| slice.values().any(wanted);
    if any(|answer| answer.units().is_some()) {
        Some(Standing::Contributed)
    } else if any(|answer| matches!(answer, Answer::NotApplicable)) {
        Some(Standing::NotApplicable)
    } else {
        (!slice.is_empty()).then_some(Standing::NotAvailable)
    }
}

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
