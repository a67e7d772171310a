//! How far exports of the log have come: a row each, for whichever node is asked.

use crate::macros::{execute, fetch_all};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::log_export::LogExport;

impl Tx {
    /// The tenant's exports, newest first; at most `most`.
    pub async fn log_exports(&mut self, most: i64) -> Result<Vec<LogExport>> {
        const SQL: &str = "SELECT * FROM log_exports WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2";
        fetch_all!(self, LogExport, SQL, self.tenant, most)
    }

    /// Tells how far an export has come. The first time makes its row, whenever that succeeds.
    pub async fn put_log_export(&mut self, e: &LogExport) -> Result<()> {
        const SQL: &str = "INSERT INTO log_exports (tenant_id, id, user_id, made_by, format, query, from_at,
              until_at, reached_at, events, bytes, state, began_at, told_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT (tenant_id, id) DO UPDATE SET reached_at = excluded.reached_at,
              events = excluded.events, bytes = excluded.bytes, state = excluded.state,
              told_at = excluded.told_at";
        execute!(
            self,
            SQL,
            self.tenant,
            e.id,
            e.user_id,
            &e.made_by,
            e.format,
            &e.query,
            e.from_at,
            e.until_at,
            e.reached_at,
            e.events,
            e.bytes,
            e.state,
            e.began_at,
            e.told_at
        )
        .map(|_| ())
    }

    /// Forgets all but the newest `keep` exports. One that runs, and was told of since `silent`, stays besides.
    pub async fn forget_log_exports(&mut self, keep: i64, silent: Time) -> Result<u64> {
        const SQL: &str = "DELETE FROM log_exports WHERE tenant_id = $1
            AND (state <> 'running' OR told_at < $2)
            AND id NOT IN (SELECT id FROM log_exports WHERE tenant_id = $1 ORDER BY id DESC LIMIT $3)";
        execute!(self, SQL, self.tenant, silent, keep)
    }
}
