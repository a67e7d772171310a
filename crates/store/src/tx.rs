//! A unit of work for one tenant.

use crate::conn::Conn;
use signet_domain::Time;
use signet_domain::id::TenantId;

/// Statements for one tenant: a read, or a write that commits as a whole.
///
/// The entity modules add their functions to it; each puts the tenant's id into its statement.
pub struct Tx {
    pub(crate) tenant: TenantId,
    pub(crate) conn: Conn,
    pub(crate) epoch: i64,
    /// SQLite: the commit's number. PostgreSQL gives its own.
    pub(crate) txid: i64,
    /// The next event's number within the commit.
    pub(crate) seq: i64,
    /// `now` for statements that otherwise use the database's clock; only tests set it.
    pub(crate) clock_override: Option<Time>,
    /// The tenant's configuration was changed, so caches must hear of it.
    pub(crate) config_changed: bool,
}

impl Tx {
    /// The tenant whose rows this sees.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Says that configuration was changed: on commit, every node forgets what it cached of the tenant.
    pub fn config_changed(&mut self) {
        self.config_changed = true;
    }
}

impl Tx {
    /// `now` for a statement that decides a limit: on PostgreSQL the database's own unless a test overrides
    /// it, on SQLite this process's.
    pub(crate) fn clock_for_limits(&self) -> Option<Time> {
        match self.conn {
            Conn::Sqlite(_) => {
                Some(self.clock_override.unwrap_or_else(|| signet_domain::Clock::SYSTEM.now()))
            }
            Conn::Postgres(_) | Conn::PostgresTx(_) => self.clock_override,
        }
    }
}
