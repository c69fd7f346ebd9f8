//! How complete the reports of the last ended periods are, as an overview tells it.

use chrono::NaiveDate;
use serde::Serialize;

use crate::auth::{Coalition, InCoalition, InOrganization, Observer, Place};
use crate::domain::completeness::{Counts, window};
use crate::domain::completeness_totals::Totals;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::Result;
use crate::store::{Read, completeness};

#[derive(Serialize)]
pub struct Completeness {
    of: &'static str,
    periods: Vec<CompletePeriod>,
}

/// How many of the measures that are expected of organizations are reported.
#[derive(Serialize)]
struct CompletePeriod {
    period: String,
    period_start: String,
    period_end: String,
    expected: i64,
    reported: i64,
    not_applicable: i64,
}

impl Completeness {
    /// Of the whole coalition for its backbone, of its own reports for a partner; an observer reports nothing.
    pub fn find(
        tx: &mut Read<'_, Coalition<Observer>>,
        schema: &Schema,
        today: NaiveDate,
    ) -> Result<Option<Self>> {
        let reported = schema
            .measures
            .iter()
            .filter(|measure| !measure.is_ratio() && !measure.retired);
        let windows: Vec<_> = reported
            .filter_map(|measure| window(schema, measure, None, None, today))
            .collect();
        let (of, totals) = if tx.tenant().is_backbone() {
            let totals = completeness::totals(tx, schema, &windows)?;
            ("coalition", totals.into_iter().collect())
        } else if tx.tenant().place() >= Place::Partner {
            let own = tx.tenant().organization_id();
            let lines = completeness::list(tx, schema, &windows, Some(own), None, usize::MAX)?;
            let total = lines
                .iter()
                .map(|line| (line.period, Totals::from(Counts::of(&line.items))));
            ("organization", total.collect::<Vec<_>>())
        } else {
            return Ok(None);
        };
        let periods = totals
            .into_iter()
            .filter(|(_, totals)| *totals != Totals::default());
        Ok(Some(Self {
            of,
            periods: periods
                .map(|(period, totals)| CompletePeriod::of(schema, period, totals))
                .collect(),
        }))
    }
}

impl CompletePeriod {
    fn of(schema: &Schema, period: Period, totals: Totals) -> Self {
        Self {
            period: period.to_string(),
            period_start: period.start(schema.fiscal_start).to_string(),
            period_end: period.end(schema.fiscal_start).to_string(),
            expected: totals.expected,
            reported: totals.reported,
            not_applicable: totals.not_applicable,
        }
    }
}
