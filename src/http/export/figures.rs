//! The figures of a package, a piece at a time: those that hold, then what they said before, all as of one instant.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::columns::{earlier_values, observations};
use crate::auth::{Coalition, Observer};
use crate::clock::rfc3339;
use crate::domain::answer::Answer;
use crate::domain::decimal::JsonNumber;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::formats::package::rows;
use crate::formats::package::table::Table;
use crate::http::observations_csv::write_rows;
use crate::http::own_or_all;
use crate::store::earlier_values::{self as history, Superseded};
use crate::store::observation_feed::{self, Filter};
use crate::store::{Key, Read};

/// So many rows are read together.
const PIECE: usize = 10_000;

/// A way through the figures.
#[derive(Clone)]
pub struct Figures {
    schema: Arc<Schema>,
    organization_id: Option<i32>,
    until: i64,
    at: At,
}

#[derive(Clone, Copy)]
enum At {
    Observations(Option<Key>),
    Earlier(Option<(Key, i64)>),
}

/// Some rows.
pub struct Piece {
    /// The file that they begin, unless they go on with the one before.
    pub begins: Option<String>,
    /// The rows as CSV.
    pub bytes: Vec<u8>,
    /// The way to the next; `None` after the last.
    pub next: Option<Figures>,
}

/// An earlier value, as a row.
#[derive(Serialize)]
struct EarlierRow<'a> {
    measure: &'a str,
    period: String,
    #[serde(flatten)]
    cell: BTreeMap<&'a str, &'a str>,
    value: Option<JsonNumber>,
    missing: Option<&'static str>,
    estimated: bool,
    note: Option<&'a str>,
    organization: &'a str,
    submission: &'a str,
    recorded_at: String,
    superseded_at: String,
    superseded_by: &'a str,
}

impl Figures {
    /// The way through what holds at this moment: an organization's own, for the backbone all.
    pub fn begin(tx: &mut Read<'_, Coalition<Observer>>) -> Result<Self> {
        Ok(Self {
            schema: tx.schema()?,
            organization_id: own_or_all::organization(tx, None)?,
            until: tx.current_tick()?.recorded_at,
            at: At::Observations(None),
        })
    }

    /// The instant as of which they are, in microseconds.
    pub fn until(&self) -> i64 {
        self.until
    }

    /// What the files hold, in their order.
    pub fn tables(&self) -> [Table; 2] {
        [observations(&self.schema), earlier_values(&self.schema)]
    }

    /// The next rows.
    pub fn step(&self, tx: &mut Read<'_, Coalition<Observer>>) -> Result<Piece> {
        match self.at {
            At::Observations(after) => self.observations(tx, after),
            At::Earlier(after) => self.earlier(tx, after),
        }
    }

    fn observations(&self, tx: &mut Read<'_, Coalition<Observer>>, after: Option<Key>) -> Result<Piece> {
        let filter = Filter {
            organization_id: self.organization_id,
            until: self.until,
            after,
            limit: PIECE as i64,
            ..Filter::default()
        };
        let found = observation_feed::list(tx, &filter)?;
        let last = found.last().filter(|_| found.len() == PIECE);
        let at = last.map_or(At::Earlier(None), |last| At::Observations(Some(last.key)));
        Ok(Piece {
            begins: after.is_none().then(|| observations(&self.schema).path()),
            bytes: write_rows(&self.schema, after.is_none(), &found)?,
            next: Some(self.on(at)),
        })
    }

    fn earlier(&self, tx: &mut Read<'_, Coalition<Observer>>, after: Option<(Key, i64)>) -> Result<Piece> {
        let found = history::list_all(tx, self.organization_id, self.until, after, PIECE as i64)?;
        let last = found.last().filter(|_| found.len() == PIECE);
        let table = earlier_values(&self.schema);
        let told = found
            .iter()
            .map(|row| self.row(row))
            .collect::<Result<Vec<_>>>()?;
        Ok(Piece {
            begins: after.is_none().then(|| table.path()),
            bytes: rows::write_piece(&table, after.is_none(), told)?,
            next: last.map(|last| self.on(At::Earlier(Some((last.key, last.value.recorded_at))))),
        })
    }

    fn on(&self, at: At) -> Self {
        Self { at, ..self.clone() }
    }

    fn row<'a>(&'a self, found: &'a Superseded) -> Result<EarlierRow<'a>> {
        let broken = || Error::internal("an earlier value has something that nothing can be");
        let (measure, period, cell, _) = found.key;
        let measure = self.schema.measure(measure).ok_or_else(broken)?;
        let cell = self.schema.cell_by_id(cell).ok_or_else(broken)?;
        let (answer, value) = (found.value.answer, &found.value);
        let units = answer.units();
        Ok(EarlierRow {
            measure: &measure.code,
            period: Period::from_encoded(period).ok_or_else(broken)?.to_string(),
            cell: self.schema.cell_codes(&cell).into_iter().collect(),
            value: units.map(|units| JsonNumber::from_units(units, measure.decimals)),
            missing: answer.missing(),
            estimated: Answer::is_estimated(answer),
            note: value.note.as_deref(),
            organization: &found.organization,
            submission: &value.submission,
            recorded_at: rfc3339(value.recorded_at),
            superseded_at: rfc3339(value.superseded_at),
            superseded_by: &value.superseded_by,
        })
    }
}
