//! An axis with round numbers.

/// Between how many steps an axis is divided, about.
const STEPS: i128 = 5;

/// An axis in units of a measure. It begins at zero, unless all figures are so far from it that zero would flatten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// Where it begins.
    pub low: i128,
    /// Where it ends, above `low`.
    pub high: i128,
    /// From one line to the next: 1, 2 or 5 and zeros.
    pub step: i128,
}

impl Axis {
    /// The axis that figures fit on.
    pub fn over(figures: impl Iterator<Item = i128>) -> Self {
        let (mut least, mut most) = figures
            .map(|units| (units, units))
            .reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
            .unwrap_or((0, 0));
        if least > 0 && least <= most - most / 4 {
            least = 0;
        } else if most < 0 && most >= least - least / 4 {
            most = 0;
        }
        if least == most {
            (least, most) = (least.min(0), most.max(1));
        }
        let step = round_step((most - least).div_ceil_of(STEPS));
        let (low, high) = (least.div_euclid(step) * step, most.div_ceil_of(step) * step);
        Self { low, high, step }
    }

    /// Its round numbers, from `low` to `high`.
    pub fn ticks(self) -> impl Iterator<Item = i128> {
        let count = (self.high - self.low) / self.step;
        (0..=count).map(move |place| self.low + place * self.step)
    }

    /// Whether zero is on it.
    pub fn has_zero(self) -> bool {
        (self.low..=self.high).contains(&0)
    }

    /// How far up a figure stands, of a height.
    pub fn height(self, units: i128, of: i128) -> i128 {
        (units - self.low) * of / (self.high - self.low)
    }
}

/// The next larger number that is 1, 2 or 5 and zeros.
fn round_step(least: i128) -> i128 {
    let mut power = 1;
    loop {
        for step in [power, 2 * power, 5 * power] {
            if step >= least {
                return step;
            }
        }
        power *= 10;
    }
}

trait DivideUp {
    /// Divided by something above zero, rounded up.
    fn div_ceil_of(self, by: Self) -> Self;
}

impl DivideUp for i128 {
    fn div_ceil_of(self, by: Self) -> Self {
        -(-self).div_euclid(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(figures: &[i128]) -> (i128, i128, i128) {
        let axis = Axis::over(figures.iter().copied());
        (axis.low, axis.high, axis.step)
    }

    #[test]
    fn round_numbers_from_zero() {
        assert_eq!(axis(&[30]), (0, 30, 10));
        assert_eq!(axis(&[421_337, 300_000, 600_000]), (0, 600_000, 200_000));
        assert_eq!(axis(&[3, 7]), (0, 8, 2));
        assert_eq!(axis(&[1]), (0, 1, 1));
    }

    #[test]
    fn nothing_and_nothing_but_zero_have_an_axis_too() {
        assert_eq!(axis(&[]), (0, 1, 1));
        assert_eq!(axis(&[0, 0]), (0, 1, 1));
    }

    #[test]
    fn what_is_far_from_zero_is_not_flattened() {
        assert_eq!(axis(&[861, 883]), (860, 885, 5));
        assert!(!Axis::over([861, 883].into_iter()).has_zero());
        assert_eq!(axis(&[-883, -861]), (-885, -860, 5));
    }

    #[test]
    fn zero_is_between_gain_and_loss() {
        assert_eq!(axis(&[-30, 45]), (-40, 60, 20));
    }

    proptest! {
        #[test]
        fn every_figure_is_on_it(figures in prop::collection::vec(-(1_i128 << 53)..(1 << 53), 1..9)) {
            let axis = Axis::over(figures.iter().copied());
            prop_assert!(axis.low < axis.high);
            for &units in &figures {
                prop_assert!((axis.low..=axis.high).contains(&units));
                prop_assert!((0..=1000).contains(&axis.height(units, 1000)));
            }
            let ticks: Vec<i128> = axis.ticks().collect();
            prop_assert!((2..=8).contains(&ticks.len()), "{:?}", axis);
            prop_assert_eq!((ticks[0], ticks[ticks.len() - 1]), (axis.low, axis.high));
        }
    }
}
