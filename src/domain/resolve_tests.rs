use super::*;
use crate::domain::fixture::*;
use proptest::prelude::*;

fn resolved(answers: &[(&[(u16, u16)], Answer)]) -> BTreeMap<Cell, Share> {
    let schema = schema(vec![number(1)]);
    resolve(
        &schema,
        &schema.measures[0],
        answers.iter().map(|(pairs, answer)| (cell(pairs), *answer)),
    )
}

fn sum(shares: &BTreeMap<Cell, Share>, pairs: &[(u16, u16)]) -> Option<i128> {
    shares.get(&cell(pairs)).map(|share| share.sum)
}

#[test]
fn a_total_is_never_counted_twice() {
    let shares = resolved(&[
        (&[], value(100)),
        (&[(AGE, 1)], value(40)),
        (&[(AGE, 2)], value(50)),
    ]);
    assert_eq!(
        sum(&shares, &[]),
        Some(100),
        "taken as reported, though the parts sum to 90"
    );
    assert_eq!(sum(&shares, &[(AGE, 1)]), Some(40));
}

#[test]
fn what_was_not_reported_is_the_sum_of_its_parts() {
    let shares = resolved(&[
        (&[(AGE, 1), (SEX, 1)], value(3)),
        (&[(AGE, 1), (SEX, 2)], value(4)),
        (&[(AGE, 2), (SEX, 1)], value(5)),
    ]);
    for (pairs, expected) in [
        (&[][..], 12),
        (&[(AGE, 1)], 7),
        (&[(AGE, 2)], 5),
        (&[(SEX, 1)], 8),
        (&[(SEX, 2)], 4),
    ] {
        assert_eq!(sum(&shares, pairs), Some(expected), "{pairs:?}");
    }
}

#[test]
fn a_reported_part_stands_for_its_own_parts() {
    let shares = resolved(&[
        (&[(AGE, 1)], value(10)),
        (&[(AGE, 1), (SEX, 1)], value(3)),
        (&[(AGE, 2), (SEX, 1)], value(5)),
    ]);
    assert_eq!(sum(&shares, &[]), Some(15), "10 + 5 by age is more than 8 by sex");
}

#[test]
fn of_several_dimensions_the_greatest_in_magnitude_is_summed() {
    let shares = resolved(&[(&[(AGE, 1)], value(-9)), (&[(SEX, 1)], value(8))]);
    assert_eq!(sum(&shares, &[]), Some(-9));
}

#[test]
fn equal_sums_go_by_dimension_code() {
    let estimate = Answer::Value {
        units: 8,
        estimated: true,
    };
    let shares = resolved(&[(&[(SEX, 1)], estimate), (&[(AGE, 1)], value(8))]);
    assert!(!shares[&Cell::HEADLINE].estimated, "age comes before sex");
    let shares = resolved(&[(&[(SEX, 1)], value(8)), (&[(AGE, 1)], estimate)]);
    assert!(shares[&Cell::HEADLINE].estimated);
}

#[test]
fn overlapping_codes_are_never_summed() {
    let shares = resolved(&[(&[(RACE, 1)], value(4)), (&[(RACE, 2), (AGE, 1)], value(5))]);
    assert_eq!(sum(&shares, &[]), None);
    assert_eq!(sum(&shares, &[(AGE, 1)]), None);
    assert_eq!(sum(&shares, &[(RACE, 2)]), Some(5));
}

#[test]
fn a_total_stated_missing_falls_through_to_its_parts() {
    let shares = resolved(&[
        (&[], Answer::NotAvailable),
        (&[(AGE, 1)], value(4)),
        (&[(AGE, 2)], Answer::NotApplicable),
    ]);
    assert_eq!(sum(&shares, &[]), Some(4));
    assert_eq!(sum(&shares, &[(AGE, 2)]), None);
    assert!(
        resolved(&[(&[], Answer::NotAvailable)]).is_empty(),
        "missing is not zero"
    );
}

