//! Cells in words: the canonical key under which they are stored, and the pairs that people write.

use super::cell::Cell;
use super::dimension::NOT_STATED;
use super::listing;
use super::schema::Schema;

/// Why pairs of dimension and code are not a cell of the schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// The schema has no such dimension.
    #[error("there is no dimension `{dimension}`; {known}")]
    UnknownDimension {
        /// As it was written.
        dimension: String,
        /// What it may have meant, or what there is.
        known: String,
    },
    /// The dimension has no such code.
    #[error("the dimension `{dimension}` has no code `{code}`; {known}")]
    UnknownCode {
        /// As it was written.
        dimension: String,
        /// As it was written.
        code: String,
        /// What it may have meant, or what there is.
        known: String,
    },
    /// A dimension stands twice.
    #[error("the dimension `{dimension}` is named twice; a cell has each dimension once")]
    Repeated {
        /// As it was written.
        dimension: String,
    },
    /// More than four dimensions.
    #[error("a cell has at most four dimensions; leave out `{dimension}` or another one")]
    TooMany {
        /// The first that is too many, as it was written.
        dimension: String,
    },
}

impl CellError {
    /// The stable name of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDimension { .. } => "unknown_dimension",
            Self::UnknownCode { .. } => "unknown_code",
            Self::Repeated { .. } => "repeated_dimension",
            Self::TooMany { .. } => "too_many_dimensions",
        }
    }

    /// The dimension at which the pairs go wrong, as it was written.
    pub fn dimension(&self) -> &str {
        match self {
            Self::UnknownDimension { dimension, .. }
            | Self::UnknownCode { dimension, .. }
            | Self::Repeated { dimension }
            | Self::TooMany { dimension } => dimension,
        }
    }
}

impl Schema {
    /// The cell's canonical key, such as `age_group=young_adult,sex=f`: dimensions in the order of their codes;
    /// the headline's is empty.
    pub fn cell_key(&self, cell: &Cell) -> String {
        let parts: Vec<String> = self
            .cell_codes(cell)
            .into_iter()
            .map(|(dimension, code)| format!("{dimension}={code}"))
            .collect();
        parts.join(",")
    }

    /// The cell's dimensions and codes, in the order of dimension codes.
    pub fn cell_codes(&self, cell: &Cell) -> Vec<(&str, &str)> {
        let mut codes: Vec<(&str, &str)> = cell
            .pairs()
            .iter()
            .filter_map(|&(dimension, code)| {
                let dimension = self.dimension(dimension)?;
                Some((dimension.code.as_str(), dimension.code_text(code)?))
            })
            .collect();
        codes.sort_unstable();
        codes
    }

    /// The cell of a key, in whatever order its dimensions stand; `None` when the schema has no such cell.
    pub fn parse_cell_key(&self, key: &str) -> Option<Cell> {
        let parts = key.split(',').filter(|_| !key.is_empty());
        let pairs: Option<Vec<(&str, &str)>> = parts.map(|part| part.split_once('=')).collect();
        self.cell_from_pairs(pairs?).ok()
    }

    /// The cell of pairs of dimension and code, ignoring case. Retired codes are codes.
    pub fn cell_from_pairs<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Cell, CellError> {
        let mut cell = Cell::HEADLINE;
        for (name, code) in pairs {
            let id = self.pair(name, code)?;
            if cell.code(id.0).is_some() {
                return Err(CellError::Repeated {
                    dimension: name.into(),
                });
            }
            cell = cell.with(id.0, id.1).ok_or_else(|| CellError::TooMany {
                dimension: name.into(),
            })?;
        }
        Ok(cell)
    }

    /// The ids of one dimension and code.
    pub(super) fn pair(&self, name: &str, code: &str) -> Result<(u16, u16), CellError> {
        let Some(dimension) = self.dimension_by_code(name) else {
            let known = listing::known(
                "dimensions",
                name,
                self.dimensions.iter().map(|dimension| dimension.code.as_str()),
            );
            return Err(CellError::UnknownDimension {
                dimension: name.into(),
                known,
            });
        };
        match self.code_id(dimension.id, code) {
            Some(id) => Ok((dimension.id, id)),
            None => {
                let codes = dimension.active_codes().map(|code| code.code.as_str());
                let known = listing::known("codes", code, codes.chain([NOT_STATED]));
                Err(CellError::UnknownCode {
                    dimension: name.into(),
                    code: code.into(),
                    known,
                })
            }
        }
    }
}
