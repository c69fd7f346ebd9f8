//! The check of the cell that a submitted row names, against the dimensions of its measure.

use super::cell::Cell;
use super::issue::pointer_step;
use super::listing;
use super::measure::Measure;
use super::schema::CellError;
use super::submission::SubmittedRow;
use super::submission_row::Checker;

impl Checker<'_> {
    /// The cell that a row names; `None` when it names what the schema does not have.
    pub(super) fn cell(
        &mut self,
        row: &SubmittedRow,
        measure: Option<&Measure>,
        withdraws: bool,
    ) -> Option<Cell> {
        let mut cell = Some(Cell::HEADLINE);
        for (name, code) in &row.cell {
            let found = self
                .schema
                .dimension_by_code(name)
                .and_then(|dimension| Some((dimension, self.schema.code_id(dimension.id, code)?)));
            let Some((dimension, code_id)) = found else {
                self.refuse_pair(name, code);
                cell = None;
                continue;
            };
            if !withdraws && dimension.code_by_id(code_id).is_some_and(|code| code.retired) {
                let detail = format!(
                    "the code `{code}` of `{}` is retired; it takes withdrawals only",
                    dimension.code
                );
                self.refuse(&at_dimension(name), "retired_code", detail);
            }
            if let Some(measure) = measure
                && !measure.dimensions.contains(&dimension.id)
            {
                let known = measure
                    .dimensions
                    .iter()
                    .filter_map(|id| self.schema.dimension(*id))
                    .map(|dimension| dimension.code.as_str());
                let known = known.collect::<Vec<_>>();
                let known = if known.is_empty() {
                    "it has none".into()
                } else {
                    format!("it has {}", listing::list(&known))
                };
                let detail = format!(
                    "`{}` is not broken down by `{}`; {known}",
                    measure.code, dimension.code
                );
                self.refuse(&at_dimension(name), "dimension_not_in_measure", detail);
            }
            if let Some(so_far) = cell {
                cell = so_far.with(dimension.id, code_id);
                if cell.is_none() {
                    let dimension = name.clone();
                    let repeated = so_far.dimensions().any(|id| {
                        self.schema
                            .dimension_by_code(name)
                            .is_some_and(|known| known.id == id)
                    });
                    let error = if repeated {
                        CellError::Repeated { dimension }
                    } else {
                        CellError::TooMany { dimension }
                    };
                    self.refuse(&at_dimension(name), error.code(), error.to_string());
                }
            }
        }
        cell
    }

    fn refuse_pair(&mut self, name: &str, code: &str) {
        if self.may_suggest() {
            if let Err(error) = self.schema.pair(name, code) {
                self.refuse(&at_dimension(name), error.code(), error.to_string());
            }
        } else if self.schema.dimension_by_code(name).is_none() {
            self.refuse(
                &at_dimension(name),
                "unknown_dimension",
                format!("there is no dimension `{name}`"),
            );
        } else {
            self.refuse(
                &at_dimension(name),
                "unknown_code",
                format!("the dimension `{name}` has no code `{code}`"),
            );
        }
    }
}

fn at_dimension(name: &str) -> String {
    format!("/cell/{}", pointer_step(name))
}
