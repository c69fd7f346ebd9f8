//! Which figures a request asks for.

use serde::Deserialize;

use super::{Page, own_or_all};
use crate::auth::{Coalition, Partner};
use crate::clock::parse_rfc3339;
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::observation_feed::Filter;
use crate::store::{Key, Read};

/// The parameters, as they are sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservationQuery {
    measure: Option<String>,
    period: Option<String>,
    organization: Option<String>,
    updated_after: Option<String>,
    #[serde(default)]
    include_history: bool,
    /// The name of a format.
    pub format: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The parameters, read as far as that goes without the schema.
pub struct Asked {
    query: ObservationQuery,
    /// Whether earlier values are listed too.
    pub with_history: bool,
    /// So many rows at most.
    pub limit: usize,
    /// Whether that was said, or is what is usual.
    pub is_limited: bool,
    recorded_after: Option<i64>,
    /// The instant that the first page was asked at, and the row that the page before ended with.
    cursor: Option<(i64, Key)>,
}

impl ObservationQuery {
    /// Reads what needs no schema.
    pub fn read(self) -> Result<Asked> {
        let recorded_after = self.updated_after.as_deref().map(instant).transpose()?;
        let page = Page {
            limit: self.limit,
            cursor: self.cursor.clone(),
        };
        Ok(Asked {
            with_history: self.include_history,
            limit: page.limit()?,
            is_limited: self.limit.is_some(),
            recorded_after,
            cursor: page.after()?,
            query: self,
        })
    }
}

impl Asked {
    /// What to list, but for how much of it: what is one's own; for the backbone, everybody's.
    pub fn filter(&self, tx: &mut Read<'_, Coalition<Partner>>, schema: &Schema) -> Result<Filter> {
        let now = tx.current_tick()?.recorded_at;
        let mut filter = Filter {
            recorded_after: self.recorded_after,
            with_withdrawn: self.with_history || self.recorded_after.is_some(),
            until: self.cursor.map_or(now, |(until, _)| until.min(now)),
            after: self.cursor.map(|(_, key)| key),
            ..Filter::default()
        };
        if let Some(code) = &self.query.measure {
            let unknown = || {
                Error::invalid(
                    "?measure",
                    "unknown_measure",
                    format!("there is no measure '{code}' here"),
                )
            };
            filter.measure_id = Some(schema.measure_by_code(code).ok_or_else(unknown)?.id);
        }
        if let Some(period) = &self.query.period {
            let range = PeriodRange::parse(period, schema.fiscal_start)
                .map_err(|error| Error::invalid("?period", "invalid_period", error.to_string()))?;
            filter.periods = PeriodKind::ALL
                .iter()
                .filter_map(|&kind| range.bounds(kind, schema.fiscal_start))
                .collect();
            if filter.periods.is_empty() {
                // A range too short for any period: nothing lies in it.
                filter.organization_id = Some(0);
                return Ok(filter);
            }
        }
        filter.organization_id = own_or_all::organization(tx, self.query.organization.as_deref())?;
        Ok(filter)
    }
}

fn instant(text: &str) -> Result<i64> {
    parse_rfc3339(text).ok_or_else(|| {
        Error::invalid(
            "?updated_after",
            "invalid_time",
            "an instant as in RFC 3339, such as 2026-06-30T00:00:00Z; take it from meta.updated_until",
        )
    })
}
