//! Share links: for whom they are, and for how long.

use super::disclosure::Audience;
use super::sight::Sight;
use super::words::words;

words! {
    /// Whom a link is for.
    LinkAudience {
        /// Those who work in the coalition: they see what an observer sees.
        Partners = "partners",
        /// Everybody in the world.
        Public = "public",
    }
}

impl LinkAudience {
    /// What the link shows: the measures that it names, or all that there are for its audience.
    pub fn sight(self, named: Option<Vec<i32>>) -> Sight {
        let audience = match self {
            Self::Partners => Audience::Protected,
            Self::Public => Audience::Public,
        };
        match named {
            Some(named) => Sight::of_measures(audience, named),
            None => Sight::of(audience),
        }
    }
}

/// The most measures that a link names.
pub const MOST_MEASURES: usize = 1_000;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// How long a link holds unless told otherwise, in microseconds: a year.
pub const USUAL: i64 = 365 * DAY;
/// How long a link may hold, in microseconds: five years.
pub const LONGEST: i64 = 5 * 366 * DAY;
