use super::*;
use crate::domain::chart::{Line, Milestones, Point};
use crate::domain::chart_axis::Axis;
use crate::domain::period::Period;
use crate::domain::status::Status;

fn period(text: &str) -> Period {
    Period::parse(text).unwrap()
}

fn point(text: &str, units: i128) -> Point {
    Point {
        period: period(text),
        units,
        is_provisional: false,
    }
}

fn caption() -> Caption {
    Caption {
        heading: "Library programs".into(),
        about: vec!["Age group: Young adults".into()],
        unit: "programs".into(),
        decimals: 0,
        by: String::new(),
    }
}

/// 2016 to 2018, then nothing for 2019, 2020 hidden, a break before 2022, 2023 provisional, a target for 2026.
fn chart() -> Chart {
    let milestones = Milestones {
        baseline: Some(point("2016", 40)),
        targets: vec![point("2026", 120)],
    };
    let last = Point {
        is_provisional: true,
        ..point("2023", 95)
    };
    Chart {
        window: Some((period("2016"), period("2026"))),
        is_cut: false,
        lines: vec![Line {
            name: String::new(),
            runs: vec![
                vec![point("2016", 40), point("2017", 52), point("2018", 48)],
                vec![point("2021", 70)],
                vec![point("2022", 88), last],
            ],
        }],
        undrawn: 0,
        untold: vec![(period("2020"), Status::Suppressed)],
        missing: vec![period("2019")],
        breaks: vec![period("2022")],
        axis: Axis::over([0, 120].into_iter()),
        milestones,
    }
}

fn drawn(chart: &Chart, caption: &Caption) -> String {
    String::from_utf8(write(chart, caption).unwrap()).unwrap()
}

/// The names of its elements, in order; fails where it is no XML, or has what a picture must not have.
fn elements(svg: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut names = Vec::new();
    loop {
        use quick_xml::events::Event;
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                let name = element.name().as_ref().to_owned();
                for attribute in element.attributes() {
                    let attribute = attribute.unwrap();
                    let key = attribute.key.as_ref();
                    assert!(!key.starts_with("on") && !key.contains("href"), "{key}");
                }
                names.push(name);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let allowed = [
        "svg", "title", "desc", "style", "clipPath", "rect", "path", "text", "g",
    ];
    assert!(
        names.iter().all(|name| allowed.contains(&name.as_str())),
        "{names:?}"
    );
    names
}

fn between<'s>(text: &'s str, from: &str, to: &str) -> &'s str {
    text.split(from).nth(1).unwrap().split(to).next().unwrap()
}

#[test]
fn a_missing_or_hidden_period_breaks_the_line() {
    let svg = drawn(&chart(), &caption());
    elements(&svg);
    let line = between(&svg, "<path class=\"line s0 d0\" d=\"", "\"");
    assert_eq!(line.matches('M').count(), 2, "2021 stands alone: {line}");
    assert_eq!(line.matches('L').count(), 3, "{line}");
    assert_eq!(svg.matches("class=\"mark s0").count(), 6);
    assert_eq!(
        svg.matches("class=\"mark s0 hollow").count(),
        1,
        "one is provisional"
    );
    assert_eq!(
        svg.matches("<path class=\"untold\"").count(),
        2,
        "in the plot and in the legend"
    );
    assert_eq!(svg.matches("<path class=\"break\"").count(), 2);
}

