//! The API over HTTP: the routes on one screen in [`routes`], one file per noun, handlers that parse, make one
//! `db.read` or `db.write`, and answer.

mod account;
mod activities;
mod activity_body;
mod aggregates;
mod api_keys;
mod body;
mod cells;
mod coalitions;
mod dates;
mod dimensions;
mod etag;
mod format;
mod given;
mod goal_progress;
mod goals;
mod invitations;
mod joining;
mod log;
mod measures;
mod members;
mod observation_row;
mod observations;
mod operation;
mod organizations;
mod page;
mod partner_terms;
mod partners;
mod partners_csv;
pub mod problem;
mod query;
mod reference_points;
mod respond;
pub mod routes;
mod schemas;
mod sessions;
mod submissions;
mod text;
mod tokens;

pub use body::Body;
pub use etag::IfMatch;
pub use log::log_request;
pub use page::{List, Page};
pub use query::QueryText;
pub use routes::configure;
