//! Lines, marks and the way to the target, as paths of a drawing.

use super::chart_frame::Frame;
use super::chart_marks::{CROSS, Mark, STONE};
use super::chart_text::{Text, tenths, width};
use crate::domain::caption::Caption;
use crate::domain::chart::{Chart, Line, Point};

/// Where there are more places, only the ends of lines and what stands alone have marks.
const MOST_MARKED: i32 = 48;

fn place(frame: &Frame, point: &Point) -> (i128, i128) {
    (frame.x(point.period), frame.y(point.units))
}

fn path_through(places: impl Iterator<Item = (i128, i128)>) -> String {
    let steps = places.enumerate().map(|(number, (x, y))| {
        let command = if number == 0 { "M" } else { "L" };
        format!("{command}{} {}", tenths(x), tenths(y))
    });
    steps.collect()
}

/// The unbroken parts of a line that have more than one figure.
pub fn path(line: &Line, frame: &Frame) -> String {
    let drawn = line.runs.iter().filter(|run| run.len() > 1);
    drawn
        .map(|run| path_through(run.iter().map(|point| place(frame, point))))
        .collect()
}

/// The marks of figures, and of periods that have one which is not shown.
pub fn marks(chart: &Chart, frame: &Frame) -> Vec<Mark> {
    let untold = chart
        .untold
        .iter()
        .map(|(at, _)| (frame.x(*at), frame.bottom - 100));
    let mut marks: Vec<Mark> = untold.map(|at| Mark::new("untold", at, CROSS)).collect();
    for (number, line) in chart.lines.iter().enumerate() {
        let last = line.points().last();
        for run in &line.runs {
            let is_marked =
                |point: &&Point| chart.places() <= MOST_MARKED || run.len() == 1 || Some(*point) == last;
            let marked = run.iter().filter(is_marked);
            marks
                .extend(marked.map(|point| Mark::of_line(number, point.is_provisional, place(frame, point))));
        }
    }
    marks
}

/// From the baseline over the targets; level before the first where there is no baseline, and after the last.
pub fn way(chart: &Chart, frame: &Frame) -> String {
    let mut places: Vec<(i128, i128)> = chart.milestones.way().map(|point| place(frame, point)).collect();
    if chart.milestones.targets.is_empty() {
        return String::new();
    }
    if let (None, Some(&(_, y))) = (chart.milestones.baseline, places.first()) {
        places.insert(0, (frame.left, y));
    }
    if let Some(&(x, y)) = places.last() {
        places.push((x.max(frame.right), y));
    }
    path_through(places.into_iter())
}

/// The marks of baseline and targets, where the axis reaches them.
pub fn stones(chart: &Chart, frame: &Frame) -> Vec<Mark> {
    let reached = chart
        .milestones
        .way()
        .filter(|point| (0..chart.places()).contains(&chart.place(point.period)));
    reached
        .map(|point| Mark::new("stone", place(frame, point), STONE))
        .collect()
}

/// The latest figure of an only line, at its end: above it, or where the line comes from there, beside or below it.
pub fn label(chart: &Chart, caption: &Caption, frame: &Frame) -> Option<Text> {
    let [line] = chart.lines.as_slice() else {
        return None;
    };
    let last = line.points().last()?;
    let (x, y) = place(frame, last);
    let words = caption.figure(last.units);
    // Bold, so a bit wider.
    let wide = width(&words) * 5 / 4;
    let before = line.runs.last()?.iter().rev().nth(1);
    let falls = before.is_some_and(|before| before.units > last.units);
    if falls && x + 120 + wide <= frame.right {
        return Some(Text::new("label", x + 120, y + 45, words));
    }
    let middle = x.max(frame.left + wide / 2).min(frame.right - wide / 2);
    let is_below = falls && y + 260 < frame.bottom;
    Some(Text::new(
        "label middle",
        middle,
        if is_below { y + 220 } else { y - 110 },
        words,
    ))
}
