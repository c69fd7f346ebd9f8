//! Random secrets that are shown once and kept as a hash: API keys, refresh tokens, invitation tokens.

use crate::checksum::sha256;
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A secret of 256 random bits, with a prefix that says what it is.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new secret, such as `cairn_key_…`.
    pub fn generate(kind: &str) -> Result<Self> {
        Ok(Self(format!(
            "cairn_{kind}_{}",
            URL_SAFE_NO_PAD.encode(random::<32>()?)
        )))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn hash(&self) -> String {
        Self::hash_of(&self.0)
    }

    /// The stored form of a secret that somebody presents. The secrets have 256 random bits, so a plain SHA-256 is
    /// enough, and finding it by an index gives nothing away.
    pub fn hash_of(text: &str) -> String {
        sha256(text.as_bytes())
    }

    /// The first characters, by which a person recognizes it in a list.
    pub fn prefix(&self) -> String {
        self.0.chars().take(16).collect()
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_twice_and_hashed_as_sha_256() {
        let (one, two) = (Secret::generate("key").unwrap(), Secret::generate("key").unwrap());
        assert_ne!(one.reveal(), two.reveal());
        assert!(one.reveal().starts_with("cairn_key_"));
        assert_eq!(
            Secret::hash_of("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
