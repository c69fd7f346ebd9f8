//! A submission as NDJSON: one observation, as in `observations` of the JSON format, on each line. A line that cannot
//! be read is a row that cannot be read; the lines after it are read all the same.

use super::incoming::{Input, Row, Sink, Unreadable};
use super::json_issue::{issue_of, pointer};
use super::submission_json::NewObservation;
use crate::domain::submission::SubmittedRow;
use crate::error::{Error, Result};

/// The longest line, in bytes.
const LONGEST_LINE: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The fields of a row, as they can be pointed at.
const FIELDS: [&str; 8] = [
    "/measure",
    "/period",
    "/cell",
    "/value",
    "/missing",
    "/estimated",
    "/organization",
    "/note",
];

/// Reads the lines from the beginning; what keeps the file from being read at all is the error.
pub fn read(input: &mut dyn Input, sink: &mut dyn Sink) -> Result<()> {
    input.rewind().map_err(Error::internal)?;
    let mut line = Vec::new();
    let (mut number, mut is_empty) = (0_u32, true);
    while let Some(is_whole) = next_line(input, &mut line)? {
        number = number.saturating_add(1);
        let text = match number {
            1 => line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line),
            _ => &line,
        };
        if is_whole && text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        is_empty = false;
        sink.row(Row {
            content: if is_whole {
                observation(text)
            } else {
                Err(too_long())
            },
            line: number,
            column: None,
        })?;
    }
    if is_empty {
        return Err(Error::malformed("", "empty", "the file has no observations"));
    }
    Ok(())
}

/// The next line without its end, and whether it is all of it: of a longer one than is taken, the rest is passed over.
/// `None` after the last.
fn next_line(input: &mut dyn Input, line: &mut Vec<u8>) -> Result<Option<bool>> {
    line.clear();
    let (mut is_whole, mut has_begun) = (true, false);
    loop {
        let piece = input.fill_buf().map_err(Error::internal)?;
        if piece.is_empty() {
            return Ok(has_begun.then_some(is_whole));
        }
        has_begun = true;
        let end = piece.iter().position(|byte| *byte == b'\n');
        let part = &piece[..end.unwrap_or(piece.len())];
        is_whole = is_whole && line.len() + part.len() <= LONGEST_LINE;
        if is_whole {
            line.extend_from_slice(part);
        }
        let consumed = end.map_or(piece.len(), |end| end + 1);
        input.consume(consumed);
        if end.is_some() {
            return Ok(Some(is_whole));
        }
    }
}

fn observation(line: &[u8]) -> std::result::Result<SubmittedRow, Unreadable> {
    let text = std::str::from_utf8(line)
        .map_err(|_| unreadable("not_utf8", "the line has a character that is not UTF-8"))?;
    if !text.trim_start().starts_with('{') {
        let detail = "each line is one observation, such as {\"measure\": \"VISITS\", \"period\": \"2026\", \"value\": 421}";
        return Err(unreadable("malformed_json", detail));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let new: NewObservation = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = pointer(error.path());
        let error = error.into_inner();
        if !error.is_data() {
            return not_json(&error);
        }
        let issue = issue_of(&path, &error.to_string());
        Unreadable {
            field: field_of(&issue.pointer),
            code: issue.code,
            detail: issue.detail,
        }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    if new.has_nul() {
        let detail = "a text holds the character U+0000, which no text can: leave it out";
        return Err(unreadable("nul_character", detail));
    }
    Ok(new.into())
}

fn field_of(pointer: &str) -> &'static str {
    let first = pointer.split('/').nth(1).unwrap_or_default();
    FIELDS
        .into_iter()
        .find(|field| field[1..] == *first)
        .unwrap_or_default()
}

fn not_json(error: &serde_json::Error) -> Unreadable {
    let message = error.to_string();
    // The line that serde means is always the first of the text that it was given.
    let message = message.replace(" at line 1 column", " at column");
    unreadable("malformed_json", format!("the line is not JSON: {message}"))
}

