//! An organization's place in a coalition: role, state, depth, dates and free attributes.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::code::ColumnName;
use super::issue::{Issue, pointer_step};
use super::words::words;

words! {
    /// What an organization is in a coalition.
    PartnerRole {
        /// Supports the coalition: invites partners, publishes the schema, reviews.
        Backbone = "backbone",
        /// Reports its figures.
        Partner = "partner",
        /// Reads only.
        Observer = "observer",
    }
}

words! {
    /// How far an organization has come in.
    PartnerState {
        /// Asked, and has not answered yet.
        Invited = "invited",
        /// Inside.
        Active = "active",
        /// Asked, and said no.
        Declined = "declined",
        /// Was inside, or its invitation was withdrawn.
        Left = "left",
    }
}

words! {
    /// How deep a partnership goes, from the lightest to the deepest; it may go up or down.
    EngagementLevel {
        /// Knows the others.
        Networking = "networking",
        /// Helps the others now and then.
        Cooperating = "cooperating",
        /// Tells the others what it does.
        Informing = "informing",
        /// Runs programmes with the others.
        Collaborating = "collaborating",
        /// Decides with the others.
        Coalition = "coalition",
        /// Works inside the others' places.
        Embedded = "embedded",
        /// Works on one agenda with shared measurement.
        CollectiveImpact = "collective_impact",
    }
}

/// The most attributes that a partner has.
const MOST_ATTRIBUTES: usize = 20;
/// The most characters of an attribute's value.
const VALUE: usize = 200;

/// What is wrong with a partner's attributes, whose object is at the pointer.
pub fn check_attributes(attributes: &BTreeMap<String, String>, pointer: &str, issues: &mut Vec<Issue>) {
    if attributes.len() > MOST_ATTRIBUTES {
        let detail = format!("at most {MOST_ATTRIBUTES} attributes, not {}", attributes.len());
        issues.push(Issue::new(pointer, "too_many", detail));
    }
    for (key, value) in attributes {
        let at = format!("{pointer}/{}", pointer_step(key));
        if let Err(error) = ColumnName::parse(key) {
            issues.push(Issue::new(&at, error.code(), error.to_string()));
        }
        let detail = match value {
            blank if blank.trim().is_empty() => "cannot be empty: leave the attribute out instead".to_owned(),
            none if none == "_" => "`_` stands for none: leave the attribute out instead".to_owned(),
            long if long.chars().count() > VALUE => format!("at most {VALUE} characters"),
            other if other.chars().any(char::is_control) => "one line, without control characters".to_owned(),
            _ => continue,
        };
        issues.push(Issue::new(at, "invalid_text", detail));
    }
}

/// What is wrong with the dates of a membership: the first day cannot come after the last.
pub fn check_dates(from: Option<NaiveDate>, until: Option<NaiveDate>, pointer: &str) -> Result<(), Issue> {
    match (from, until) {
        (Some(from), Some(until)) if from > until => Err(Issue::new(
            pointer,
            "dates_out_of_order",
            format!("the membership would begin on {from}, after its last day, {until}"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(attributes: &[(&str, &str)]) -> Vec<(String, &'static str)> {
        let attributes = attributes
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        let mut issues = Vec::new();
        check_attributes(&attributes, "/attributes", &mut issues);
        issues
            .into_iter()
            .map(|issue| (issue.pointer, issue.code))
            .collect()
    }

    #[test]
    fn attributes_are_columns_with_short_texts() {
        assert_eq!(codes(&[("region", "north"), ("sector", "public")]), []);
        assert_eq!(
            codes(&[
                ("Region", "north"),
                ("region", " "),
                ("value", "x\ny"),
                ("zone", "_")
            ]),
            [
                ("/attributes/Region".into(), "invalid_column_name"),
                ("/attributes/region".into(), "invalid_text"),
                ("/attributes/value".into(), "reserved_name"),
                ("/attributes/value".into(), "invalid_text"),
                ("/attributes/zone".into(), "invalid_text"),
            ]
        );
        let many: Vec<String> = (0..=MOST_ATTRIBUTES).map(|n| format!("key_{n}")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "x")).collect();
        assert_eq!(codes(&many), [("/attributes".into(), "too_many")]);
    }

    #[test]
    fn a_membership_begins_before_it_ends() {
        let day = |text: &str| text.parse().ok();
        assert!(check_dates(day("2026-01-01"), day("2026-01-01"), "").is_ok());
        assert!(check_dates(None, day("2026-01-01"), "").is_ok());
        assert!(check_dates(day("2026-01-02"), day("2026-01-01"), "").is_err());
    }
}
