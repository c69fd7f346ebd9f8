use super::collected::Collected;
use super::columns::Columns;
use super::field::Field;
use super::incoming::Row;
use super::table_rows::TableRows;
use crate::domain::sample::schema;
use crate::domain::submission::SubmittedValue;
use chrono::NaiveDate;

fn rows(header: &[&str], fields: &[Field]) -> Vec<Row> {
    let schema = schema();
    let columns = Columns::either(header, &schema).unwrap();
    let mut collected = Collected::up_to(100);
    TableRows::new(columns, &schema)
        .read(fields, 7, &mut collected)
        .unwrap();
    collected.rows
}

fn fields(texts: &[&str]) -> Vec<Field> {
    texts.iter().map(|text| Field::of(text)).collect()
}

fn date(text: &str) -> Field {
    Field::Date(text.parse::<NaiveDate>().unwrap())
}

const TIDY: [&str; 6] = ["measure", "period", "value", "missing", "estimated", "sex"];
const WIDE: [&str; 5] = ["period", "sex", "PROGRAMS", "Visits", "note"];

fn refused(header: &[&str], fields: &[Field]) -> (&'static str, &'static str, String) {
    let unreadable = rows(header, fields).remove(0).content.unwrap_err();
    (unreadable.field, unreadable.code, unreadable.detail)
}

#[test]
fn a_wide_line_has_a_row_for_each_figure() {
    let rows = rows(&WIDE, &fields(&["2026", "f", "1,234", "n/a", "seen"]));
    let content = |place: usize| rows[place].content.clone().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].line, rows[0].column, rows[1].column),
        (7, Some(2), Some(3))
    );
    assert_eq!(content(0).measure.as_deref(), Some("PROGRAMS"));
    assert_eq!(content(0).value, SubmittedValue::Number("1,234".into()));
    assert_eq!(content(1).value, SubmittedValue::Absent);
    assert_eq!(content(1).missing.as_deref(), Some("not_available"));
    for place in 0..2 {
        assert_eq!(content(place).cell, [("sex".to_owned(), "f".to_owned())]);
        assert_eq!(content(place).note.as_deref(), Some("seen"));
    }
}

#[test]
fn a_blank_figure_says_nothing() {
    assert!(rows(&WIDE, &fields(&["2026", "f", "", "", "later"])).is_empty());
    assert!(rows(&TIDY, &fields(&["Visits", "2026-01", "", "", "yes", ""])).is_empty());
    assert!(rows(&TIDY, &[Field::Fault("#REF!".into())]).is_empty());
}

#[test]
fn a_tidy_line_says_why_there_is_no_figure() {
    let said = |value, missing| {
        let mut rows = rows(&TIDY, &fields(&["Visits", "2026-01", value, missing, "", ""]));
        let row = rows.remove(0).content.unwrap();
        (row.value, row.missing.unwrap_or_default())
    };
    assert_eq!(
        said("", "Not applicable"),
        (SubmittedValue::Absent, "not_applicable".into())
    );
    assert_eq!(said("N/A", ""), (SubmittedValue::Absent, "not_available".into()));
    assert_eq!(said("", "holiday"), (SubmittedValue::Absent, "holiday".into()));
    let number = |digits: &str| SubmittedValue::Number(digits.into());
    assert_eq!(said("5", "n/a"), (number("5"), "not_available".into()));
    assert_eq!(said("n/a", "n/a"), (number("n/a"), "not_available".into()));
}

#[test]
fn estimated_is_yes_or_no_in_many_words() {
    let estimated = |field: Field| {
        let mut line = fields(&["Visits", "2026-01", "5", ""]);
        line.push(field);
        rows(&TIDY, &line).remove(0).content.map(|row| row.estimated)
    };
    for field in [Field::Flag(true), Field::of("Yes"), Field::Number("1".into())] {
        assert_eq!(estimated(field), Ok(true));
    }
    assert_eq!(estimated(Field::Blank), Ok(false));
    assert_eq!(estimated(Field::of("perhaps")).unwrap_err().field, "/estimated");
}

#[test]
fn a_date_stands_for_the_period_that_begins_on_it() {
    let period = |measure, day| {
        let line = [Field::of(measure), date(day), Field::of("5")];
        rows(&TIDY, &line)
            .remove(0)
            .content
            .map(|row| row.period.unwrap())
    };
    assert_eq!(period("Visits", "2026-03-01"), Ok("2026-03".into()));
    assert_eq!(period("PROGRAMS", "2026-01-01"), Ok("2026".into()));
    assert_eq!(period("FUNDING", "2026-07-01"), Ok("FY2027".into()));
    assert_eq!(period("nothing", "2026-07-01"), Ok("2026-07-01".into()));
    let refused = period("Visits", "2026-03-05").unwrap_err();
    assert_eq!(refused.field, "/period");
    assert!(
        refused.detail.contains("type a period such as 2026-03"),
        "{}",
        refused.detail
    );
}

#[test]
fn a_date_in_a_wide_table_is_read_for_each_measure() {
    let mut line = fields(&["", "", "5", "6", ""]);
    line[0] = date("2026-02-01");
    let rows = rows(&WIDE, &line);
    assert_eq!(rows[0].content.as_ref().unwrap_err().field, "/period");
    assert_eq!(
        rows[1].content.as_ref().unwrap().period.as_deref(),
        Some("2026-02")
    );
}

#[test]
fn names_the_cell_that_is_wrong() {
    let fault = || Field::Fault("#DIV/0!".into());
    let line = |field| [Field::of("Visits"), Field::of("2026-01"), field];
    let (field, code, detail) = refused(&TIDY, &line(fault()));
    assert_eq!((field, code), ("/value", "cell_error"));
    assert!(detail.starts_with("C7 holds the error #DIV/0!"), "{detail}");
    assert_eq!(refused(&TIDY, &line(Field::Flag(true))).1, "invalid_value");
    assert_eq!(refused(&TIDY, &line(date("2026-01-02"))).1, "invalid_value");
    let mut faulty = fields(&WIDE);
    faulty[1] = date("2026-10-14");
    assert_eq!(refused(&WIDE, &faulty).1, "unexpected_date");
    let aside = fields(&["2026-01", "5", "aside"]);
    assert_eq!(refused(&["period", "Visits", ""], &aside).1, "nameless_column");
    assert_eq!(rows(&["period", "Visits", "(mine)"], &aside).len(), 1);
}
