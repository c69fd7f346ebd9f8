//! Medians and percentiles, and figures for people.

use std::time::Duration;

/// The value that a share of the others does not exceed; 0.5 is the median. Of nothing, the default.
pub fn quantile<T: Copy + PartialOrd + Default>(values: &[T], share: f64) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    let place = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

/// The median.
pub fn median<T: Copy + PartialOrd + Default>(values: &[T]) -> T {
    quantile(values, 0.5)
}

/// A median with the least and the greatest, such as `2.71 (2.65 to 2.80)`.
pub fn spread(values: &[f64]) -> String {
    let (least, greatest) = (quantile(values, 0.0), quantile(values, 1.0));
    format!("{:.2} ({least:.2} to {greatest:.2})", median(values))
}

/// Milliseconds.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Megabytes, as in 1 MB = 1,000,000 bytes.
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
