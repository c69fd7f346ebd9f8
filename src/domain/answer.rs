//! What an organization answered for a measure, period and cell: a value, or why there is none.

const ESTIMATED: i16 = 1;
const NOT_APPLICABLE: i16 = 2;
const NOT_AVAILABLE: i16 = 4;

/// An answer. No answer at all is the absence of one; a zero is a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A figure.
    Value {
        /// Scaled by the measure's decimals.
        units: i64,
        /// Whether it is marked as an estimate.
        estimated: bool,
    },
    /// The question does not apply to the organization: it is not expected to answer.
    NotApplicable,
    /// It applies, but the figure cannot be had.
    NotAvailable,
}

impl Answer {
    /// Value and flags as stored: 1 estimated, 2 not applicable, 4 not available.
    pub const fn to_columns(self) -> (Option<i64>, i16) {
        match self {
            Self::Value { units, estimated } => (Some(units), if estimated { ESTIMATED } else { 0 }),
            Self::NotApplicable => (None, NOT_APPLICABLE),
            Self::NotAvailable => (None, NOT_AVAILABLE),
        }
    }

    /// The answer of stored columns; `None` for columns that no answer has.
    pub const fn from_columns(value: Option<i64>, flags: i16) -> Option<Self> {
        match (value, flags) {
            (Some(units), 0) => Some(Self::Value {
                units,
                estimated: false,
            }),
            (Some(units), ESTIMATED) => Some(Self::Value {
                units,
                estimated: true,
            }),
            (None, NOT_APPLICABLE) => Some(Self::NotApplicable),
            (None, NOT_AVAILABLE) => Some(Self::NotAvailable),
            _ => None,
        }
    }

    /// The value in units of the measure, if there is one.
    pub const fn units(self) -> Option<i64> {
        match self {
            Self::Value { units, .. } => Some(units),
            _ => None,
        }
    }

    /// Whether the answer is a value marked as an estimate.
    pub const fn is_estimated(self) -> bool {
        matches!(self, Self::Value { estimated: true, .. })
    }

    /// The reason stated in place of a value: `not_applicable` or `not_available`.
    pub const fn missing(self) -> Option<&'static str> {
        match self {
            Self::Value { .. } => None,
            Self::NotApplicable => Some("not_applicable"),
            Self::NotAvailable => Some("not_available"),
        }
    }

    /// The answer that a stated reason stands for; `None` for any other text.
    pub fn from_missing(reason: &str) -> Option<Self> {
        match reason {
            "not_applicable" => Some(Self::NotApplicable),
            "not_available" => Some(Self::NotAvailable),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_every_answer() {
        let value = |units, estimated| Answer::Value { units, estimated };
        for answer in [
            value(0, false),
            value(-7, true),
            Answer::NotApplicable,
            Answer::NotAvailable,
        ] {
            let (value, flags) = answer.to_columns();
            assert_eq!(Answer::from_columns(value, flags), Some(answer));
            assert_eq!(value.is_none(), flags >= 2, "the rule of the observations table");
        }
    }

    #[test]
    fn refuses_columns_that_no_answer_has() {
        for (value, flags) in [(None, 0), (None, 1), (Some(1), 2), (Some(1), 5), (None, 6)] {
            assert_eq!(Answer::from_columns(value, flags), None);
        }
    }

    #[test]
    fn reasons_are_words() {
        assert_eq!(Answer::from_missing("not_available"), Some(Answer::NotAvailable));
        assert_eq!(Answer::NotApplicable.missing(), Some("not_applicable"));
        assert_eq!(Answer::from_missing("unknown"), None);
    }
}
