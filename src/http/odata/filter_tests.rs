//! The laws of the filter: whatever is written is read back, whatever is sent is answered, and each comparison is what
//! it says.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::digits::Digits;
use super::super::token;
use super::*;
use crate::damage::damaged_text;
use crate::domain::decimal::Decimal;

fn set() -> EntitySet {
    EntitySet::aggregates(Some("age_group"))
}

fn status(text: &str) -> Option<u16> {
    match Filter::parse(text, &set()) {
        Ok(_) => None,
        Err(Error::NotImplemented(issue)) => {
            assert_eq!(issue.pointer, "?$filter");
            Some(501)
        }
        Err(Error::Malformed(issues)) => {
            assert_eq!(issues[0].pointer, "?$filter");
            Some(400)
        }
        Err(other) => panic!("{text}: {other}"),
    }
}

fn written(filter: &Filter) -> String {
    let parts = filter.0.iter().map(|comparison| {
        let operator = match comparison.operator {
            Operator::Equal => "eq",
            Operator::NotEqual => "ne",
            Operator::Greater => "gt",
            Operator::GreaterOrEqual => "ge",
            Operator::Less => "lt",
            Operator::LessOrEqual => "le",
        };
        let (literal, name) = match &comparison.literal {
            Literal::Text(text) => (format!("'{}'", text.replace('\'', "''")), "measure"),
            Literal::Date(day) => (day.to_string(), "period_start"),
            Literal::Flag(flag) => (flag.to_string(), "break"),
            _ => ("null".into(), "value"),
        };
        format!("{name} {operator} {literal}")
    });
    parts.collect::<Vec<_>>().join(" and ")
}

fn comparisons() -> impl Strategy<Value = Comparison> {
    let operators = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Less,
        Operator::LessOrEqual,
    ];
    let literals = prop_oneof![
        "[a-z' ()é]{0,6}".prop_map(Literal::Text),
        any::<bool>().prop_map(Literal::Flag),
        (1..28_u32).prop_map(|day| Literal::Date(chrono::NaiveDate::from_ymd_opt(2026, 2, day).unwrap())),
        Just(Literal::Null),
    ];
    (select(operators.to_vec()), literals).prop_map(|(operator, literal)| {
        let name = match literal {
            Literal::Text(_) => "measure",
            Literal::Date(_) => "period_start",
            Literal::Flag(_) => "break",
            _ => "value",
        };
        let (place, _) = set().property(name).unwrap();
        Comparison {
            place,
            operator,
            literal,
        }
    })
}

proptest! {
    #[test]
    fn reads_what_it_writes(comparisons in proptest::collection::vec(comparisons(), 1..5), depth in 0..4_usize) {
        let filter = Filter(comparisons);
        let text = format!("{}{}{}", "(".repeat(depth), written(&filter), " )".repeat(depth));
        prop_assert_eq!(Filter::parse(&text, &set()).unwrap(), filter);
    }

    #[test]
    fn answers_any_text(text in "\\PC{0,60}") {
        status(&text);
    }

    #[test]
    fn answers_any_heap_of_words(words in proptest::collection::vec(select(vec![
        "measure", "value", "break", "eq", "gt", "and", "or", "not", "(", ")", "'", "''", "'a'", "1", "-1.5", "null",
        "2026-01-01", "in", "contains(", "/", ",", " ", "\u{a0}", "é", "\0",
    ]), 0..20)) {
        status(&words.concat());
        status(&words.join(" "));
    }

    #[test]
    fn fuzzed_filters_are_read_or_refused(text in damaged_text(&[
        "measure eq 'VISITS' and value gt -1.50", "(period_start ge 2017-01-01) and break eq false",
        "measure ne 'it''s' and period_end lt 2026-12-31", "contributors le 3 and (value eq null)",
    ])) {
        status(&text);
    }

    #[test]
    fn fuzzed_places_are_read_as_they_are_written(token in damaged_text(&[
        &token::write(&(7, "VISITS")).unwrap(), &token::write(&(i64::MIN, "\u{e9}\"")).unwrap(),
    ])) {
        if let Ok(place) = token::read::<(i64, String)>(&token) {
            prop_assert_eq!(token::read::<(i64, String)>(&token::write(&place).unwrap()).unwrap(), place);
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers(value in -1_000_i64..1_000, other in -1_000_i64..1_000) {
        let filter = Filter::parse(&format!("value gt {other}.50"), &set()).unwrap();
        let mut row = vec![Item::Nothing; set().properties.len()];
        row[set().property("value").unwrap().0] = Item::Number(Decimal::new(value, 0));
        let half = if other < 0 { -5 } else { 5 };
        prop_assert_eq!(filter.holds(&row), value * 10 > other * 10 + half);
    }
}

#[test]
fn tells_what_is_not_done_from_what_is_wrong() {
    for text in [
        "measure eq 'a' or measure eq 'b'",
        "not (measure eq 'a')",
        "contains(measure,'a')",
        "tolower(measure) eq 'a'",
        "value add 1 gt 2",
        "measure in ('a','b')",
        "'a' eq measure",
        "1 eq value",
        "value eq numerator",
        "year(period_start) eq 2026",
        "measure/name eq 'a'",
        "value eq duration'P1D'",
        "period_start ge date(2026-01-01)",
        "value gt 1e3",
        "value lt INF",
        "break",
    ] {
        assert_eq!(status(text), Some(501), "{text}");
    }
    for text in [
        "",
        "   ",
        "measure",
        "measure eq",
        "measure eq 'a",
        "measure eq a",
        "measure is 'a'",
        "colour eq 'a'",
        "measure eq 1",
        "value eq '1'",
        "period_start eq '2026-01-01'",
        "period_start eq 2026-1-1",
        "period_start eq 2026-02-30",
        "break eq 1",
        "(measure eq 'a'",
        "measure eq 'a')",
        "measure eq 'a' and",
        "measure eq 'a' measure eq 'b'",
        "measure EQ 'a'",
    ] {
        assert_eq!(status(text), Some(400), "{text}");
    }
    assert_eq!(
        status(&format!("measure eq '{}'", "a".repeat(LONGEST))),
        Some(400)
    );
    assert_eq!(status(&"(".repeat(LONGEST)), Some(400));
}

#[test]
fn what_is_missing_equals_null_alone() {
    let row = vec![Item::Nothing; set().properties.len()];
    for (text, holds) in [
        ("value eq null", true),
        ("value ne null", false),
        ("value eq 0", false),
        ("value ne 0", true),
        ("value lt 0", false),
        ("value ge 0", false),
        ("value le null", false),
    ] {
        assert_eq!(Filter::parse(text, &set()).unwrap().holds(&row), holds, "{text}");
    }
    let comparison = Comparison {
        place: 99,
        operator: Operator::NotEqual,
        literal: Literal::Number(Digits::parse("1").unwrap()),
    };
    assert!(comparison.holds(&row));
}
