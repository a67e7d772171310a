//! Rate policies.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::id::RatePolicyId;
use signet_domain::rate_policy::RatePolicy;

impl Tx {
    /// All rate policies, oldest first.
    pub async fn rate_policies(&mut self) -> Result<Vec<RatePolicy>> {
        const SQL: &str = "SELECT * FROM rate_policies WHERE tenant_id = $1 ORDER BY id LIMIT 1000";
        fetch_all!(self, RatePolicy, SQL, self.tenant)
    }

    /// One rate policy.
    pub async fn rate_policy(&mut self, id: RatePolicyId) -> Result<Option<RatePolicy>> {
        const SQL: &str = "SELECT * FROM rate_policies WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, RatePolicy, SQL, self.tenant, id)
    }

    /// Adds a rate policy. [`StoreError::Conflict`] when the name is taken.
    pub async fn insert_rate_policy(&mut self, p: &RatePolicy) -> Result<()> {
        const SQL: &str = "INSERT INTO rate_policies (tenant_id, id, name, enabled, dry_run, identifier, header_name,
            path, grant_types, limits, window_sizes, window_type, namespace, strategy, sync_rate_ms, disable_penalty,
            hide_client_headers, retry_after_jitter_max, error_code, error_message, version, created_at, updated_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,1,$21,$21)";
        execute!(
            self,
            SQL,
            self.tenant,
            p.id,
            &p.name,
            p.enabled,
            p.dry_run,
            p.identifier,
            &p.header_name,
            &p.path,
            &p.grant_types,
            &p.limits,
            &p.window_sizes,
            p.window_type,
            &p.namespace,
            p.strategy,
            p.sync_rate_ms,
            p.disable_penalty,
            p.hide_client_headers,
            p.retry_after_jitter_max,
            p.error_code,
            &p.error_message,
            p.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes a rate policy back if it is still at the version that was read.
    pub async fn update_rate_policy(&mut self, p: &RatePolicy, now: Time) -> Result<()> {
        const SQL: &str = "UPDATE rate_policies SET name = $3, enabled = $4, dry_run = $5, identifier = $6,
            header_name = $7, path = $8, grant_types = $9, limits = $10, window_sizes = $11, window_type = $12,
            namespace = $13, strategy = $14, sync_rate_ms = $15, disable_penalty = $16, hide_client_headers = $17,
            retry_after_jitter_max = $18, error_code = $19, error_message = $20, updated_at = $21,
            version = version + 1 WHERE tenant_id = $1 AND id = $2 AND version = $22";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            p.id,
            &p.name,
            p.enabled,
            p.dry_run,
            p.identifier,
            &p.header_name,
            &p.path,
            &p.grant_types,
            &p.limits,
            &p.window_sizes,
            p.window_type,
            &p.namespace,
            p.strategy,
            p.sync_rate_ms,
            p.disable_penalty,
            p.hide_client_headers,
            p.retry_after_jitter_max,
            p.error_code,
            &p.error_message,
            now,
            p.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Deletes a rate policy. What it counted expires.
    pub async fn delete_rate_policy(&mut self, id: RatePolicyId) -> Result<bool> {
        const SQL: &str = "DELETE FROM rate_policies WHERE tenant_id = $1 AND id = $2";
        self.config_changed();
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }
}
