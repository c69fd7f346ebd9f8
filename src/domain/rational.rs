//! Exact fractions, for figures before they are rounded. Every operation is exact or says that it cannot be.

use std::cmp::Ordering;

/// A fraction in lowest terms with a denominator above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    numerator: i128,
    denominator: i128,
}

impl Rational {
    /// The fraction; `None` when the denominator is zero or the fraction cannot be held.
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let common = i128::try_from(greatest_common_divisor(
            numerator.unsigned_abs(),
            denominator.unsigned_abs(),
        ))
        .ok()?;
        let (numerator, denominator) = (numerator / common, denominator / common);
        if denominator > 0 {
            Some(Self {
                numerator,
                denominator,
            })
        } else {
            Some(Self {
                numerator: numerator.checked_neg()?,
                denominator: denominator.checked_neg()?,
            })
        }
    }

    /// A value of that many units, scaled by ten to the power of `decimals`.
    pub fn of_units(units: i128, decimals: u8) -> Option<Self> {
        Self::new(units, 10_i128.checked_pow(u32::from(decimals))?)
    }

    /// The number above the line.
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// The number below the line, always above zero.
    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// The sum; `None` when it cannot be held.
    pub fn plus(self, other: Self) -> Option<Self> {
        let numerator = other.numerator.checked_neg()?;
        self.minus(Self { numerator, ..other })
    }

    /// The product; `None` when it cannot be held.
    pub fn times(self, other: Self) -> Option<Self> {
        let (left, right) = (
            Self::new(self.numerator, other.denominator)?,
            Self::new(other.numerator, self.denominator)?,
        );
        Self::new(
            left.numerator.checked_mul(right.numerator)?,
            left.denominator.checked_mul(right.denominator)?,
        )
    }

    /// The least whole number that is not below it.
    pub fn ceiling(self) -> i128 {
        let whole = self.numerator.div_euclid(self.denominator);
        whole + i128::from(self.numerator.rem_euclid(self.denominator) != 0)
    }

    /// The difference; `None` when it cannot be held.
    pub fn minus(self, other: Self) -> Option<Self> {
        let above = self.numerator.checked_mul(other.denominator)?;
        let below = other.numerator.checked_mul(self.denominator)?;
        Self::new(
            above.checked_sub(below)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    /// The quotient; `None` when the divisor is zero or the quotient cannot be held.
    pub fn over(self, other: Self) -> Option<Self> {
        let (above, below) = (
            Self::new(self.numerator, other.numerator)?,
            Self::new(other.denominator, self.denominator)?,
        );
        Self::new(
            above.numerator.checked_mul(below.numerator)?,
            above.denominator.checked_mul(below.denominator)?,
        )
    }

    /// The value in units scaled by ten to the power of `decimals`, rounded half away from zero; `None` when it cannot
    /// be held.
    pub fn rounded(self, decimals: u8) -> Option<i128> {
        // Digit by digit, so that no product is larger than ten times the denominator.
        let denominator = self.denominator.unsigned_abs();
        let mut units = self.numerator.unsigned_abs() / denominator;
        let mut rest = self.numerator.unsigned_abs() % denominator;
        for _ in 0..decimals {
            let shifted = rest.checked_mul(10)?;
            units = units.checked_mul(10)?.checked_add(shifted / denominator)?;
            rest = shifted % denominator;
        }
        if rest >= denominator - rest {
            units = units.checked_add(1)?;
        }
        let units = i128::try_from(units).ok()?;
        Some(if self.is_negative() { -units } else { units })
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    /// Compares whole parts, then the remainders turned upside down: exact, and nothing is multiplied.
    fn cmp(&self, other: &Self) -> Ordering {
        let whole = self
            .numerator
            .div_euclid(self.denominator)
            .cmp(&other.numerator.div_euclid(other.denominator));
        let rest = |fraction: &Self| fraction.numerator.rem_euclid(fraction.denominator);
        whole.then_with(|| match (rest(self), rest(other)) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Less,
            (_, 0) => Ordering::Greater,
            (left, right) => {
                let turned = |denominator, numerator| Self {
                    numerator: denominator,
                    denominator: numerator,
                };
                turned(other.denominator, right).cmp(&turned(self.denominator, left))
            }
        })
    }
}

const fn greatest_common_divisor(mut left: u128, mut right: u128) -> u128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fraction(numerator: i128, denominator: i128) -> Rational {
        Rational::new(numerator, denominator).unwrap()
    }

    #[test]
    fn keeps_lowest_terms_and_a_positive_denominator() {
        assert_eq!(fraction(6, -4), fraction(-3, 2));
        assert_eq!(
            (fraction(6, -4).numerator(), fraction(6, -4).denominator()),
            (-3, 2)
        );
        assert_eq!(Rational::new(1, 0), None);
    }

    #[test]
    fn rounds_half_away_from_zero() {
        assert_eq!(fraction(1, 2).rounded(0), Some(1));
        assert_eq!(fraction(-1, 2).rounded(0), Some(-1));
        assert_eq!(fraction(121_337, 300_000).rounded(4), Some(4045));
        assert_eq!(fraction(-1, 3).rounded(4), Some(-3333));
        assert_eq!(fraction(i128::MAX, 1).rounded(1), None);
    }

    #[test]
    fn compares_what_cannot_be_multiplied() {
        let huge = i128::MAX;
        assert!(fraction(huge, huge - 1) < fraction(huge - 1, huge - 2));
        assert_eq!(fraction(huge, 2).minus(fraction(1, huge)), None);
    }

    proptest! {
        #[test]
        fn orders_as_cross_products_do(a in -9_i128..9, b in 1_i128..9, c in -9_i128..9, d in 1_i128..9) {
            prop_assert_eq!(fraction(a, b).cmp(&fraction(c, d)), (a * d).cmp(&(c * b)));
        }

        #[test]
        fn adds_and_multiplies_as_fractions_do(a in -99_i128..99, b in 1_i128..99, c in -99_i128..99, d in 1_i128..99) {
            let (left, right) = (fraction(a, b), fraction(c, d));
            prop_assert_eq!(left.plus(right), Rational::new(a * d + c * b, b * d));
            prop_assert_eq!(left.times(right), Rational::new(a * c, b * d));
            let ceiling = fraction(left.ceiling(), 1);
            prop_assert!(ceiling >= left && ceiling.minus(fraction(1, 1)).unwrap() < left);
        }

        #[test]
        fn what_is_taken_away_was_there(a in -99_i128..99, b in 1_i128..99, c in 1_i128..99, d in 1_i128..99) {
            let (left, right) = (fraction(a, b), fraction(c, d));
            let back = left.minus(right).and_then(|rest| rest.minus(fraction(-c, d))).unwrap();
            prop_assert_eq!(back, left);
            prop_assert_eq!(left.over(right).and_then(|part| part.over(fraction(d, c))), Some(left));
        }
    }
}
