//! What the service consists of: its entity sets and their properties. The columns are those of every other format;
//! they follow from the shared schema, and never from what an answer happens to hold.

use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// The namespace of the types.
pub const NAMESPACE: &str = "Cairn";
const AGGREGATES: &str = "Aggregates";
const BY: &str = "Aggregates_by_";
const OBSERVATIONS: &str = "Observations";

/// What a property's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Edm.String`.
    Text,
    /// `Edm.Decimal`, by its digits.
    Decimal,
    /// `Edm.Int32`.
    Count,
    /// `Edm.Boolean`.
    Flag,
    /// `Edm.Date`.
    Date,
    /// `Edm.DateTimeOffset`, in UTC.
    Instant,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// Whether it is part of what tells one row from another; then it is never null.
    pub is_key: bool,
    /// Whether it may be null.
    pub is_nullable: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntitySet {
    /// Its name, which is the end of its address.
    pub name: String,
    /// The name of its rows' type.
    pub entity: String,
    /// Its columns.
    pub properties: Vec<Property>,
}

impl EntitySet {
    /// Headline aggregates, or those by a dimension, each measure by its own frequency.
    pub fn aggregates(dimension: Option<&str>) -> Self {
        use Kind::{Count, Date, Decimal, Flag, Text};
        let mut properties = vec![
            key("measure"),
            key("period"),
            always("period_start", Date),
            always("period_end", Date),
        ];
        properties.extend(dimension.map(key));
        properties.extend([
            maybe("value", Decimal),
            maybe("numerator", Decimal),
            maybe("denominator", Decimal),
            always("unit", Text),
            maybe("contributors", Count),
            maybe("estimated", Count),
            always("expected", Count),
            always("status", Text),
            always("break", Flag),
        ]);
        let by = dimension.map_or_else(String::new, |code| format!("_by_{code}"));
        Self {
            name: format!("{AGGREGATES}{by}"),
            entity: format!("Aggregate{by}"),
            properties,
        }
    }

    /// Observations. `cell` is the cell's canonical key, empty for the headline; beside it the code of each of the
    /// schema's dimensions, null where the figure is the total over it.
    pub fn observations(schema: &Schema) -> Self {
        use Kind::{Date, Decimal, Flag, Instant, Text};
        let mut properties = vec![
            key("organization"),
            key("measure"),
            key("period"),
            key("cell"),
            always("period_start", Date),
            always("period_end", Date),
        ];
        let dimensions = schema.dimensions.iter();
        properties.extend(dimensions.map(|dimension| maybe(&dimension.code, Text)));
        properties.extend([
            maybe("value", Decimal),
            always("estimated", Flag),
            maybe("missing", Text),
            maybe("note", Text),
            always("submission", Text),
            always("recorded_at", Instant),
        ]);
        Self {
            name: OBSERVATIONS.into(),
            entity: "Observation".into(),
            properties,
        }
    }

    /// Every set, the observations only for those who may read them.
    pub fn all(schema: &Schema, with_observations: bool) -> Vec<Self> {
        let dimensions = schema.dimensions.iter();
        let by = dimensions.map(|dimension| Self::aggregates(Some(&dimension.code)));
        let mut sets: Vec<Self> = std::iter::once(Self::aggregates(None)).chain(by).collect();
        sets.extend(with_observations.then(|| Self::observations(schema)));
        sets
    }

    /// The set of aggregates of that name, and the code of the dimension that it is by.
    pub fn find_aggregates<'a>(schema: &'a Schema, name: &str) -> Result<(Self, Option<&'a str>)> {
        if name == AGGREGATES {
            return Ok((Self::aggregates(None), None));
        }
        let code = name.strip_prefix(BY);
        let dimension =
            code.and_then(|code| schema.dimension_by_code(code).filter(|found| found.code == code));
        if let Some(dimension) = dimension {
            return Ok((Self::aggregates(Some(&dimension.code)), Some(&dimension.code)));
        }
        let (addressed, _) = name.split_once('(').ok_or(Error::NotFound)?;
        if addressed != OBSERVATIONS {
            Self::find_aggregates(schema, addressed)?;
        }
        Err(super::request::not_implemented(
            "",
            "single rows have no addresses here: ask for the set, and filter it",
        ))
    }

    /// A property, and where it stands.
    pub fn property(&self, name: &str) -> Option<(usize, &Property)> {
        let mut properties = self.properties.iter().enumerate();
        properties.find(|(_, property)| property.name == name)
    }

    /// The names of the properties, for people.
    pub fn listed(&self) -> String {
        let names: Vec<&str> = self
            .properties
            .iter()
            .map(|property| property.name.as_str())
            .collect();
        names.join(", ")
    }
}

fn key(name: &str) -> Property {
    Property {
        is_key: true,
        ..always(name, Kind::Text)
    }
}

fn always(name: &str, kind: Kind) -> Property {
    Property {
        name: name.into(),
        kind,
        is_key: false,
        is_nullable: false,
    }
}

fn maybe(name: &str, kind: Kind) -> Property {
    Property {
        is_nullable: true,
        ..always(name, kind)
    }
}
