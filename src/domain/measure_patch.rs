//! Changes to a measure that leave the meaning of its stored figures as it was; everything else is a new measure.

use super::given::{given, given_or_null};
use super::issue::Issue;
use super::measure::{Break, Disclosure, Measure};
use super::measure_rules::{self, NewRange};
use super::period::Period;
use super::schema::Schema;
use super::text;
use super::whole_number::given_whole_or_null;
use serde::Deserialize;

/// The body that changes a measure. What is left out stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasurePatch {
    /// A new name.
    #[serde(default, deserialize_with = "given")]
    pub name: Option<String>,
    /// A new definition; its meaning for stored figures stays, or a break is declared.
    #[serde(default, deserialize_with = "given")]
    pub definition: Option<String>,
    /// Whether every partner is asked for it.
    #[serde(default, deserialize_with = "given")]
    pub required: Option<bool>,
    /// `null` takes the range away.
    #[serde(default, deserialize_with = "given_or_null")]
    pub expected_range: Option<Option<NewRange>>,
    /// `null` takes the due date away.
    #[serde(default, deserialize_with = "given_whole_or_null")]
    pub due_days: Option<Option<i64>>,
    /// All of its dimensions: those that it has, and those that are added.
    #[serde(default, deserialize_with = "given")]
    pub dimensions: Option<Vec<String>>,
    /// Retires the measure, or takes it back into use.
    #[serde(default, deserialize_with = "given")]
    pub retired: Option<bool>,
    /// Only from open to protected.
    #[serde(default, deserialize_with = "given")]
    pub disclosure: Option<Disclosure>,
    /// The first period for which the changed definition holds.
    #[serde(default, deserialize_with = "given")]
    pub break_from: Option<String>,
    /// Why figures from there on cannot be compared with those before.
    #[serde(default, deserialize_with = "given")]
    pub break_reason: Option<String>,
}

impl MeasurePatch {
    /// The measure as it is after the change, its version one more unless nothing changed; or everything that is
    /// wrong.
    pub fn apply(&self, measure: &Measure, schema: &Schema) -> Result<Measure, Vec<Issue>> {
        let mut issues = Vec::new();
        let mut changed = measure.clone();
        if let Some(name) = &self.name {
            changed.name = text::named(&mut issues, "/name", name, text::NAME);
        }
        if let Some(definition) = &self.definition {
            changed.definition = text::prose(&mut issues, "/definition", definition, text::PROSE);
        }
        changed.required = self.required.unwrap_or(measure.required);
        changed.retired = self.retired.unwrap_or(measure.retired);
        if measure.is_ratio() {
            for (name, is_given) in [
                ("dimensions", self.dimensions.is_some()),
                ("expected_range", self.expected_range.is_some()),
                ("due_days", self.due_days.is_some()),
            ] {
                if is_given {
                    let detail = "a ratio has none of its own: it follows from its two sides; leave it out";
                    issues.push(Issue::new(format!("/{name}"), "not_in_this_kind", detail));
                }
            }
        } else {
            self.apply_to_number(&mut issues, schema, &mut changed);
        }
        match self.disclosure {
            Some(Disclosure::Open) if measure.disclosure == Disclosure::Protected => {
                let detail = "a protected measure stays protected: partners reported under that promise; make a new measure";
                issues.push(Issue::new("/disclosure", "cannot_be_loosened", detail));
            }
            Some(disclosure) => changed.disclosure = disclosure,
            None => {}
        }
        self.declare_break(&mut issues, measure, &mut changed);
        if !issues.is_empty() {
            return Err(issues);
        }
        if changed != *measure {
            changed.version += 1;
        }
        Ok(changed)
    }

    fn apply_to_number(&self, issues: &mut Vec<Issue>, schema: &Schema, changed: &mut Measure) {
        if let Some(range) = &self.expected_range {
            changed.expected_range = range
                .as_ref()
                .and_then(|range| range.check(issues, changed.decimals));
        }
        if let Some(days) = self.due_days {
            changed.due_days = days.and_then(|days| measure_rules::due_days(issues, days));
        }
        let Some(codes) = &self.dimensions else { return };
        let dimensions = measure_rules::dimensions(issues, schema, codes);
        for missing in changed
            .dimensions
            .iter()
            .filter(|dimension| !dimensions.contains(dimension))
        {
            let code = schema
                .dimension(*missing)
                .map_or("", |dimension| dimension.code.as_str());
            let detail = format!("dimensions are added, never taken away: list `{code}` too");
            issues.push(Issue::new("/dimensions", "cannot_be_removed", detail));
        }
        changed.dimensions = dimensions;
    }

    fn declare_break(&self, issues: &mut Vec<Issue>, measure: &Measure, changed: &mut Measure) {
        let Some(from) = &self.break_from else {
            if self.break_reason.is_some() {
                issues.push(Issue::new(
                    "/break_from",
                    "required",
                    "say from which period on the break is: `break_from`",
                ));
            }
            return;
        };
        if changed.definition == measure.definition {
            let detail = "a break goes with a changed definition; say what changed in `definition`";
            issues.push(Issue::new("/break_from", "definition_unchanged", detail));
        }
        let reason = self.break_reason.as_deref().unwrap_or("The definition changed.");
        let reason = text::named(issues, "/break_reason", reason, text::NOTE);
        match Period::parse(from) {
            Err(error) => issues.push(Issue::new("/break_from", "invalid_period", error.to_string())),
            Ok(period) if period.kind() != measure.frequency => {
                let detail = format!(
                    "`{}` is reported by {}; write a period such as {}",
                    measure.code,
                    measure.frequency,
                    measure.frequency.example()
                );
                issues.push(Issue::new("/break_from", "wrong_frequency", detail));
            }
            Ok(period) => {
                changed.breaks.retain(|declared| declared.from != period);
                changed.breaks.push(Break { from: period, reason });
                changed.breaks.sort_by_key(|declared| declared.from);
            }
        }
    }
}
