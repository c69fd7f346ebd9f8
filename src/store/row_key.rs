//! Where a figure stands in a list, and lists put together from several tables in that order.

/// Measure, period as encoded, cell, organization.
pub type Key = (i32, i32, i32, i32);

/// A condition on where a row of a table stands. As one comparison of rows, the databases begin at the key instead of
/// reading up to it.
macro_rules! stands {
    ($table:literal, $comparison:literal, $key:expr) => {{
        let (measure, period, cell, organization) = $key;
        diesel::dsl::sql::<diesel::sql_types::Bool>(concat!(
            "(",
            $table,
            ".measure_id, ",
            $table,
            ".period, ",
            $table,
            ".cell_id, ",
            $table,
            ".organization_id) ",
            $comparison,
            " ("
        ))
        .bind::<diesel::sql_types::Integer, _>(measure)
        .sql(", ")
        .bind::<diesel::sql_types::Integer, _>(period)
        .sql(", ")
        .bind::<diesel::sql_types::Integer, _>(cell)
        .sql(", ")
        .bind::<diesel::sql_types::Integer, _>(organization)
        .sql(")")
    }};
}
pub(in crate::store) use stands;

/// One page out of several sources, each of which has been read from the page's beginning.
pub(in crate::store) struct Merged<T> {
    rows: Vec<T>,
    limit: usize,
    key: fn(&T) -> Key,
}

impl<T> Merged<T> {
    pub fn new(limit: i64, key: fn(&T) -> Key) -> Self {
        Self {
            rows: Vec::new(),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            key,
        }
    }

    pub fn add(&mut self, rows: Vec<T>) {
        self.rows.extend(rows);
        self.rows.sort_by_key(self.key);
        self.rows.truncate(self.limit);
    }

    /// The last row of a page that is full already: what stands behind it belongs to the next.
    pub fn last(&self) -> Option<Key> {
        let is_full = self.rows.len() == self.limit;
        self.rows.last().filter(|_| is_full).map(self.key)
    }

    pub fn into_rows(self) -> Vec<T> {
        self.rows
    }
}
