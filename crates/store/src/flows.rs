//! Flows and consents.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::flow::Flow;
use signet_domain::grant::Consent;
use signet_domain::id::{AppId, FlowId, ServerId, SessionId, UserId};

impl Tx {
    /// Stores an authorization request.
    pub async fn insert_flow(&mut self, f: &Flow) -> Result<()> {
        const SQL: &str =
            "INSERT INTO flows (tenant_id, id, handle_hash, browser_hash, server_id, app_id, request,
            created_at, expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)";
        execute!(
            self,
            SQL,
            self.tenant,
            f.id,
            &f.handle_hash,
            &f.browser_hash,
            f.server_id,
            f.app_id,
            &f.request,
            f.created_at,
            f.expires_at
        )
        .map(|_| ())
    }

    /// The flow that a handle's hash names.
    pub async fn flow_by_handle(&mut self, handle_hash: &[u8]) -> Result<Option<Flow>> {
        const SQL: &str = "SELECT * FROM flows WHERE tenant_id = $1 AND handle_hash = $2";
        fetch_optional!(self, Flow, SQL, self.tenant, handle_hash)
    }

    /// Marks a flow as answered; `false` when it was answered before.
    pub async fn finish_flow(&mut self, id: FlowId, now: Time) -> Result<bool> {
        const SQL: &str =
            "UPDATE flows SET finished_at = $3 WHERE tenant_id = $1 AND id = $2 AND finished_at IS NULL";
        execute!(self, SQL, self.tenant, id, now).map(|n| n > 0)
    }

    /// Notes which session a flow may be answered with, where its person was to choose; `false` when there is no flow.
    pub async fn choose_account(&mut self, id: FlowId, session: SessionId) -> Result<bool> {
        const SQL: &str = "UPDATE flows SET chosen_session_id = $3 WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id, session).map(|n| n > 0)
    }

    /// Whether a flow was stored.
    pub async fn flow_exists(&mut self, id: FlowId) -> Result<bool> {
        const SQL: &str = "SELECT 1 FROM flows WHERE tenant_id = $1 AND id = $2";
        Ok(fetch_optional!(self, (i32,), SQL, self.tenant, id)?.is_some())
    }

    /// What a user allowed an app at a server.
    pub async fn consent(&mut self, user: UserId, app: AppId, server: ServerId) -> Result<Option<Consent>> {
        const SQL: &str =
            "SELECT * FROM consents WHERE tenant_id = $1 AND user_id = $2 AND app_id = $3 AND server_id = $4";
        fetch_optional!(self, Consent, SQL, self.tenant, user, app, server)
    }

    /// Everything a user allowed.
    pub async fn consents_of(&mut self, user: UserId) -> Result<Vec<Consent>> {
        const SQL: &str = "SELECT * FROM consents WHERE tenant_id = $1 AND user_id = $2";
        fetch_all!(self, Consent, SQL, self.tenant, user)
    }

    /// Remembers what a user allowed.
    pub async fn put_consent(&mut self, c: &Consent) -> Result<()> {
        const SQL: &str =
            "INSERT INTO consents (tenant_id, user_id, app_id, server_id, scopes, created_at, updated_at)
            VALUES ($1,$2,$3,$4,$5,$6,$6)
            ON CONFLICT (tenant_id, user_id, app_id, server_id)
            DO UPDATE SET scopes = excluded.scopes, updated_at = excluded.updated_at";
        execute!(self, SQL, self.tenant, c.user_id, c.app_id, c.server_id, &c.scopes, c.updated_at)
            .map(|_| ())
    }

    /// Forgets what a user allowed an app, at every server; gives how many rows.
    pub async fn delete_consents(&mut self, user: UserId, app: AppId) -> Result<u64> {
        const SQL: &str = "DELETE FROM consents WHERE tenant_id = $1 AND user_id = $2 AND app_id = $3";
        execute!(self, SQL, self.tenant, user, app)
    }
}
