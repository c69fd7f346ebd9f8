//! Statements whose prepared form is kept by their connection.
//!
//! Diesel prepares every `UPDATE` anew, and every `INSERT` that may become one, since it cannot know how many texts
//! they may have. Those that run with each submission have one text each, and on SQLite to prepare them takes longer
//! than to run them. For the same reason, what runs with each request and finds one row by its key does without
//! `first`: SQLite prepares a statement anew whenever the value bound to its `LIMIT` is set.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement that has the same text whatever its values.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Kept<Q>(pub Q);

impl<Q, DB> QueryFragment<DB> for Kept<Q>
where
    DB: Backend,
    Q: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Known by its text.
impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Kept<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Kept<Q> {}
