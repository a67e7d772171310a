//! Reads that only the console has a use for.

use crate::macros::fetch_all;
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::app::{App, AppKind, AppStatus};
use signet_domain::id::{AppId, SecretId, ServerId};

/// A live secret of an active app that nobody seems to need.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct IdleSecret {
    /// The app.
    pub app_id: AppId,
    /// The app's name.
    pub label: String,
    /// The secret.
    pub id: SecretId,
    /// When it was made.
    pub created_at: Time,
    /// When it last authenticated, if it ever did.
    pub last_used_at: Option<Time>,
}

/// A signing key that is replaced by hand alone.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OldKey {
    /// Whose it is.
    pub server_id: ServerId,
    /// The server's name.
    pub name: String,
    /// Since when it signs.
    pub activated_at: Time,
}

/// What tells an app from others in a list.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AppName {
    /// Its id.
    pub id: AppId,
    /// Its `client_id`.
    pub client_id: String,
    /// Its name.
    pub label: String,
    /// What it runs on.
    pub kind: AppKind,
    /// Whether it is switched on.
    pub status: AppStatus,
}

impl From<App> for AppName {
    fn from(app: App) -> Self {
        let App { id, client_id, label, kind, status, .. } = app;
        Self { id, client_id, label, kind, status }
    }
}

impl Tx {
    /// Live secrets of active apps that were neither made nor used since an instant, longest idle first.
    pub async fn idle_secrets(&mut self, since: Time, limit: i64) -> Result<Vec<IdleSecret>> {
        const SQL: &str = "SELECT a.id AS app_id, a.label, s.id, s.created_at, s.last_used_at
            FROM app_secrets s JOIN apps a ON a.tenant_id = s.tenant_id AND a.id = s.app_id
            WHERE s.tenant_id = $1 AND s.status = 'ACTIVE' AND a.status = 'ACTIVE' AND s.created_at < $2
              AND COALESCE(s.last_used_at, s.created_at) < $2
            ORDER BY COALESCE(s.last_used_at, s.created_at) LIMIT $3";
        fetch_all!(self, IdleSecret, SQL, self.tenant, since, limit)
    }

    /// Keys of servers that don't roll them by themselves, which sign since before an instant; oldest first.
    pub async fn old_keys(&mut self, before: Time, limit: i64) -> Result<Vec<OldKey>> {
        const SQL: &str = "SELECT s.id AS server_id, s.name, k.activated_at
            FROM servers s JOIN signing_keys k ON k.tenant_id = s.tenant_id AND k.server_id = s.id
            WHERE s.tenant_id = $1 AND s.key_rotation_days = 0 AND k.status = 'ACTIVE' AND k.activated_at < $2
            ORDER BY k.activated_at LIMIT $3";
        fetch_all!(self, OldKey, SQL, self.tenant, before, limit)
    }

    /// Apps by name, in the order of creation.
    pub async fn app_names(&mut self, limit: i64) -> Result<Vec<AppName>> {
        const SQL: &str = "SELECT id, client_id, label, kind, status FROM apps WHERE tenant_id = $1
            ORDER BY id LIMIT $2";
        fetch_all!(self, AppName, SQL, self.tenant, limit)
    }

    /// The hour of each app's newest token, of the apps that got one since an instant.
    pub async fn newest_tokens(&mut self, since: Time) -> Result<Vec<(String, Time)>> {
        // A look into an index for each app, however many hours have been counted.
        const SQL: &str = "SELECT client_id, newest FROM (
              SELECT a.client_id, (SELECT MAX(c.hour) FROM hourly_counts c WHERE c.tenant_id = a.tenant_id
                AND c.client_id = a.client_id AND c.what = 'token') AS newest
              FROM apps a WHERE a.tenant_id = $1) AS n
            WHERE newest >= $2";
        fetch_all!(self, (String, Time), SQL, self.tenant, since)
    }

    /// An app's counts since an instant, summed up by what was counted.
    pub async fn app_totals(&mut self, client_id: &str, since: Time) -> Result<Vec<(String, i64)>> {
        const SQL: &str = "SELECT what, CAST(SUM(count) AS BIGINT) FROM hourly_counts
            WHERE tenant_id = $1 AND hour >= $3 AND client_id = $2 GROUP BY what ORDER BY what";
        fetch_all!(self, (String, i64), SQL, self.tenant, client_id, since)
    }
}
