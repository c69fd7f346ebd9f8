//! A small schema and figures for the tests of the rules, and random ones for their laws.

use super::answer::Answer;
use super::cell::Cell;
use super::dimension::{Dimension, DimensionCode};
use super::figures::Figures;
use super::measure::*;
use super::membership::Membership;
use super::period::Period;
use super::period_kind::{FiscalStart, PeriodKind};
use super::period_range::PeriodRange;
use super::question::{Column, Question};
use super::roster::OrganizationFacts;
use super::schema::Schema;
use proptest::prelude::*;
use proptest::sample::select;

pub const AGE: u16 = 1;
pub const SEX: u16 = 2;
pub const RACE: u16 = 3;

/// `age` (children, teens, and the retired old), `sex` (f, m) and the overlapping `race` (a, b).
pub fn dimensions() -> Vec<Dimension> {
    let made = |id, code: &str| DimensionCode {
        id,
        code: code.into(),
        name: code.into(),
        retired: code == "old",
    };
    let dimension = |id, code: &str, overlapping, codes: &[&str]| Dimension {
        id,
        code: code.into(),
        name: code.into(),
        overlapping,
        codes: codes.iter().zip(1..).map(|(code, id)| made(id, code)).collect(),
    };
    let age = dimension(AGE, "age", false, &["children", "teens", "old"]);
    vec![
        age,
        dimension(SEX, "sex", false, &["f", "m"]),
        dimension(RACE, "race", true, &["a", "b"]),
    ]
}

/// A yearly summed flow without decimals over all three dimensions.
pub fn number(id: i32) -> Measure {
    Measure {
        id,
        code: format!("M{id}"),
        version: 1,
        name: String::new(),
        definition: String::new(),
        unit: "things".into(),
        decimals: 0,
        direction: Direction::Up,
        scope: MeasureScope::Performance,
        performance_type: None,
        frequency: PeriodKind::Year,
        dimensions: vec![AGE, SEX, RACE],
        counts_people: false,
        nonnegative: false,
        required: false,
        due_days: None,
        disclosure: Disclosure::Protected,
        expected_range: None,
        retired: false,
        breaks: Vec::new(),
        reporters: Vec::new(),
        kind: MeasureKind::Number {
            accumulation: Accumulation::Flow,
            aggregation: Aggregation::Sum,
        },
    }
}

pub fn monthly(id: i32) -> Measure {
    Measure {
        frequency: PeriodKind::Month,
        ..number(id)
    }
}

pub fn stock(measure: Measure) -> Measure {
    let aggregation = measure.aggregation().unwrap();
    Measure {
        kind: MeasureKind::Number {
            accumulation: Accumulation::Stock,
            aggregation,
        },
        ..measure
    }
}

pub fn aggregated(measure: Measure, aggregation: Aggregation) -> Measure {
    let accumulation = measure.accumulation().unwrap();
    Measure {
        kind: MeasureKind::Number {
            accumulation,
            aggregation,
        },
        ..measure
    }
}

/// A yearly ratio with two decimals.
pub fn ratio(id: i32, numerator: (i32, Cell), denominator: (i32, Cell)) -> Measure {
    let side = |(measure_id, cell)| Side { measure_id, cell };
    Measure {
        decimals: 2,
        kind: MeasureKind::Ratio {
            numerator: side(numerator),
            denominator: side(denominator),
            multiplier: 1,
        },
        ..number(id)
    }
}

pub fn schema(measures: Vec<Measure>) -> Schema {
    Schema::new(
        FiscalStart::new(7).unwrap(),
        1,
        dimensions(),
        measures,
        Vec::new(),
    )
}

pub fn cell(pairs: &[(u16, u16)]) -> Cell {
    pairs.iter().fold(Cell::HEADLINE, |cell, &(dimension, code)| {
        cell.with(dimension, code).unwrap()
    })
}

pub fn period(text: &str) -> Period {
    Period::parse(text).unwrap()
}

pub const fn value(units: i64) -> Answer {
    Answer::Value {
        units,
        estimated: false,
    }
}

/// Measure id, period, cell and answer.
pub type Answered<'a> = (i32, &'a str, &'a [(u16, u16)], Answer);

pub fn figures(answers: &[Answered]) -> Figures {
    let mut figures = Figures::new();
    for (measure, text, pairs, answer) in answers {
        figures
            .entry((*measure, period(text)))
            .or_default()
            .insert(cell(pairs), *answer);
    }
    figures
}

/// A partner for all time.
pub const fn partner(organization_id: i32) -> Membership {
    Membership {
        organization_id,
        is_partner_role: true,
        is_backbone: false,
        from: None,
        until: None,
        measures: None,
    }
}

