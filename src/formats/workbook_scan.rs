//! A look at the XML of a workbook's parts as they go by, for what would take far more memory to read than to send:
//! the reader of workbooks keeps a tag or a text whole, believes how many strings there are said to be, and keeps
//! each style with a copy of its font. Spreadsheet programs stay far below what is refused here.

/// The longest tag, text or comment, in bytes; a cell holds 32,767 characters at most.
const LONGEST: usize = 256 * 1024;
/// The longest tag that names a font or a format of numbers.
const LONGEST_NAME: usize = 512;
/// The most tags that say how cells look, or name sheets and ranges.
const MOST_STYLES: u32 = 100_000;
/// The most strings that are shared.
const MOST_STRINGS: u64 = 2_000_000;
/// So much of a tag is kept, to find its name and the count in it.
const KEPT: usize = 4 * 1024;

/// Where in a part the scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Text,
    /// In a tag; within quotation marks of that kind, if any.
    Tag(Option<u8>),
    /// In a comment or another section that ends with these three bytes.
    Section([u8; 3]),
}

/// The scan of all parts of one workbook.
#[derive(Debug, Default)]
pub struct Scan {
    place: Place,
    /// How long the text, tag or section is so far.
    length: usize,
    /// Its beginning, if it is a tag or a section.
    kept: Vec<u8>,
    /// The last three bytes.
    last: [u8; 3],
    styles: u32,
    strings: u64,
}

impl Scan {
    /// Begins a part.
    pub fn begin(&mut self) {
        self.place = Place::Text;
        self.length = 0;
    }

    /// Reads on; what it has too much of is the error.
    pub fn read(&mut self, piece: &[u8]) -> Result<(), &'static str> {
        for &byte in piece {
            self.last = [self.last[1], self.last[2], byte];
            self.length += 1;
            match self.place {
                Place::Text if byte == b'<' => self.enter(Place::Tag(None)),
                Place::Text => {}
                Place::Tag(Some(mark)) => {
                    self.keep(byte);
                    if byte == mark {
                        self.place = Place::Tag(None);
                    }
                }
                Place::Tag(None) if byte == b'>' => {
                    self.weigh()?;
                    self.enter(Place::Text);
                }
                Place::Tag(None) => {
                    self.keep(byte);
                    self.place = match (self.kept.as_slice(), byte) {
                        (b"!-", _) => Place::Section(*b"-->"),
                        (b"![", _) => Place::Section(*b"]]>"),
                        (b"!D" | b"!d", _) => return Err("has a document type, which no workbook has"),
                        (_, b'"' | b'\'') => Place::Tag(Some(byte)),
                        _ => Place::Tag(None),
                    };
                }
                Place::Section(end) if self.last == end => self.enter(Place::Text),
                Place::Section(_) => {}
            }
            if self.length > LONGEST {
                return Err("has a cell or a tag of more than 256 KB");
            }
        }
        Ok(())
    }

    fn enter(&mut self, place: Place) {
        self.place = place;
        self.length = 0;
        self.kept.clear();
    }

    fn keep(&mut self, byte: u8) {
        if self.kept.len() < KEPT {
            self.kept.push(byte);
        }
    }

    /// Weighs a tag that is complete.
    fn weigh(&mut self) -> Result<(), &'static str> {
        let end = self
            .kept
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || *byte == b'/');
        let name = &self.kept[..end.unwrap_or(self.kept.len())];
        let name = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        match name {
            b"si" => self.strings += 1,
            b"sst" if said_count(&self.kept) > MOST_STRINGS || self.length > KEPT => {
                return Err("says that it has more texts than it can have");
            }
            b"xf" | b"font" | b"fill" | b"border" | b"numFmt" | b"sheet" | b"definedName"
            | b"Relationship" => {
                self.styles += 1;
            }
            _ => {}
        }
        if self.strings > MOST_STRINGS {
            return Err("has more than 2 million texts");
        }
        if self.styles > MOST_STYLES {
            return Err("has more than 100,000 styles and names");
        }
        if matches!(name, b"name" | b"rFont" | b"numFmt") && self.length > LONGEST_NAME {
            return Err("has the name of a font or format of more than 512 bytes");
        }
        Ok(())
    }
}

/// The number that a tag gives as its `uniqueCount`; the greatest, if it gives several.
fn said_count(tag: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(tag);
    let counts = text.split("uniqueCount").skip(1).map(|rest| {
        let digits = rest.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let end = digits.find(|letter: char| !letter.is_ascii_digit());
        let digits = &digits[..end.unwrap_or(digits.len())];
        if digits.is_empty() {
            0
        } else {
            digits.parse().unwrap_or(u64::MAX)
        }
    });
    counts.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<(), &'static str> {
        let mut scan = Scan::default();
        scan.begin();
        text.as_bytes().chunks(7).try_for_each(|piece| scan.read(piece))
    }

    #[test]
    fn lets_ordinary_parts_pass() {
        let rows =
            "<row r=\"1\"><c r='A1' t=\"s\"><v>0</v></c><c><f>A1&gt;\"2\"</f></c></row>".repeat(10_000);
        let text = format!(
            "<?xml version=\"1.0\"?><!-- {} --><sheetData>{rows}</sheetData>",
            "<".repeat(1_000)
        );
        assert_eq!(scan(&text), Ok(()));
        assert_eq!(
            scan("<sst count=\"9\" uniqueCount=\"2000000\"><si/></sst>"),
            Ok(())
        );
    }

    #[test]
    fn refuses_what_has_no_end() {
        let long = "<".repeat(300_000);
        for text in [
            format!("<c r=\"{long}\"/>"),
            format!("<t><![CDATA[{long}]]></t>"),
            format!("<!--{long}-->"),
            format!("<t>{}</t>", "x".repeat(300_000)),
            "<!DOCTYPE x []>".into(),
            format!("<font><name val='{}'/></font>", "x".repeat(3_000)),
        ] {
            assert!(scan(&text).is_err(), "{}", &text[..20]);
        }
    }

    #[test]
    fn refuses_more_than_can_be() {
        assert!(scan("<x:sst uniqueCount = '99999999999999999999'>").is_err());
        assert!(scan("<sst uniqueCount=\"2000001\">").is_err());
        assert!(scan(&"<xf/>".repeat(100_001)).is_err());
        assert!(scan(&"<s:si/>".repeat(2_000_001)).is_err());
    }
}
