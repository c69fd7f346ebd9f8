//! What a protected audience may not see, hidden in the cube before any format has it.
//!
//! Everybody but an organization itself and the backbone is a protected audience. Until full disclosure control is
//! there, an interim rule holds for it. Rows of `open` measures are shown. Rows of `protected` measures with fewer than
//! three contributors are hidden. Since the rows of one answer add up to its headline, a hidden row takes others of its
//! measure and period with it: the remainder row, and, unless the hidden ones are then two or more of which one has
//! three contributors, the smallest rows that are left until they are. Rows of averages and the like do not add up and take
//! nobody with them.
//!
//! A hidden row keeps its keys and how many were expected before anybody answered, and nothing else: value, sides of a
//! ratio, and the counts of contributors and estimates are gone, since a count below three is itself what must not be
//! told. Nor is it told by `expected`, which rises by everybody who reports unasked.
//!
//! By organization or partner attribute, a protected audience gets no answer at all. Nor does it get the bounds of how
//! many people a figure counts, whose lower one is the figure of a single organization.

use super::cube::{Cube, Row};
use super::measure::{Disclosure, Measure};
use super::question::{Column, Question};
use super::rollup::sources;
use super::schema::Schema;
use super::status::Status;
use serde::Serialize;

/// The smallest number of contributing organizations that may be told.
pub const LEAST_CONTRIBUTORS: u32 = 3;

/// Who looks at a cube.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Audience {
    /// The coalition's backbone, which sees everything in it.
    Backbone,
    /// Everybody else in the coalition.
    Protected,
    /// Everybody in the world.
    Public,
}

impl Audience {
    /// Whether it gets an answer to such a question at all.
    pub fn may_ask(self, question: &Question) -> bool {
        let is_dimension = |column: &Column| matches!(column, Column::Dimension(_));
        self == Self::Backbone || (question.by.iter().all(is_dimension) && !question.bounds)
    }

    /// Whether a measure is there for it, unless somebody who may has named the measures that are. To the public, what
    /// is open is.
    pub fn shows(self, schema: &Schema, measure: &Measure) -> bool {
        self != Self::Public || !is_protected(schema, measure)
    }

    /// Whether a goal in that state is there for it: to the public, what is not agreed on is not.
    pub fn shows_goal(self, state: &str) -> bool {
        self != Self::Public || state == "adopted"
    }

    /// The cube as the audience may see it.
    pub fn disclose(self, schema: &Schema, cube: Cube) -> Cube {
        match self {
            Self::Backbone => cube,
            Self::Protected | Self::Public => protect(schema, cube),
        }
    }
}

/// The cube as a protected audience may see it.
fn protect(schema: &Schema, mut cube: Cube) -> Cube {
    for row in &mut cube.rows {
        row.people = None;
    }
    for rows in cube
        .rows
        .chunk_by_mut(|left, right| (left.measure_id, left.period) == (right.measure_id, right.period))
    {
        let measure = rows.first().and_then(|row| schema.measure(row.measure_id));
        if measure.is_none_or(|measure| is_protected(schema, measure)) {
            let add_up = measure.is_none_or(|measure| measure.is_sum() || measure.is_ratio());
            protect_group(rows, add_up);
        }
    }
    cube
}

/// Whether a measure's figures are protected: a ratio's are if either side's are, because it shows both.
pub fn is_protected(schema: &Schema, measure: &Measure) -> bool {
    let is_protected = |measure: &Measure| measure.disclosure == Disclosure::Protected;
    is_protected(measure) || sources(schema, measure).into_iter().any(is_protected)
}

/// The rows of one measure and period; whether they add up to their headline, as the sides of a ratio do too.
fn protect_group(rows: &mut [Row], add_up: bool) {
    let is_small = |row: &Row| {
        row.contributors
            .is_some_and(|count| (1..LEAST_CONTRIBUTORS).contains(&count))
    };
    let mut hidden: Vec<bool> = rows.iter().map(is_small).collect();
    if !hidden.contains(&true) {
        return;
    }
    for (row, hidden) in rows.iter().zip(&mut hidden) {
        *hidden |= row.is_remainder;
    }
    while add_up && rows.len() > 1 && !is_covered(rows, &hidden) {
        let left = (0..rows.len())
            .filter(|&place| !hidden[place] && rows[place].contributors.is_some_and(|count| count > 0));
        let Some(smallest) = left.min_by_key(|&place| size(&rows[place])) else {
            break;
        };
        hidden[smallest] = true;
    }
    for (row, _) in rows.iter_mut().zip(&hidden).filter(|(_, hidden)| **hidden) {
        hide(row);
    }
}

/// Whether the sum of the hidden rows, which subtraction gives, is of enough organizations.
fn is_covered(rows: &[Row], hidden: &[bool]) -> bool {
    let hidden = || rows.iter().zip(hidden).filter(|(_, hidden)| **hidden);
    hidden().count() > 1
        && hidden().any(|(row, _)| row.contributors.is_some_and(|count| count >= LEAST_CONTRIBUTORS))
}

/// What a row weighs in the headline: its value, or the denominator of a ratio.
fn size(row: &Row) -> u128 {
    row.denominator
        .or(row.value)
        .map_or(u128::MAX, i128::unsigned_abs)
}

fn hide(row: &mut Row) {
    row.value = None;
    row.numerator = None;
    row.denominator = None;
    row.exact = None;
    row.contributors = None;
    row.estimated = None;
    row.expected = row.eligible;
    row.status = row.status.min(Status::Suppressed);
}

#[cfg(test)]
#[path = "disclosure_tests.rs"]
mod tests;
