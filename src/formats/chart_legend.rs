//! What the lines and marks of a drawing mean.

use super::chart_frame::{MARGIN, WIDTH};
use super::chart_marks::{CIRCLE, CROSS, SAMPLE, SHAPES, STONE, STROKE, class_of_line};
use super::chart_text::{clean, shortened, tenths, width};
use crate::domain::caption::Caption;
use crate::domain::chart::{Chart, Line};
use crate::domain::status::Status;

/// One entry: a piece of line, a mark, or both, and words.
pub struct Entry {
    /// From the left, in pixels.
    pub x: String,
    /// From the top, in pixels.
    pub y: String,
    /// How its line looks; empty for none.
    pub line: String,
    /// The path of its line.
    pub path: &'static str,
    /// How its mark looks.
    pub mark: String,
    /// The path of its mark; empty for none.
    pub shape: &'static str,
    /// What it means.
    pub words: String,
}

/// How wide an entry's words may be, in letters.
const MOST_LETTERS: usize = 80;
/// What stands before the words, and what stays free behind them.
const SAMPLE_WIDTH: i128 = 360;
const GAP: i128 = 240;
const ROW: i128 = 220;

impl Entry {
    fn new(line: impl Into<String>, mark: impl Into<String>, shape: &'static str, words: &str) -> Self {
        Self {
            x: String::new(),
            y: String::new(),
            line: line.into(),
            path: SAMPLE,
            mark: mark.into(),
            shape,
            words: shortened(&clean(words), MOST_LETTERS),
        }
    }
}

/// The entries of a chart, row by row from a height on, and the height at which the last row stands.
pub fn legend(chart: &Chart, caption: &Caption, top: i128) -> (Vec<Entry>, i128) {
    let mut entries = entries(chart, caption);
    let (mut x, mut y) = (MARGIN, top);
    for entry in &mut entries {
        let needed = SAMPLE_WIDTH + width(&entry.words);
        if x > MARGIN && x + needed > WIDTH - MARGIN {
            (x, y) = (MARGIN, y + ROW);
        }
        (entry.x, entry.y) = (tenths(x), tenths(y));
        x += needed + GAP;
    }
    (entries, y)
}

fn entries(chart: &Chart, caption: &Caption) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (number, line) in chart
        .lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.name.is_empty())
    {
        let style = format!("line s{number} d{number}");
        entries.push(Entry::new(
            style,
            class_of_line(number, false),
            SHAPES[number],
            &line.name,
        ));
    }
    if chart.undrawn > 0 {
        entries.push(Entry::new(
            "",
            "",
            "",
            &format!("{} more, not drawn", chart.undrawn),
        ));
    }
    let milestones = caption.baseline(chart).into_iter().chain(caption.targets(chart));
    let milestones: Vec<String> = milestones.collect();
    if !milestones.is_empty() {
        entries.push(Entry::new("way", "stone", STONE, &milestones.join(" · ")));
    }
    let has_provisional = chart
        .lines
        .iter()
        .flat_map(Line::points)
        .any(|point| point.is_provisional);
    if has_provisional {
        let words = "Provisional: not everyone has reported";
        entries.push(Entry::new("", "stone", CIRCLE, words));
    }
    for (status, words) in [
        (Status::Suppressed, "Hidden: too few organizations reported"),
        (Status::Conflicting, "No single figure: reports conflict"),
        (Status::Overflow, "Too large to be told"),
    ] {
        if chart.untold.iter().any(|(_, why)| *why == status) {
            entries.push(Entry::new("", "untold", CROSS, words));
        }
    }
    if !chart.breaks.is_empty() {
        entries.push(Entry::new(
            "",
            "break",
            STROKE,
            "Not comparable with what was before",
        ));
    }
    entries
}
