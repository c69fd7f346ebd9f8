//! Where things stand in a drawing, in tenths of a pixel.

use super::chart_text::width;
use crate::domain::caption::Caption;
use crate::domain::chart::Chart;
use crate::domain::period::Period;

/// How wide the drawing is.
pub const WIDTH: i128 = 7_200;
/// What stays free on its sides.
pub const MARGIN: i128 = 240;
const PLOT: i128 = 2_400;

/// The plot, and what places on it are.
pub struct Frame<'c> {
    chart: &'c Chart,
    /// Its sides.
    pub left: i128,
    /// Its sides.
    pub right: i128,
    /// Its upper edge.
    pub top: i128,
    /// Its lower edge.
    pub bottom: i128,
}

impl<'c> Frame<'c> {
    /// A plot below some height, with room for the numbers of its axis.
    pub fn below(top: i128, chart: &'c Chart, caption: &Caption) -> Self {
        let numbers = chart.axis.ticks().map(|units| width(&caption.figure(units)));
        Self {
            chart,
            left: MARGIN + numbers.max().unwrap_or(0) + 80,
            right: WIDTH - MARGIN,
            top,
            bottom: top + PLOT,
        }
    }

    /// The middle of a period.
    pub fn x(&self, period: Period) -> i128 {
        let (place, places) = (self.chart.place(period), self.chart.places().max(1));
        self.left + (self.right - self.left) * i128::from(2 * place + 1) / i128::from(2 * places)
    }

    /// The edge at which a period begins.
    pub fn edge(&self, period: Period) -> i128 {
        let (place, places) = (self.chart.place(period), self.chart.places().max(1));
        self.left + (self.right - self.left) * i128::from(place) / i128::from(places)
    }

    /// The height of a figure.
    pub fn y(&self, units: i128) -> i128 {
        self.bottom - self.chart.axis.height(units, self.bottom - self.top)
    }
}
