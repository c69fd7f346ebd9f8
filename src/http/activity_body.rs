//! What is sent of an activity, and the rules it has to keep.

use std::sync::Arc;

use serde::Deserialize;

use super::dates::date;
use super::text;
use crate::domain::contribution::{Contribution, ContributionRole};
use crate::domain::given::given;
use crate::domain::issue::Issue;
use crate::domain::measure_cell::measure_of;
use crate::domain::schema::Schema;
use crate::domain::whole_number::{given_whole_or_null, whole_or_null};
use crate::error::Result;
use crate::store::activities::{Activity, ActivityFields};
use crate::store::participants::Participants;

const PLACE: usize = 500;
/// The most goals, and the most measures, of an activity.
const MOST_NAMED: usize = 100;
/// The most contributions of an activity.
const MOST_CONTRIBUTIONS: usize = 500;

/// What an activity may name.
pub struct Known {
    /// The measures.
    pub schema: Arc<Schema>,
    /// The goals: ids and codes.
    pub goals: Vec<(i32, String)>,
    /// The organizations.
    pub participants: Participants,
}

impl Known {
    /// The goal of that code, or an issue at the pointer.
    pub fn goal(&self, code: &str, pointer: &str, issues: &mut Vec<Issue>) -> Option<i32> {
        let found = self
            .goals
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(code));
        if found.is_none() {
            let detail = format!("there is no goal '{}'", shown(code));
            issues.push(Issue::new(pointer, "unknown_goal", detail));
        }
        found.map(|(id, _)| *id)
    }

    /// The organization of that code that is or was in the coalition, or an issue at the pointer.
    pub fn organization(&self, code: &str, pointer: &str, issues: &mut Vec<Issue>) -> Option<i32> {
        let found = self.participants.member(code);
        if found.is_none() {
            let detail = format!(
                "'{}' is not an organization of this coalition: invite it first",
                shown(code)
            );
            issues.push(Issue::new(pointer, "unknown_organization", detail));
        }
        found.map(|found| found.id)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// A new activity.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewActivity {
    title: String,
    #[serde(default)]
    description: String,
    starts_on: String,
    #[serde(default, deserialize_with = "given")]
    ends_on: Option<String>,
    #[serde(default)]
    place: String,
    #[serde(default)]
    goals: Vec<String>,
    #[serde(default)]
    measures: Vec<String>,
    #[serde(default)]
    contributions: Vec<NewContribution>,
    #[serde(default, deserialize_with = "whole_or_null")]
    attendance: Option<i64>,
}

/// A change of an activity.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityPatch {
    #[serde(default, deserialize_with = "given")]
    title: Option<String>,
    #[serde(default, deserialize_with = "given")]
    description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    starts_on: Option<String>,
    #[serde(default, deserialize_with = "given")]
    ends_on: Option<String>,
    #[serde(default, deserialize_with = "given")]
    place: Option<String>,
    #[serde(default, deserialize_with = "given")]
    goals: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    measures: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    contributions: Option<Vec<NewContribution>>,
    #[serde(default, deserialize_with = "given_whole_or_null")]
    attendance: Option<Option<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewContribution {
    organization: String,
    role: ContributionRole,
}

impl NewActivity {
    /// What the activity says, with `entered_by` as its lead if none is named.
    pub fn check(&self, known: &Known, entered_by: i32) -> Result<ActivityFields> {
        let mut issues = Vec::new();
        let fields = ActivityFields {
            title: self.title.trim().to_owned(),
            description: self.description.trim().to_owned(),
            starts_on: day(&self.starts_on, "/starts_on", &mut issues),
            ends_on: match &self.ends_on {
                Some(given) => day(given, "/ends_on", &mut issues),
                None => self.starts_on.clone(),
            },
            place: self.place.trim().to_owned(),
            attendance: attendance(self.attendance, &mut issues),
            goals: goals(known, &self.goals, &mut issues),
            measures: measures(known, &self.measures, &mut issues),
            contributions: contributions(known, &self.contributions, entered_by, &mut issues),
        };
        settle(fields, issues)
    }
}

