//! The check of a workbook before anything of it is believed: it is a file of compressed parts, and what they expand
//! to is counted while they expand, since what they say of their sizes is theirs to say.

use std::cell::Cell;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::ZipArchive;

use super::incoming::Input;
use super::workbook_part::Part;
use super::workbook_scan::{Refusal, Scan};
use crate::error::{Error, Result};

const MEGABYTE: u64 = 1024 * 1024;
/// The most that all parts expand to, in bytes.
const MOST_EXPANDED: u64 = 256 * MEGABYTE;
/// The most that the shared strings expand to.
const MOST_STRINGS: u64 = 40 * MEGABYTE;
/// The most that a picture, or whatever else is no XML, expands to.
const MOST_BINARY: u64 = 16 * MEGABYTE;
/// The longest tag, text or comment, in bytes; a cell holds 32,767 characters at most.
const LONGEST: usize = 256 * 1024;
/// The most parts.
const MOST_PARTS: usize = 1_000;
/// The most that is read to list the parts.
const MOST_LISTING: u64 = 4 * MEGABYTE;
/// How a workbook of before 2007 begins, and one with a password.
const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0";

/// Refuses what is no workbook, is not whole, or expands to more than is taken.
pub fn check(input: &mut dyn Input) -> Result<()> {
    input.rewind().map_err(Error::internal)?;
    if input
        .fill_buf()
        .map_err(Error::internal)?
        .starts_with(COMPOUND_FILE)
    {
        return Err(malformed(
            "it is an old .xls workbook, or has a password: save it as .xlsx without a password",
        ));
    }
    let left = Rc::new(Cell::new(MOST_LISTING));
    let listing = Bounded {
        input,
        left: Rc::clone(&left),
    };
    let mut archive = ZipArchive::new(listing).map_err(malformed)?;
    if archive.len() > MOST_PARTS {
        return Err(too_large(&format!("has more than {MOST_PARTS} parts")));
    }
    left.set(u64::MAX);
    let (mut expanded, mut scan) = (0, Scan::default());
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).map_err(malformed)?;
        let name = part.name().map_err(malformed)?.to_ascii_lowercase();
        let is_strings = name.ends_with("sharedstrings.xml");
        expanded += expand(&mut part, MOST_EXPANDED - expanded, is_strings, &mut scan)?;
    }
    Ok(())
}

/// Reads a part to its end. Answers how long it is, unless that is more than `most`.
fn expand(part: &mut impl Read, most: u64, is_strings: bool, scan: &mut Scan) -> Result<u64> {
    let mut beginning = Vec::new();
    part.take(1024).read_to_end(&mut beginning).map_err(malformed)?;
    let is_text = is_text(&beginning);
    let limits = [
        Some((most, "expands to more than 256 MB")),
        is_strings.then_some((MOST_STRINGS, "has more than 40 MB of texts")),
        (!is_text).then_some((MOST_BINARY, "has a picture of more than 16 MB")),
    ];
    let most = limits.into_iter().flatten().min_by_key(|limit| limit.0);
    // What is in no text that is read here, such as the queries that Excel keeps in UTF-16, is as long as it may be.
    let longest = if is_text { LONGEST } else { usize::MAX };
    let whole = BufReader::with_capacity(64 * 1024, Cursor::new(beginning).chain(part));
    let mut part = Part::new(whole, most.unwrap_or_default(), longest);
    scan.read(&mut part).map_err(|refusal| match refusal {
        Refusal::TooMuch(what) => too_large(what),
        Refusal::Malformed(what) => malformed(what),
    })?;
    part.finish().map_err(|error| match part.excess() {
        Some(excess) => too_large(excess),
        None => malformed(error),
    })
}

fn is_text(beginning: &[u8]) -> bool {
    // A character whose end is beyond the beginning is no error.
    std::str::from_utf8(beginning).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// The refusal of a file that is no workbook, or not the whole of one.
pub fn malformed(what: impl std::fmt::Display) -> Error {
    let detail = format!("this is no .xlsx workbook, or not the whole of one: {what}");
    Error::malformed("", "malformed_xlsx", detail)
}

fn too_large(what: &str) -> Error {
    Error::TooLarge(format!(
        "the workbook {what}: send its rows as text/csv instead, of which more is taken"
    ))
}

/// Reads so many bytes and no more, until it is told otherwise.
struct Bounded<'i> {
    input: &'i mut dyn Input,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(std::io::Error::other("its list of parts does not end")),
        }
        Ok(read)
    }
}

impl Seek for Bounded<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.input.seek(to)
    }
}
