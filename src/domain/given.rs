//! Fields that a body may leave out: left out is not the same as `null`. For `#[serde(default, deserialize_with)]`.

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer};

/// A field that may be left out and is never `null`.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    // Not `T` at once: a word of a list that is null would be said to be no JSON.
    match Option::deserialize(deserializer)? {
        Some(value) => Ok(Some(value)),
        None => Err(Error::invalid_type(Unexpected::Unit, &"a value")),
    }
}

/// A field that may be left out, and that `null` empties.
pub fn given_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
