use super::*;
use proptest::prelude::*;

fn fraction(numerator: i128, denominator: i128) -> Rational {
    Rational::new(numerator, denominator).unwrap()
}

/// Slope, where the line is at 0, and the bounds of the slope, each to twelve decimals.
fn told(points: &[(i128, i128)]) -> [i128; 4] {
    let fit = fit(points).unwrap();
    let intercept = fit.at(fraction(0, 1), fit.slope).unwrap();
    [fit.slope, intercept, fit.low, fit.high].map(|number| number.rounded(12).unwrap())
}

/// A number such as `-1.5` in units of twelve decimals.
fn units(text: &str) -> i128 {
    let (whole, decimals) = text.split_once('.').unwrap();
    let digits: String = decimals.chars().chain("000000000000".chars()).take(12).collect();
    format!("{whole}{digits}").parse().unwrap()
}

/// As `scipy.stats.theilslopes(y, x, 0.95)` of SciPy 1.17.1 has it.
#[test]
fn agrees_with_scipy() {
    type Case<'a> = (&'a [i128], &'a [i128], [&'a str; 4]);
    let sawtooth: Vec<i128> = (1..25).map(|n| (7 * n * n) % 31 + n).collect();
    let cases: [Case; 7] = [
        (
            &[2009, 2010, 2011, 2012, 2013, 2014, 2015, 2016, 2017],
            &[
                300000, 307500, 318200, 329000, 341800, 358900, 379100, 400300, 421337,
            ],
            ["15196.0625", "-30247873.8125", "11780.0", "18650.0"],
        ),
        (
            &[1, 2, 3, 4],
            &[10, 14, 13, 20],
            ["3.166666666667", "5.583333333333", "-1.0", "7.0"],
        ),
        (
            &[1, 2, 4, 5, 7, 8, 9, 12],
            &[5, 7, 7, 9, 9, 9, 14, 13],
            ["0.666666666667", "5.0", "0.333333333333", "1.25"],
        ),
        (
            &[0, 1, 2, 3, 4, 5, 6],
            &[100, 96, 97, 88, 85, 86, 70],
            ["-4.0", "100.0", "-6.75", "-1.5"],
        ),
        (&[1, 2, 3, 4, 5], &[8; 5], ["0.0", "8.0", "0.0", "0.0"]),
        (
            &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1000],
            ["1.0", "0.0", "1.0", "1.0"],
        ),
        (
            &(1..25).collect::<Vec<_>>(),
            &sawtooth,
            ["1.0", "12.5", "0.352941176471", "1.5"],
        ),
    ];
    for (x, y, expected) in cases {
        let points: Vec<(i128, i128)> = x.iter().copied().zip(y.iter().copied()).collect();
        assert_eq!(told(&points), expected.map(units), "{x:?} {y:?}");
    }
}

#[test]
fn three_points_are_no_trend() {
    assert_eq!(fit(&[(1, 1), (2, 2), (3, 3)]), None);
    assert!(fit(&[(1, 1), (2, 2), (3, 3), (4, 4)]).is_some());
}

#[test]
fn what_cannot_be_held_is_none() {
    assert_eq!(fit(&[(1, i128::MIN), (2, i128::MAX), (3, 0), (4, 0)]), None);
    assert_eq!(fit(&[(1, 1), (1, 2), (3, 3), (4, 4)]), None, "two at one place");
}

fn any_points() -> impl Strategy<Value = Vec<(i128, i128)>> {
    proptest::collection::btree_map(
        0_i128..500,
        -9_000_000_000_000_000_000_000_i128..9_000_000_000_000_000_000_000,
        4..30,
    )
    .prop_map(|points| points.into_iter().collect())
}

proptest! {
    #[test]
    fn a_straight_line_is_found_again(slope in -99_i128..99, start in -99_i128..99, points in any_points()) {
        let points: Vec<_> = points.iter().map(|(x, _)| (*x, start + slope * x)).collect();
        let fit = fit(&points).unwrap();
        prop_assert_eq!([fit.slope, fit.low, fit.high], [fraction(slope, 1); 3]);
        prop_assert_eq!(fit.at(fraction(1_000, 1), fit.slope), Some(fraction(start + slope * 1_000, 1)));
    }

    #[test]
    fn the_bounds_hold_the_slope(points in any_points()) {
        let fit = fit(&points).unwrap();
        prop_assert!(fit.low <= fit.slope && fit.slope <= fit.high);
    }

    #[test]
    fn turning_the_series_upside_down_turns_the_slope(points in any_points()) {
        let turned: Vec<_> = points.iter().map(|(x, y)| (*x, -y)).collect();
        let (fit, turned) = (fit(&points).unwrap(), super::fit(&turned).unwrap());
        let minus = |number: Rational| fraction(0, 1).minus(number).unwrap();
        prop_assert_eq!(turned.slope, minus(fit.slope));
        // Both bounds are as many places from their end of the slopes.
        prop_assert_eq!((turned.low, turned.high), (minus(fit.high), minus(fit.low)));
    }

    #[test]
    fn moving_the_series_moves_nothing_but_the_middle(points in any_points(), by in -99_i128..99) {
        let moved: Vec<_> = points.iter().map(|(x, y)| (x + by, *y)).collect();
        let (fit, moved) = (fit(&points).unwrap(), super::fit(&moved).unwrap());
        prop_assert_eq!((fit.slope, fit.low, fit.high), (moved.slope, moved.low, moved.high));
    }
}
