//! A small shared schema for the tests of this module.

use super::cell::Cell;
use super::dimension::{Dimension, DimensionCode};
use super::measure::{
    Accumulation, Aggregation, Direction, Disclosure, Measure, MeasureKind, MeasureScope, PerformanceType,
    Side,
};
use super::period_kind::{FiscalStart, PeriodKind};
use super::schema::Schema;

pub const AGE: u16 = 1;
pub const SEX: u16 = 2;
pub const RACE: u16 = 3;

pub const PROGRAMS: i32 = 1;
pub const VISITS: i32 = 2;
pub const FUNDING: i32 = 3;
pub const RESIDENTS: i32 = 4;
pub const CLOSED: i32 = 5;
pub const PER_PROGRAM: i32 = 6;

pub fn dimension(id: u16, code: &str, overlapping: bool, codes: &[&str]) -> Dimension {
    let codes = codes.iter().zip(1..).map(|(code, id)| {
        let retired = code.starts_with("old");
        DimensionCode {
            id,
            code: (*code).into(),
            name: format!("Named {code}"),
            retired,
        }
    });
    Dimension {
        id,
        code: code.into(),
        name: format!("By {code}"),
        overlapping,
        codes: codes.collect(),
    }
}

pub fn number(id: i32, code: &str, frequency: PeriodKind, dimensions: &[u16]) -> Measure {
    Measure {
        id,
        code: code.into(),
        version: 1,
        name: format!("Named {code}"),
        definition: "As agreed.".into(),
        unit: "units".into(),
        decimals: 0,
        direction: Direction::Up,
        scope: MeasureScope::Performance,
        performance_type: Some(PerformanceType::HowMuch),
        frequency,
        dimensions: dimensions.into(),
        counts_people: false,
        nonnegative: true,
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

/// Dimensions `age_group` (children, young_adult, old_adult: retired), `sex` (f, m), `race` (A, B; overlapping).
/// Measures: PROGRAMS by year, VISITS by month, FUNDING (mean, two decimals, may be negative), RESIDENTS (population),
/// CLOSED (retired) and the ratio PER_PROGRAM of VISITS to PROGRAMS for young adults.
pub fn schema() -> Schema {
    let dimensions = vec![
        dimension(AGE, "age_group", false, &["children", "young_adult", "old_adult"]),
        dimension(SEX, "sex", false, &["f", "m"]),
        dimension(RACE, "race", true, &["A", "B"]),
    ];
    let funding = Measure {
        decimals: 2,
        nonnegative: false,
        kind: MeasureKind::Number {
            accumulation: Accumulation::Stock,
            aggregation: Aggregation::Mean,
        },
        expected_range: Some((Some(0), Some(1_000_050))),
        ..number(FUNDING, "FUNDING", PeriodKind::FiscalYear, &[])
    };
    let residents = Measure {
        scope: MeasureScope::Population,
        performance_type: None,
        ..number(RESIDENTS, "RESIDENTS", PeriodKind::Year, &[])
    };
    let closed = Measure {
        retired: true,
        ..number(CLOSED, "CLOSED", PeriodKind::Year, &[])
    };
    let young = Cell::HEADLINE.with(AGE, 2).unwrap();
    let per_program = Measure {
        decimals: 2,
        disclosure: Disclosure::Open,
        kind: MeasureKind::Ratio {
            numerator: Side {
                measure_id: VISITS,
                cell: Cell::HEADLINE,
            },
            denominator: Side {
                measure_id: PROGRAMS,
                cell: young,
            },
            multiplier: 1,
        },
        ..number(PER_PROGRAM, "PER_PROGRAM", PeriodKind::Year, &[])
    };
    let measures = vec![
        number(PROGRAMS, "PROGRAMS", PeriodKind::Year, &[AGE, SEX]),
        number(VISITS, "Visits", PeriodKind::Month, &[AGE, SEX, RACE]),
        funding,
        residents,
        closed,
        per_program,
    ];
    let cells = vec![
        (1, "age_group=young_adult".into()),
        (2, "age_group=_,sex=f".into()),
        (3, "gone=x".into()),
    ];
    Schema::new(FiscalStart::new(7).unwrap(), 9, dimensions, measures, cells)
}
