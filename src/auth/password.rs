//! Passwords: argon2id with 19 MiB, two passes and one lane (OWASP's first choice), off the event loop, and never
//! more at once than there are processors, so that a flood of sign-ins cannot take the memory.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

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
    places: Arc<Semaphore>,
    at_once: usize,
    /// The hash of a password nobody knows: checked where there is no account, so that both cases take as long.
    nobody: Arc<str>,
}

impl Passwords {
    /// With this many at once.
    pub fn new(at_once: usize) -> Result<Self> {
        Ok(Self {
            places: Arc::new(Semaphore::new(at_once.max(1))),
            at_once: at_once.max(1),
            nobody: nobody()?.into(),
        })
    }

    /// How many are being hashed or checked, of how many may be at once.
    pub fn slots(&self) -> (usize, usize) {
        (self.at_once - self.places.available_permits(), self.at_once)
    }

    /// Whether a new password will do.
    pub fn check(password: &str, pointer: &str) -> Vec<Issue> {
        let detail = if password.chars().count() < SHORTEST {
            format!("at least {SHORTEST} characters; a few words in a row make a good password")
        } else if password.len() > LONGEST {
            format!("at most {LONGEST} bytes")
        } else {
            return Vec::new();
        };
        vec![Issue {
            pointer: pointer.into(),
            code: "weak_password",
            detail,
        }]
    }

    /// The stored form of a password.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.run(move || hash(password.as_bytes())).await
    }

    /// Whether a password is the one behind a stored form; `None` stands for an account that does not exist.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool> {
        let nobody = self.nobody.clone();
        self.run(move || {
            let exists = stored.is_some();
            let stored = stored.as_deref().unwrap_or(&nobody);
            let stored = PasswordHash::new(stored).map_err(Error::internal)?;
            Ok(hasher()?.verify_password(password.as_bytes(), &stored).is_ok() && exists)
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let _place = self.places.acquire().await.map_err(Error::internal)?;
        actix_web::rt::task::spawn_blocking(work)
            .await
            .map_err(Error::internal)?
    }
}

/// In KiB.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String> {
    Ok(hasher()?
        .hash_password(password)
        .map_err(Error::internal)?
        .to_string())
}

/// In the form of a hash, but random: as dear to check as any other, without the time that one takes to make.
fn nobody() -> Result<String> {
    let (salt, hash) = (random::<16>()?, random::<32>()?);
    Ok(format!(
        "$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}${}${}",
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(hash)
    ))
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
        let (nobody, somebody) = (nobody().unwrap(), hash(b"violet-harbor-candle-47").unwrap());
        let parts = |text: &str| -> Vec<String> { text.split('$').map(str::to_owned).collect() };
        let (nobody, somebody) = (parts(&nobody), parts(&somebody));
        assert_eq!(nobody[..4], somebody[..4]);
        assert_eq!(nobody[4].len(), somebody[4].len());
        assert_eq!(nobody[5].len(), somebody[5].len());
    }

    #[test]
    fn short_passwords_are_refused() {
        assert_eq!(Passwords::check("short", "/password")[0].code, "weak_password");
        assert!(Passwords::check("violet-harbor-candle-47", "/password").is_empty());
    }
}
