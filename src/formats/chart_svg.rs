//! A chart as SVG, to be shown in a page as a picture: in light and dark as the reader has it, without scripts and without
//! anything fetched from elsewhere. What the eye is told by lines, a screen reader is told in words; and lines differ in
//! dashes and marks, not in colour alone.
//!
//! Places on the page are counted in whole numbers too, tenths of a pixel, so that no figure ever is a float.

use askama::Template;

use super::chart_frame::{Frame, MARGIN, WIDTH};
use super::chart_legend::{Entry, legend};
use super::chart_lines::{label, marks, path, stones, way};
use super::chart_marks::Mark;
use super::chart_text::{Text, clean, lines_of, shortened, tenths, width};
use crate::domain::caption::Caption;
use crate::domain::chart::Chart;
use crate::error::{Error, Result};

/// The media type.
pub const MEDIA_TYPE: &str = "image/svg+xml";

/// How wide a heading and what stands below it may be, in letters.
const HEADING: usize = 62;
const BELOW: usize = 90;

#[derive(Template)]
#[template(path = "chart.svg")]
struct Page {
    width: String,
    height: String,
    title: String,
    description: String,
    texts: Vec<Text>,
    plot: Plot,
    ticks: Vec<Tick>,
    breaks: Vec<String>,
    way: String,
    stones: Vec<Mark>,
    lines: Vec<String>,
    marks: Vec<Mark>,
    label: Option<Text>,
    legend: Vec<Entry>,
}

struct Plot {
    left: String,
    right: String,
    top: String,
    bottom: String,
    width: String,
}

struct Tick {
    class: &'static str,
    y: String,
}

/// The bytes of the drawing.
pub fn write(chart: &Chart, caption: &Caption) -> Result<Vec<u8>> {
    let (mut texts, below) = headings(chart, caption);
    let frame = Frame::below(below + 160, chart, caption);
    let ticks = ticks(chart, caption, &frame, &mut texts);
    periods(chart, &frame, &mut texts);
    let (legend, end) = legend(chart, caption, frame.bottom + 560);
    let end = if legend.is_empty() {
        frame.bottom + 240
    } else {
        end
    };
    let page = Page {
        width: tenths(WIDTH),
        height: tenths(end + 200),
        title: clean(&caption.title(chart)),
        description: clean(&caption.description(chart)),
        texts,
        plot: Plot::of(&frame),
        ticks,
        breaks: chart.breaks.iter().map(|&at| tenths(frame.edge(at))).collect(),
        way: way(chart, &frame),
        stones: stones(chart, &frame),
        lines: chart.lines.iter().map(|line| path(line, &frame)).collect(),
        marks: marks(chart, &frame),
        label: label(chart, caption, &frame),
        legend,
    };
    Ok(page.render().map_err(Error::internal)?.into_bytes())
}

impl Plot {
    fn of(frame: &Frame) -> Self {
        Self {
            left: tenths(frame.left),
            right: tenths(frame.right),
            top: tenths(frame.top),
            bottom: tenths(frame.bottom),
            width: tenths(frame.right - frame.left),
        }
    }
}

/// What stands above the plot, and the height at which it ends.
fn headings(chart: &Chart, caption: &Caption) -> (Vec<Text>, i128) {
    let mut y = 340;
    let mut texts = Vec::new();
    for line in lines_of(&clean(&caption.heading), HEADING) {
        texts.push(Text::new("heading", MARGIN, y, line));
        y += 240;
    }
    let by = Some(format!("by {}", caption.by)).filter(|_| !caption.by.is_empty());
    let about: Vec<String> = caption.about.iter().cloned().chain(by).collect();
    if !about.is_empty() {
        let about = clean(&about.join(" · "));
        texts.push(Text::new("soft", MARGIN, y, shortened(&about, BELOW)));
        y += 200;
    }
    let axis = chart.axis;
    let above = match chart.window {
        None => "No figures yet".to_owned(),
        Some(_) if axis.has_zero() => clean(&caption.unit),
        Some(_) => format!("{}, from {}", clean(&caption.unit), caption.figure(axis.low)),
    };
    y += 80;
    texts.push(Text::new("soft", MARGIN, y, shortened(&above, BELOW)));
    (texts, y)
}

/// The lines across the plot, with their numbers.
fn ticks(chart: &Chart, caption: &Caption, frame: &Frame, texts: &mut Vec<Text>) -> Vec<Tick> {
    if chart.window.is_none() {
        return Vec::new();
    }
    let ground = chart.axis.low.max(0).min(chart.axis.high);
    let tick = |units: i128| {
        let y = frame.y(units);
        texts.push(Text::new(
            "soft end",
            frame.left - 80,
            y + 45,
            caption.figure(units),
        ));
        Tick {
            class: if units == ground { "axis" } else { "grid" },
            y: tenths(y),
        }
    };
    chart.axis.ticks().map(tick).collect()
}

/// As many periods as there is room for.
fn periods(chart: &Chart, frame: &Frame, texts: &mut Vec<Text>) {
    let Some((first, last)) = chart.window else { return };
    let widest = width(&last.to_string()).max(width(&first.to_string())) + 120;
    let room = ((frame.right - frame.left) / widest).max(1);
    let step = (i128::from(chart.places()) + room - 1) / room;
    let all = std::iter::successors(Some(first), |period| period.next().filter(|next| *next <= last));
    for period in all.step_by(step as usize) {
        let (x, y) = (frame.x(period), frame.bottom + 200);
        texts.push(Text::new("soft middle", x, y, period.to_string()));
    }
}

#[cfg(test)]
#[path = "chart_svg_tests.rs"]
mod tests;
