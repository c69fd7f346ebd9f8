//! What a table of a data package holds.

use std::borrow::Cow;

/// What a column holds, in the words of Table Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `string`.
    Text,
    /// `integer`.
    Integer,
    /// `number`: exact, as decimal digits.
    Number,
    /// `boolean`: `true` or `false`.
    Flag,
    /// `date`.
    Date,
    /// `datetime`, in UTC.
    Instant,
    /// `array`, as JSON.
    List,
    /// `object`, as JSON.
    Object,
}

impl Kind {
    /// The word of Table Schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Flag => "boolean",
            Self::Date => "date",
            Self::Instant => "datetime",
            Self::List => "array",
            Self::Object => "object",
        }
    }
}

/// A column.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in the header.
    pub name: Cow<'static, str>,
    /// What it holds.
    pub kind: Kind,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name; its file is called so too, ending in `.csv`.
    pub name: &'static str,
    /// What its rows are, for people.
    pub title: &'static str,
    /// Its columns, in their order.
    pub fields: Vec<Field>,
}

impl Table {
    /// A table with these columns.
    pub fn new(name: &'static str, title: &'static str, fields: &[(&'static str, Kind)]) -> Self {
        let field = |&(name, kind): &(&'static str, Kind)| Field {
            name: name.into(),
            kind,
        };
        Self {
            name,
            title,
            fields: fields.iter().map(field).collect(),
        }
    }

    /// Where it lies in the package.
    pub fn path(&self) -> String {
        format!("{}.csv", self.name)
    }
}
