//! The few places where the engines' SQL must differ.

use crate::conn::Conn;

/// A statement that needs a text for each engine.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Text {
    /// The text for a connection's engine.
    pub(crate) fn of(self, conn: &Conn) -> &'static str {
        match conn {
            Conn::Sqlite(_) => self.sqlite,
            Conn::Postgres(_) | Conn::PostgresTx(_) => self.postgres,
        }
    }
}

/// Builds both texts from one with a hole: `{now}` is the instant that decides a limit.
///
/// On PostgreSQL it is the database's clock, read where it stands (so inside `SET`, after the lock was
/// waited for), unless the parameter overrides it; only test builds do. On SQLite, where this process is the
/// only one, it is the parameter.
macro_rules! with_now {
    ($param:literal: $($part:literal),+ $(; now $($rest:literal),+)*) => {
        $crate::dialect::Text {
            sqlite: concat!($($part,)+ $($param, $($rest,)+)*),
            postgres: concat!(
                $($part,)+
                $("COALESCE(", $param, ", CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT))", $($rest,)+)*
            ),
        }
    };
}

pub(crate) use with_now;
