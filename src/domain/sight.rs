//! What somebody sees of a coalition at all. What is out of sight cannot be named, and is listed nowhere: it is as if it
//! were not there. What is hidden of the figures within sight is decided in `disclosure`.

use super::disclosure::Audience;
use super::schema::Schema;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Who looks, and at which measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// Who looks.
    pub audience: Audience,
    named: Option<Vec<i32>>,
}

impl Sight {
    /// Everything that is there for an audience.
    pub fn of(audience: Audience) -> Self {
        Self {
            audience,
            named: None,
        }
    }

    /// These measures, which somebody who may has named for the audience.
    pub fn of_measures(audience: Audience, measures: Vec<i32>) -> Self {
        Self {
            audience,
            named: Some(measures),
        }
    }

    /// Of a schema what is within sight. Figures are worked out as before: a ratio that is seen is still made of its
    /// sides, seen or not.
    pub fn schema(&self, whole: Arc<Schema>) -> Arc<Schema> {
        let all = || whole.measures.iter();
        let seen: BTreeSet<i32> = match &self.named {
            Some(named) => named.iter().copied().collect(),
            None => all()
                .filter(|measure| self.audience.shows(&whole, measure))
                .map(|measure| measure.id)
                .collect(),
        };
        if all().all(|measure| seen.contains(&measure.id)) {
            return whole;
        }
        Arc::new(whole.showing(&seen))
    }

    /// Whether a goal in that state is within sight; where not every measure is, it takes one of the goal's that is.
    pub fn shows_goal(&self, state: &str, has_measures_in_sight: bool) -> bool {
        let is_limited = self.named.is_some() || self.audience == Audience::Public;
        self.audience.shows_goal(state) && (has_measures_in_sight || !is_limited)
    }
}

impl Schema {
    /// The schema with only these measures, and the dimensions that they have. The others are set aside: they are found
    /// by their ids alone.
    fn showing(&self, seen: &BTreeSet<i32>) -> Self {
        let mut shown = self.clone();
        let dimensions: BTreeSet<u16> = self
            .measures
            .iter()
            .filter(|measure| seen.contains(&measure.id))
            .flat_map(|measure| measure.dimensions.iter().copied())
            .collect();
        shown.set_aside(
            |measure| seen.contains(&measure.id),
            |dimension| dimensions.contains(&dimension.id),
        );
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cell::Cell;
    use crate::domain::fixture::*;
    use crate::domain::measure::{Disclosure, Measure};

    fn open(measure: Measure) -> Measure {
        Measure {
            disclosure: Disclosure::Open,
            ..measure
        }
    }

    fn whole() -> Arc<Schema> {
        let plain = |measure: Measure| Measure {
            dimensions: vec![],
            ..measure
        };
        Arc::new(schema(vec![
            open(number(1)),
            plain(number(2)),
            open(plain(number(3))),
            ratio(4, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
            ratio(5, (2, Cell::HEADLINE), (3, Cell::HEADLINE)),
        ]))
    }

    fn seen(sight: &Sight) -> Vec<i32> {
        let schema = sight.schema(whole());
        schema.measures.iter().map(|measure| measure.id).collect()
    }

    #[test]
    fn inside_everything_is_in_sight() {
        for audience in [Audience::Backbone, Audience::Protected] {
            let (whole, sight) = (whole(), Sight::of(audience));
            assert!(Arc::ptr_eq(&whole, &sight.schema(whole.clone())));
        }
    }

    #[test]
    fn the_public_sees_what_is_open_and_what_was_named_for_it() {
        assert_eq!(seen(&Sight::of(Audience::Public)), [1, 3]);
        assert_eq!(seen(&Sight::of_measures(Audience::Public, vec![2, 3])), [2, 3]);
        assert_eq!(seen(&Sight::of_measures(Audience::Protected, vec![4])), [4]);
    }

    #[test]
    fn what_is_out_of_sight_has_no_name_but_still_counts() {
        let whole = whole();
        let shown = Sight::of_measures(Audience::Protected, vec![5]).schema(whole.clone());
        for id in [1, 2, 3, 4] {
            let measure = whole.measure(id).unwrap();
            assert!(shown.measure_by_code(&measure.code).is_none());
            assert_eq!(shown.measure(id), Some(measure), "a ratio is made of it");
            assert!(!shown.shows(id));
        }
        assert!(shown.shows(5) && shown.measure_by_code(&whole.measure(5).unwrap().code).is_some());
        assert!(!whole.dimensions.is_empty());
        assert!(shown.dimensions.is_empty(), "the ratio has none");
        for dimension in &whole.dimensions {
            assert!(shown.dimension_by_code(&dimension.code).is_none());
            assert_eq!(shown.dimension(dimension.id), Some(dimension));
        }
        let one = Sight::of_measures(Audience::Protected, vec![1]).schema(whole.clone());
        for &id in &whole.measure(1).unwrap().dimensions {
            let dimension = whole.dimension(id).unwrap();
            assert_eq!(one.dimension_by_code(&dimension.code), Some(dimension));
            let code = &dimension.codes[0];
            assert_eq!(one.code_id(id, &code.code), Some(code.id));
        }
    }

    #[test]
    fn goals_are_seen_with_their_measures() {
        let (inside, public) = (Sight::of(Audience::Protected), Sight::of(Audience::Public));
        assert!(inside.shows_goal("proposed", false) && inside.shows_goal("adopted", false));
        assert!(public.shows_goal("adopted", true));
        assert!(!public.shows_goal("adopted", false) && !public.shows_goal("proposed", true));
        let named = Sight::of_measures(Audience::Protected, vec![1]);
        assert!(named.shows_goal("proposed", true) && !named.shows_goal("adopted", false));
    }
}
