//! What can go wrong with a statement.

/// An error of the store. Kinds, not constraint names: the two engines name things differently.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, or shut the door: 503 with `Retry-After`.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A row with that key exists already.
    #[error("a row with that key exists already")]
    Conflict,
    /// A row that this one hangs on does not exist, or one that hangs on this one does.
    #[error("a row that this one hangs on does not exist")]
    Reference,
    /// The row has changed since it was read.
    #[error("the row has changed since it was read")]
    Stale,
    /// Another process has the store open.
    #[error("{0}")]
    InUse(String),
    /// A statement or row that should have worked did not: a defect.
    #[error("store: {0}")]
    Internal(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(db) if db.is_unique_violation() => Self::Conflict,
            E::Database(db) if db.is_foreign_key_violation() => Self::Reference,
            E::Database(db) if is_outage(db.code().as_deref()) => Self::Unavailable(error.to_string()),
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Internal(error.to_string()),
        }
    }
}

/// SQLSTATE classes 08 (connection), 25006 (read only), 25P03 (a transaction that lay idle, because this process was
/// stopped), 40 (rollback, 40P01 a deadlock), 53 (resources), 55P03 (a lock), 57 (operator intervention), and SQLite's BUSY (5), READONLY (8), IOERR (10) and FULL (13) families.
fn is_outage(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    if code.len() == 5 && code.bytes().any(|b| b.is_ascii_alphanumeric()) && code.parse::<u32>().is_err() {
        let classes = ["08", "25P03", "40", "53", "55P03", "57P"];
        return classes.iter().any(|class| code.starts_with(class));
    }
    match code.parse::<u32>() {
        Ok(n) if code.len() == 5 => n == 25006 || matches!(n / 1000, 8 | 40 | 53 | 57),
        Ok(n) => matches!(n & 0xff, 5 | 8 | 10 | 13),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_outage;

    #[test]
    fn outages_are_told_from_defects() {
        for code in ["08006", "57P01", "25006", "53300", "40001", "40P01", "25P03", "13", "5", "10", "266"] {
            assert!(is_outage(Some(code)), "{code}");
        }
        for code in ["23505", "42601", "1", "19"] {
            assert!(!is_outage(Some(code)), "{code}");
        }
    }
}
