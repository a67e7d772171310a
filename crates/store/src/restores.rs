//! After a restore from a backup: what the backup brings back must not count again.

use crate::macros::{execute, fetch_one};
use crate::{Result, Store, Tx};
use signet_domain::Time;
use signet_domain::id::TenantId;
use uuid::Uuid;

impl Store {
    /// Begins another epoch, so that positions in the log never repeat, and ends the operators' sessions. Gives the
    /// epoch, which counts once the store is opened again.
    pub async fn unscoped_begin_epoch(&self, now: Time) -> Result<i64> {
        const EPOCH: &str = "UPDATE deployment SET epoch = epoch + 1 WHERE id = 1";
        const SESSIONS: &str = "UPDATE operator_sessions SET ended_at = $1 WHERE ended_at IS NULL";
        const SQL: &str = "SELECT epoch FROM deployment WHERE id = 1";
        self.write(TenantId(Uuid::nil()), move |tx| {
            Box::pin(async move {
                execute!(tx, EPOCH)?;
                execute!(tx, SESSIONS, now)?;
                fetch_one!(tx, (i64,), SQL).map(|(epoch,)| epoch)
            })
        })
        .await
    }
}

impl Tx {
    /// Ends every session of the tenant; gives how many.
    pub async fn end_all_sessions(&mut self, now: Time) -> Result<u64> {
        const SQL: &str = "UPDATE sessions SET ended_at = $2 WHERE tenant_id = $1 AND ended_at IS NULL";
        execute!(self, SQL, self.tenant, now)
    }

    /// Forgets codes, links and references that nobody had used when the backup was made. Used ones stay: they tell a
    /// replay.
    pub async fn delete_unspent(&mut self) -> Result<u64> {
        const SQL: &str = "DELETE FROM one_time WHERE tenant_id = $1 AND spent_at IS NULL";
        execute!(self, SQL, self.tenant)
    }

    /// Forgets the tokens of API credentials; the credentials stay.
    pub async fn delete_credential_tokens(&mut self) -> Result<u64> {
        const SQL: &str = "DELETE FROM credential_tokens WHERE tenant_id = $1";
        execute!(self, SQL, self.tenant)
    }
}
