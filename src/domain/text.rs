//! Names and free texts that people write: not blank where they must not be, and not endless.

use super::issue::Issue;

/// The most characters of a name.
pub const NAME: usize = 200;
/// The most characters of a definition or another longer text.
pub const PROSE: usize = 10_000;
/// The most characters of a unit.
pub const UNIT: usize = 60;
/// The most characters of a note on one figure.
pub const NOTE: usize = 1_000;

/// The text without the blanks around it. An issue at the pointer, when it is blank or has more than `most`
/// characters.
pub fn named(issues: &mut Vec<Issue>, pointer: &str, text: &str, most: usize) -> String {
    if text.trim().is_empty() {
        issues.push(Issue::new(pointer, "required", "cannot be blank"));
    }
    prose(issues, pointer, text, most)
}

/// The text without the blanks around it; it may be empty. An issue at the pointer, when it has more than `most`
/// characters.
pub fn prose(issues: &mut Vec<Issue>, pointer: &str, text: &str, most: usize) -> String {
    let text = text.trim();
    let length = text.chars().count();
    if length > most {
        issues.push(Issue::new(
            pointer,
            "too_long",
            format!("has {length} characters; {most} are the most"),
        ));
    }
    if text
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
    {
        issues.push(Issue::new(
            pointer,
            "invalid_text",
            "has control characters: leave them out",
        ));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_and_refuses() {
        let mut issues = Vec::new();
        assert_eq!(named(&mut issues, "/name", "  Visits ", NAME), "Visits");
        assert_eq!(prose(&mut issues, "/definition", " ", PROSE), "");
        assert!(issues.is_empty());
        prose(&mut Vec::new(), "/definition", "line\nline", PROSE);
        prose(&mut issues, "/definition", "bell\u{7}", PROSE);
        assert_eq!(issues.remove(0).code, "invalid_text");
        named(&mut issues, "/name", " \t", NAME);
        named(&mut issues, "/unit", &"é".repeat(61), UNIT);
        assert_eq!(
            issues
                .iter()
                .map(|issue| (issue.pointer.as_str(), issue.code))
                .collect::<Vec<_>>(),
            [("/name", "required"), ("/unit", "too_long")]
        );
    }
}
