//! Sign-outs that apps have still to be told of.

use crate::macros::{execute, fetch_all};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::id::{LogoutId, SessionId, UserId};
use signet_domain::logout::{FrontChannelTarget, LogoutDelivery, LogoutTarget};

impl Tx {
    /// The apps to tell when a session of a user ends: those that want to hear of it. There is a row for each grant.
    pub async fn apps_of_session(&mut self, session: SessionId, user: UserId) -> Result<Vec<LogoutTarget>> {
        const SQL: &str = "SELECT DISTINCT g.app_id, g.server_id, g.session_id, g.scopes FROM grants g
            JOIN apps a ON a.tenant_id = g.tenant_id AND a.id = g.app_id
            WHERE g.tenant_id = $1 AND g.user_id = $2 AND g.session_id = $3
            AND a.backchannel_logout_uri IS NOT NULL AND a.status = 'ACTIVE'";
        fetch_all!(self, LogoutTarget, SQL, self.tenant, user, session)
    }

    /// As [`Tx::apps_of_session`], of all sessions of a user that have not ended.
    pub async fn apps_of_sessions(&mut self, user: UserId, now: Time) -> Result<Vec<LogoutTarget>> {
        const SQL: &str = "SELECT DISTINCT g.app_id, g.server_id, g.session_id, g.scopes FROM grants g
            JOIN apps a ON a.tenant_id = g.tenant_id AND a.id = g.app_id
            JOIN sessions s ON s.tenant_id = g.tenant_id AND s.id = g.session_id
            WHERE g.tenant_id = $1 AND g.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > $3
            AND a.backchannel_logout_uri IS NOT NULL AND a.status = 'ACTIVE'";
        fetch_all!(self, LogoutTarget, SQL, self.tenant, user, now)
    }

    /// As [`Tx::apps_of_session`], of those that want to hear of it from the browser.
    pub async fn front_channel_of_session(
        &mut self,
        session: SessionId,
        user: UserId,
    ) -> Result<Vec<FrontChannelTarget>> {
        const SQL: &str = "SELECT DISTINCT a.client_id, s.issuer, a.frontchannel_logout_uri AS uri, g.scopes
            FROM grants g
            JOIN apps a ON a.tenant_id = g.tenant_id AND a.id = g.app_id
            JOIN servers s ON s.tenant_id = g.tenant_id AND s.id = g.server_id
            WHERE g.tenant_id = $1 AND g.user_id = $2 AND g.session_id = $3
            AND a.frontchannel_logout_uri IS NOT NULL AND a.status = 'ACTIVE'";
        fetch_all!(self, FrontChannelTarget, SQL, self.tenant, user, session)
    }

    /// Queues a delivery.
    pub async fn insert_logout(&mut self, d: &LogoutDelivery) -> Result<()> {
        const SQL: &str =
            "INSERT INTO logout_deliveries (tenant_id, id, app_id, server_id, user_id, session_id,
            attempts, next_at, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)";
        execute!(
            self,
            SQL,
            self.tenant,
            d.id,
            d.app_id,
            d.server_id,
            d.user_id,
            d.session_id,
            d.attempts,
            d.next_at,
            d.created_at
        )
        .map(|_| ())
    }

    /// Puts a delivery off; `false` when it is no longer there.
    pub async fn postpone_logout(&mut self, id: LogoutId, next_at: Time) -> Result<bool> {
        const SQL: &str = "UPDATE logout_deliveries SET next_at = $3 WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id, next_at).map(|n| n > 0)
    }

    /// Takes a delivery off the queue; `false` when it is no longer there.
    pub async fn delete_logout(&mut self, id: LogoutId) -> Result<bool> {
        const SQL: &str = "DELETE FROM logout_deliveries WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }
}
