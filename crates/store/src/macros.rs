//! The one place that knows that there are two engines: each macro runs one SQL text, with the same values
//! bound, on whichever connection it is given. SQL is always a constant.

/// Runs a statement and gives the number of rows it touched.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $value:expr)* $(,)?) => {{
        use $crate::conn::Conn;
        let _timed = signet_metrics::statement($sql);
        match &mut $tx.conn {
            Conn::Sqlite(c) => sqlx::query($sql)$(.bind($value))*.execute(&mut **c).await.map(|r| r.rows_affected()),
            Conn::Postgres(c) => sqlx::query($sql)$(.bind($value))*.execute(&mut **c).await.map(|r| r.rows_affected()),
            Conn::PostgresTx(c) => sqlx::query($sql)$(.bind($value))*.execute(&mut **c).await.map(|r| r.rows_affected()),
        }
        .map_err($crate::StoreError::from)
    }};
}

macro_rules! fetch {
    ($method:ident, $tx:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {{
        use $crate::conn::Conn;
        let _timed = signet_metrics::statement($sql);
        match &mut $tx.conn {
            Conn::Sqlite(c) => sqlx::query_as::<_, $row>($sql)$(.bind($value))*.$method(&mut **c).await,
            Conn::Postgres(c) => sqlx::query_as::<_, $row>($sql)$(.bind($value))*.$method(&mut **c).await,
            Conn::PostgresTx(c) => sqlx::query_as::<_, $row>($sql)$(.bind($value))*.$method(&mut **c).await,
        }
        .map_err($crate::StoreError::from)
    }};
}

/// Runs a query for the one row that it gives.
macro_rules! fetch_one {
    ($($all:tt)*) => { $crate::macros::fetch!(fetch_one, $($all)*) };
}

/// Runs a query for the row that it may give.
macro_rules! fetch_optional {
    ($($all:tt)*) => { $crate::macros::fetch!(fetch_optional, $($all)*) };
}

/// Runs a query for all its rows.
macro_rules! fetch_all {
    ($($all:tt)*) => { $crate::macros::fetch!(fetch_all, $($all)*) };
}

pub(crate) use {execute, fetch, fetch_all, fetch_one, fetch_optional};
