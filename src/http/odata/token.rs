//! `$skiptoken`: where the next page begins. Clients send it back as they got it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// A place as a token.
pub fn write<T: Serialize>(place: &T) -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(place)?))
}

/// The place of a token.
pub fn read<T: DeserializeOwned>(token: &str) -> Result<T> {
    let json = URL_SAFE_NO_PAD.decode(token).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(unknown)
}

/// It is not one that was given out here.
pub fn unknown() -> Error {
    Error::malformed(
        "?$skiptoken",
        "unknown_token",
        "take the whole address from the @odata.nextLink of the page before",
    )
}
