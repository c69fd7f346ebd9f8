//! One page of rows: what is taken of them as they come by, and how it is written.

use serde::Serialize;

use super::model::{EntitySet, Kind};
use super::options::Options;
use super::request::{Answer, Asked};
use super::token;
use crate::error::Result;
use crate::formats::table::Item;

/// A page that is being filled.
#[derive(Debug)]
pub struct Page<'a> {
    options: &'a Options,
    size: usize,
    skip: u64,
    top: Option<u64>,
    count: u64,
    is_full: bool,
    rows: Vec<Vec<Item<'static>>>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was taken or passed over.
    On,
    /// It belongs to the next page.
    Full,
}

/// What is left for the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Where it begins.
    pub token: String,
    /// How many rows are still to be skipped.
    pub skip: u64,
    /// How many rows are still wanted.
    pub top: Option<u64>,
}

impl<'a> Page<'a> {
    /// An empty one.
    pub fn new(options: &'a Options, size: usize) -> Self {
        Self {
            options,
            size,
            skip: options.skip,
            top: options.top,
            count: 0,
            is_full: false,
            rows: Vec::new(),
        }
    }

    /// What was asked for.
    pub fn options(&self) -> &'a Options {
        self.options
    }

    /// Whether rows are counted to the end, though no more of them are taken.
    pub fn is_counting(&self) -> bool {
        self.options.has_count
    }

    /// How many rows have come by that the filter takes.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The next of all rows, one item for each property of the set.
    pub fn offer(&mut self, row: Vec<Item<'static>>) -> Step {
        if !self.options.filter.holds(&row) {
            return Step::On;
        }
        self.count += 1;
        if self.skip > 0 {
            self.skip -= 1;
            return Step::On;
        }
        if self.top == Some(0) {
            return Step::On;
        }
        if self.rows.len() == self.size {
            self.is_full = true;
            return Step::Full;
        }
        self.rows.push(row);
        self.top = self.top.map(|top| top - 1);
        Step::On
    }

    /// Whether no further row would change the answer.
    pub fn has_enough(&self) -> bool {
        !self.is_counting() && (self.is_full || self.top == Some(0))
    }

    /// What is left, from a place on.
    pub fn rest<T: Serialize>(&self, place: &T) -> Result<Rest> {
        Ok(Rest {
            token: token::write(place)?,
            skip: self.skip,
            top: self.top,
        })
    }

    /// The answer: this page, and the address of the next one.
    pub fn write(&self, asked: &Asked, set: &EntitySet, next: Option<Rest>) -> Result<Answer> {
        let mut bytes = vec![b'{'];
        if asked.representation.has_metadata {
            let context = format!("{}$metadata#{}{}", asked.root, set.name, self.selected(set));
            member(&mut bytes, "@odata.context", &context)?;
        }
        if self.is_counting() {
            let quote = if asked.representation.has_decimals_as_text {
                "\""
            } else {
                ""
            };
            bytes.extend(format!("\"@odata.count\":{quote}{}{quote},", self.count).bytes());
        }
        bytes.extend(b"\"value\":[");
        for (place, row) in self.rows.iter().enumerate() {
            bytes.extend(if place == 0 { "\n" } else { ",\n" }.bytes());
            self.write_row(&mut bytes, asked, set, row)?;
        }
        bytes.push(b']');
        if let Some(rest) = next {
            let link = format!("{}{}?{}", asked.root, set.name, asked.given.after(&rest));
            bytes.extend(b",\"@odata.nextLink\":");
            serde_json::to_writer(&mut bytes, &link)?;
        }
        bytes.push(b'}');
        Ok(Answer {
            applied: asked.preferred.map(|_| self.size),
            ..asked.answer(bytes)
        })
    }

    fn write_row(&self, bytes: &mut Vec<u8>, asked: &Asked, set: &EntitySet, row: &[Item<'_>]) -> Result<()> {
        let mut before = b'{';
        for (place, (property, item)) in set.properties.iter().zip(row).enumerate() {
            if self
                .options
                .select
                .as_ref()
                .is_some_and(|places| !places.contains(&place))
            {
                continue;
            }
            bytes.push(std::mem::replace(&mut before, b','));
            serde_json::to_writer(&mut *bytes, &property.name)?;
            bytes.push(b':');
            let is_text = property.kind == Kind::Decimal && asked.representation.has_decimals_as_text;
            match item {
                Item::Text(text) => serde_json::to_writer(&mut *bytes, text)?,
                Item::Number(number) if is_text => serde_json::to_writer(&mut *bytes, &number.to_string())?,
                Item::Number(number) => bytes.extend(number.to_string().bytes()),
                Item::Date(day) => serde_json::to_writer(&mut *bytes, &day.to_string())?,
                Item::Flag(flag) => serde_json::to_writer(&mut *bytes, flag)?,
                Item::Nothing => bytes.extend(b"null"),
            }
        }
        bytes.push(b'}');
        Ok(())
    }

    /// What the context says of the properties that were selected.
    fn selected(&self, set: &EntitySet) -> String {
        let Some(places) = &self.options.select else {
            return String::new();
        };
        let properties = places.iter().filter_map(|&place| set.properties.get(place));
        let names: Vec<&str> = properties.map(|property| property.name.as_str()).collect();
        format!("({})", names.join(","))
    }
}

/// A member of an object, with a comma behind it.
fn member(bytes: &mut Vec<u8>, name: &str, text: &str) -> Result<()> {
    serde_json::to_writer(&mut *bytes, name)?;
    bytes.push(b':');
    serde_json::to_writer(&mut *bytes, text)?;
    bytes.push(b',');
    Ok(())
}
