//! One read transaction on a connection that may turn out to be dead.

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, Pool};

use super::connection::{Connection, Pooled};
use super::db::PATIENCE;
use crate::error::{Error, Result};
use crate::metrics::Wait;

/// One read transaction; once more on another connection where the first one turned out to be dead.
pub(in crate::store) fn read_with<M, T>(
    pool: &Pool<M>,
    begin: &str,
    wait: Wait,
    work: &impl Fn(&mut Connection) -> Result<T>,
) -> Result<T>
where
    M: ManageConnection<Connection = Pooled>,
{
    let mut wait = Some(wait);
    // All that lie in the pool may be dead.
    for _ in 0..=pool.max_size() {
        let mut pooled = pool.get_timeout(PATIENCE).map_err(|_| Error::Busy)?;
        wait.take();
        if let Some(answer) = read_on(&mut pooled, begin, work) {
            return answer;
        }
    }
    Err(Error::Busy)
}

/// One read transaction on that connection; `None` where it turned out to be dead.
pub(in crate::store) fn read_on<T>(
    pooled: &mut Pooled,
    begin: &str,
    work: &impl Fn(&mut Connection) -> Result<T>,
) -> Option<Result<T>> {
    // Until the transaction has ended well, a panic or an early return drops the connection.
    pooled.doubt();
    if pooled.connection.batch_execute(begin).is_err() {
        return None;
    }
    let result = work(&mut pooled.connection);
    match (pooled.connection.batch_execute("COMMIT"), result) {
        (Err(_), Err(Error::Database(_))) => None,
        (Err(_), result) => Some(result),
        (Ok(()), result) => {
            pooled.trust();
            Some(result)
        }
    }
}
