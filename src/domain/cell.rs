//! A cell: which code of which dimensions a figure is about. A dimension that is absent means the total over it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// At most four (dimension id, code id) pairs, in the order of dimension ids. Code id 0 is `_`, not stated.
/// Serialized as a list of `[dimension id, code id]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cell {
    pairs: [(u16, u16); Cell::MOST],
    length: u8,
}

impl Cell {
    /// The most dimensions that a cell can name.
    pub const MOST: usize = 4;
    /// The empty cell: the total over every dimension.
    pub const HEADLINE: Self = Self {
        pairs: [(0, 0); Self::MOST],
        length: 0,
    };
    /// The code id of `_`.
    pub const NOT_STATED: u16 = 0;

    /// This cell, and also that code of that dimension; `None` when it has the dimension or four of them already.
    pub fn with(&self, dimension: u16, code: u16) -> Option<Self> {
        if self.len() == Self::MOST {
            return None;
        }
        let at = self
            .pairs()
            .binary_search_by_key(&dimension, |pair| pair.0)
            .err()?;
        let mut cell = *self;
        cell.pairs.copy_within(at..self.len(), at + 1);
        cell.pairs[at] = (dimension, code);
        cell.length += 1;
        Some(cell)
    }

    /// This cell summed over that dimension: without it. Unchanged when it does not have it.
    pub fn without(&self, dimension: u16) -> Self {
        let Ok(at) = self.pairs().binary_search_by_key(&dimension, |pair| pair.0) else {
            return *self;
        };
        let mut cell = *self;
        cell.pairs.copy_within(at + 1..self.len(), at);
        cell.pairs[self.len() - 1] = (0, 0);
        cell.length -= 1;
        cell
    }

    /// The code that the cell has for a dimension.
    pub fn code(&self, dimension: u16) -> Option<u16> {
        self.pairs()
            .iter()
            .find(|pair| pair.0 == dimension)
            .map(|pair| pair.1)
    }

    /// The dimensions that the cell names, in the order of their ids.
    pub fn dimensions(&self) -> impl Iterator<Item = u16> + '_ {
        self.pairs().iter().map(|pair| pair.0)
    }

    /// The (dimension id, code id) pairs, in the order of dimension ids.
    pub fn pairs(&self) -> &[(u16, u16)] {
        &self.pairs[..self.len()]
    }

    /// Whether this cell is the other one or lies within it: it has all of the other's pairs.
    pub fn contains(&self, other: &Self) -> bool {
        other
            .pairs()
            .iter()
            .all(|&(dimension, code)| self.code(dimension) == Some(code))
    }

    /// How many dimensions the cell names.
    pub const fn len(&self) -> usize {
        self.length as usize
    }

    /// Whether it names none: the headline.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.pairs())
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(u16, u16)>::deserialize(deserializer)?;
        let cell = pairs
            .into_iter()
            .try_fold(Self::HEADLINE, |cell, (dimension, code)| {
                cell.with(dimension, code)
            });
        cell.ok_or_else(|| serde::de::Error::custom("a cell has at most four dimensions, each once"))
    }
}
