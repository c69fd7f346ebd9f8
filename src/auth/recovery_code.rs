//! Recovery codes: what stands in for an authenticator app that is lost, each for once.

use super::secret::{Secret, random};
use crate::domain::totp::{base32, plain};
use crate::error::Result;

/// How many an account has at once.
const COUNT: usize = 10;
/// Bytes of each: 80 random bits, which nobody tries out, so that a plain SHA-256 is enough to keep.
const BYTES: usize = 10;

/// A code, to be written down.
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// As many new ones as an account has.
    pub fn generate() -> Result<Vec<Self>> {
        (0..COUNT)
            .map(|_| Ok(Self(base32(&random::<BYTES>()?).to_lowercase())))
            .collect()
    }

    /// The text in groups of four, to be shown once.
    pub fn reveal(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        let groups = letters.chunks(4).map(|group| group.iter().collect::<String>());
        groups.collect::<Vec<_>>().join("-")
    }

    /// What is stored.
    pub fn hash(&self) -> String {
        Self::hash_of(&self.0)
    }

    /// The stored form of what somebody has typed.
    pub fn hash_of(typed: &str) -> String {
        Secret::hash_of(&plain(typed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_that_differ_and_are_known_however_they_are_typed() {
        let codes = RecoveryCode::generate().unwrap();
        let distinct: std::collections::BTreeSet<String> = codes.iter().map(RecoveryCode::hash).collect();
        assert_eq!(distinct.len(), 10);
        for code in codes {
            let shown = code.reveal();
            assert_eq!((shown.len(), shown.matches('-').count()), (19, 3), "{shown}");
            assert_eq!(RecoveryCode::hash_of(&shown.to_uppercase()), code.hash());
            assert_eq!(RecoveryCode::hash_of(&shown.replace('-', " ")), code.hash());
        }
    }
}
