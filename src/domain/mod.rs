//! The rules of measurement: pure, without I/O, clock or database types.

pub mod aggregate;
pub mod answer;
pub mod audit;
pub mod audit_details;
mod bring;
mod by_id;
pub mod caption;
pub mod cell;
mod cell_key;
pub mod chart;
pub mod chart_axis;
pub mod chart_words;
pub mod code;
pub mod completeness;
pub mod completeness_totals;
pub mod contribution;
pub mod coverage;
pub mod cube;
pub mod decimal;
pub mod dimension;
pub mod disclosure;
pub mod doubt;
mod eligible;
pub mod expected_measures;
pub mod figures;
pub mod file_name;
pub mod forecast;
pub mod given;
pub mod goal_measure;
pub mod issue;
pub mod json_schema;
pub mod latest;
mod ledger;
pub(crate) mod listing;
pub mod measure;
pub mod measure_cell;
mod measure_patch;
mod measure_rules;
pub mod membership;
pub mod new_dimension;
pub mod new_measure;
mod new_ratio;
pub mod partner;
pub mod period;
pub mod period_kind;
pub mod period_range;
mod period_text;
pub mod progress;
pub mod question;
pub mod rational;
pub mod reference_points;
pub mod references;
pub mod reported;
pub mod resolve;
pub mod review;
pub mod rollup;
pub mod roster;
pub mod schema;
pub mod share_link;
pub mod sight;
pub mod status;
pub mod submission;
mod submission_answer;
mod submission_cell;
mod submission_row;
mod tally;
pub mod template;
pub(crate) mod text;
pub mod theil_sen;
pub mod totals;
pub mod totp;
mod words;

#[cfg(test)]
mod cell_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod fuzzed;
#[cfg(test)]
mod json_schema_tests;
#[cfg(test)]
mod measure_patch_tests;
#[cfg(test)]
mod new_dimension_tests;
#[cfg(test)]
mod new_measure_tests;
#[cfg(test)]
mod period_range_tests;
#[cfg(test)]
mod period_tests;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod submission_field_tests;
#[cfg(test)]
mod submission_tests;
pub mod whole_number;
