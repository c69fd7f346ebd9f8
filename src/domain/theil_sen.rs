//! The slope of a series by Theil and Sen: the median of the slopes between any two points, which a few odd points do
//! not bend, with a confidence interval by ranks.
//!
//! * Slope: H. Theil, *A rank-invariant method of linear and polynomial regression analysis* (1950).
//! * Interval at 95 %: P. K. Sen, *Estimates of the regression coefficient based on Kendall's tau*, Journal of the
//!   American Statistical Association 63 (1968), equation 2.6 with its correction for ties. Of the N sorted slopes it
//!   is bounded by those with the ranks (N ∓ C) / 2, to the nearest, where C = 1.96 · sqrt(Var S) and S is Kendall's
//!   statistic. With four or five points that is all of them.
//! * The line goes through the medians of both coordinates (W. J. Conover, *Practical nonparametric statistics*, 1980).
//!
//! The same as `scipy.stats.theilslopes`, but in exact fractions.

use super::rational::Rational;

/// The fewest points that make a trend.
pub const FEWEST: usize = 4;

/// A line, and how steep it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// The median of the slopes.
    pub slope: Rational,
    /// The lower bound of the slope.
    pub low: Rational,
    /// The upper bound of the slope.
    pub high: Rational,
    /// The medians of the points' coordinates, through which the line goes.
    pub middle: (Rational, Rational),
}

/// The line of some points, whose first coordinates differ. `None` of fewer than [`FEWEST`], or where something is
/// beyond what can be held.
pub fn fit(points: &[(i128, i128)]) -> Option<Fit> {
    if points.len() < FEWEST {
        return None;
    }
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (place, left) in points.iter().enumerate() {
        for right in &points[place + 1..] {
            let (run, rise) = (right.0.checked_sub(left.0)?, right.1.checked_sub(left.1)?);
            slopes.push(Rational::new(rise, run)?);
        }
    }
    slopes.sort_unstable();
    let (low, high) = ranks(slopes.len(), variance(points));
    let coordinate = |of: fn(&(i128, i128)) -> i128| {
        let mut all: Vec<i128> = points.iter().map(of).collect();
        all.sort_unstable();
        let all: Option<Vec<Rational>> = all.into_iter().map(|whole| Rational::new(whole, 1)).collect();
        median(&all?)
    };
    Some(Fit {
        slope: median(&slopes)?,
        low: slopes[low],
        high: slopes[high],
        middle: (coordinate(|point| point.0)?, coordinate(|point| point.1)?),
    })
}

impl Fit {
    /// Where a line of some slope through the middle is; `None` where that is beyond what can be held.
    pub fn at(&self, x: Rational, slope: Rational) -> Option<Rational> {
        x.minus(self.middle.0)?.times(slope)?.plus(self.middle.1)
    }
}

fn median(sorted: &[Rational]) -> Option<Rational> {
    let half = sorted.len() / 2;
    if !sorted.len().is_multiple_of(2) {
        return sorted.get(half).copied();
    }
    let (below, above) = (sorted.get(half.checked_sub(1)?)?, sorted.get(half)?);
    below.plus(*above)?.times(Rational::new(1, 2)?)
}

/// Eighteen times the variance of Kendall's S.
fn variance(points: &[(i128, i128)]) -> u128 {
    let term = |count: usize| {
        let count = count as u128;
        count * (count - 1) * (2 * count + 5)
    };
    let mut values: Vec<i128> = points.iter().map(|point| point.1).collect();
    values.sort_unstable();
    let ties: u128 = values.chunk_by(i128::eq).map(|tied| term(tied.len())).sum();
    term(points.len()) - ties
}

/// The places of the bounds among so many sorted slopes.
fn ranks(slopes: usize, variance: u128) -> (usize, usize) {
    // The square of 1.959963984540054, the 0.975 quantile of the normal distribution, over 18, in 10^-15.
    const SQUARE: u128 = 3_841_458_820_694_124;
    const SCALE: u128 = 1_000_000_000_000_000;
    let whole = (variance * SQUARE / (18 * SCALE)).isqrt() as i128;
    let rounded_up = whole + i128::from(variance > 0);
    let slopes = slopes as i128;
    let low = (slopes + 1 - rounded_up).div_euclid(2) - 1;
    let high = (slopes + 1 + whole).div_euclid(2);
    let place = |rank: i128| usize::try_from(rank.clamp(0, slopes - 1)).unwrap_or(0);
    (place(low), place(high))
}

#[cfg(test)]
#[path = "theil_sen_tests.rs"]
mod tests;
