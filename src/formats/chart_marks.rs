//! Marks of figures, as paths around their middle: different for each line, so that colour is not needed to tell them
//! apart.

use super::chart_text::tenths;

/// One for each line.
pub const SHAPES: [&str; 8] = [
    CIRCLE,
    "M-3.7-3.7h7.4v7.4h-7.4z",
    "M0-5 4.6 3.4h-9.2z",
    "M0-5.2 5.2 0 0 5.2-5.2 0z",
    "M0 5 4.6-3.4h-9.2z",
    "M-1.7-5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",
    "M-5 0-2.5-4.3h5L5 0 2.5 4.3h-5z",
    "M-3.3-5.2 0-1.9l3.3-3.3 1.9 1.9L1.9 0l3.3 3.3-1.9 1.9L0 1.9l-3.3 3.3-1.9-1.9L-1.9 0l-3.3-3.3z",
];
/// A round mark.
pub const CIRCLE: &str = "M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0-8.4 0z";
/// Where it began, or where it should be.
pub const STONE: &str = "M0-4.6 4.6 0 0 4.6-4.6 0z";
/// Where there is something that is not shown.
pub const CROSS: &str = "M-4-4 4 4M4-4-4 4";
/// A break in comparability, in the legend.
pub const STROKE: &str = "M0-9V7";
/// A piece of a line, in the legend.
pub const SAMPLE: &str = "M0-4H28";

/// A mark at a place.
pub struct Mark {
    /// How it looks.
    pub class: String,
    /// From the left, in pixels.
    pub x: String,
    /// From the top, in pixels.
    pub y: String,
    /// Its path.
    pub shape: &'static str,
}

impl Mark {
    /// A mark at a place in tenths of a pixel.
    pub fn new(class: impl Into<String>, (x, y): (i128, i128), shape: &'static str) -> Self {
        Self {
            class: class.into(),
            x: tenths(x),
            y: tenths(y),
            shape,
        }
    }

    /// The mark of a figure on the line of that number.
    pub fn of_line(number: usize, is_provisional: bool, at: (i128, i128)) -> Self {
        Self::new(
            class_of_line(number, is_provisional),
            at,
            SHAPES[number % SHAPES.len()],
        )
    }
}

/// How the marks of a line look: hollow where the figure is provisional.
pub fn class_of_line(number: usize, is_provisional: bool) -> String {
    let style = number % SHAPES.len();
    match is_provisional {
        true => format!("mark s{style} hollow"),
        false => format!("mark s{style} f{style}"),
    }
}
