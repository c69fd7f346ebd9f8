//! Text that a spreadsheet would take for a formula.

use std::borrow::Cow;

/// The text, with an apostrophe before it where a spreadsheet would otherwise run it: at `=`, `+`, `-`, `@`, a tab or
/// a carriage return; and where it already has apostrophes before one of these, so that [`plain`] gives the text
/// back. Numbers are not text and never pass through here.
pub fn neutral(text: &str) -> Cow<'_, str> {
    if is_run(text.trim_start_matches('\'')) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// The text that a neutral one stands for.
pub fn plain(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_run(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

fn is_run(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gives_every_text_back(text in "'{0,3}[-=+@\t\ra-c]{0,5}") {
            let written = neutral(&text);
            prop_assert_eq!(plain(&written), &text);
        }
    }

    #[test]
    fn only_what_a_spreadsheet_would_run() {
        for text in ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1"] {
            assert_eq!(neutral(text), format!("'{text}"));
        }
        for text in ["young_adult", "'tis", "O'Hare", "'", ""] {
            assert_eq!(neutral(text), text);
            assert_eq!(plain(text), text);
        }
    }
}
