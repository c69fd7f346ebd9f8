//! The coalition's figures as an OData 4.0 service (conformance level Minimal), which Excel, Power BI and Tableau read
//! and refresh by themselves: headline aggregates, aggregates by each dimension, and the observations that the caller
//! may read.
//!
//! Read only. Of the query options there are `$select`, `$filter` (comparisons joined by `and`), `$top`, `$skip`,
//! `$count` and `$format`; whatever else the standard knows is answered with 501. Filters are held against what the
//! caller sees, after everything is hidden that has to be. An answer holds some thousands of rows, and the address of
//! the next one.

pub(super) mod aggregates;
mod digits;
mod failure;
mod filter;
mod literal;
pub(super) mod metadata;
mod model;
pub(super) mod observations;
mod options;
mod page;
mod representation;
mod request;
pub(super) mod service;
mod token;
mod tokens;

pub(super) use failure::{not_found, speak};

/// What the paths of the services begin with.
pub(super) const PREFIX: &str = "/odata/";
