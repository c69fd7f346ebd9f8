//! Texts in a drawing: cleaned, measured by eye, shortened and broken into lines.

/// A text at a place.
pub struct Text {
    /// How it looks, and on which side of its place it stands.
    pub class: &'static str,
    /// From the left, in pixels.
    pub x: String,
    /// From the top, in pixels.
    pub y: String,
    /// What it says.
    pub words: String,
}

impl Text {
    /// A text at a place in tenths of a pixel.
    pub fn new(class: &'static str, x: i128, y: i128, words: impl Into<String>) -> Self {
        Self {
            class,
            x: tenths(x),
            y: tenths(y),
            words: words.into(),
        }
    }
}

/// Tenths of a pixel as pixels: 1234 is `123.4`.
pub fn tenths(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    match (value.unsigned_abs() / 10, value.unsigned_abs() % 10) {
        (whole, 0) => format!("{sign}{whole}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

/// The text without characters that XML has no place for; line breaks are spaces.
pub fn clean(text: &str) -> String {
    let fits = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let shown = |c: char| if c.is_whitespace() { ' ' } else { c };
    text.trim()
        .chars()
        .map(shown)
        .map(|c| if fits(c) { c } else { char::REPLACEMENT_CHARACTER })
        .collect()
}

/// How wide a text is, in letters: those of East Asian scripts count for two.
pub fn letters(text: &str) -> usize {
    let is_wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
            | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// About how wide a text of the usual size is, in tenths of a pixel.
pub fn width(text: &str) -> i128 {
    letters(text) as i128 * 72
}

/// The text, or its beginning and `…` where it is wider than so many letters.
pub fn shortened(text: &str, most: usize) -> String {
    if letters(text) <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if letters(&short) + letters(c.encode_utf8(&mut [0; 4])) >= most {
            break;
        }
        short.push(c);
    }
    format!("{}…", short.trim_end())
}

/// The text in at most two lines of so many letters, broken between words where that can be, and about in the middle.
pub fn lines_of(text: &str, most: usize) -> Vec<String> {
    if letters(text) <= most {
        return vec![text.to_owned()];
    }
    let even = (letters(text) / 2..=most).find_map(|width| {
        let (first, rest) = broken(text, width)?;
        (letters(rest) <= width).then(|| vec![first.to_owned(), rest.to_owned()])
    });
    even.unwrap_or_else(|| match broken(text, most) {
        Some((first, rest)) => vec![first.to_owned(), shortened(rest, most)],
        None => vec![shortened(text, most)],
    })
}

/// A text after the last word that fits, and the rest; `None` where the first word is too long.
fn broken(text: &str, most: usize) -> Option<(&str, &str)> {
    let ends = text.match_indices(' ').map(|(at, _)| at);
    let last = ends.take_while(|&at| letters(&text[..at]) <= most).last()?;
    Some((text[..last].trim_end(), text[last..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_pixels() {
        assert_eq!([1_234, 1_230, -5, 0].map(tenths), ["123.4", "123", "-0.5", "0"]);
    }

    #[test]
    fn xml_holds_what_is_left() {
        assert_eq!(
            clean(" a\nb\u{0}\u{ffff}\u{1f5ff} "),
            "a b\u{fffd}\u{fffd}\u{1f5ff}"
        );
    }

    #[test]
    fn long_texts_are_broken_and_shortened() {
        assert_eq!(lines_of("short", 9), ["short"]);
        assert_eq!(lines_of("one two three", 9), ["one two", "three"]);
        assert_eq!(lines_of("one two three four", 14), ["one two", "three four"]);
        assert_eq!(lines_of("one two three four five", 9), ["one two", "three fo…"]);
        assert_eq!(lines_of("unbreakable-word", 9), ["unbreaka…"]);
        assert_eq!(shortened("図書館の来館者数", 9), "図書館の…");
        let all = "x".repeat(500);
        assert!(lines_of(&all, 9).iter().all(|line| letters(line) <= 9));
    }
}
