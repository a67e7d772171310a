//! One connection of either engine.

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite, Transaction};

/// A connection, or a transaction on one.
pub(crate) enum Conn {
    /// SQLite: a reader's connection, or the writer's inside a batch.
    Sqlite(PoolConnection<Sqlite>),
    /// PostgreSQL, each statement on its own.
    Postgres(PoolConnection<Postgres>),
    /// PostgreSQL, inside a transaction.
    PostgresTx(Transaction<'static, Postgres>),
}
