//! Statements over many rows at once. Rows go in groups whose sizes are powers of two, so that there are few texts to
//! prepare, however many rows there are.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};
use diesel::{QueryResult, RunQueryDsl};

/// The most rows of one statement; sixteen columns of them are within the bounds of both databases.
const MOST: usize = 256;

/// A value of a row.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Bind<'a> {
    Small(i16),
    Int(i32),
    Big(i64),
    MaybeBig(Option<i64>),
    MaybeText(Option<&'a str>),
}

/// A statement around a list of rows, as `VALUES` writes them; a query, when it answers rows of `T`.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Many<'a, const N: usize, T = ()> {
    before: &'static str,
    rows: &'a [[Bind<'a>; N]],
    after: &'static str,
    answers: PhantomData<T>,
}

impl<'a, const N: usize, T> Many<'a, N, T> {
    /// The statements for all rows: `before`, a list of rows, `after`.
    pub fn statements(
        before: &'static str,
        rows: &'a [[Bind<'a>; N]],
        after: &'static str,
    ) -> impl Iterator<Item = Self> {
        groups(rows).map(move |rows| Self {
            before,
            rows,
            after,
            answers: PhantomData,
        })
    }
}

fn groups<R>(mut rows: &[R]) -> impl Iterator<Item = &[R]> {
    std::iter::from_fn(move || {
        let size = MOST.min(1 << rows.len().checked_ilog2()?);
        let (group, rest) = rows.split_at(size);
        rows = rest;
        Some(group)
    })
}

impl<DB, const N: usize, T> QueryFragment<DB> for Many<'_, N, T>
where
    DB: Backend,
    i16: ToSql<SmallInt, DB>,
    i32: ToSql<Integer, DB>,
    i64: ToSql<BigInt, DB>,
    Option<i64>: ToSql<Nullable<BigInt>, DB>,
    for<'t> Option<&'t str>: ToSql<Nullable<Text>, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(self.before);
        for (row, values) in self.rows.iter().enumerate() {
            pass.push_sql(if row == 0 { " (" } else { ", (" });
            for (column, value) in values.iter().enumerate() {
                if column > 0 {
                    pass.push_sql(", ");
                }
                match value {
                    Bind::Small(value) => pass.push_bind_param::<SmallInt, _>(value)?,
                    Bind::Int(value) => pass.push_bind_param::<Integer, _>(value)?,
                    Bind::Big(value) => pass.push_bind_param::<BigInt, _>(value)?,
                    Bind::MaybeBig(value) => pass.push_bind_param::<Nullable<BigInt>, _>(value)?,
                    Bind::MaybeText(value) => pass.push_bind_param::<Nullable<Text>, _>(value)?,
                }
            }
            pass.push_sql(")");
        }
        pass.push_sql(self.after);
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Known by its text.
impl<const N: usize, T> QueryId for Many<'_, N, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<const N: usize, T> Query for Many<'_, N, T> {
    type SqlType = T;
}

impl<C, const N: usize, T> RunQueryDsl<C> for Many<'_, N, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_powers_of_two() {
        let rows = vec![0; 700];
        let sizes: Vec<usize> = groups(&rows).map(<[i32]>::len).collect();
        assert_eq!(sizes, [256, 256, 128, 32, 16, 8, 4]);
        assert_eq!(groups::<i32>(&[]).count(), 0);
    }
}
