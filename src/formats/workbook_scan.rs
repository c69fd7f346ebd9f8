//! A look at the XML of a workbook's parts as they expand, for what would take far more memory to read than to send:
//! the reader of workbooks keeps a tag or a text whole, believes how many strings there are said to be, and keeps
//! each style with a copy of its font. Spreadsheet programs stay far below what is refused here. It also looks at where
//! cells say they are, since the reader counts in 32 bits and would put what lies beyond them somewhere else. The XML is
//! taken apart by the same library that the reader of workbooks uses, so that both see the same tags whatever a part
//! looks like.

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

/// The column and the row of the last cell of a sheet, `XFD1048576`.
const LAST_PLACE: (u32, u32) = (16_384, 1_048_576);

/// Why a part is not read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It has too much of something.
    TooMuch(&'static str),
    /// It has something that no workbook has.
    Malformed(&'static str),
}

/// The scan of all parts of one workbook.
#[derive(Debug, Default)]
pub struct Scan {
    styles: u32,
    strings: u64,
}

impl Scan {
    /// Reads a part on while it is XML. Where it is no XML, the reader of workbooks would come no further either.
    pub fn read(&mut self, part: &mut Part<impl BufRead>) -> Result<(), Refusal> {
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
                Ok(Event::DocType(_)) => return Err(Refusal::Malformed("it has a document type")),
                Ok(Event::Eof) => return Ok(()),
                Ok(_) => {}
                // What the part has too much of, or that it cannot be expanded, it says itself.
                Err(Error::Io(_)) => {
                    let excess = reader.get_mut().excess();
                    return excess.map_or(Ok(()), |excess| Err(Refusal::TooMuch(excess)));
                }
                Err(_) => return Ok(()),
            }
        }
    }

    fn weigh(&mut self, tag: &BytesStart<'_>) -> Result<(), Refusal> {
        let name = tag.local_name();
        match name.as_ref() {
            "c" | "row" | "dimension" if !is_on_a_sheet(tag) => {
                return Err(Refusal::Malformed("it has a cell where no sheet has one"));
            }
            "si" => self.strings += 1,
            "sst" if said_count(tag) > MOST_STRINGS => {
                return Err(Refusal::TooMuch("says that it has more texts than it can have"));
            }
            "xf" | "font" | "fill" | "border" | "numFmt" | "sheet" | "definedName" | "Relationship" => {
                self.styles += 1;
            }
            _ => {}
        }
        if self.strings > MOST_STRINGS {
            return Err(Refusal::TooMuch("has more than 2 million texts"));
        }
        if self.styles > MOST_STYLES {
            return Err(Refusal::TooMuch("has more than 100,000 styles and names"));
        }
        if matches!(name.as_ref(), "name" | "rFont" | "numFmt") && tag.len() > LONGEST_NAME {
            let what = "has the name of a font or format of more than 512 bytes";
            return Err(Refusal::TooMuch(what));
        }
        Ok(())
    }
}

/// Whether a row, a cell or the range of all cells is where a sheet can have it, or does not say where it is.
fn is_on_a_sheet(tag: &BytesStart<'_>) -> bool {
    let mut attributes = tag.attributes();
    let attributes = attributes.with_checks(false).flatten();
    let mut places = attributes.filter(|attribute| matches!(attribute.key.as_ref(), "r" | "ref"));
    places.all(|place| match place.value.split_once(':') {
        None => column_and_row(&place.value).is_some(),
        Some((first, last)) => match (column_and_row(first), column_and_row(last)) {
            (Some(first), Some(last)) => first.0 <= last.0 && first.1 <= last.1,
            _ => false,
        },
    })
}

/// The column and the row of `B7`, from 1; of a row, which is only `7`, column 0.
fn column_and_row(place: &str) -> Option<(u32, u32)> {
    let (column, row) = place.split_at(place.find(|letter: char| letter.is_ascii_digit())?);
    // Longer, it is beyond the last, and might not be a number of 32 bits.
    if column.len() > 3 || row.len() > 7 {
        return None;
    }
    let column = column.chars().try_fold(0, |column, letter| {
        letter.is_ascii_alphabetic().then_some(())?;
        Some(column * 26 + letter.to_digit(36)? - 9)
    })?;
    let row = row.parse().ok()?;
    (column <= LAST_PLACE.0 && row <= LAST_PLACE.1).then_some((column, row))
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

    fn scan(text: impl AsRef<[u8]>) -> Result<(), Refusal> {
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
    fn refuses_cells_that_are_on_no_sheet() {
        for text in [
            "<row r='1048576'/>",
            "<x:c s='1' r='xfd1048576' t='s'/>",
            "<dimension ref='A1'/>",
            "<dimension ref='A1:XFD1048576'/>",
            "<c i='1'/>",
        ] {
            assert_eq!(scan(text), Ok(()), "{text}");
        }
        for text in [
            "<row r='4294967297'/>",
            "<row r='1048577'/>",
            "<c r='XFE1'/>",
            "<dimension ref='A1:XFE1048576'/>",
            "<x:c s='1' r='BVVYNKT1'></x:c>",
            "<c r='A1' t='s' r='A4294967298'/>",
            "<c r='A+1'/>",
            "<c r='A'/>",
            "<dimension ref='B2:B1'/>",
            "<dimension ref='B1:A2'/>",
            "<dimension ref='A1:A2:A3'/>",
        ] {
            assert!(matches!(scan(text), Err(Refusal::Malformed(_))), "{text}");
        }
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
