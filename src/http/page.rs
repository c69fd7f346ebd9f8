//! Lists, page by page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::body::has_nul;
use crate::error::{Error, Result};

/// The most items of one page.
const MOST: u32 = 1_000;
/// The items of a page unless asked otherwise.
const USUAL: u32 = 100;

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct List<T> {
    /// The items.
    pub data: Vec<T>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A list that is always given whole.
    pub fn whole(data: Vec<T>) -> Self {
        Self {
            data,
            next_cursor: None,
        }
    }

    /// A page of what is in memory, by a key that no two items share.
    pub fn page_of<K>(mut data: Vec<T>, page: &Page, key: impl Fn(&T) -> K) -> Result<Self>
    where
        K: Ord + Serialize + DeserializeOwned,
    {
        let (limit, after) = (page.limit()?, page.after::<K>()?);
        data.retain(|item| after.as_ref().is_none_or(|after| key(item) > *after));
        data.sort_by_key(&key);
        data.truncate(limit + 1);
        Self::page(data, limit, key)
    }

    /// A page out of one item more than it holds; `key` is what the next page goes on after.
    pub fn page<K: Serialize>(mut data: Vec<T>, limit: usize, key: impl Fn(&T) -> K) -> Result<Self> {
        let has_more = data.len() > limit;
        data.truncate(limit);
        let next_cursor = match data.last() {
            Some(last) if has_more => Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&key(last))?)),
            _ => None,
        };
        Ok(Self { data, next_cursor })
    }
}

impl<T> List<T> {
    /// The same page of something else.
    pub fn map<U>(self, f: impl Fn(T) -> U) -> List<U> {
        List {
            data: self.data.into_iter().map(f).collect(),
            next_cursor: self.next_cursor,
        }
    }

    /// The same page of something else, if all of it can be made.
    pub fn try_map<U>(self, f: impl FnMut(T) -> Result<U>) -> Result<List<U>> {
        Ok(List {
            data: self.data.into_iter().map(f).collect::<Result<_>>()?,
            next_cursor: self.next_cursor,
        })
    }
}

/// What a request says of pages, where it says nothing else; a list with more parameters reads these two among them
/// and passes them on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// At most so many items.
    pub limit: Option<u32>,
    /// After this.
    pub cursor: Option<String>,
}

impl Page {
    /// How many items the page holds.
    pub fn limit(&self) -> Result<usize> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit as usize),
            _ => Err(Error::invalid(
                "?limit",
                "out_of_range",
                format!("between 1 and {MOST}"),
            )),
        }
    }

    /// What the page goes on after.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .filter(|json| !has_nul(json))
            .and_then(|json| serde_json::from_slice(&json).ok())
            .map(Some)
            .ok_or_else(|| {
                Error::invalid(
                    "?cursor",
                    "unknown_cursor",
                    "take it from the next_cursor of the page before",
                )
            })
    }
}

#[cfg(test)]
mod fuzzed {
    use proptest::prelude::*;

    use super::*;
    use crate::damage::damaged_text;

    fn cursor(key: (i64, &str)) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&key).expect("a key"))
    }

    proptest! {
        #[test]
        fn a_cursor(cursor in damaged_text(&[&cursor((7, "VISITS")), &cursor((i64::MIN, "\u{e9}\""))])) {
            let page = Page { limit: None, cursor: Some(cursor) };
            if let Ok(Some(key)) = page.after::<(i64, String)>() {
                prop_assert!(!key.1.contains('\0'));
                let next = List::page(vec![key.clone(), key.clone()], 1, Clone::clone).expect("a page").next_cursor;
                let again = Page { limit: None, cursor: next };
                prop_assert_eq!(again.after::<(i64, String)>().ok().flatten(), Some(key));
            }
        }
    }
}
