//! Which format an answer takes: `format` if it is given, else the `Accept` field.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;

use crate::error::{Error, Result};

/// A format that tables are answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// CSV.
    Csv,
}

impl Format {
    /// The media type of the answer.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// The format that a request asks for; `format` is what its query says.
pub fn asked(request: &HttpRequest, format: Option<&str>) -> Result<Format> {
    let accept = request.headers().get(ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or_default();
    choose(format, accept)
}

/// Chooses; among what `Accept` names, the one it likes best, and JSON where it does not mind.
fn choose(format: Option<&str>, accept: &str) -> Result<Format> {
    match format {
        Some("json") => return Ok(Format::Json),
        Some("csv") => return Ok(Format::Csv),
        Some(other) => {
            let detail = format!("'{other}' is not a format here: there are json and csv");
            return Err(Error::invalid("?format", "unknown_format", detail));
        }
        None => {}
    }
    if accept.trim().is_empty() {
        return Ok(Format::Json);
    }
    let mut best: Option<(u32, Format)> = None;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let format = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "application/json" | "application/*" | "*/*" => Format::Json,
            "text/csv" | "text/*" => Format::Csv,
            _ => continue,
        };
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1000, thousandths);
        if weight > 0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
            best = Some((weight, format));
        }
    }
    best.map(|(_, format)| format)
        .ok_or_else(|| Error::NotAcceptable("this is answered as application/json or as text/csv".into()))
}

/// A quality value such as `0.8`, in thousandths.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u32>().unwrap_or(1).min(1) * 1000 + digits.parse::<u32>().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_is_liked_best() {
        assert_eq!(choose(None, "").unwrap(), Format::Json);
        assert_eq!(
            choose(None, "text/html,application/xhtml+xml,*/*;q=0.8").unwrap(),
            Format::Json
        );
        assert_eq!(choose(None, "text/csv").unwrap(), Format::Csv);
        assert_eq!(
            choose(None, "application/json;q=0.5, text/csv;q=0.9").unwrap(),
            Format::Csv
        );
        assert_eq!(choose(Some("csv"), "application/json").unwrap(), Format::Csv);
        assert!(choose(None, "image/png").is_err());
        assert!(choose(Some("pdf"), "").is_err());
    }
}
