//! Which format an answer takes: `format` if it is given, else the `Accept` field.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;

use crate::error::{Error, Result};
use crate::formats::cube_format::CubeFormat;

/// A format on offer.
pub trait Offered {
    /// As `?format=` has it.
    fn name(&self) -> &'static str;
    /// As `Content-Type` has it.
    fn media_type(&self) -> &'static str;
}

/// A format that tables are answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// CSV.
    Csv,
}

impl Format {
    /// All of them; JSON where nothing is asked for.
    pub const ALL: [Self; 2] = [Self::Json, Self::Csv];
}

impl Offered for Format {
    fn name(&self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    fn media_type(&self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

impl Offered for CubeFormat {
    fn name(&self) -> &'static str {
        self.name
    }

    fn media_type(&self) -> &'static str {
        self.media_type
    }
}

/// Chooses among what is offered: by name, else what the request's `Accept` likes best.
pub fn choose<'o, T: Offered>(
    offered: &'o [T],
    format: Option<&str>,
    request: &HttpRequest,
) -> Result<&'o T> {
    let accept: Vec<&str> = request
        .headers()
        .get_all(ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .collect();
    match format {
        Some(name) => by_name(offered, name),
        None => by_accept(offered, &accept.join(",")),
    }
}

fn by_name<'o, T: Offered>(offered: &'o [T], name: &str) -> Result<&'o T> {
    let found = offered.iter().find(|format| format.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = offered.iter().map(Offered::name).collect();
        let detail = format!("'{name}' is not a format here: there are {}", names.join(", "));
        Error::invalid("?format", "unknown_format", detail)
    })
}

/// The one of the greatest weight; of several, what is named before what only falls under a `*`, then what is named
/// first, then what is offered first.
fn by_accept<'o, T: Offered>(offered: &'o [T], accept: &str) -> Result<&'o T> {
    let ranges: Vec<Range> = accept.split(',').filter_map(Range::parse).collect();
    let liked = offered.iter().enumerate().filter_map(|(place, format)| {
        if ranges.is_empty() {
            return Some(((0, 0, 0, place), format));
        }
        let matching = ranges.iter().enumerate().filter_map(|(place, range)| {
            let closeness = range.closeness(essence(format.media_type()))?;
            Some((closeness, place, range.weight))
        });
        let (closeness, named, weight) = matching.min_by_key(|&(closeness, place, _)| (closeness, place))?;
        (weight > 0).then_some(((1000 - weight, closeness, named, place), format))
    });
    let best = liked.min_by_key(|(rank, _)| *rank);
    best.map(|(_, format)| format).ok_or_else(|| {
        let types: Vec<&str> = offered
            .iter()
            .map(|format| essence(format.media_type()))
            .collect();
        Error::NotAcceptable(format!("this is answered as {}", types.join(", ")))
    })
}

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim_end()
}

/// One element of `Accept`.
struct Range {
    /// In lower case, without parameters.
    pattern: String,
    /// In thousandths.
    weight: u32,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let pattern = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts
            .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .map_or(1000, thousandths);
        (!pattern.is_empty()).then_some(Self { pattern, weight })
    }

    /// 0 where it names the media type, 1 for `type/*`, 2 for `*/*`; `None` where it does not match.
    fn closeness(&self, media_type: &str) -> Option<u8> {
        let kind = media_type.split('/').next().unwrap_or_default();
        match self.pattern.as_str() {
            "*/*" => Some(2),
            pattern if pattern == media_type => Some(0),
            pattern => (pattern.strip_suffix("/*") == Some(kind)).then_some(1),
        }
    }
}

/// A quality value such as `0.8`, in thousandths.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let weight = whole.parse::<u32>().unwrap_or(1).min(1) * 1000 + digits.parse::<u32>().unwrap_or(0);
    weight.min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Option<&'static str> {
        by_accept(&Format::ALL, accept).ok().map(Format::name)
    }

    #[test]
    fn takes_what_is_liked_best() {
        for (accept, name) in [
            ("", Some("json")),
            ("*/*", Some("json")),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some("json")),
            ("text/csv", Some("csv")),
            ("TEXT/CSV; header=present", Some("csv")),
            ("text/*", Some("csv")),
            ("application/json;q=0.5, text/csv;q=0.9", Some("csv")),
            ("text/csv, application/json", Some("csv")),
            ("*/*, text/csv", Some("csv")),
            ("application/json;q=0, */*;q=0.1", Some("csv")),
            ("application/json;q=0", None),
            ("image/png", None),
        ] {
            assert_eq!(chosen(accept), name, "{accept}");
        }
    }

    #[test]
    fn takes_what_is_named() {
        assert_eq!(by_name(&Format::ALL, "csv").ok(), Some(&Format::Csv));
        assert!(by_name(&Format::ALL, "pdf").is_err());
    }
}
