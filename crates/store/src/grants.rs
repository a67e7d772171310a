//! Grants.

use crate::dialect::Text;
use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::grant::Grant;
use signet_domain::id::{AppId, GrantId, ServerId, SessionId, UserId};

impl Tx {
    /// Makes a grant.
    pub async fn insert_grant(&mut self, g: &Grant) -> Result<()> {
        const SQL: &str =
            "INSERT INTO grants (tenant_id, id, server_id, app_id, user_id, session_id, flow_id,
            grant_type, scopes, auth_time, nonce, claims, created_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)";
        execute!(
            self,
            SQL,
            self.tenant,
            g.id,
            g.server_id,
            g.app_id,
            g.user_id,
            g.session_id,
            g.flow_id,
            &g.grant_type,
            &g.scopes,
            g.auth_time,
            &g.nonce,
            &g.claims,
            g.created_at
        )
        .map(|_| ())
    }

    /// The grant with an id, revoked or not.
    pub async fn grant(&mut self, id: GrantId) -> Result<Option<Grant>> {
        const SQL: &str = "SELECT * FROM grants WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, Grant, SQL, self.tenant, id)
    }

    /// The same for a transaction that issues tokens under it: whoever revokes it waits for the commit, or comes first
    /// and is seen.
    pub async fn grant_in_use(&mut self, id: GrantId) -> Result<Option<Grant>> {
        const SQL: Text = Text {
            sqlite: "SELECT * FROM grants WHERE tenant_id = $1 AND id = $2",
            postgres: "SELECT * FROM grants WHERE tenant_id = $1 AND id = $2 FOR SHARE",
        };
        let sql = SQL.of(&self.conn);
        fetch_optional!(self, Grant, sql, self.tenant, id)
    }

    /// Revokes a grant; `false` when it was revoked before.
    pub async fn revoke_grant(&mut self, id: GrantId, now: Time) -> Result<bool> {
        const SQL: &str =
            "UPDATE grants SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
        execute!(self, SQL, self.tenant, id, now).map(|n| n > 0)
    }

    /// Revokes the grants of a user; gives them.
    pub async fn revoke_grants_of(&mut self, user: UserId, now: Time) -> Result<Vec<Grant>> {
        const SQL: &str = "UPDATE grants SET revoked_at = $3 WHERE tenant_id = $1 AND user_id = $2
            AND revoked_at IS NULL RETURNING *";
        fetch_all!(self, Grant, SQL, self.tenant, user, now)
    }

    /// Revokes the grants that a user gave an app; gives them.
    pub async fn revoke_grants_to(&mut self, user: UserId, app: AppId, now: Time) -> Result<Vec<Grant>> {
        const SQL: &str =
            "UPDATE grants SET revoked_at = $4 WHERE tenant_id = $1 AND user_id = $2 AND app_id = $3
            AND revoked_at IS NULL RETURNING *";
        fetch_all!(self, Grant, SQL, self.tenant, user, app, now)
    }

    /// Revokes every grant of an app; gives how many.
    pub async fn revoke_grants_of_app(&mut self, app: AppId, now: Time) -> Result<u64> {
        const SQL: &str = "UPDATE grants SET revoked_at = $3 WHERE tenant_id = $1 AND app_id = $2
            AND revoked_at IS NULL";
        execute!(self, SQL, self.tenant, app, now)
    }

    /// Revokes every grant at a server; gives how many.
    pub async fn revoke_grants_at(&mut self, server: ServerId, now: Time) -> Result<u64> {
        const SQL: &str = "UPDATE grants SET revoked_at = $3 WHERE tenant_id = $1 AND server_id = $2
            AND revoked_at IS NULL";
        execute!(self, SQL, self.tenant, server, now)
    }

    /// Live grants of a session.
    pub async fn grants_of_session(&mut self, session: SessionId, user: UserId) -> Result<Vec<Grant>> {
        const SQL: &str = "SELECT * FROM grants WHERE tenant_id = $1 AND user_id = $2 AND session_id = $3
            AND revoked_at IS NULL";
        fetch_all!(self, Grant, SQL, self.tenant, user, session)
    }

    /// Live grants of a user, newest first.
    pub async fn grants_of(&mut self, user: UserId, limit: i64) -> Result<Vec<Grant>> {
        const SQL: &str = "SELECT * FROM grants WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL
            ORDER BY id DESC LIMIT $3";
        fetch_all!(self, Grant, SQL, self.tenant, user, limit)
    }
}
