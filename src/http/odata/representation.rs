//! In which shape rows are answered: JSON with minimal metadata, or with none.

use crate::error::{Error, Result};

/// A shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Representation {
    /// Whether the answer says where what it holds is described.
    pub has_metadata: bool,
    /// Whether decimals are written as texts, for clients that would read them as floats.
    pub has_decimals_as_text: bool,
}

impl Representation {
    const USUAL: Self = Self {
        has_metadata: true,
        has_decimals_as_text: false,
    };

    /// As `$format` says, else as `Accept` likes it best.
    pub fn choose(format: Option<&str>, accept: &str) -> Result<Self> {
        if let Some(format) = format {
            return match format {
                "json" => Ok(Self::USUAL),
                _ => read(format)
                    .map(|(representation, _)| representation)
                    .ok_or_else(not_acceptable),
            };
        }
        if accept.trim().is_empty() {
            return Ok(Self::USUAL);
        }
        let mut best: Option<(Self, u32)> = None;
        for (representation, weight) in accept.split(',').filter_map(read) {
            if weight > 0 && best.is_none_or(|(_, heaviest)| weight > heaviest) {
                best = Some((representation, weight));
            }
        }
        best.map(|(representation, _)| representation)
            .ok_or_else(not_acceptable)
    }

    /// The `Content-Type` of the answer.
    pub fn content_type(self) -> String {
        let metadata = if self.has_metadata { "minimal" } else { "none" };
        let decimals = if self.has_decimals_as_text {
            ";IEEE754Compatible=true"
        } else {
            ""
        };
        format!("application/json;odata.metadata={metadata}{decimals}")
    }
}

/// A media range that can be served, and its weight in thousandths.
fn read(range: &str) -> Option<(Representation, u32)> {
    let mut parts = range.split(';').map(str::trim);
    let (mut representation, mut weight) = (Representation::USUAL, 1000);
    let media_type = parts.next()?.to_ascii_lowercase();
    if !["application/json", "application/*", "*/*"].contains(&media_type.as_str()) {
        return None;
    }
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().to_ascii_lowercase();
        match name.trim().to_ascii_lowercase().as_str() {
            "odata.metadata" | "metadata" => match value.as_str() {
                "minimal" => representation.has_metadata = true,
                "none" => representation.has_metadata = false,
                _ => return None,
            },
            "ieee754compatible" => representation.has_decimals_as_text = value == "true",
            "q" => weight = value.parse::<f32>().map_or(1000, |q| (q * 1000.0) as u32),
            _ => {}
        }
    }
    Some((representation, weight))
}

fn not_acceptable() -> Error {
    Error::NotAcceptable(
        "this is answered as application/json, with odata.metadata=minimal or odata.metadata=none".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(format: Option<&str>, accept: &str) -> String {
        Representation::choose(format, accept).unwrap().content_type()
    }

    #[test]
    fn takes_what_is_liked_best() {
        let (minimal, none) = (
            "application/json;odata.metadata=minimal",
            "application/json;odata.metadata=none",
        );
        assert_eq!(chosen(None, ""), minimal);
        assert_eq!(chosen(None, "text/html,application/xhtml+xml,*/*;q=0.8"), minimal);
        assert_eq!(chosen(Some("json"), "application/atom+xml"), minimal);
        assert_eq!(chosen(Some("application/json;odata.metadata=none"), ""), none);
        assert_eq!(
            chosen(
                None,
                "application/json;odata.metadata=full, application/json; q=0.5"
            ),
            minimal
        );
        assert_eq!(
            chosen(None, "*/*;q=0.1, application/json;odata.metadata=none;q=0.9"),
            none
        );
        assert_eq!(
            chosen(
                None,
                "application/json;odata.metadata=minimal;IEEE754Compatible=true"
            ),
            format!("{minimal};IEEE754Compatible=true")
        );
    }

    #[test]
    fn refuses_what_it_does_not_speak() {
        for (format, accept) in [
            (Some("atom"), ""),
            (Some("xml"), "application/json"),
            (Some("application/json;odata.metadata=full"), ""),
            (None, "application/atom+xml"),
            (None, "application/json;q=0"),
        ] {
            assert!(
                Representation::choose(format, accept).is_err(),
                "{format:?} {accept}"
            );
        }
    }
}