impl ActivityPatch {
    /// What the activity says after the change.
    pub fn apply(&self, before: &Activity, known: &Known) -> Result<ActivityFields> {
        let mut issues = Vec::new();
        let mut after = before.fields.clone();
        for (given, field) in [
            (&self.title, &mut after.title),
            (&self.description, &mut after.description),
            (&self.place, &mut after.place),
        ] {
            if let Some(given) = given {
                *field = given.trim().to_owned();
            }
        }
        if let Some(given) = &self.starts_on {
            after.starts_on = day(given, "/starts_on", &mut issues);
        }
        if let Some(given) = &self.ends_on {
            after.ends_on = day(given, "/ends_on", &mut issues);
        }
        if let Some(given) = self.attendance {
            after.attendance = attendance(given, &mut issues);
        }
        if let Some(given) = &self.goals {
            after.goals = goals(known, given, &mut issues);
        }
        if let Some(given) = &self.measures {
            after.measures = measures(known, given, &mut issues);
        }
        if let Some(given) = &self.contributions {
            after.contributions = contributions(known, given, before.organization_id, &mut issues);
        }
        settle(after, issues)
    }
}

fn settle(fields: ActivityFields, mut issues: Vec<Issue>) -> Result<ActivityFields> {
    text::name(&fields.title, "/title", &mut issues);
    text::text(&fields.description, "/description", &mut issues);
    text::prose(&fields.place, PLACE, "/place", &mut issues);
    if issues.is_empty() && fields.ends_on < fields.starts_on {
        let detail = format!(
            "it cannot end on {}, before it begins on {}",
            fields.ends_on, fields.starts_on
        );
        issues.push(Issue::new("/ends_on", "ends_before_start", detail));
    }
    text::settle(issues)?;
    Ok(fields)
}

fn day(given: &str, pointer: &str, issues: &mut Vec<Issue>) -> String {
    date(given, pointer, issues).map_or_else(String::new, |day| day.to_string())
}

fn attendance(given: Option<i64>, issues: &mut Vec<Issue>) -> Option<i32> {
    let people = given.map(|people| i32::try_from(people).ok().filter(|people| *people >= 0));
    if people == Some(None) {
        let detail = format!("a number of people from 0 to {}", i32::MAX);
        issues.push(Issue::new("/attendance", "out_of_range", detail));
    }
    people.flatten()
}

/// Ids of what is named by code, each once.
fn named(
    codes: &[String],
    field: &str,
    issues: &mut Vec<Issue>,
    find: impl Fn(&str, &str, &mut Vec<Issue>) -> Option<i32>,
) -> Vec<i32> {
    if too_many(codes.len(), MOST_NAMED, field, issues) {
        return Vec::new();
    }
    let mut ids = Vec::new();
    for (row, code) in codes.iter().enumerate() {
        let pointer = format!("/{field}/{row}");
        match find(code, &pointer, issues) {
            Some(id) if ids.contains(&id) => {
                issues.push(Issue::new(
                    pointer,
                    "repeated",
                    format!("'{code}' stands here twice"),
                ));
            }
            Some(id) => ids.push(id),
            None => {}
        }
    }
    ids.sort_unstable();
    ids
}

fn goals(known: &Known, codes: &[String], issues: &mut Vec<Issue>) -> Vec<i32> {
    named(codes, "goals", issues, |code, pointer, issues| {
        known.goal(code, pointer, issues)
    })
}

fn measures(known: &Known, codes: &[String], issues: &mut Vec<Issue>) -> Vec<i32> {
    named(codes, "measures", issues, |code, pointer, issues| {
        measure_of(&known.schema, code, pointer)
            .map_err(|issue| issues.push(issue))
            .ok()
            .map(|measure| measure.id)
    })
}

fn contributions(
    known: &Known,
    given: &[NewContribution],
    entered_by: i32,
    issues: &mut Vec<Issue>,
) -> Vec<Contribution> {
    if too_many(given.len(), MOST_CONTRIBUTIONS, "contributions", issues) {
        return Vec::new();
    }
    let mut parts = Vec::new();
    for (row, part) in given.iter().enumerate() {
        let pointer = format!("/contributions/{row}");
        let organization = format!("{pointer}/organization");
        let Some(organization_id) = known.organization(&part.organization, &organization, issues) else {
            continue;
        };
        let found = Contribution {
            role: part.role,
            organization_id,
        };
        if parts.contains(&found) {
            let detail = format!("'{}' is named twice as {}", part.organization, part.role);
            issues.push(Issue::new(pointer, "repeated", detail));
        }
        parts.push(found);
    }
    if !given.iter().any(|part| part.role == ContributionRole::Lead) {
        parts.push(Contribution {
            role: ContributionRole::Lead,
            organization_id: entered_by,
        });
    }
    parts.sort_unstable();
    parts
}

fn too_many(count: usize, most: usize, field: &str, issues: &mut Vec<Issue>) -> bool {
    if count > most {
        let detail = format!("at most {most} {field}, not {count}");
        issues.push(Issue::new(format!("/{field}"), "too_many", detail));
    }
    count > most
}
