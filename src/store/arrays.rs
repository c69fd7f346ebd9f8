//! Statements over thousands of rows on PostgreSQL: a column goes as one array, and `unnest` makes rows of them again.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text};
use diesel::{QueryResult, RunQueryDsl};

/// A column of the rows, or a value that they have in common.
#[derive(Clone, Debug)]
pub(in crate::store) enum Column<'a> {
    Ints(Vec<i32>),
    Smalls(Vec<i16>),
    Bigs(Vec<i64>),
    MaybeBigs(Vec<Option<i64>>),
    MaybeTexts(Vec<Option<&'a str>>),
    Int(i32),
    Big(i64),
}

/// Text and columns by turns; a query, when it answers rows of `T`.
#[derive(Clone, Debug)]
pub(in crate::store) struct Arrays<'a, T = ()> {
    /// What stands before each column.
    pub texts: &'static [&'static str],
    /// The columns.
    pub columns: Vec<Column<'a>>,
    /// What stands after the last column.
    pub end: &'static str,
    /// What it answers.
    pub answers: PhantomData<T>,
}

impl<T> QueryFragment<Pg> for Arrays<'_, T> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (text, column) in self.texts.iter().zip(&self.columns) {
            pass.push_sql(text);
            match column {
                Column::Ints(values) => pass.push_bind_param::<Array<Integer>, _>(values)?,
                Column::Smalls(values) => pass.push_bind_param::<Array<SmallInt>, _>(values)?,
                Column::Bigs(values) => pass.push_bind_param::<Array<BigInt>, _>(values)?,
                Column::MaybeBigs(values) => pass.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?,
                Column::MaybeTexts(values) => pass.push_bind_param::<Array<Nullable<Text>>, _>(values)?,
                Column::Int(value) => pass.push_bind_param::<Integer, _>(value)?,
                Column::Big(value) => pass.push_bind_param::<BigInt, _>(value)?,
            }
        }
        pass.push_sql(self.end);
        Ok(())
    }

    /// Planned anew each time: how many rows the arrays hold decides how the table is best read.
    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(false)
    }
}

impl<T> QueryId for Arrays<'_, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for Arrays<'_, T> {
    type SqlType = T;
}

impl<C, T> RunQueryDsl<C> for Arrays<'_, T> {}
