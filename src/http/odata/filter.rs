//! `$filter`: comparisons of a property with a constant, joined by `and`. What else the standard knows is told apart
//! from what cannot be read: 501 and 400. The parser reads from left to right without going deeper, so that no text
//! takes it long or makes it fail otherwise.

use std::cmp::Ordering;

use super::literal::{Literal, example, is_float};
use super::model::{EntitySet, Kind};
use super::request::not_implemented;
use super::tokens::{OPTION, Token, Tokens, malformed};
use crate::error::{Error, Result};
use crate::formats::table::Item;

/// The longest filter that is read, in bytes.
const LONGEST: usize = 8_000;
const OPERATORS: &str = "eq, ne, gt, ge, lt, le";

/// What has to hold of a row: all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(pub Vec<Comparison>);

/// What has to hold of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Where the property stands.
    pub place: usize,
    /// How it has to stand to the constant.
    pub operator: Operator,
    /// The constant.
    pub literal: Literal,
}

/// How two values may stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `eq`.
    Equal,
    /// `ne`.
    NotEqual,
    /// `gt`.
    Greater,
    /// `ge`.
    GreaterOrEqual,
    /// `lt`.
    Less,
    /// `le`.
    LessOrEqual,
}

impl Operator {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        })
    }
}

impl Comparison {
    /// Whether it holds of a row. What is missing equals `null` alone, and is neither more nor less than anything.
    pub fn holds(&self, row: &[Item<'_>]) -> bool {
        let value = row.get(self.place).unwrap_or(&Item::Nothing);
        if self.literal == Literal::Null || *value == Item::Nothing {
            let are_equal = self.literal == Literal::Null && *value == Item::Nothing;
            return match self.operator {
                Operator::Equal => are_equal,
                Operator::NotEqual => !are_equal,
                _ => false,
            };
        }
        let Some(order) = self.literal.compare(value) else {
            return false;
        };
        match self.operator {
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual => order != Ordering::Equal,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
        }
    }
}

impl Filter {
    /// Reads a filter over the rows of a set.
    pub fn parse(text: &str, set: &EntitySet) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(malformed(format!("a filter has at most {LONGEST} bytes")));
        }
        let mut tokens = Tokens::of(text);
        let (mut comparisons, mut depth) = (Vec::new(), 0_u32);
        loop {
            let mut token = tokens.next()?;
            while token == Token::Open {
                depth += 1;
                token = tokens.next()?;
            }
            comparisons.push(comparison(token, &mut tokens, set)?);
            token = tokens.next()?;
            while token == Token::Close && depth > 0 {
                depth -= 1;
                token = tokens.next()?;
            }
            match token {
                Token::Word("and") => {}
                Token::End if depth == 0 => return Ok(Self(comparisons)),
                Token::Word(word) if is_elsewhere(word) => return Err(unsupported(word)),
                Token::End => return Err(malformed("a parenthesis is not closed".into())),
                other => return Err(malformed(format!("{other} where 'and' or the end was expected"))),
            }
        }
    }

    /// Whether all of it holds of a row.
    pub fn holds(&self, row: &[Item<'_>]) -> bool {
        self.0.iter().all(|comparison| comparison.holds(row))
    }

    /// The constants that a property has to equal.
    pub fn equals<'a>(&'a self, set: &EntitySet, name: &str) -> impl Iterator<Item = &'a Literal> {
        let place = set.property(name).map(|(place, _)| place);
        let are_of = move |comparison: &&Comparison| {
            comparison.operator == Operator::Equal && Some(comparison.place) == place
        };
        self.0.iter().filter(are_of).map(|comparison| &comparison.literal)
    }
}

fn comparison(first: Token<'_>, tokens: &mut Tokens<'_>, set: &EntitySet) -> Result<Comparison> {
    let name = match first {
        Token::Word(name) => name,
        Token::Text(_) => return Err(property_first()),
        other => return Err(malformed(format!("{other} where a property was expected"))),
    };
    let Some((place, property)) = set.property(name) else {
        return Err(match name {
            _ if tokens.is_call() || name.contains('/') || name == "not" => unsupported(name),
            _ if Literal::parse(name).is_some() => property_first(),
            _ => malformed(format!(
                "there is no property '{name}' here: there are {}",
                set.listed()
            )),
        });
    };
    let operator = match tokens.next()? {
        Token::Word(word) if is_elsewhere(word) => return Err(unsupported(word)),
        Token::Word(word) if Operator::parse(word).is_none() && property.kind != Kind::Flag => {
            return Err(malformed(format!("'{word}' is not one of {OPERATORS}")));
        }
        Token::Word(word) => Operator::parse(word).ok_or_else(|| unsupported(name))?,
        _ if property.kind == Kind::Flag => return Err(unsupported(name)),
        other => {
            let detail = format!("{other} where one of {OPERATORS} was expected after {name}");
            return Err(malformed(detail));
        }
    };
    let expected = example(property.kind);
    let literal = match tokens.next()? {
        Token::Text(text) => Literal::Text(text),
        Token::Word(word) => match Literal::parse(word) {
            Some(literal) => literal,
            None if tokens.is_call() || set.property(word).is_some() || is_float(word) => {
                return Err(unsupported(word));
            }
            None => return Err(malformed(format!("'{word}' where {expected} was expected"))),
        },
        other => return Err(malformed(format!("{other} where {expected} was expected"))),
    };
    if !literal.fits(property.kind) {
        return Err(malformed(format!("{name} is compared with {expected}")));
    }
    Ok(Comparison {
        place,
        operator,
        literal,
    })
}

/// Whether it is a word that joins or compares in OData, and is not taken here.
fn is_elsewhere(word: &str) -> bool {
    ["or", "has", "in", "add", "sub", "mul", "div", "divby", "mod"].contains(&word)
}

fn unsupported(word: &str) -> Error {
    not_implemented(
        OPTION,
        format!(
            "'{word}' cannot be answered: a filter is made of comparisons of a property with a value (eq, ne, gt, ge, lt, le), joined by 'and'"
        ),
    )
}

fn property_first() -> Error {
    not_implemented(
        OPTION,
        "a comparison begins with the property, such as measure eq 'VISITS'",
    )
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