/// Everything about these measures.
pub fn question(measures: &[i32]) -> Question {
    Question {
        measures: measures.to_vec(),
        by: Vec::new(),
        filter: Cell::HEADLINE,
        at: None,
        range: PeriodRange::ALL,
        bounds: false,
    }
}

/// The question, broken down by these columns.
pub fn by(mut question: Question, columns: &[Column]) -> Question {
    question.by = columns.to_vec();
    question
}

/// A partner named `org` and its id.
pub fn organization(id: i32, region: Option<&str>) -> OrganizationFacts {
    let attributes = region
        .map(|region| ("region".to_owned(), region.to_owned()))
        .into_iter()
        .collect();
    OrganizationFacts {
        id,
        code: format!("org{id}"),
        attributes,
        membership: partner(id),
    }
}

/// Random schemas: two summed numbers, one number of any kind, and ratios of the first two.
pub fn any_schema() -> impl Strategy<Value = Schema> {
    let frequency = || select(vec![PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year]);
    let accumulation = || select(vec![Accumulation::Flow, Accumulation::Stock]);
    let dimensions = || select(vec![vec![], vec![AGE], vec![AGE, SEX], vec![AGE, SEX, RACE]]);
    let aggregation = select(vec![
        Aggregation::Mean,
        Aggregation::None,
        Aggregation::Min,
        Aggregation::Max,
        Aggregation::Sum,
    ]);
    let number = || (frequency(), accumulation(), dimensions());
    let required = proptest::sample::subsequence(vec![1, 2, 3, 4], 0..=2);
    (number(), number(), number(), aggregation, any::<bool>(), required).prop_map(
        |(first, second, third, aggregation, fixes, required)| {
            let made = |id, (frequency, accumulation, dimensions), aggregation| {
                let kind = MeasureKind::Number {
                    accumulation,
                    aggregation,
                };
                Measure {
                    frequency,
                    dimensions,
                    kind,
                    ..self::number(id)
                }
            };
            let fixed = if fixes && first.2.contains(&AGE) {
                cell(&[(AGE, 2)])
            } else {
                Cell::HEADLINE
            };
            let frequency = first.0.max(second.0);
            let mut measures = vec![
                made(1, first.clone(), Aggregation::Sum),
                made(2, second, Aggregation::Sum),
                made(3, third, aggregation),
                Measure {
                    frequency,
                    ..ratio(4, (1, fixed), (2, Cell::HEADLINE))
                },
                Measure {
                    frequency: first.0,
                    ..ratio(5, (1, fixed), (1, Cell::HEADLINE))
                },
            ];
            for measure in &mut measures {
                measure.required = required.contains(&measure.id);
            }
            schema(measures)
        },
    )
}

/// Random figures of one organization for the numbers of such a schema, in the first half of 2026.
pub fn any_figures(schema: &Schema) -> BoxedStrategy<Figures> {
    let numbers: Vec<Measure> = schema
        .measures
        .iter()
        .filter(|measure| !measure.is_ratio())
        .cloned()
        .collect();
    let start = schema.fiscal_start;
    let answer = prop_oneof![
        6 => (-9_i64..60, any::<bool>()).prop_map(|(units, estimated)| Answer::Value { units, estimated }),
        1 => Just(Answer::NotApplicable),
        1 => Just(Answer::NotAvailable),
    ];
    let one =
        (select(numbers), 0_usize..3, any_cell(), answer).prop_map(move |(measure, place, cell, answer)| {
            let periods: Vec<Period> = period("2026").finer_periods(measure.frequency, start).collect();
            let foreign = [AGE, SEX, RACE]
                .into_iter()
                .filter(|dimension| !measure.dimensions.contains(dimension));
            let cell = foreign.fold(cell, |cell, dimension| cell.without(dimension));
            ((measure.id, periods[place.min(periods.len() - 1)]), cell, answer)
        });
    let answers = proptest::collection::vec(one, 0..14);
    answers
        .prop_map(|answers| {
            let mut figures = Figures::new();
            for (slice, cell, answer) in answers {
                figures.entry(slice).or_default().insert(cell, answer);
            }
            figures
        })
        .boxed()
}

/// A random cell over the three dimensions, most often with few of them.
pub fn any_cell() -> impl Strategy<Value = Cell> {
    let code = |dimension, most| prop_oneof![2 => Just(None), 1 => (0_u16..=most).prop_map(move |code| Some((dimension, code)))];
    (code(AGE, 2), code(SEX, 2), code(RACE, 2))
        .prop_map(|(age, sex, race)| cell(&[age, sex, race].into_iter().flatten().collect::<Vec<_>>()))
}
