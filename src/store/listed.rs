//! Statements about many of something on SQLite: their ids go as one JSON text, of which `json_each` makes rows. However many
//! they are, there is one text to prepare, and few values to bind.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl};

use super::figures::Stretch;
use crate::domain::period::Period;

/// A list of ids, and then text and numbers by turns; a query, when it answers rows of `T`.
#[derive(Clone, Debug)]
pub(in crate::store) struct Listed<T> {
    before: &'static str,
    ids: String,
    after: Vec<(&'static str, i32)>,
    answers: PhantomData<T>,
}

impl<T> Listed<T> {
    /// What stands before the list, the list, and before each number, with the number.
    pub fn new(before: &'static str, ids: &[i32], after: Vec<(&'static str, i32)>) -> Self {
        let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
        Self {
            before,
            ids: format!("[{}]", ids.join(",")),
            after,
            answers: PhantomData,
        }
    }
}

/// The measures of stretches that are of the same time.
pub(in crate::store) fn by_time(stretches: &[Stretch]) -> BTreeMap<(Period, Period), Vec<i32>> {
    let mut times: BTreeMap<(Period, Period), Vec<i32>> = BTreeMap::new();
    for &(measure, first, last) in stretches {
        times.entry((first, last)).or_default().push(measure);
    }
    times
}

impl<T> QueryFragment<Sqlite> for Listed<T> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql(self.before);
        pass.push_bind_param::<Text, _>(&self.ids)?;
        for (text, value) in &self.after {
            pass.push_sql(text);
            pass.push_bind_param::<Integer, _>(value)?;
        }
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _: &Sqlite) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Known by its text.
impl<T> QueryId for Listed<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for Listed<T> {
    type SqlType = T;
}

impl<C, T> RunQueryDsl<C> for Listed<T> {}
