//! SHA-256, as it is shown and kept: 64 hexadecimal digits.

use std::fmt::Write;
use std::io::{ErrorKind, Read};

use sha2::{Digest, Sha256};

/// The checksum of some bytes.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The checksum of everything that is read.
pub fn sha256_of(mut input: impl Read) -> std::io::Result<String> {
    let mut running = Sha256::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        match input.read(&mut part) {
            Ok(0) => return Ok(hexadecimal(&running.finalize())),
            Ok(length) => running.update(&part[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_in_one_piece_and_in_parts() {
        let long = vec![b'a'; 1_000_000];
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        assert_eq!(sha256(&long), expected);
        assert_eq!(sha256_of(long.as_slice()).unwrap(), expected);
    }
}
