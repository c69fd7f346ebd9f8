//! The measures that the backbone expects a partner to report, as they are sent.

use super::issue::Issue;
use super::measure::MeasureScope;
use super::measure_cell::measure_of;
use super::partner::PartnerRole;
use super::schema::Schema;

/// The measures' codes, as they are written in the schema and in its order, or everything that is wrong, pointed at
/// below `/expected_measures`. None at all is a choice too: nothing is expected.
pub fn check(schema: &Schema, role: PartnerRole, codes: &[String]) -> Result<Vec<String>, Vec<Issue>> {
    if role != PartnerRole::Partner {
        let detail = format!(
            "measures are expected of partners, and this organization is the coalition's {role}: leave this out, or \
             say null"
        );
        return Err(vec![Issue::new("/expected_measures", "not_a_partner", detail)]);
    }
    let mut issues = Vec::new();
    let mut chosen: Vec<i32> = Vec::new();
    for (row, code) in codes.iter().enumerate() {
        let pointer = format!("/expected_measures/{row}");
        let (issue, detail) = match measure_of(schema, code, &pointer) {
            Err(issue) => {
                issues.push(issue);
                continue;
            }
            Ok(measure) if measure.is_ratio() => (
                "not_reported",
                format!("`{code}` is worked out from two others: name these instead"),
            ),
            Ok(measure) if measure.scope == MeasureScope::Population => (
                "not_in_this_scope",
                format!("`{code}` is about a whole population: who reports it is said by its `reporters`"),
            ),
            Ok(measure) if chosen.contains(&measure.id) => {
                ("repeated_measure", format!("`{code}` is listed twice"))
            }
            Ok(measure) => {
                chosen.push(measure.id);
                continue;
            }
        };
        issues.push(Issue::new(pointer, issue, detail));
    }
    if !issues.is_empty() {
        return Err(issues);
    }
    let measures = schema.measures.iter();
    Ok(measures
        .filter(|measure| chosen.contains(&measure.id))
        .map(|measure| measure.code.clone())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::sample::schema;
    use super::*;

    fn told(role: PartnerRole, codes: &[&str]) -> Result<Vec<String>, Vec<(String, &'static str)>> {
        let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        check(&schema(), role, &codes).map_err(|issues| {
            let issues = issues.into_iter();
            issues.map(|issue| (issue.pointer, issue.code)).collect()
        })
    }

    #[test]
    fn they_are_what_partners_report() {
        assert_eq!(
            told(PartnerRole::Partner, &["visits", "PROGRAMS"]).unwrap(),
            ["PROGRAMS", "Visits"]
        );
        assert_eq!(told(PartnerRole::Partner, &[]).unwrap(), [""; 0]);
        let wrong = ["NOTHING", "PER_PROGRAM", "RESIDENTS", "PROGRAMS", "programs"];
        let at = |row: usize, code| (format!("/expected_measures/{row}"), code);
        assert_eq!(
            told(PartnerRole::Partner, &wrong).unwrap_err(),
            [
                at(0, "unknown_measure"),
                at(1, "not_reported"),
                at(2, "not_in_this_scope"),
                at(4, "repeated_measure"),
            ]
        );
        for role in [PartnerRole::Backbone, PartnerRole::Observer] {
            assert_eq!(
                told(role, &[]).unwrap_err(),
                [("/expected_measures".into(), "not_a_partner")]
            );
        }
    }
}
