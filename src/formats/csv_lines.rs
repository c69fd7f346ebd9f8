//! Records of a CSV file, one after another, with the lines that they begin on.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use csv::{Reader, ReaderBuilder, StringRecord, Trim};

use super::incoming::Input;
use super::text_input;
use crate::error::{Error, Result};

/// The longest record, in bytes; what is longer has a quotation mark that is never closed.
const LONGEST: u64 = 1024 * 1024;
/// Stands after the end of the file as a record of its own, unless a quotation mark is left open: then it is part of the
/// last field.
const END: &str = "\r\n\0";

/// The records of a file, whose fields are without the blanks around them.
pub struct CsvLines<'i> {
    reader: Reader<Bounded<'i>>,
    left: Rc<Cell<u64>>,
    ends_with_crlf: bool,
}

impl<'i> CsvLines<'i> {
    /// Checks that the file is a text to its end, and reads its header.
    pub fn open(input: &'i mut dyn Input) -> Result<(Self, StringRecord)> {
        text_input::begin(input)?;
        let begun = input.fill_buf().map_err(Error::internal)?;
        let first_end = begun.iter().position(|byte| *byte == b'\n').unwrap_or_default();
        let ends_with_crlf = first_end > 0 && begun[first_end - 1] == b'\r';
        let left = Rc::new(Cell::new(LONGEST));
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .trim(Trim::All)
            .from_reader(Bounded {
                input,
                left: Rc::clone(&left),
                // Ended as the others are, so that lines are counted alike.
                end: if ends_with_crlf { END } else { &END[1..] },
            });
        let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
        check(&header)?;
        if header.len() == 1 && header.iter().any(|name| name.contains([';', '\t'])) {
            let detail = "the columns have to be separated by commas";
            return Err(Error::malformed("", "invalid_header", detail));
        }
        let lines = Self {
            reader,
            left,
            ends_with_crlf,
        };
        Ok((lines, header))
    }

    /// Reads the next record, and answers its line; `None` after the last.
    pub fn next(&mut self, record: &mut StringRecord) -> Result<Option<u32>> {
        self.left.set(LONGEST);
        if !self
            .reader
            .read_record(record)
            .map_err(|error| unreadable(&error))?
        {
            return Ok(None);
        }
        if record.as_slice() == END.trim_start() {
            return Ok(None);
        }
        check(record)?;
        Ok(Some(self.line(record)))
    }

    /// The line that a record begins on. Its own position is before the blank lines above it; the reader's is after
    /// it, but for the line feed of a CRLF, which is read with the next record.
    fn line(&self, record: &StringRecord) -> u32 {
        let within = record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
        let after = self.reader.position().line();
        let line = if self.ends_with_crlf {
            after.saturating_sub(within)
        } else {
            let above = record.position().map_or(0, csv::Position::line);
            above.max(after.saturating_sub(1 + within))
        };
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}

/// Refuses a record that holds the end of the file, or another U+0000.
fn check(record: &StringRecord) -> Result<()> {
    let text = record.as_slice();
    if text.ends_with(&END[1..]) {
        let detail = "the file ends within a text whose quotation mark was never closed: is all of it there?";
        return Err(Error::malformed("", "malformed_csv", detail));
    }
    if text.contains('\0') {
        return Err(text_input::nul_refused());
    }
    Ok(())
}

/// Reads so many bytes and no more, until it is told that a record has come to its end; and the end of the file.
struct Bounded<'i> {
    input: &'i mut dyn Input,
    left: Rc<Cell<u64>>,
    /// What is still to be read after the file.
    end: &'static str,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut read = self.input.read(buffer)?;
        if read == 0 {
            read = std::mem::take(&mut self.end).as_bytes().read(buffer)?;
        }
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => {
                return Err(std::io::Error::other(
                    "a row is longer than a megabyte; is a quotation mark left open?",
                ));
            }
        }
        Ok(read)
    }
}

fn unreadable(error: &csv::Error) -> Error {
    Error::malformed("", "malformed_csv", format!("this is not CSV: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn lines(text: &str) -> Vec<u32> {
        let mut input = Cursor::new(text.as_bytes().to_vec());
        let (mut lines, _) = CsvLines::open(&mut input).unwrap();
        let mut record = StringRecord::new();
        std::iter::from_fn(|| lines.next(&mut record).unwrap()).collect()
    }

    #[test]
    fn counts_lines_however_they_end() {
        let text = "a,b\n1,2\n\n3,\"4\n5\"\n\n\n6,7\n8,9";
        assert_eq!(lines(text), [2, 4, 8, 9]);
        assert_eq!(lines(&format!("{text}\n")), [2, 4, 8, 9]);
        let text = text.replace('\n', "\r\n");
        assert_eq!(lines(&text), [2, 4, 8, 9]);
        assert_eq!(lines(&format!("{text}\r\n")), [2, 4, 8, 9]);
    }

    #[test]
    fn refuses_a_file_that_ends_within_quotes() {
        for text in ["a,b\n1,\"2", "a,b\n1,\"2\n3,4\n", "a,\"b\n1,2\n"] {
            let mut input = Cursor::new(text.as_bytes().to_vec());
            let mut record = StringRecord::new();
            let outcome = CsvLines::open(&mut input).and_then(|(mut lines, _)| lines.next(&mut record));
            assert!(
                matches!(outcome, Err(Error::Malformed(issues)) if issues[0].detail.contains("never closed"))
            );
        }
        assert_eq!(lines("a,b\n1,\"2\""), [2]);
        assert_eq!(lines("a,b\n1,5\" pipe"), [2]);
    }

    #[test]
    fn gives_up_on_a_record_without_end() {
        let mut text = b"a,b\n1,\"2".to_vec();
        text.resize(3 * 1024 * 1024, b'x');
        let mut input = Cursor::new(text);
        let (mut lines, _) = CsvLines::open(&mut input).unwrap();
        assert!(lines.next(&mut StringRecord::new()).is_err());
    }
}