fn too_long() -> Unreadable {
    unreadable(
        "line_too_long",
        "the line is longer than 64 KB; an observation is far shorter: is each on a line of its own?",
    )
}

fn unreadable(code: &'static str, detail: impl Into<String>) -> Unreadable {
    Unreadable {
        field: "",
        code,
        detail: detail.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::super::collected::Collected;
    use super::*;
    use crate::domain::submission::SubmittedValue;

    fn parse(text: impl AsRef<[u8]>) -> Result<Collected> {
        let mut collected = Collected::up_to(1_000);
        let mut input = BufReader::with_capacity(7, Cursor::new(text.as_ref().to_vec()));
        read(&mut input, &mut collected)?;
        Ok(collected)
    }

    /// The code and field of the only line.
    fn refused(text: impl AsRef<[u8]>) -> (&'static str, &'static str) {
        let Row { content, .. } = parse(text).unwrap().rows.remove(0);
        let unreadable = content.unwrap_err();
        (unreadable.code, unreadable.field)
    }

    #[test]
    fn reads_an_observation_a_line_and_counts_lines() {
        let text = "\u{feff}{\"measure\": \"A\", \"value\": 0.10}\r\n\n  \n{\"value\": null, \"cell\": {\"a\": \"b\"}}";
        let rows = parse(text).unwrap().rows;
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 4]);
        let first = rows[0].content.as_ref().unwrap();
        assert_eq!(first.value, SubmittedValue::Number("0.10".into()));
        let second = rows[1].content.as_ref().unwrap();
        assert_eq!(second.value, SubmittedValue::Null);
        assert_eq!(second.cell, [("a".to_owned(), "b".to_owned())]);
    }

    #[test]
    fn goes_on_after_a_line_that_cannot_be_read() {
        let rows = parse("{\"value\": 1\n{\"value\": 2}\nnonsense\n{\"value\": 3}\n")
            .unwrap()
            .rows;
        let good: Vec<bool> = rows.iter().map(|row| row.content.is_ok()).collect();
        assert_eq!(good, [false, true, false, true]);
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        assert_eq!(refused(r#"{"value": "421"}"#), ("wrong_type", "/value"));
        assert_eq!(refused(r#"{"measure": 5}"#), ("wrong_type", "/measure"));
        assert_eq!(refused(r#"{"cell": {"a": 5}}"#), ("wrong_type", "/cell"));
        assert_eq!(refused(r#"{"colour": 5}"#), ("unknown_field", ""));
        assert_eq!(refused(r#"{"note": "\u0000"}"#), ("nul_character", ""));
        assert_eq!(refused(r#"{"value": 1} x"#), ("malformed_json", ""));
        assert_eq!(refused(r#"["A", "2017"]"#), ("malformed_json", ""));
        assert_eq!(refused(b"{\"note\": \"caf\xe9\"}"), ("not_utf8", ""));
    }

    #[test]
    fn bears_deep_and_endless_lines() {
        let deep = |field: &str| format!("{{\"{field}\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(refused(deep("value")), ("wrong_type", "/value"));
        assert_eq!(refused(deep("note")), ("wrong_type", "/note"));
        assert_eq!(refused(deep("x")), ("unknown_field", ""));
        assert_eq!(refused("[".repeat(10_000)).0, "malformed_json");
        let rows = parse(format!(
            "{{\"note\": \"{}\"}}\n{{\"value\": 1}}\n",
            "x".repeat(100_000)
        ));
        let rows = rows.unwrap().rows;
        assert_eq!(rows[0].content.as_ref().unwrap_err().code, "line_too_long");
        assert!(rows[1].content.is_ok() && rows[1].line == 2);
    }

    #[test]
    fn refuses_a_file_without_observations() {
        assert!(parse("").is_err() && parse("\n \r\n").is_err());
    }
}
