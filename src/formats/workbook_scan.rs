//! A look at the XML of a workbook's parts as they expand, for what would take far more memory to read than to send:
//! the reader of workbooks keeps a tag or a text whole, believes how many strings there are said to be, and keeps
//! each style with a copy of its font. Spreadsheet programs stay far below what is refused here. The XML is taken apart
//! by the same library that the reader of workbooks uses, so that both see the same tags whatever a part looks like.

use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader};

use super::workbook_part::Part;

/// The longest tag that names a font or a format of numbers.
const LONGEST_NAME: usize = 512;
/// The most tags that say how cells look, or name sheets and ranges.
const MOST_STYLES: u32 = 100_000;
/// The most strings that are shared.
const MOST_STRINGS: u64 = 2_000_000;

/// The scan of all parts of one workbook.
#[derive(Debug, Default)]
pub struct Scan {
    styles: u32,
    strings: u64,
}

impl Scan {
    /// Reads a part on while it is XML; what it has too much of is the error. Where it is no XML, the reader of workbooks
    /// would come no further either.
    pub fn read(&mut self, part: &mut Part<impl BufRead>) -> Result<(), &'static str> {
        let mut reader = Reader::from_reader(part);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.check_comments = false;
        let mut event = Vec::new();
        loop {
            event.clear();
            reader.get_mut().begin_piece();
            match reader.read_event_into(&mut event) {
                Ok(Event::Start(tag) | Event::Empty(tag)) => self.weigh(&tag)?,
                Ok(Event::DocType(_)) => return Err("has a document type, which no workbook has"),
                Ok(Event::Eof) => return Ok(()),
                Ok(_) => {}
                // What the part has too much of, or that it cannot be expanded, it says itself.
                Err(Error::Io(_)) => return reader.get_mut().excess().map_or(Ok(()), Err),
                Err(_) => return Ok(()),
            }
        }
    }

    fn weigh(&mut self, tag: &BytesStart<'_>) -> Result<(), &'static str> {
        let name = tag.local_name();
        match name.as_ref() {
            "si" => self.strings += 1,
            "sst" if said_count(tag) > MOST_STRINGS => {
                return Err("says that it has more texts than it can have");
            }
            "xf" | "font" | "fill" | "border" | "numFmt" | "sheet" | "definedName" | "Relationship" => {
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
        if matches!(name.as_ref(), "name" | "rFont" | "numFmt") && tag.len() > LONGEST_NAME {
            return Err("has the name of a font or format of more than 512 bytes");
        }
        Ok(())
    }
}

/// The number that a tag gives as its `uniqueCount`; the greatest, if it gives several.
fn said_count(tag: &str) -> u64 {
    let counts = tag.split("uniqueCount").skip(1).map(|rest| {
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
    use std::io::BufReader;

    use super::*;

    fn scan(text: impl AsRef<[u8]>) -> Result<(), &'static str> {
        let (text, limit) = (BufReader::with_capacity(7, text.as_ref()), (u64::MAX, ""));
        Scan::default().read(&mut Part::new(text, limit, 256 * 1024))
    }

    #[test]
    fn lets_ordinary_parts_pass() {
        let rows =
            "<row r=\"1\"><c r='A1' t=\"s\"><v>0</v></c><c><f>A1&gt;\"2\"</f></c></row>".repeat(10_000);
        let text = format!(
            "<?xml version=\"1.0\"?><!-- {} --><sheetData>{rows}</sheetData>",
            "<".repeat(1_000)
        );
        assert_eq!(scan(text), Ok(()));
        assert_eq!(
            scan("<sst count=\"9\" uniqueCount=\"2000000\"><si/></sst>"),
            Ok(())
        );
        assert_eq!(
            scan(b"\x89PNG <!D\xff <sst uniqueCount=\"2000001\">"),
            Ok(()),
            "no XML"
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
            assert!(scan(&text).is_err(), "{}", &text[..20.min(text.len())]);
        }
    }

    #[test]
    fn refuses_more_than_can_be() {
        assert!(scan("<x:sst uniqueCount = '99999999999999999999'>").is_err());
        assert!(scan("<sst uniqueCount=\"2000001\">").is_err());
        assert!(scan("<xf/>".repeat(100_001)).is_err());
        assert!(scan("<s:si/>".repeat(2_000_001)).is_err());
    }

    #[test]
    fn sees_the_tags_that_the_reader_of_workbooks_sees() {
        let strings = "<sst uniqueCount=\"2000001\">";
        for before in ["<?x \" ?>", "<!--> <a b=\" -->", "<!---> <a b=\" -->", "\u{feff}"] {
            assert!(scan(format!("{before}{strings}")).is_err(), "{before}");
        }
        for mark in [b"\xff\xfe", b"\xfe\xff"] {
            assert!(scan([mark, strings.as_bytes()].concat()).is_err(), "{mark:?}");
        }
    }
}
