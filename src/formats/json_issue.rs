//! What serde says of a document or a query, as an issue with a stable code and a place.

use crate::domain::issue::{Issue, pointer_step};

/// What serde says, as an issue: a stable code, and the field where serde names it only in its text.
pub fn issue_of(path: &str, message: &str) -> Issue {
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let ends_with_field = path.rsplit(['/', '?']).next() == Some(quoted);
    let named = |separator: &str| {
        if ends_with_field {
            path.to_owned()
        } else {
            format!("{}{separator}{quoted}", path.trim_end_matches('.'))
        }
    };
    let is_query = path.starts_with('?');
    let separator = if is_query { "" } else { "/" };
    let base = if is_query { "?" } else { path };
    if message.starts_with("unknown field") {
        let expected = message
            .split_once(", expected ")
            .map(|(_, rest)| rest.replace('`', ""))
            .unwrap_or_default();
        let pointer = if is_query {
            format!("{base}{quoted}")
        } else {
            named(separator)
        };
        let known = match expected.as_str() {
            "" | "there are no fields" => "nothing is taken here".to_owned(),
            expected => format!("it takes {}", expected.trim_start_matches("one of ")),
        };
        return Issue {
            pointer,
            code: "unknown_field",
            detail: format!("'{quoted}' is not known here: {known}"),
        };
    }
    if message.starts_with("missing field") {
        let pointer = if is_query {
            format!("{base}{quoted}")
        } else {
            format!("{path}/{quoted}")
        };
        return Issue {
            pointer,
            code: "required",
            detail: format!("'{quoted}' is needed"),
        };
    }
    if message.starts_with("duplicate field") {
        let pointer = if is_query {
            format!("{base}{quoted}")
        } else {
            named(separator)
        };
        return Issue {
            pointer,
            code: "duplicate_field",
            detail: format!("'{quoted}' is given twice"),
        };
    }
    let code = if message.starts_with("unknown variant") {
        "unknown_value"
    } else {
        "wrong_type"
    };
    Issue {
        pointer: path.trim_end_matches(".").to_owned(),
        code,
        detail: message.to_owned(),
    }
}

/// Where in a document something is wrong, as an RFC 6901 pointer.
pub fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", pointer_step(key)),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}
