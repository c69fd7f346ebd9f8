use super::*;
use crate::domain::measure::Break;
use crate::domain::sample::{self, FUNDING, VISITS};
use proptest::prelude::*;

fn is_far_after(units: i64, earlier: &[i64]) -> bool {
    matches!(
        against_history(units, earlier),
        Some(Doubt::FarFromHistory { .. })
    )
}

#[test]
fn follows_the_score_to_the_unit() {
    // Median 100, deviations 20, 10, 0, 10, 20, so MAD 10: the bound lies at 3.5 · 10 / 0.6745 = 51.89.
    let earlier = [80, 90, 100, 110, 120];
    for (units, is_far) in [(151, false), (152, true), (49, false), (48, true), (100, false)] {
        assert_eq!(is_far_after(units, &earlier), is_far, "{units}");
    }
    let told = against_history(152, &earlier);
    let expected = Doubt::FarFromHistory {
        units: 152,
        earlier: 5,
        twice_median: 200,
    };
    assert_eq!(told, Some(expected));
}

#[test]
fn takes_the_middle_of_an_even_number_exactly() {
    // Median 102.5, deviations 2.5, 2.5, 12.5, 12.5, 22.5, 22.5, so MAD 12.5: the bound lies at 64.86 from it.
    let earlier = [80, 90, 100, 105, 115, 125];
    assert!(!is_far_after(167, &earlier));
    assert!(is_far_after(168, &earlier));
}

#[test]
fn what_never_varied_may_vary_a_little() {
    // A twentieth of 1,000 is 50; 50 · 3.5 / 0.6745 = 259.45.
    assert!(!is_far_after(1_259, &[1_000; 5]));
    assert!(is_far_after(1_260, &[1_000; 5]));
    // One unit: 5.19.
    assert!(!is_far_after(6, &[1; 5]));
    assert!(is_far_after(7, &[1; 5]));
    assert!(!is_far_after(5, &[0; 5]));
}

#[test]
fn a_short_history_is_none() {
    assert_eq!(against_history(1_000_000, &[1; 4]), None);
    assert_eq!(against_history(0, &[5, 5]), None);
}

#[test]
fn a_zero_is_sudden_where_none_was_before() {
    assert_eq!(
        against_history(0, &[5, 1, 900]),
        Some(Doubt::SuddenZero { earlier: 3 })
    );
    assert_eq!(
        against_history(0, &[900; 6]),
        Some(Doubt::SuddenZero { earlier: 6 })
    );
    assert_eq!(against_history(0, &[5, 0, 900]), None);
    // Zeros that came and went, and then never in twelve periods.
    let mut earlier = vec![0];
    earlier.extend([5; 12]);
    assert_eq!(
        against_history(0, &earlier),
        Some(Doubt::SuddenZero { earlier: 12 })
    );
}

#[test]
fn bounds_belong_to_the_range() {
    let schema = sample::schema();
    let funding = schema.measure(FUNDING).unwrap();
    let unexpected: Vec<bool> = [-1, 0, 1_000_050, 1_000_051]
        .map(|units| is_unexpected(funding, units))
        .into();
    assert_eq!(unexpected, [true, false, false, true]);
    assert!(!is_unexpected(schema.measure(VISITS).unwrap(), i64::MAX));
}

#[test]
fn looks_back_twelve_periods_and_not_across_a_break() {
    let schema = sample::schema();
    let mut visits = schema.measure(VISITS).unwrap().clone();
    let month = |text: &str| Period::parse(text).unwrap();
    assert_eq!(first_compared(&visits, month("2024-06")), month("2023-06"));
    assert_eq!(first_compared(&visits, month("1000-03")), month("1000-01"));
    visits.breaks = ["2020-01", "2024-02", "2024-09"]
        .map(|from| Break {
            from: month(from),
            reason: "Counted by camera.".into(),
        })
        .into();
    assert_eq!(first_compared(&visits, month("2024-06")), month("2024-02"));
    assert_eq!(first_compared(&visits, month("2024-02")), month("2024-02"));
    assert_eq!(first_compared(&visits, month("2023-12")), month("2022-12"));
}

#[test]
fn says_what_was_seen() {
    let schema = sample::schema();
    let funding = schema.measure(FUNDING).unwrap();
    let period = Period::parse("FY2024").unwrap();
    let say = |doubt: Doubt| doubt.sentence(&schema, funding, period, &Cell::HEADLINE);
    let far = Doubt::FarFromHistory {
        units: 99_950,
        earlier: 6,
        twice_median: 20_501,
    };
    assert_eq!(
        say(far),
        "`FUNDING` in FY2024 is 999.5, far from the 6 earlier values, whose median is 102.505: if it is right, a note \
         says why"
    );
    assert_eq!(
        say(Doubt::OutsideExpectedRange { units: -5 }),
        "`FUNDING` in FY2024 is -0.05; expected is between 0 and 10000.5: if it is right, a note says why"
    );
}

fn histories() -> impl Strategy<Value = Vec<i64>> {
    let most = crate::domain::decimal::MAX_UNITS;
    let values = prop_oneof![-most..=most, -50_i64..=50, Just(0), 900_i64..1_100];
    prop::collection::vec(values, 0..20)
}

proptest! {
    /// The score in binary fractions, where those are exact enough to tell.
    #[test]
    fn agrees_with_the_formula(units in -3_000_i64..3_000, earlier in prop::collection::vec(-1_000_i64..1_000, 5..=12)) {
        prop_assume!(units != 0);
        let median = |mut numbers: Vec<f64>| {
            numbers.sort_by(f64::total_cmp);
            (numbers[(numbers.len() - 1) / 2] + numbers[numbers.len() / 2]) / 2.0
        };
        let numbers: Vec<f64> = earlier.iter().map(|&units| units as f64).collect();
        let middle = median(numbers.clone());
        let deviation = median(numbers.iter().map(|number| (number - middle).abs()).collect());
        let least = deviation.max(middle.abs() / 20.0).max(1.0);
        let score = 0.6745 * (units as f64 - middle).abs() / least;
        prop_assume!((score - 3.5).abs() > 1e-9);
        prop_assert_eq!(is_far_after(units, &earlier), score > 3.5);
    }

    #[test]
    fn what_was_the_middle_before_is_never_far(earlier in histories()) {
        let mut sorted = earlier[earlier.len().saturating_sub(PERIODS)..].to_vec();
        sorted.sort_unstable();
        if let Some(&middle) = sorted.get(sorted.len() / 2)
            && sorted.len() % 2 == 1
        {
            prop_assert!(!is_far_after(middle, &earlier));
        }
    }

    #[test]
    fn further_out_is_as_doubtful(units in 1_i64..1 << 52, more in 0_i64..1 << 51, earlier in histories()) {
        let upward = earlier.iter().all(|&value| value <= units);
        prop_assume!(upward && is_far_after(units, &earlier));
        prop_assert!(is_far_after(units + more, &earlier));
    }

    #[test]
    fn a_change_of_sign_changes_nothing(units in -5_000_i64..5_000, earlier in histories()) {
        let turned: Vec<i64> = earlier.iter().map(|&value| -value).collect();
        prop_assert_eq!(is_far_after(units, &earlier), is_far_after(-units, &turned));
    }

    #[test]
    fn only_the_last_twelve_count_in_any_order(units in -5_000_i64..5_000, earlier in histories()) {
        let mut last = earlier[earlier.len().saturating_sub(PERIODS)..].to_vec();
        last.reverse();
        prop_assert_eq!(against_history(units, &earlier), against_history(units, &last));
    }
}
