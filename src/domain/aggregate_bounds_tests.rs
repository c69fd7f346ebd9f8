use super::tests::{Answers, cube};
use super::*;
use crate::domain::answer::Answer;
use crate::domain::fixture::*;
use crate::domain::measure::{Accumulation, Aggregation};
use crate::domain::period_kind::PeriodKind;
use crate::domain::question::Column;
use proptest::prelude::*;

fn people(measure: Measure) -> Measure {
    Measure {
        counts_people: true,
        nonnegative: true,
        ..measure
    }
}

fn bounded(question: Question) -> Question {
    Question {
        bounds: true,
        ..question
    }
}

/// The bounds of every row of these partners' answers.
fn bounds(schema: &Schema, question: &Question, partners: &[Answers]) -> Vec<Option<(i128, i128)>> {
    let cube = cube(schema, &bounded(question.clone()), partners);
    cube.rows.iter().map(|row| row.people).collect()
}

#[test]
fn at_least_the_largest_and_at_most_the_sum() {
    let counted = schema(vec![people(number(1))]);
    let partners: [Answers; 3] = [
        &[(1, "2026", &[], value(40))],
        &[
            (1, "2026", &[(AGE, 1)], value(25)),
            (1, "2026", &[(AGE, 2)], value(50)),
        ],
        &[(1, "2026", &[], Answer::NotAvailable)],
    ];
    assert_eq!(bounds(&counted, &question(&[1]), &partners), [Some((75, 115))]);
    assert_eq!(
        bounds(&counted, &question(&[1]), &partners[2..]),
        [None],
        "nobody has a figure"
    );
    let apart = by(question(&[1]), &[Column::Dimension(AGE)]);
    assert_eq!(
        bounds(&counted, &apart, &partners),
        [Some((25, 25)), Some((50, 50)), None],
        "nothing is known of a remainder"
    );
    let apart = by(question(&[1]), &[Column::Organization]);
    assert_eq!(
        bounds(&counted, &apart, &partners),
        [None; 3],
        "an organization counts each once"
    );
    for other in [number(1), people(aggregated(number(1), Aggregation::Max))] {
        assert_eq!(
            bounds(&schema(vec![other]), &question(&[1]), &partners[..1]),
            [None]
        );
    }
}

#[test]
fn who_comes_every_month_is_one_person() {
    let year = Question {
        at: Some(PeriodKind::Year),
        ..question(&[1])
    };
    let partners: [Answers; 2] = [
        &[(1, "2026-01", &[], value(30)), (1, "2026-02", &[], value(35))],
        &[(1, "2026-01", &[], value(50))],
    ];
    let flow = schema(vec![people(monthly(1))]);
    assert_eq!(bounds(&flow, &year, &partners), [Some((50, 115))]);
    let stock = schema(vec![people(stock(monthly(1)))]);
    assert_eq!(bounds(&stock, &year, &partners), [Some((50, 85))]);
}

proptest! {
    #[test]
    fn the_bounds_are_those_of_the_organizations(
        (schema, figures) in any_schema().prop_flat_map(|schema| {
            let figures = proptest::collection::vec(any_figures(&schema), 0..5);
            (Just(schema), figures)
        }),
        yearly in any::<bool>(),
    ) {
        let mut measures = schema.measures.clone();
        for measure in &mut measures {
            *measure = people(measure.clone());
        }
        let schema = super::super::fixture::schema(measures);
        let organizations = || figures.iter().zip(1..).map(|(figures, id)| {
            let mut figures = figures.clone();
            for slice in figures.values_mut() {
                slice.retain(|_, answer| answer.units().is_none_or(|units| units >= 0));
            }
            (organization(id, None), figures)
        });
        let asked = Question { at: yearly.then_some(PeriodKind::Year), ..question(&[1, 2]) };
        let apart = from_figures(&schema, &by(asked.clone(), &[Column::Organization]), organizations());
        for row in from_figures(&schema, &bounded(asked), organizations()).rows {
            let own = apart.rows.iter().filter(|own| (own.measure_id, own.period) == (row.measure_id, row.period));
            let greatest = own.filter_map(|own| own.value).max();
            let measure = schema.measure(row.measure_id).unwrap();
            let is_sum_of_periods = measure.accumulation() == Some(Accumulation::Flow) && row.period.kind() != measure.frequency;
            match row.people {
                None => prop_assert_eq!(greatest, None),
                Some((least, most)) => {
                    prop_assert_eq!(Some(most), row.value);
                    prop_assert!(Some(least) <= greatest && greatest <= Some(most));
                    prop_assert!(is_sum_of_periods || Some(least) == greatest);
                }
            }
        }
    }
}
