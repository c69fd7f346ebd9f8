//! Access tokens: JSON Web Tokens signed with HMAC-SHA-256, valid for fifteen minutes, for one organization.
//!
//! The library's lenient defaults are closed: the algorithm is pinned, every claim is required and of one type, and
//! times are held against Cairn's own clock with five seconds of leeway.

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use super::{ApiScope, SigningKeys};
use crate::clock::Clock;
use crate::error::{Error, Result};

/// How long a token holds, in seconds.
pub const LIFETIME: i64 = 900;
const LEEWAY: i64 = 5;
const ISSUER: &str = "cairn";
const AUDIENCE: &str = "cairn-api";
const TYPE: &str = "at+jwt";

/// For whom a token speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// An account, in one session.
    Account {
        /// The account.
        account: i32,
        /// The session that the token ends with.
        session: String,
    },
    /// An API key.
    Key {
        /// The key.
        key: String,
        /// Those of the key's scopes that the token has.
        scopes: Vec<ApiScope>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    organization: i32,
    subject: Subject,
}

/// Issues and verifies access tokens.
#[derive(Clone)]
pub struct Tokens {
    keys: SigningKeys,
    clock: Clock,
}

impl Tokens {
    /// With a ring of keys.
    pub fn new(keys: SigningKeys, clock: Clock) -> Self {
        Self { keys, clock }
    }

    /// A token for a subject in an organization.
    pub async fn issue(&self, organization: i32, subject: Subject) -> Result<String> {
        let now = self.clock.now() / 1_000_000;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
            jti: uuid::Uuid::now_v7().to_string(),
            organization,
            subject,
        };
        let (kid, key) = self.keys.signing().await?;
        let header = Header {
            typ: Some(TYPE.into()),
            kid: Some(kid),
            ..Header::new(Algorithm::HS256)
        };
        encode(&header, &claims, &key).map_err(Error::internal)
    }

    /// The organization and subject of a token that holds.
    pub async fn verify(&self, token: &str) -> Result<(i32, Subject)> {
        let kid = key_name(token)?;
        let key = self.keys.verifying(&kid).await?.ok_or(INVALID)?;
        read(token, &key, self.clock.now() / 1_000_000)
    }
}

/// The name of the key that a token says it was signed with, if its header is of the one kind that is taken.
fn key_name(token: &str) -> Result<String> {
    let header = decode_header(token).map_err(|_| INVALID)?;
    if header.alg != Algorithm::HS256 || header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
        return Err(INVALID);
    }
    header.kid.ok_or(INVALID)
}

/// The organization and subject of a token that a key has signed and that holds at a time, in seconds since 1970.
fn read(token: &str, key: &DecodingKey, now: i64) -> Result<(i32, Subject)> {
    let claims = decode::<Claims>(token, key, &validation())
        .map_err(|_| INVALID)?
        .claims;
    if claims.exp.saturating_add(LEEWAY) <= now {
        return Err(Error::Unauthenticated(
            "the access token has expired: refresh the session",
        ));
    }
    let begins = claims.nbf.max(claims.iat).saturating_sub(LEEWAY);
    let lasts = claims.exp.saturating_sub(claims.nbf.min(claims.iat));
    if begins > now || lasts > LIFETIME || claims.jti.is_empty() {
        return Err(INVALID);
    }
    Ok((claims.organization, claims.subject))
}

const INVALID: Error = Error::Unauthenticated("the access token does not hold: sign in again");

/// Times are checked against Cairn's own clock, which tests can hold still; everything else by the library.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    validation.leeway = 0;
    validation
}

#[cfg(test)]
mod fuzzed {
    use jsonwebtoken::EncodingKey;
    use proptest::prelude::*;

    use super::*;
    use crate::damage::damaged_text;

    const NOW: i64 = 1_772_444_000;

    fn token(key: &[u8]) -> String {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            iat: NOW,
            nbf: NOW,
            exp: NOW + LIFETIME,
            jti: "one".into(),
            organization: 7,
            subject: Subject::Account {
                account: 1,
                session: "one".into(),
            },
        };
        let header = Header {
            typ: Some(TYPE.into()),
            kid: Some("newest".into()),
            ..Header::new(Algorithm::HS256)
        };
        encode(&header, &claims, &EncodingKey::from_secret(key)).expect("a token")
    }

    proptest! {
        #[test]
        fn only_what_was_signed_is_taken(damaged in damaged_text(&[&token(b"ours"), &token(b"another")])) {
            let taken = key_name(&damaged).and_then(|_| read(&damaged, &DecodingKey::from_secret(b"ours"), NOW));
            prop_assert_eq!(taken.is_ok(), damaged == token(b"ours"));
        }
    }
}
