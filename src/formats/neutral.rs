//! Text that a spreadsheet would take for a formula.

use std::borrow::Cow;

/// The text, with an apostrophe before it where a spreadsheet would otherwise run it: at `=`, `+`, `-`, `@`, a tab or
/// a carriage return. Numbers are not text and never pass through here.
pub fn neutral(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_spreadsheet_would_run() {
        for text in ["=1+1", "+1", "-1", "@x", "\tx", "\rx"] {
            assert_eq!(neutral(text), format!("'{text}"));
        }
        assert_eq!(neutral("young_adult"), "young_adult");
    }
}