#[test]
fn what_is_drawn_is_told_in_words_too() {
    let svg = drawn(&chart(), &caption());
    assert!(svg.contains("role=\"img\" aria-labelledby=\"title desc\""));
    assert_eq!(
        between(&svg, "<title id=\"title\">", "</title>"),
        "Library programs (Age group: Young adults): 95 programs in 2023"
    );
    assert_eq!(
        between(&svg, "<desc id=\"desc\">", "</desc>"),
        "Line chart by year, 2016 to 2026, in programs. From 40 in 2016 to 95 in 2023; lowest 40 in 2016, highest 95 in \
         2023. No figure for 2019. Not shown for 2020: hidden, because too few organizations reported. Provisional, \
         because not everyone has reported: 2023. Figures from 2022 on cannot be compared with those before. Baseline: 40 \
         in 2016. Target: 120 by 2026."
    );
    for words in [
        "Baseline: 40 in 2016 · Target: 120 by 2026",
        "Hidden: too few",
        "Provisional:",
    ] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn the_way_goes_from_the_baseline_to_the_target_and_on() {
    let svg = drawn(&chart(), &caption());
    let way = between(&svg, "<path class=\"way\" clip-path=\"url(#plot)\" d=\"", "\"");
    let heights_of = |way: &str| -> Vec<String> {
        let places = way.split(['M', 'L']).skip(1);
        places
            .map(|at| at.split(' ').nth(1).unwrap().to_owned())
            .collect()
    };
    let heights = heights_of(way);
    assert_eq!(heights.len(), 3, "{way}");
    assert!(heights[0] != heights[1] && heights[1] == heights[2], "{way}");
    let mut level = chart();
    level.milestones.baseline = None;
    let svg = drawn(&level, &caption());
    let way = between(&svg, "<path class=\"way\" clip-path=\"url(#plot)\" d=\"", "\"");
    let heights = heights_of(way);
    assert_eq!(heights.len(), 3, "{way}");
    assert!(heights.iter().all(|height| *height == heights[0]), "level: {way}");
}

#[test]
fn lines_differ_in_dashes_and_marks_and_have_names() {
    let line = |number: i128| Line {
        name: format!("Group {number}"),
        runs: vec![vec![point("2016", number), point("2017", 2 * number)]],
    };
    let several = Chart {
        lines: (1..=8).map(line).collect(),
        undrawn: 3,
        milestones: Milestones::default(),
        ..chart()
    };
    let svg = drawn(
        &several,
        &Caption {
            by: "Age group".into(),
            ..caption()
        },
    );
    elements(&svg);
    for number in 0..8 {
        let dashed = format!("class=\"line s{number} d{number}\"");
        assert_eq!(svg.matches(&dashed).count(), 2, "in the plot and in the legend");
        assert!(svg.contains(&format!("Group {}</text>", number + 1)));
    }
    assert!(svg.contains("3 more, not drawn"));
    assert!(svg.contains("Smaller lines that are not drawn: 3."));
    assert!(svg.contains("Library programs (Age group: Young adults) by Age group</title>"));
    let shapes: std::collections::BTreeSet<&str> = super::super::chart_marks::SHAPES.into_iter().collect();
    assert_eq!(shapes.len(), 8);
}

#[test]
fn without_figures_it_says_so() {
    let empty = Chart {
        window: None,
        lines: vec![],
        untold: vec![],
        missing: vec![],
        breaks: vec![],
        milestones: Milestones::default(),
        axis: Axis::over(std::iter::empty()),
        ..chart()
    };
    let svg = drawn(&empty, &caption());
    elements(&svg);
    assert!(svg.contains("No figures yet</text>"));
    assert_eq!(
        between(&svg, "<desc id=\"desc\">", "</desc>"),
        "There are no figures yet."
    );
}

#[test]
fn texts_stay_texts() {
    let texts = [
        "</text><script>alert(1)</script>",
        "\"onload=\"alert(1)",
        "]]> <!-- & ' \u{0}\u{b}\u{ffff} {{ 7777 * 7 }}",
        "\u{202e}drawkcab",
    ];
    for text in texts {
        let hostile = Caption {
            heading: text.into(),
            about: vec![text.into()],
            unit: text.into(),
            decimals: 0,
            by: text.into(),
        };
        let line = Line {
            name: text.into(),
            runs: chart().lines[0].runs.clone(),
        };
        let several = Chart {
            lines: vec![line.clone(), line],
            ..chart()
        };
        let svg = drawn(&several, &hostile);
        elements(&svg);
        assert!(!svg.contains("<script") && !svg.contains("54439"), "{svg}");
    }
}

#[test]
fn long_texts_end_within_the_picture() {
    let long = Caption {
        heading: "Everybody who lives here has a place to be and somebody to ask. ".repeat(20),
        about: vec!["x".repeat(500)],
        unit: "u".repeat(300),
        ..caption()
    };
    let svg = drawn(&chart(), &long);
    elements(&svg);
    let shown = svg.split("<text").skip(1).map(|text| between(text, ">", "<"));
    let widest = shown.map(|words| words.chars().count()).max();
    assert!(widest <= Some(BELOW), "{widest:?}");
    assert_eq!(svg.matches("class=\"heading\"").count(), 2);
    assert!(svg.contains(&"x".repeat(500)), "in the title it stands whole");
}

#[test]
fn it_is_light_or_dark_and_fetches_nothing() {
    let svg = drawn(&chart(), &caption());
    assert!(svg.contains("@media (prefers-color-scheme: dark)"));
    let without_namespace = svg.replace("http://www.w3.org/2000/svg", "");
    for fetched in ["http", "url(\"", "@import", "<image", "<use", "data:"] {
        assert!(!without_namespace.contains(fetched), "{fetched}");
    }
}
