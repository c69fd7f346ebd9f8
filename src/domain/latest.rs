//! The latest figure of a measure, and how it changed.
//!
//! Latest is the last ended period that enough organizations answered, as for progress: one early reporter is not the
//! coalition. The change is from the period right before, of the figures as they are shown; there is none where one of
//! the two has no value, or a break begins with the later one.

use super::cube::Row;
use super::period_kind::FiscalStart;
use super::progress::{Point, answered};
use chrono::NaiveDate;

/// A latest figure.
#[derive(Debug, Clone, Copy)]
pub struct Latest<'a> {
    /// Its row.
    pub row: &'a Row,
    /// That of the period right before, if it has a value.
    pub previous: Option<&'a Row>,
    /// In units of the measure.
    pub change: Option<i128>,
}

/// The latest of a measure's rows, which are one for each period; `None` if no period was answered by enough.
pub fn latest(rows: &[Row], fiscal_start: FiscalStart, today: NaiveDate) -> Option<Latest<'_>> {
    let points: Vec<Point> = rows.iter().map(Point::of).collect();
    let last = answered(&points, fiscal_start, today).pop()?.period;
    let find = |period| rows.iter().find(|row| row.period == period);
    let row = find(last)?;
    let previous = last.previous().and_then(find).filter(|row| row.value.is_some());
    let comparable = previous.filter(|_| !row.is_break);
    let change = comparable.and_then(|previous| row.value?.checked_sub(previous.value?));
    Some(Latest {
        row,
        previous,
        change,
    })
}

#[cfg(test)]
mod tests {
    use super::super::aggregate::from_figures;
    use super::super::fixture::*;
    use super::super::measure::{Break, Measure};
    use super::*;

    /// The latest period, the value, the one before and the change in March 2026, of one organization's values by year.
    fn told(measure: Measure, values: &[(&str, i64)]) -> Option<(String, i128, Option<i128>, Option<i128>)> {
        let answers: Vec<_> = values
            .iter()
            .map(|(year, units)| (1, *year, &[][..], value(*units)))
            .collect();
        let organizations = [(organization(1, None), figures(&answers))];
        let cube = from_figures(&schema(vec![measure]), &question(&[1]), organizations);
        let today = "2026-03-02".parse().unwrap();
        let found = latest(&cube.rows, FiscalStart::JANUARY, today)?;
        let previous = found.previous.and_then(|row| row.value);
        Some((
            found.row.period.to_string(),
            found.row.value.unwrap(),
            previous,
            found.change,
        ))
    }

    #[test]
    fn the_change_is_from_the_period_right_before() {
        let values = [("2023", 5), ("2024", 9), ("2025", 7), ("2026", 100)];
        assert_eq!(
            told(number(1), &values),
            Some(("2025".into(), 7, Some(9), Some(-2)))
        );
        assert_eq!(
            told(number(1), &values[..1]),
            Some(("2023".into(), 5, None, None))
        );
        let gap = [("2023", 5), ("2025", 7)];
        assert_eq!(told(number(1), &gap), Some(("2025".into(), 7, None, None)));
        assert_eq!(told(number(1), &[("2026", 100)]), None);
    }

    #[test]
    fn across_a_break_there_is_no_change() {
        let broken = Measure {
            breaks: vec![Break {
                from: period("2025"),
                reason: String::new(),
            }],
            ..number(1)
        };
        let values = [("2024", 9), ("2025", 7)];
        assert_eq!(told(broken, &values), Some(("2025".into(), 7, Some(9), None)));
    }
}
