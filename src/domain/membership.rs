//! An organization's place in a coalition, as far as it decides what is expected of it.
//!
//! A population measure is expected of its reporters; without any, of the backbone. A ratio without reporters of its
//! own has those of its numerator. A performance measure is expected of the partners of role `partner` whose dates
//! overlap the period and which are asked for it: for the measures that the backbone has chosen for the partner, else
//! for the usual ones (see [`Schema::is_usually_asked_for`]). A ratio is asked for where both of its sides are.

use super::measure::{Measure, MeasureScope};
use super::period::Period;
use super::period_kind::FiscalStart;
use super::schema::Schema;
use chrono::NaiveDate;

/// An organization's place in a coalition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Membership {
    /// By which a population measure names its reporters.
    pub organization_id: i32,
    /// Of role `partner`: neither the backbone nor an observer.
    pub is_partner_role: bool,
    /// Expected to answer population measures without reporters.
    pub is_backbone: bool,
    /// The first day of membership; unbounded without.
    pub from: Option<NaiveDate>,
    /// The last day, which belongs to it; unbounded without.
    pub until: Option<NaiveDate>,
    /// The ids of the measures that the backbone has chosen for it, sorted; the usual ones without.
    pub measures: Option<Vec<i32>>,
}

impl Membership {
    /// Whether it is a partner whose dates overlap the period.
    pub fn is_eligible(&self, period: Period, fiscal_start: FiscalStart) -> bool {
        self.is_partner_role
            && self.from.is_none_or(|from| from <= period.end(fiscal_start))
            && self.until.is_none_or(|until| until >= period.start(fiscal_start))
    }

    /// Whether the organization is expected to answer for the measure in the period, before what it answers.
    pub fn expects(&self, schema: &Schema, measure: &Measure, period: Period) -> bool {
        match measure.scope {
            MeasureScope::Performance => {
                self.is_asked_for(schema, measure) && self.is_eligible(period, schema.fiscal_start)
            }
            MeasureScope::Population => {
                let reporters = schema.reporters(measure);
                if reporters.is_empty() {
                    self.is_backbone
                } else {
                    reporters.contains(&self.organization_id)
                }
            }
        }
    }

    fn is_asked_for(&self, schema: &Schema, measure: &Measure) -> bool {
        match &self.measures {
            None => schema.is_usually_asked_for(measure),
            Some(chosen) => schema
                .performance_sources(measure)
                .all(|source| chosen.binary_search(&source.id).is_ok()),
        }
    }
}

#[cfg(test)]
#[path = "membership_tests.rs"]
mod tests;
