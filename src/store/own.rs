//! What keeps a query within a tenant. Queries that filter rows by the coalition or the organization that owns them say whose,
//! here. With the feature `unfiltered`, tests can make them say nothing: so they show that row-level security alone keeps
//! tenants apart on PostgreSQL, and that they notice where nothing does.

#[cfg(all(feature = "unfiltered", not(debug_assertions)))]
compile_error!(
    "the feature `unfiltered` takes the filters away that keep tenants apart: it is for tests only"
);

/// The condition that a column holds the tenant's own id.
#[cfg(not(feature = "unfiltered"))]
macro_rules! own {
    ($column:expr, $id:expr) => {
        $column.eq($id)
    };
}

#[cfg(feature = "unfiltered")]
macro_rules! own {
    ($column:expr, $id:expr) => {
        $column
            .eq($id)
            .or(diesel::IntoSql::into_sql::<diesel::sql_types::Bool>(
                crate::store::own::is_off(),
            ))
    };
}

/// The same in a statement of our own text: what stands between the column and the id.
#[cfg(not(feature = "unfiltered"))]
macro_rules! is_own {
    () => {
        " = "
    };
}

/// No id is below zero.
#[cfg(feature = "unfiltered")]
macro_rules! is_own {
    () => {
        " <> -"
    };
}

pub(in crate::store) use {is_own, own};

#[cfg(feature = "unfiltered")]
static IS_OFF: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

#[cfg(feature = "unfiltered")]
pub(in crate::store) fn is_off() -> bool {
    IS_OFF.load(std::sync::atomic::Ordering::SeqCst)
}

/// From here on queries say nothing of whose rows they want, in this whole process.
#[cfg(feature = "unfiltered")]
pub fn take_filters_away() {
    IS_OFF.store(true, std::sync::atomic::Ordering::SeqCst);
}
