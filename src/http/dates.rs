//! Dates that come from outside: `YYYY-MM-DD`, in years of four digits.

use chrono::NaiveDate;

use crate::domain::issue::Issue;

/// A date, or an issue at the pointer.
pub fn date(text: &str, pointer: &str, issues: &mut Vec<Issue>) -> Option<NaiveDate> {
    let has_shape = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            0 => (b'1'..=b'9').contains(&byte),
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let date = has_shape
        .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
        .flatten();
    if date.is_none() {
        let shown: String = text.chars().take(40).collect();
        issues.push(Issue::new(
            pointer,
            "invalid_date",
            format!("'{shown}' is not a date of the calendar: write it as 2026-03-05"),
        ));
    }
    date
}

/// A date that may be left out, and that `null` takes away.
pub fn day_or_none(
    given: Option<Option<String>>,
    pointer: &str,
    issues: &mut Vec<Issue>,
) -> Option<Option<NaiveDate>> {
    given.map(|day| day.and_then(|day| date(&day, pointer, issues)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_days_of_the_calendar_only() {
        let mut issues = Vec::new();
        assert!(date("2024-02-29", "/starts_on", &mut issues).is_some());
        assert!(issues.is_empty());
        for text in [
            "2023-02-29",
            "2023-2-9",
            "+123-01-01",
            "0999-01-01",
            "soon",
            "2023-01-01T00:00:00Z",
        ] {
            assert!(date(text, "/starts_on", &mut issues).is_none(), "{text}");
        }
        assert_eq!(issues.len(), 6);
    }
}
