//! Submissions in, figures out: the formats that partners send and dashboards read.

mod chart_frame;
mod chart_legend;
mod chart_lines;
mod chart_marks;
pub mod chart_svg;
mod chart_text;
pub mod collected;
mod columns;
mod csv_lines;
mod cube_axes;
mod cube_cells;
pub mod cube_csv;
pub mod cube_format;
mod cube_json;
mod cube_json_stat;
pub mod cube_meta;
mod cube_ndjson;
mod cube_vega_lite;
mod cube_xlsx;
mod cube_xlsx_notes;
mod field;
#[cfg(test)]
mod fuzzed;
pub mod incoming;
pub mod json_issue;
mod json_rows;
mod labels;
mod neutral;
pub mod observations_csv;
pub mod package;
pub mod submission;
pub mod submission_csv;
pub mod submission_json;
pub mod submission_ndjson;
pub mod submission_wide;
pub mod submission_xlsx;
#[cfg(test)]
mod submission_xlsx_tests;
pub mod table;
mod table_rows;
#[cfg(test)]
mod table_rows_tests;
pub mod template;
pub mod template_csv;
pub mod template_xlsx;
mod text_input;
mod vega_chart;
mod vega_columns;
mod workbook_check;
mod workbook_field;
mod workbook_part;
mod workbook_rows;
mod workbook_scan;
mod workbook_stamp;

pub use neutral::neutral;