#[test]
fn not_stated_and_retired_codes_count() {
    let shares = resolved(&[(&[(AGE, 0)], value(1)), (&[(AGE, 3)], value(2))]);
    assert_eq!(sum(&shares, &[]), Some(3));
}

#[test]
fn only_sums_are_resolved() {
    let schema = schema(vec![aggregated(
        number(1),
        crate::domain::measure::Aggregation::Mean,
    )]);
    let shares = resolve(&schema, &schema.measures[0], [(cell(&[(AGE, 1)]), value(4))]);
    assert_eq!(shares.into_keys().collect::<Vec<_>>(), [cell(&[(AGE, 1)])]);
}

#[test]
fn warns_of_parts_that_exceed_their_total() {
    let schema = schema(vec![number(1)]);
    let exceeded = |answers: &[(&[(u16, u16)], i64)]| {
        parts_exceed_total(
            &schema,
            &schema.measures[0],
            answers.iter().map(|(pairs, units)| (cell(pairs), value(*units))),
        )
    };
    assert_eq!(
        exceeded(&[(&[], 10), (&[(AGE, 1)], 8), (&[(AGE, 2)], 3)]),
        [Cell::HEADLINE]
    );
    assert_eq!(
        exceeded(&[(&[], 10), (&[(AGE, 1), (SEX, 1)], 8), (&[(AGE, 2), (SEX, 2)], 3)]),
        [Cell::HEADLINE]
    );
    assert!(exceeded(&[(&[], 11), (&[(AGE, 1)], 8), (&[(AGE, 2)], 3)]).is_empty());
    assert!(
        exceeded(&[(&[], 1), (&[(RACE, 1)], 8)]).is_empty(),
        "overlapping codes are not parts"
    );
}

/// The rule as it is written, from the top down.
fn recursive(reported: &BTreeMap<Cell, Answer>, wanted: Cell) -> Option<i128> {
    if let Some(units) = reported.get(&wanted).and_then(|answer| answer.units()) {
        return Some(units.into());
    }
    let along = |dimension: u16| {
        let parts = (0..=3).filter_map(|code| recursive(reported, wanted.with(dimension, code)?));
        parts.fold(None, |sum: Option<i128>, part| Some(sum.unwrap_or(0) + part))
    };
    let sums: Vec<i128> = [AGE, SEX]
        .into_iter()
        .filter(|&d| wanted.code(d).is_none())
        .filter_map(along)
        .collect();
    sums.into_iter().rev().max_by_key(|sum| sum.abs())
}

proptest! {
    #[test]
    fn agrees_with_the_rule_as_written(answers in proptest::collection::btree_map(any_cell(), prop_oneof![9 => (-9_i64..60).prop_map(value), 1 => Just(Answer::NotAvailable)], 0..12)) {
        let schema = schema(vec![number(1)]);
        let shares = resolve(&schema, &schema.measures[0], answers.clone());
        for age in [None, Some(0), Some(1), Some(2)] {
            for sex in [None, Some(0), Some(1), Some(2)] {
                for race in [None, Some(0), Some(1), Some(2)] {
                    let pairs = [(AGE, age), (SEX, sex), (RACE, race)];
                    let wanted = cell(&pairs.into_iter().filter_map(|(dimension, code)| Some((dimension, code?))).collect::<Vec<_>>());
                    prop_assert_eq!(shares.get(&wanted).map(|share| share.sum), recursive(&answers, wanted));
                }
            }
        }
    }

    #[test]
    fn resolving_then_summing_gives_the_total(parts in proptest::collection::vec(0_i64..99, 3)) {
        let answers = parts.iter().zip(0..).map(|(&units, code)| (cell(&[(AGE, code), (SEX, 1)]), value(units)));
        let schema = schema(vec![number(1)]);
        let shares = resolve(&schema, &schema.measures[0], answers);
        let total = i128::from(parts.iter().sum::<i64>());
        prop_assert_eq!(shares[&Cell::HEADLINE].sum, total);
        let ages: i128 = (0..3).map(|code| shares[&cell(&[(AGE, code)])].sum).sum();
        prop_assert_eq!(ages, total);
    }
}
