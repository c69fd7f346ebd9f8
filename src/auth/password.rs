//! Passwords: argon2id with 19 MiB, two passes and one lane (OWASP's first choice), off the event loop, and on half of the
//! processors at most, so that a flood of sign-ins takes neither the memory nor the time of everybody else.

use std::sync::Arc;

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::guessable::{OwnWords, is_guessable};
use super::password_queue::{Memory, PasswordQueue};
use super::secret::random;
use crate::domain::issue::Issue;
use crate::error::{Error, Result};

/// The shortest password taken, in characters.
pub const SHORTEST: usize = 12;
/// The longest, in bytes.
pub const LONGEST: usize = 256;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    queue: PasswordQueue,
    /// The hash of a password nobody knows: checked where there is no account, so that both cases take as long.
    nobody: Arc<str>,
}

impl Passwords {
    /// With this many at once; a bounded number waits, and the rest gets [`Error::Busy`].
    pub fn new(at_once: usize) -> Result<Self> {
        Ok(Self {
            queue: PasswordQueue::new(at_once),
            nobody: nobody()?.into(),
        })
    }

    /// How many are being hashed or checked, of how many may be at once.
    pub fn slots(&self) -> (usize, usize) {
        self.queue.slots()
    }

    /// Whether a new password is long enough, and not too long.
    pub fn check(password: &str, pointer: &str) -> Vec<Issue> {
        let detail = if password.chars().count() < SHORTEST {
            format!("at least {SHORTEST} characters; a few words in a row make a good password")
        } else if password.len() > LONGEST {
            format!("at most {LONGEST} bytes")
        } else {
            return Vec::new();
        };
        vec![weak(pointer, detail)]
    }

    /// Whether it will do, and would not soon be guessed by somebody who knows those words.
    pub async fn check_against(&self, password: &str, own: OwnWords, pointer: &str) -> Result<Vec<Issue>> {
        let issues = Self::check(password, pointer);
        if !issues.is_empty() {
            return Ok(issues);
        }
        let password = password.to_owned();
        let judged = self.queue.run(move |_| Ok(is_guessable(&password, &own))).await?;
        Ok(Vec::from_iter(judged.then(|| weak(pointer, GUESSABLE.into()))))
    }

    /// The stored form of a password.
    pub async fn hash(&self, password: String) -> Result<String> {
        let work = move |memory: &mut Memory| hash(password.as_bytes(), memory);
        self.queue.run(work).await
    }

    /// Whether a password is the one behind a stored form; `None` stands for an account that does not exist.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool> {
        let nobody = self.nobody.clone();
        let work = move |memory: &mut Memory| {
            let stored_or_nobody = stored.as_deref().unwrap_or(&nobody);
            let holds = verify(password.as_bytes(), stored_or_nobody, memory)?;
            Ok(holds && stored.is_some())
        };
        self.queue.run(work).await
    }
}

const GUESSABLE: &str = "too easy to guess: it is on lists of stolen passwords, is a pattern, or is made of your own name, address \
    or organization; a few words in a row that have nothing to do with each other make a good password";

fn weak(pointer: &str, detail: String) -> Issue {
    Issue {
        pointer: pointer.into(),
        code: "weak_password",
        detail,
    }
}

/// In KiB.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn hash(password: &[u8], memory: &mut Memory) -> Result<String> {
    let (salt, mut output) = (random::<16>()?, [0; 32]);
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(Error::internal)?;
    fill(params, password, &salt, &mut output, memory)?;
    Ok(stored_form(&salt, &output))
}

fn verify(password: &[u8], stored: &str, memory: &mut Memory) -> Result<bool> {
    let stored = PasswordHash::new(stored).map_err(Error::internal)?;
    let params = Params::try_from(&stored).map_err(Error::internal)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err(Error::internal("a stored password without its salt or hash"));
    };
    let mut output = vec![0; expected.len()];
    fill(params, password, salt, &mut output, memory)?;
    // The comparison takes as long wherever the two differ.
    Ok(Output::new(&output).map_err(Error::internal)? == *expected)
}

fn fill(params: Params, password: &[u8], salt: &[u8], output: &mut [u8], memory: &mut Memory) -> Result<()> {
    memory.resize(params.block_count(), Block::default());
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, output, memory)
        .map_err(Error::internal)
}

fn stored_form(salt: &[u8], hash: &[u8]) -> String {
    format!(
        "$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}${}${}",
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(hash)
    )
}

/// In the form of a hash, but random: as dear to check as any other, without the time that one takes to make.
fn nobody() -> Result<String> {
    Ok(stored_form(&random::<16>()?, &random::<32>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_verifies() {
        actix_web::rt::System::new().block_on(async {
            let passwords = Passwords::new(1).unwrap();
            let stored = passwords.hash("violet-harbor-candle-47".into()).await.unwrap();
            assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
            assert!(
                passwords
                    .verify("violet-harbor-candle-47".into(), Some(stored.clone()))
                    .await
                    .unwrap()
            );
            assert!(
                !passwords
                    .verify("violet-harbor-candle-48".into(), Some(stored))
                    .await
                    .unwrap()
            );
            assert!(
                !passwords
                    .verify("violet-harbor-candle-47".into(), None)
                    .await
                    .unwrap()
            );
        });
    }

    #[test]
    fn nobody_is_as_dear_to_check_as_anybody() {
        let (nobody, somebody) = (
            nobody().unwrap(),
            hash(b"violet-harbor-candle-47", &mut Memory::new()).unwrap(),
        );
        let parts = |text: &str| -> Vec<String> { text.split('$').map(str::to_owned).collect() };
        let (nobody, somebody) = (parts(&nobody), parts(&somebody));
        assert_eq!(nobody[..4], somebody[..4]);
        assert_eq!(nobody[4].len(), somebody[4].len());
        assert_eq!(nobody[5].len(), somebody[5].len());
    }

    #[test]
    fn hashes_are_those_of_the_reference() {
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let mut memory = Memory::new();
        assert!(verify(b"password", stored, &mut memory).unwrap());
        assert!(!verify(b"Password", stored, &mut memory).unwrap());
        // What an earlier password left in the memory makes no difference.
        let again = hash(b"violet-harbor-candle-47", &mut memory).unwrap();
        assert!(verify(b"violet-harbor-candle-47", &again, &mut Memory::new()).unwrap());
    }

    #[test]
    fn short_passwords_are_refused() {
        assert_eq!(Passwords::check("short", "/password")[0].code, "weak_password");
        assert!(Passwords::check("violet-harbor-candle-47", "/password").is_empty());
    }
}
