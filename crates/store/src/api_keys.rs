//! Keys that apps call APIs with.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::gateway::ApiKey;
use signet_domain::id::{ApiKeyId, AppId};

impl Tx {
    /// The key with a hash, whosever it is.
    pub async fn api_key_by_hash(&mut self, hash: &[u8]) -> Result<Option<ApiKey>> {
        const SQL: &str = "SELECT * FROM api_keys WHERE tenant_id = $1 AND hash = $2";
        fetch_optional!(self, ApiKey, SQL, self.tenant, hash)
    }

    /// One key of an app.
    pub async fn api_key(&mut self, app: AppId, id: ApiKeyId) -> Result<Option<ApiKey>> {
        const SQL: &str = "SELECT * FROM api_keys WHERE tenant_id = $1 AND app_id = $2 AND id = $3";
        fetch_optional!(self, ApiKey, SQL, self.tenant, app, id)
    }

    /// The keys of an app, oldest first.
    pub async fn api_keys(&mut self, app: AppId) -> Result<Vec<ApiKey>> {
        const SQL: &str = "SELECT * FROM api_keys WHERE tenant_id = $1 AND app_id = $2 ORDER BY id";
        fetch_all!(self, ApiKey, SQL, self.tenant, app)
    }

    /// Adds a key. [`crate::StoreError::Conflict`] when the tenant has it already.
    pub async fn insert_api_key(&mut self, k: &ApiKey) -> Result<()> {
        const SQL: &str = "INSERT INTO api_keys (tenant_id, app_id, id, name, hash, created_at)
            VALUES ($1,$2,$3,$4,$5,$6)";
        execute!(self, SQL, self.tenant, k.app_id, k.id, &k.name, &k.hash, k.created_at).map(|_| ())
    }

    /// Deletes a key.
    pub async fn delete_api_key(&mut self, app: AppId, id: ApiKeyId) -> Result<bool> {
        const SQL: &str = "DELETE FROM api_keys WHERE tenant_id = $1 AND app_id = $2 AND id = $3";
        execute!(self, SQL, self.tenant, app, id).map(|n| n > 0)
    }

    /// Notes a use, unless one was noted within the hour.
    pub async fn touch_api_key(&mut self, app: AppId, id: ApiKeyId, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE api_keys SET last_used_at = $4 WHERE tenant_id = $1 AND app_id = $2 AND id = $3
            AND (last_used_at IS NULL OR last_used_at < $5)";
        execute!(self, SQL, self.tenant, app, id, now, now.plus_secs(-3600)).map(|_| ())
    }
}
