//! Texts that come in: UTF-8 to their end, or refused with the line where they are not.

use std::io::SeekFrom;

use super::incoming::Input;
use crate::error::{Error, Result};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Checks a text to its end, and leaves it at its first character, after a byte order mark.
pub fn begin(input: &mut dyn Input) -> Result<()> {
    check(input)?;
    input.rewind().map_err(Error::internal)?;
    if input
        .fill_buf()
        .map_err(Error::internal)?
        .starts_with(BYTE_ORDER_MARK)
    {
        input.seek(SeekFrom::Start(3)).map_err(Error::internal)?;
    }
    Ok(())
}

/// The refusal of a text that holds U+0000, which PostgreSQL cannot keep.
pub fn nul_refused() -> Error {
    Error::malformed(
        "",
        "nul_character",
        "a text holds the character U+0000, which no text can: leave it out",
    )
}

fn check(input: &mut dyn Input) -> Result<()> {
    // The beginning of a character whose end is in the next piece.
    let mut begun: Vec<u8> = Vec::with_capacity(4);
    let (mut line, mut is_blank) = (1, true);
    loop {
        let piece = input.fill_buf().map_err(Error::internal)?;
        let length = piece.len();
        if length == 0 {
            break;
        }
        let mut rest = piece;
        while !begun.is_empty() && !rest.is_empty() {
            begun.push(rest[0]);
            rest = &rest[1..];
            match std::str::from_utf8(&begun) {
                Ok(_) => begun.clear(),
                Err(error) if error.error_len().is_some() => return Err(not_utf8(line)),
                Err(_) => {}
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => {}
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                if error.error_len().is_some() {
                    return Err(not_utf8(line + newlines(good)));
                }
                begun.extend_from_slice(bad);
            }
        }
        line += newlines(piece);
        is_blank = is_blank && piece.iter().all(u8::is_ascii_whitespace);
        input.consume(length);
    }
    if !begun.is_empty() {
        return Err(not_utf8(line));
    }
    if is_blank {
        return Err(Error::malformed(
            "",
            "empty",
            "there is nothing in it: the file is empty",
        ));
    }
    Ok(())
}

fn newlines(piece: &[u8]) -> usize {
    piece.iter().filter(|byte| **byte == b'\n').count()
}

fn not_utf8(line: usize) -> Error {
    let detail =
        format!("line {line} has a character that is not UTF-8: save it as UTF-8 (in Excel: 'CSV UTF-8')");
    Error::malformed("", "not_utf8", detail)
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Read};

    use super::*;

    fn outcome(bytes: &[u8], capacity: usize) -> std::result::Result<String, String> {
        let mut input = BufReader::with_capacity(capacity, Cursor::new(bytes.to_vec()));
        begin(&mut input).map_err(|error| match error {
            Error::Malformed(issues) => format!("{}: {}", issues[0].code, issues[0].detail),
            other => panic!("{other:?}"),
        })?;
        let mut rest = String::new();
        input.read_to_string(&mut rest).unwrap();
        Ok(rest)
    }

    #[test]
    fn takes_characters_that_fall_on_the_edge_of_a_piece() {
        for capacity in 1..9 {
            assert_eq!(
                outcome("\u{feff}aé€𐍈\n".as_bytes(), capacity.max(3)).unwrap(),
                "aé€𐍈\n"
            );
        }
    }

    #[test]
    fn names_the_line_that_is_not_utf8() {
        for capacity in [3, 5, 100] {
            let refused = outcome(b"a\nb\ncaf\xe9\n", capacity).unwrap_err();
            assert!(refused.starts_with("not_utf8: line 3"), "{refused}");
            assert!(
                outcome(b"a\n\xe2\x82", capacity)
                    .unwrap_err()
                    .starts_with("not_utf8: line 2")
            );
        }
        assert!(outcome(b" \r\n", 10).unwrap_err().starts_with("empty"));
    }
}
