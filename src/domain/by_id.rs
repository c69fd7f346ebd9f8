//! Maps by what the service itself gives out.

use std::collections::HashMap;

/// A map by an id, or by an id and a period. Their hashes need not withstand somebody who chooses the keys, and each row of
/// an answer is looked up in a dozen of such maps.
pub type ById<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
