use super::*;
use crate::domain::fixture::*;
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;

fn row(period: &str, key: &str, units: impl Into<Option<i128>>) -> Row {
    let value = units.into();
    Row {
        measure_id: 1,
        period: super::super::period::Period::parse(period).unwrap(),
        keys: if key.is_empty() {
            [].into()
        } else {
            [key.into()].into()
        },
        value,
        numerator: None,
        denominator: None,
        exact: None,
        contributors: value.map(|_| 3),
        estimated: value.map(|_| 0),
        expected: 3,
        status: if value.is_some() {
            Status::Final
        } else {
            Status::Suppressed
        },
        is_break: false,
        missing: None,
        is_remainder: key == "_",
        eligible: 3,
        people: None,
    }
}

fn question(by: Vec<Column>) -> Question {
    Question {
        measures: vec![1],
        by,
        filter: Default::default(),
        at: None,
        range: PeriodRange::ALL,
        bounds: false,
    }
}

fn cube(rows: Vec<Row>) -> Cube {
    Cube {
        columns: vec![],
        rows,
    }
}

fn chart(rows: Vec<Row>) -> Chart {
    Chart::of(
        &schema(vec![number(1)]),
        &question(vec![]),
        &cube(rows),
        Milestones::default(),
    )
}

fn runs_of(line: &Line) -> Vec<String> {
    let run = |run: &Vec<Point>| {
        run.iter()
            .map(|point| point.period.to_string())
            .collect::<Vec<_>>()
    };
    line.runs.iter().map(|points| run(points).join(" ")).collect()
}

fn point(period: &str, units: i128) -> Point {
    Point {
        period: Period::parse(period).unwrap(),
        units,
        is_provisional: false,
    }
}

fn window_of(chart: &Chart) -> (String, String) {
    let (first, last) = chart.window.unwrap();
    (first.to_string(), last.to_string())
}

#[test]
fn a_missing_period_breaks_the_line_and_is_never_zero() {
    let chart = chart(vec![row("2017", "", 10), row("2018", "", 12), row("2020", "", 0)]);
    assert_eq!(runs_of(&chart.lines[0]), ["2017 2018", "2020"]);
    assert_eq!(chart.missing, [Period::parse("2019").unwrap()]);
    assert_eq!(
        chart.lines[0].points().last().unwrap().units,
        0,
        "a zero is drawn"
    );
    assert!(chart.untold.is_empty());
}

#[test]
fn a_period_that_nobody_has_a_figure_for_is_missing_too() {
    let stated = Row {
        contributors: Some(0),
        status: Status::Final,
        ..row("2018", "", None)
    };
    let chart = chart(vec![row("2017", "", 10), stated]);
    assert_eq!(chart.missing, [Period::parse("2018").unwrap()]);
    assert!(chart.untold.is_empty());
    assert_eq!(window_of(&chart).1, "2018");
}

#[test]
fn what_is_hidden_breaks_it_too_and_is_no_missing_period() {
    let chart = chart(vec![
        row("2017", "", 10),
        row("2018", "", None),
        row("2019", "", 12),
    ]);
    assert_eq!(runs_of(&chart.lines[0]), ["2017", "2019"]);
    assert!(chart.missing.is_empty());
    assert_eq!(
        chart.untold,
        [(Period::parse("2018").unwrap(), Status::Suppressed)]
    );
}

#[test]
fn a_break_in_comparability_breaks_it() {
    let broken = Row {
        is_break: true,
        ..row("2018", "", 12)
    };
    let chart = chart(vec![row("2017", "", 10), broken, row("2019", "", 13)]);
    assert_eq!(runs_of(&chart.lines[0]), ["2017", "2018 2019"]);
    assert_eq!(chart.breaks, [Period::parse("2018").unwrap()]);
}

