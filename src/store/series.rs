//! Series of measures over all of time, with as few questions as serve for all of them together.

use std::collections::{BTreeMap, HashMap};

use super::Read;
use super::aggregates::answer;
use crate::auth::ReadsCoalition;
use crate::domain::cell::Cell;
use crate::domain::cube::Row;
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::question::Question;
use crate::domain::schema::Schema;
use crate::error::Result;

/// A measure at a cell, brought to a kind of period.
pub type Wanted = (i32, Cell, PeriodKind);

/// The rows of some series, each in the order of time, as whoever asks may see them.
#[derive(Debug, Default)]
pub struct AllSeries(HashMap<Wanted, Vec<Row>>);

/// The series that are wanted; each once, however often it is named.
pub fn load<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    wanted: impl IntoIterator<Item = Wanted>,
) -> Result<AllSeries> {
    let mut questions: BTreeMap<(Option<PeriodKind>, Cell), Vec<i32>> = BTreeMap::new();
    for (id, cell, kind) in wanted {
        let is_own = schema
            .measure(id)
            .is_some_and(|measure| measure.frequency == kind);
        let measures = questions.entry(((!is_own).then_some(kind), cell)).or_default();
        if !measures.contains(&id) {
            measures.push(id);
        }
    }
    let mut series = AllSeries::default();
    for ((at, filter), measures) in questions {
        let question = Question {
            measures,
            by: Vec::new(),
            filter,
            at,
            range: PeriodRange::ALL,
            bounds: false,
        };
        for row in answer(tx, schema, &question, None)?.rows {
            let key = (row.measure_id, filter, row.period.kind());
            series.0.entry(key).or_default().push(row);
        }
    }
    Ok(series)
}

impl AllSeries {
    /// The rows of one; none where nobody answered.
    pub fn rows(&self, wanted: Wanted) -> &[Row] {
        self.0.get(&wanted).map_or(&[], Vec::as_slice)
    }
}
