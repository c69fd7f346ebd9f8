//! Data packages as Frictionless Data describes them: a zip of tables as CSV, with a `datapackage.json` that says what
//! each column holds (Tabular Data Package and Table Schema, <https://specs.frictionlessdata.io/>).

pub mod archive;
pub mod descriptor;
pub mod rows;
pub mod table;
