//! The API over HTTP: the routes on one screen in [`routes`], one file per noun, handlers that parse, make one
//! `db.read` or `db.write`, and answer.

mod activities;
mod activity_body;
mod body;
mod cells;
mod dates;
mod dimensions;
mod etag;
mod given;
mod goals;
mod log;
mod measures;
mod operation;
mod organizations;
mod page;
pub mod problem;
mod query;
mod reference_points;
mod respond;
pub mod routes;
mod schemas;
mod text;

pub use body::Body;
pub use etag::IfMatch;
pub use log::log_request;
pub use page::{List, Page};
pub use query::QueryText;
pub use routes::configure;
