use super::*;
use crate::domain::fixture::*;
use crate::domain::membership::Membership;
use crate::domain::period_kind::{FiscalStart, PeriodKind};
use crate::domain::period_range::PeriodRange;
use crate::domain::question::{Column, Way};
use crate::domain::rollup::{Effects, full};
use proptest::prelude::*;

/// The rollup and coverage that the figures make.
pub fn rolled_up(schema: &Schema, organizations: &[(OrganizationFacts, Figures)]) -> Effects {
    let mut rollup = Effects::default();
    for (facts, figures) in organizations {
        rollup.add(
            &full(schema, figures, &|measure, period| {
                facts.membership.expects(schema, measure, period)
            }),
            1,
        );
    }
    rollup
}

fn within<T: Copy>(ranges: &[(i32, Period, Period)], id: i32, period: Period, item: T) -> Option<T> {
    ranges
        .iter()
        .any(|&(measure, first, last)| measure == id && (first..=last).contains(&period))
        .then_some(item)
}

pub type Coalition = (Schema, Vec<(OrganizationFacts, Figures)>, Question);

pub fn any_question() -> impl Strategy<Value = Coalition> {
    let dimensions = proptest::sample::subsequence(vec![AGE, SEX, RACE], 0..=3).prop_shuffle();
    let chosen =
        prop_oneof![2 => Just(None), 1 => proptest::sample::subsequence(vec![1, 2, 3], 0..=3).prop_map(Some)];
    let member = (any::<bool>(), 0_u32..13, chosen).prop_map(|(is_partner_role, months, measures)| {
        let from = (months > 0)
            .then(|| period("2026").start(FiscalStart::JANUARY) + chrono::Months::new(months - 1));
        Membership {
            is_partner_role,
            is_backbone: !is_partner_role,
            from,
            measures,
            ..partner(0)
        }
    });
    let filter = prop_oneof![2 => Just(Cell::HEADLINE), 1 => any_cell()];
    let range = proptest::sample::select(vec![
        PeriodRange::ALL,
        PeriodRange::parse("2026-02..2026", FiscalStart::JANUARY).unwrap(),
    ]);
    (
        any_schema(),
        dimensions,
        filter,
        range,
        proptest::collection::vec(member, 4),
    )
        .prop_flat_map(|(schema, dimensions, filter, range, members)| {
            let figures: Vec<_> = members.iter().map(|_| any_figures(&schema)).collect();
            figures.prop_map(move |figures| {
                let facts = members.iter().zip(1..).map(|(member, id)| OrganizationFacts {
                    membership: Membership {
                        organization_id: id,
                        ..member.clone()
                    },
                    ..organization(id, ["north", "south"].get(id as usize % 3).copied())
                });
                let by = dimensions.iter().copied().map(Column::Dimension).collect();
                let mut question = Question {
                    by,
                    filter,
                    range,
                    ..question(&[4, 1, 2, 3, 5])
                };
                question.keep_fitting(&schema);
                (schema.clone(), facts.zip(figures).collect(), question)
            })
        })
}

fn answered_by_rollup(
    schema: &Schema,
    organizations: &[(OrganizationFacts, Figures)],
    question: &Question,
) -> Cube {
    let rollup = rolled_up(schema, organizations);
    let (totals, covered) = (question.rollup_needed(schema), question.coverage_needed(schema));
    let totals = rollup.totals.iter().filter_map(|(&(id, period, cell), &effect)| {
        within(&totals, id, period, (id, period, cell, Total::from(effect)))
    });
    let coverage = rollup
        .coverage
        .iter()
        .filter_map(|(&(id, period), &counts)| within(&covered, id, period, ((id, period), counts)));
    let organizations = organizations.iter().map(|(facts, _)| facts.clone());
    let roster = Roster::new(organizations.collect());
    from_rollup(schema, question, totals, coverage, &roster)
}

pub fn answered_by_figures(
    schema: &Schema,
    organizations: &[(OrganizationFacts, Figures)],
    question: &Question,
) -> Cube {
    let needed = question.figures_needed(schema);
    let loaded = |figures: &Figures| {
        figures
            .iter()
            .filter_map(|(&(id, period), slice)| within(&needed, id, period, ((id, period), slice)))
            .map(|(key, slice)| (key, slice.clone()))
            .collect()
    };
    from_figures(
        schema,
        question,
        organizations
            .iter()
            .map(|(facts, figures)| (facts.clone(), loaded(figures))),
    )
}

proptest! {
    #[test]
    fn both_ways_give_the_same_cube((schema, organizations, mut question) in any_question()) {
        question = question.part(&schema, Way::Totals);
        prop_assert_eq!(answered_by_rollup(&schema, &organizations, &question), answered_by_figures(&schema, &organizations, &question));
    }

    #[test]
    fn rows_of_sums_add_up_to_their_headline((schema, organizations, question) in any_question(), groups in 0..3, yearly in any::<bool>()) {
        let columns = [vec![], vec![Column::Organization], vec![Column::Attribute("region".into())]][groups as usize].clone();
        let mut narrow = Question { at: yearly.then_some(PeriodKind::Year), ..question };
        narrow.by.retain(|column| *column != Column::Dimension(RACE));
        narrow.measures.retain(|&id| schema.measure(id).is_some_and(Measure::is_sum));
        let wide = Question { by: columns.clone(), ..narrow.clone() };
        narrow.by.splice(0..0, columns);
        let sums = |question: &Question| {
            let mut sums: BTreeMap<(i32, Period, Vec<String>), i128> = BTreeMap::new();
            for row in answered_by_figures(&schema, &organizations, question).rows {
                let keys = row.keys[..wide.by.len()].to_vec();
                *sums.entry((row.measure_id, row.period, keys)).or_default() += row.value.unwrap_or(0);
            }
            sums.retain(|_, sum| *sum != 0);
            sums
        };
        prop_assert_eq!(sums(&narrow), sums(&wide));
    }

    #[test]
    fn organizations_add_up_to_the_whole((schema, organizations, question) in any_question()) {
        let mut question = Question { by: Vec::new(), ..question };
        question.measures.retain(|&id| schema.measure(id).is_some_and(|measure| measure.is_sum() || measure.is_ratio()));
        let apart = by(question.clone(), &[Column::Organization]);
        let sums = |question: &Question| {
            let mut sums: BTreeMap<(i32, Period), (i128, i128, u32)> = BTreeMap::new();
            for row in answered_by_figures(&schema, &organizations, question).rows {
                let sum = sums.entry((row.measure_id, row.period)).or_default();
                sum.0 += row.numerator.or(row.value).unwrap_or(0);
                sum.1 += row.denominator.unwrap_or(0);
                sum.2 += row.contributors.unwrap_or(0);
            }
            sums
        };
        prop_assert_eq!(sums(&question), sums(&apart), "numerators and denominators are sums over organizations too");
    }
}
