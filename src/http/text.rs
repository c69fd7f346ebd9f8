//! Checks of free text that comes from outside.

use crate::domain::issue::Issue;
use crate::error::{Error, Result};

/// The longest name, in characters.
const NAME: usize = 200;
/// The longest text, in characters.
const TEXT: usize = 10_000;

/// A name: something, on one line, not too long.
pub fn name(text: &str, pointer: &str, issues: &mut Vec<Issue>) {
    let detail = if text.trim().is_empty() {
        "cannot be empty".to_owned()
    } else if text.chars().count() > NAME {
        format!("at most {NAME} characters")
    } else if text.chars().any(char::is_control) {
        "one line, without control characters".to_owned()
    } else {
        return;
    };
    issues.push(Issue::new(pointer, "invalid_text", detail));
}

/// A text of several lines, perhaps empty.
pub fn text(text: &str, pointer: &str, issues: &mut Vec<Issue>) {
    prose(text, TEXT, pointer, issues);
}

/// A text of several lines, perhaps empty, of at most so many characters.
pub fn prose(text: &str, most: usize, pointer: &str, issues: &mut Vec<Issue>) {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.chars().count() > most {
        issues.push(Issue::new(
            pointer,
            "invalid_text",
            format!("at most {most} characters"),
        ));
    } else if text.chars().any(is_control) {
        issues.push(Issue::new(pointer, "invalid_text", "without control characters"));
    }
}

/// A text of several lines that says something, in at most so many characters.
pub fn statement(text: &str, most: usize, pointer: &str, issues: &mut Vec<Issue>) {
    if text.trim().is_empty() {
        issues.push(Issue::new(pointer, "invalid_text", "cannot be empty"));
    } else {
        prose(text, most, pointer, issues);
    }
}

/// An email address, loosely: something, an @, something.
pub fn email(text: &str, pointer: &str, issues: &mut Vec<Issue>) {
    let is_address = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && text.len() <= 254
    }) && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if !is_address {
        issues.push(Issue::new(
            pointer,
            "invalid_email",
            "an email address, such as ana@riverside.example",
        ));
    }
}

/// Goes on if there are no issues.
pub fn settle(issues: Vec<Issue>) -> Result<()> {
    if issues.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(issues))
    }
}
