use super::laws::{Coalition, answered_by_figures, any_question, rolled_up};
use super::*;
use crate::domain::cube::Row;
use crate::domain::fixture::*;
use crate::domain::question::{Column, Way};
use crate::domain::reported::ReportedRows;
use proptest::prelude::*;

/// Questions about what was reported at a cell, grouped in every way; of half of the coalitions, all figures are there.
fn any_reported() -> impl Strategy<Value = (Coalition, bool)> {
    let region = || Column::Attribute("region".into());
    let columns = proptest::sample::select(vec![
        vec![],
        vec![Column::Organization],
        vec![region()],
        vec![region(), Column::Organization],
        vec![Column::Attribute("sector".into()), region()],
    ]);
    (any_question(), columns, any::<bool>(), any::<bool>()).prop_map(
        |((mut schema, mut organizations, mut question), columns, bounds, only_there)| {
            (question.by, question.bounds) = (columns, bounds);
            for measure in &mut schema.measures {
                measure.counts_people = true;
            }
            if only_there {
                for (_, figures) in &mut organizations {
                    for slice in figures.values_mut() {
                        slice.retain(|cell, _| *cell == question.filter);
                    }
                    figures.retain(|_, slice| !slice.is_empty());
                }
            }
            question = Question {
                measures: vec![1, 2, 3],
                ..question
            };
            question.keep_fitting(&schema);
            question = question.part(&schema, Way::Reported);
            ((schema, organizations, question), only_there)
        },
    )
}

/// What was reported at the filtered cell for a measure and period.
fn reported(
    organizations: &[(OrganizationFacts, Figures)],
    question: &Question,
    slice: (i32, Period),
) -> Vec<(i32, crate::domain::answer::Answer)> {
    let of_one = |(facts, figures): &(OrganizationFacts, Figures)| {
        Some((facts.id, *figures.get(&slice)?.get(&question.filter)?))
    };
    organizations.iter().filter_map(of_one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_was_reported_gives_the_same_rows(((schema, organizations, question), only_there) in any_reported()) {
        let facts: Vec<_> = organizations.iter().map(|(facts, _)| facts.clone()).collect();
        // In any order.
        let roster = Roster::new(facts.into_iter().rev().collect());
        let groups = ReportedRows::new(&schema, &question, &roster);
        let whole = answered_by_figures(&schema, &organizations, &question);
        for (&slice, counts) in &rolled_up(&schema, &organizations).coverage {
            let is_asked = |measure: &&Measure| question.measures.contains(&measure.id)
                && question.bounds(&schema).of(question.kind(measure)).is_some_and(|(first, last)| (first..=last).contains(&slice.1));
            let Some(measure) = schema.measure(slice.0).filter(is_asked) else { continue };
            let found = groups.of(measure, slice.1, counts, &reported(&organizations, &question, slice));
            prop_assert!(found.is_some() || !only_there, "nothing else was reported");
            let Some(rows) = found else { continue };
            let is_of_slice = |row: &&Row| (row.measure_id, row.period) == slice;
            let expected: Vec<Row> = whole.rows.iter().filter(is_of_slice).cloned().collect();
            prop_assert_eq!(rows, expected);
        }
    }
}

/// Whoever reports elsewhere only is missed at the cell, whatever it said there.
#[test]
fn what_was_reported_elsewhere_is_not_passed_over() {
    let plain = schema(vec![number(1)]);
    let asked = by(question(&[1]), &[Column::Organization]);
    let roster = Roster::new(vec![organization(1, None), organization(2, None)]);
    let groups = ReportedRows::new(&plain, &asked, &roster);
    let slice = (1, period("2026"));
    let there = figures(&[(1, "2026", &[], value(4))]);
    for elsewhere in [
        figures(&[(1, "2026", &[(AGE, 1)], value(5))]),
        figures(&[
            (1, "2026", &[], crate::domain::answer::Answer::NotAvailable),
            (1, "2026", &[(AGE, 1)], value(5)),
        ]),
        figures(&[
            (1, "2026", &[], crate::domain::answer::Answer::NotAvailable),
            (
                1,
                "2026",
                &[(AGE, 1)],
                crate::domain::answer::Answer::NotApplicable,
            ),
        ]),
    ] {
        let organizations = [
            (organization(1, None), there.clone()),
            (organization(2, None), elsewhere),
        ];
        let counts = rolled_up(&plain, &organizations).coverage[&slice];
        let found = groups.of(
            &plain.measures[0],
            slice.1,
            &counts,
            &reported(&organizations, &asked, slice),
        );
        assert_eq!(found, None);
    }
}
