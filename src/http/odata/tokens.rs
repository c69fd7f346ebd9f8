//! What a filter is written in: words, texts in quotes, and parentheses.

use crate::error::{Error, Result};

/// The option that filters stand in.
pub const OPTION: &str = "$filter";

/// What a filter is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Whatever stands without quotes.
    Word(&'a str),
    /// A text that stood in quotes.
    Text(String),
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// Nothing more.
    End,
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(word) => write!(f, "'{word}'"),
            Self::Text(text) => write!(f, "the text '{text}'"),
            Self::Open => f.write_str("'('"),
            Self::Close => f.write_str("')'"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// A filter, from the first token that has not been read.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    /// Those of a filter.
    pub fn of(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next one.
    pub fn next(&mut self) -> Result<Token<'a>> {
        self.rest = self.rest.trim_start();
        let mark = self.rest.chars().next();
        if let Some('\'') = mark {
            return self.text().map(Token::Text);
        }
        let token = match mark {
            None => return Ok(Token::End),
            Some('(') => Token::Open,
            Some(')') => Token::Close,
            Some(_) => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '\'');
                let length = self.rest.find(ends).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(length);
                self.rest = rest;
                return Ok(Token::Word(word));
            }
        };
        self.rest = self.rest.get(1..).unwrap_or_default();
        Ok(token)
    }

    /// A text in quotes; a quote within is written twice.
    fn text(&mut self) -> Result<String> {
        let mut text = String::new();
        let mut rest = self.rest.get(1..).unwrap_or_default();
        while let Some((part, after)) = rest.split_once('\'') {
            text.push_str(part);
            let Some(further) = after.strip_prefix('\'') else {
                self.rest = after;
                return Ok(text);
            };
            text.push('\'');
            rest = further;
        }
        Err(malformed(
            "a text is not closed: it ends with a single quote".into(),
        ))
    }

    /// Whether a parenthesis follows, which makes the word before it a function.
    pub fn is_call(&self) -> bool {
        self.rest.starts_with('(') || self.rest.starts_with('\'')
    }
}

/// 400: a filter that cannot be read.
pub fn malformed(detail: String) -> Error {
    Error::malformed(format!("?{OPTION}"), "invalid_filter", detail)
}
