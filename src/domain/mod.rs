//! The rules of measurement: pure, without I/O, clock or database types.

pub mod answer;
pub mod cell;
pub mod cell_key;
pub mod code;
pub mod decimal;
pub mod dimension;
pub mod issue;
pub(crate) mod listing;
pub mod measure;
pub mod period;
pub mod period_kind;
pub mod period_range;
pub mod period_text;
pub mod schema;
mod words;