#[test]
fn lines_stand_in_the_order_of_codes_and_the_largest_are_drawn() {
    let rows = vec![
        row("2017", "_", 1),
        row("2017", "teens", 2),
        row("2017", "children", 3),
    ];
    let by = vec![Column::Dimension(AGE)];
    let chart = Chart::of(
        &schema(vec![number(1)]),
        &question(by),
        &cube(rows),
        Milestones::default(),
    );
    let names: Vec<&str> = chart.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["children", "teens", "Not stated"]);
    let rows = (0..12).map(|n| row("2017", &format!("o{n:02}"), n));
    let chart = Chart::of(
        &schema(vec![number(1)]),
        &question(vec![Column::Organization]),
        &cube(rows.collect()),
        Milestones::default(),
    );
    assert_eq!((chart.lines.len(), chart.undrawn), (MOST_LINES, 4));
    assert_eq!(chart.lines[0].name, "o04");
    let same = (0..12).map(|n| row("2017", &format!("o{n:02}"), 7));
    let chart = Chart::of(
        &schema(vec![number(1)]),
        &question(vec![Column::Organization]),
        &cube(same.collect()),
        Milestones::default(),
    );
    assert_eq!((chart.lines.len(), chart.undrawn), (MOST_LINES, 4));
}

#[test]
fn the_axis_goes_as_far_as_the_milestones_but_the_figures_stay_large() {
    let with = |baseline: &str, target: &str, rows: Vec<Row>| {
        let milestones = Milestones {
            baseline: Some(point(baseline, 5)),
            targets: vec![point(target, 100)],
        };
        Chart::of(
            &schema(vec![number(1)]),
            &question(vec![]),
            &cube(rows),
            milestones,
        )
    };
    let rows = || vec![row("2017", "", 10), row("2018", "", 12)];
    assert_eq!(
        window_of(&with("2015", "2022", rows())),
        ("2015".into(), "2022".into())
    );
    assert_eq!(
        window_of(&with("1950", "2100", rows())),
        ("2005".into(), "2030".into())
    );
    assert_eq!(
        with("2015", "2022", rows()).axis.high,
        100,
        "it has room for the target"
    );
    assert_eq!(
        window_of(&with("2015", "2022", vec![])),
        ("2015".into(), "2022".into())
    );
    assert_eq!(chart(vec![]).window, None);
}

#[test]
fn a_range_that_was_asked_for_is_kept_within_reason() {
    let rows = || vec![row("2017", "", 10), row("2018", "", 12)];
    let asked = |text: &str| {
        let schema = schema(vec![number(1)]);
        let question = Question {
            range: PeriodRange::parse(text, schema.fiscal_start).unwrap(),
            ..question(vec![])
        };
        let milestones = Milestones {
            targets: vec![point("2022", 100)],
            ..Milestones::default()
        };
        window_of(&Chart::of(&schema, &question, &cube(rows()), milestones))
    };
    assert_eq!(asked("2016..2020"), ("2016".into(), "2020".into()));
    assert_eq!(asked("2016.."), ("2016".into(), "2022".into()));
    assert_eq!(asked("1000..9999"), ("2005".into(), "2030".into()));
}

#[test]
fn of_many_periods_the_last_are_drawn() {
    let mut period = Some(Period::parse("2020-01-01").unwrap());
    let days = std::iter::from_fn(|| {
        let this = period?;
        period = this.next();
        Some(this)
    });
    let rows: Vec<Row> = days.take(1_000).map(|day| row(&day.to_string(), "", 1)).collect();
    let chart = chart(rows);
    assert!(chart.is_cut);
    assert_eq!(chart.places(), MOST_PERIODS);
    assert_eq!(chart.window.unwrap().1.to_string(), "2022-09-26");
    assert_eq!(chart.window.unwrap().0.kind(), PeriodKind::Day);
    assert_eq!(chart.lines[0].points().count(), MOST_PERIODS as usize);
}

#[test]
fn the_way_goes_from_the_baseline_over_what_comes_after_it() {
    let milestones = Milestones {
        baseline: Some(point("2015", 5)),
        targets: vec![point("2014", 1), point("2018", 8), point("2022", 100)],
    };
    let way: Vec<i128> = milestones.way().map(|point| point.units).collect();
    assert_eq!(way, [5, 8, 100]);
}
