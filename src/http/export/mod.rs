//! What an organization has in Cairn, as data packages that it can take along: one of the organization itself, and one
//! of each coalition, with everything in it that the organization may see.
//!
//! A package of a coalition is sent while it is made. Its small tables are of one moment, and its figures are those
//! that held at that moment, whatever is written meanwhile.

mod columns;
mod figures;
mod of_coalition;
mod of_organization;

pub use of_coalition::find as find_coalition;
pub use of_organization::find as find_organization;

use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};

use crate::formats::package::table::Table;

/// A table with its rows as CSV.
type Written = (Table, Vec<u8>);

/// As many rows as there are.
const ALL: usize = 1 << 40;

/// 200 with a package of that name.
fn package(name: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type("application/zip")
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.zip\""),
        ))
        .insert_header((CACHE_CONTROL, "no-store"));
    response
}
