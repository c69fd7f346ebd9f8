//! The query options: read by name, each once, and kept for the address of the next page.

use std::collections::BTreeMap;

use super::filter::Filter;
use super::model::EntitySet;
use super::page::Rest;
use super::request::not_implemented;
use crate::error::{Error, Result};
use crate::http::QueryText;

/// What can be asked of the rows of a set.
const OF_ROWS: [&str; 7] = [
    "$count",
    "$filter",
    "$format",
    "$select",
    "$skip",
    "$skiptoken",
    "$top",
];

/// The options as they were written.
#[derive(Clone, Debug, Default)]
pub struct Given(BTreeMap<String, String>);

/// The options as they are meant for the rows of a set.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// At most so many rows, over all pages.
    pub top: Option<u64>,
    /// Without the first so many.
    pub skip: u64,
    /// Whether to say how many there are.
    pub has_count: bool,
    /// The properties that are answered, by their places; `None` for all of them.
    pub select: Option<Vec<usize>>,
    /// What has to hold of each row.
    pub filter: Filter,
    /// Where the page begins.
    pub token: Option<String>,
}

impl Given {
    /// Reads the query for the rows of a set.
    pub fn of_rows(query: &QueryText) -> Result<Self> {
        Self::read(query, &OF_ROWS)
    }

    /// Reads the query of something that takes these options. What OData knows and this does not do is 501; what
    /// nobody knows is refused by its name.
    pub fn read(query: &QueryText, known: &[&str]) -> Result<Self> {
        let mut given = BTreeMap::new();
        for (name, value) in query.pairs()? {
            if !known.contains(&name.as_str()) {
                return Err(unknown(&name, known));
            }
            if given.insert(name.clone(), value).is_some() {
                let detail = format!("{name} is given twice: each option stands once");
                return Err(Error::malformed(format!("?{name}"), "given_twice", detail));
            }
        }
        Ok(Self(given))
    }

    /// The text of an option.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The query that goes on where a page ended.
    pub fn after(&self, rest: &Rest) -> String {
        let kept = ["$filter", "$select", "$format"].map(|name| (name, self.find(name).map(str::to_owned)));
        let skip = (rest.skip > 0).then(|| rest.skip.to_string());
        let moved = [
            ("$skip", skip),
            ("$top", rest.top.map(|top| top.to_string())),
            ("$skiptoken", Some(rest.token.clone())),
        ];
        let pairs = kept.into_iter().chain(moved).filter_map(|(name, value)| {
            let value: String = form_urlencoded::byte_serialize(value?.as_bytes()).collect();
            Some(format!("{name}={}", value.replace('+', "%20")))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    fn number(&self, name: &str) -> Result<Option<u64>> {
        let Some(text) = self.find(name) else {
            return Ok(None);
        };
        let number = text.parse::<u32>().map_err(|_| {
            let detail = format!("a whole number from 0 to {}", u32::MAX);
            Error::malformed(format!("?{name}"), "invalid_number", detail)
        });
        number.map(|number| Some(number.into()))
    }
}

impl Options {
    /// Reads the options for the number of a set's rows.
    pub fn of_count(query: &QueryText, set: &EntitySet) -> Result<Self> {
        let given = Given::read(query, &["$filter"])?;
        Ok(Self {
            top: Some(0),
            has_count: true,
            ..Self::read(&given, set)?
        })
    }

    /// Reads the options for the rows of a set.
    pub fn read(given: &Given, set: &EntitySet) -> Result<Self> {
        let has_count = match given.find("$count") {
            Some("true") => true,
            Some("false") | None => false,
            Some(_) => {
                return Err(Error::malformed("?$count", "invalid_value", "true or false"));
            }
        };
        let filter = given.find("$filter").map(|text| Filter::parse(text, set));
        Ok(Self {
            top: given.number("$top")?,
            skip: given.number("$skip")?.unwrap_or(0),
            has_count,
            select: given
                .find("$select")
                .map(|text| select(text, set))
                .transpose()?
                .flatten(),
            filter: filter.transpose()?.unwrap_or_default(),
            token: given.find("$skiptoken").map(str::to_owned),
        })
    }
}

/// The places of the selected properties, in the set's order.
fn select(text: &str, set: &EntitySet) -> Result<Option<Vec<usize>>> {
    let mut places = Vec::new();
    for name in text.split(',').map(str::trim) {
        match set.property(name) {
            _ if name == "*" => return Ok(None),
            Some((place, _)) => places.push(place),
            None if name.contains(['/', '(', '.']) => {
                return Err(not_implemented(
                    "$select",
                    "only properties of the set itself can be selected",
                ));
            }
            None => {
                let detail = format!("there is no property '{name}' here: there are {}", set.listed());
                return Err(Error::malformed("?$select", "unknown_property", detail));
            }
        }
    }
    places.sort_unstable();
    places.dedup();
    Ok(Some(places))
}

fn unknown(name: &str, known: &[&str]) -> Error {
    if name.starts_with(['$', '@']) {
        let detail = format!("'{name}' is not done here: there are {}", known.join(", "));
        return not_implemented(name, detail);
    }
    let detail = format!("'{name}' is not known here: there are {}", known.join(", "));
    Error::malformed(format!("?{name}"), "unknown_field", detail)
}
