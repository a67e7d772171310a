//! The few functions that see the whole deployment. Each is named `unscoped_…`, and a test lists them.

use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, Store};
use futures_util::future::BoxFuture;
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_domain::tenant::{Tenant, TenantStatus};
use uuid::Uuid;

/// What belongs to the deployment as a whole.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Deployment {
    /// Rises with every restore.
    pub epoch: i64,
    /// The key of all secret hashes, sealed under the master key.
    pub sealed_hash_key: Vec<u8>,
    /// The public URL it was made with.
    pub public_url: String,
    /// When it was made.
    pub created_at: Time,
}

/// Someone who runs the deployment.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Operator {
    /// The id.
    pub id: Uuid,
    /// The login as written.
    pub login: String,
    /// The login in canonical form.
    pub login_key: String,
    /// The password's argon2id hash.
    pub password_hash: String,
    /// Made by the demo seed.
    pub demo: bool,
    /// When it was created.
    pub created_at: Time,
}

/// An operator's sign-in.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OperatorSession {
    /// The id.
    pub id: Uuid,
    /// HMAC of the cookie's value.
    pub token_hash: Vec<u8>,
    /// Who.
    pub operator_id: Uuid,
    /// When it was last used, to the minute.
    pub last_seen_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was ended before that.
    pub ended_at: Option<Time>,
    /// When it began.
    pub created_at: Time,
}

/// A tenant with its number of users, for the operator's list.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct TenantSummary {
    /// The tenant.
    #[sqlx(flatten)]
    pub tenant: Tenant,
    /// How many users it has.
    pub users: i64,
}

const NIL: TenantId = TenantId(Uuid::nil());

impl Store {
    /// The deployment, if it was made.
    pub async fn unscoped_deployment(&self) -> Result<Option<Deployment>> {
        const SQL: &str = "SELECT * FROM deployment WHERE id = 1";
        let mut tx = self.read(NIL).await?;
        fetch_optional!(tx, Deployment, SQL)
    }

    /// Makes the deployment, unless another node just did; gives the one that stands.
    pub async fn unscoped_make_deployment(&self, new: Deployment) -> Result<Deployment> {
        const INSERT: &str = "INSERT INTO deployment (id, epoch, sealed_hash_key, public_url, created_at)
            VALUES (1, $1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
        const SQL: &str = "SELECT * FROM deployment WHERE id = 1";
        self.write(NIL, move |tx| {
            Box::pin(async move {
                execute!(tx, INSERT, new.epoch, &new.sealed_hash_key, &new.public_url, new.created_at)?;
                fetch_one!(tx, Deployment, SQL)
            })
        })
        .await
    }

    /// Writes down another public URL.
    pub async fn unscoped_set_public_url(&self, url: String) -> Result<()> {
        const SQL: &str = "UPDATE deployment SET public_url = $1 WHERE id = 1";
        self.write(NIL, move |tx| Box::pin(async move { execute!(tx, SQL, &url).map(|_| ()) })).await
    }

    /// The tenant that a `Host` belongs to, whatever its status.
    pub async fn unscoped_tenant_by_host(&self, host: &str) -> Result<Option<Tenant>> {
        const SQL: &str = "SELECT * FROM tenants WHERE host = $1";
        let mut tx = self.read(NIL).await?;
        fetch_optional!(tx, Tenant, SQL, host)
    }

    /// The tenant with a name.
    pub async fn unscoped_tenant_by_name(&self, name: &str) -> Result<Option<Tenant>> {
        const SQL: &str = "SELECT * FROM tenants WHERE name = $1";
        let mut tx = self.read(NIL).await?;
        fetch_optional!(tx, Tenant, SQL, name)
    }

    /// Tenants after a name, in the order of names.
    pub async fn unscoped_tenants(&self, after: &str, limit: i64) -> Result<Vec<TenantSummary>> {
        const SQL: &str = "SELECT t.*, (SELECT COUNT(*) FROM users u WHERE u.tenant_id = t.id) AS users
            FROM tenants t WHERE t.name > $1 ORDER BY t.name LIMIT $2";
        let mut tx = self.read(NIL).await?;
        fetch_all!(tx, TenantSummary, SQL, after, limit)
    }

    /// Creates a tenant, and in the same commit what `then` adds to it.
    /// [`crate::StoreError::Conflict`] when its name, number or host is taken.
    pub async fn unscoped_insert_tenant<F>(&self, t: Tenant, then: F) -> Result<()>
    where
        F: for<'t> FnOnce(&'t mut crate::Tx) -> BoxFuture<'t, Result<()>> + Send + 'static,
    {
        const SQL: &str =
            "INSERT INTO tenants (id, number, name, display_name, host, url, default_domain, status,
            demo, config_version, next_user_number, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,1,1,$10)";
        self.write(t.id, move |tx| {
            Box::pin(async move {
                execute!(
                    tx,
                    SQL,
                    t.id,
                    t.number,
                    &t.name,
                    &t.display_name,
                    &t.host,
                    &t.url,
                    &t.default_domain,
                    t.status,
                    t.demo,
                    t.created_at
                )?;
                tx.config_changed();
                tx.begin_log(t.created_at).await?;
                then(tx).await
            })
        })
        .await
    }

    /// The largest account number that is or was in use, 0 for none.
    pub async fn unscoped_last_tenant_number(&self) -> Result<i64> {
        const SQL: &str = "SELECT COALESCE(MAX(number), 0) FROM (
            SELECT MAX(number) AS number FROM tenants UNION ALL SELECT MAX(number) FROM tenant_deletions) AS taken";
        let mut tx = self.read(NIL).await?;
        let (number,): (i64,) = fetch_one!(tx, (i64,), SQL)?;
        Ok(number)
    }

    /// Moves a tenant to another URL, with the issuers of its servers.
    pub async fn unscoped_rehome_tenant(&self, id: TenantId, host: String, url: String) -> Result<()> {
        const TENANT: &str =
            "UPDATE tenants SET host = $2, url = $3, config_version = config_version + 1 WHERE id = $1";
        const ORG: &str =
            "UPDATE servers SET issuer = $2, audience = $2 WHERE tenant_id = $1 AND kind = 'ORG'";
        const CUSTOM: &str =
            "UPDATE servers SET issuer = $2 || '/oauth2/' || slug WHERE tenant_id = $1 AND kind = 'CUSTOM'";
        self.write(id, move |tx| {
            Box::pin(async move {
                execute!(tx, TENANT, id, &host, &url)?;
                execute!(tx, ORG, id, &url)?;
                execute!(tx, CUSTOM, id, &url)?;
                tx.config_changed();
                Ok(())
            })
        })
        .await
    }

    /// Sets a tenant's status, with the event that tells of it. [`crate::StoreError::Stale`] when it isn't the first one.
    pub async fn unscoped_set_tenant_status(
        &self,
        id: TenantId,
        (from, to): (TenantStatus, TenantStatus),
        event: signet_domain::event::Event,
    ) -> Result<()> {
        const SQL: &str = "UPDATE tenants SET status = $2, config_version = config_version + 1
            WHERE id = $1 AND status = $3";
        self.write(id, move |tx| {
            Box::pin(async move {
                if execute!(tx, SQL, id, to, from)? == 0 {
                    return Err(crate::StoreError::Stale);
                }
                tx.config_changed();
                tx.append(&event).await
            })
        })
        .await
    }

    /// Deletes a tenant and everything that it owns, its log included; the event goes to the operator's.
    pub async fn unscoped_delete_tenant(
        &self,
        id: TenantId,
        event: signet_domain::event::Event,
    ) -> Result<()> {
        const EVENTS: &str = "DELETE FROM events WHERE tenant_id = $1";
        const COUNTS: &str = "DELETE FROM hourly_counts WHERE tenant_id = $1";
        const HOURS: &str = "DELETE FROM hourly_events WHERE tenant_id = $1";
        const SEALS: &str = "DELETE FROM log_seals WHERE tenant_id = $1";
        const RINGS: &str = "DELETE FROM throttle_rings WHERE tenant_id = $1";
        const FAILURES: &str = "DELETE FROM password_failures WHERE tenant_id = $1";
        const TENANT: &str = "DELETE FROM tenants WHERE id = $1";
        self.write(id, move |tx| {
            Box::pin(async move {
                for sql in [EVENTS, COUNTS, HOURS, SEALS, RINGS, FAILURES, TENANT] {
                    execute!(tx, sql, id)?;
                }
                tx.append_for_operator(&event).await?;
                tx.config_changed();
                Ok(())
            })
        })
        .await
    }

    /// The operator with a login.
    pub async fn unscoped_operator(&self, login_key: &str) -> Result<Option<Operator>> {
        const SQL: &str = "SELECT * FROM operators WHERE login_key = $1";
        let mut tx = self.read(NIL).await?;
        fetch_optional!(tx, Operator, SQL, login_key)
    }

    /// Creates an operator.
    pub async fn unscoped_insert_operator(&self, o: Operator) -> Result<()> {
        const SQL: &str = "INSERT INTO operators (id, login, login_key, password_hash, demo, created_at)
            VALUES ($1,$2,$3,$4,$5,$6)";
        self.write(NIL, move |tx| {
            Box::pin(async move {
                execute!(tx, SQL, o.id, &o.login, &o.login_key, &o.password_hash, o.demo, o.created_at)
                    .map(|_| ())
            })
        })
        .await
    }

    /// Deletes the operators of the demo.
    pub async fn unscoped_delete_demo_operators(&self) -> Result<()> {
        const SQL: &str = "DELETE FROM operators WHERE demo = TRUE";
        self.write(NIL, move |tx| Box::pin(async move { execute!(tx, SQL).map(|_| ()) })).await
    }

    /// Begins an operator's session.
    pub async fn unscoped_insert_operator_session(&self, s: OperatorSession) -> Result<()> {
        const SQL: &str =
            "INSERT INTO operator_sessions (id, token_hash, operator_id, last_seen_at, expires_at,
            created_at) VALUES ($1,$2,$3,$4,$5,$6)";
        self.write(NIL, move |tx| {
            Box::pin(async move {
                execute!(
                    tx,
                    SQL,
                    s.id,
                    &s.token_hash,
                    s.operator_id,
                    s.last_seen_at,
                    s.expires_at,
                    s.created_at
                )
                .map(|_| ())
            })
        })
        .await
    }

    /// The operator's session that a cookie's hash names, with the operator.
    pub async fn unscoped_operator_session(
        &self,
        token_hash: &[u8],
    ) -> Result<Option<(OperatorSession, Operator)>> {
        const SQL: &str = "SELECT * FROM operator_sessions WHERE token_hash = $1";
        const OPERATOR: &str = "SELECT * FROM operators WHERE id = $1";
        let mut tx = self.read(NIL).await?;
        let Some(session) = fetch_optional!(tx, OperatorSession, SQL, token_hash)? else { return Ok(None) };
        let operator = fetch_optional!(tx, Operator, OPERATOR, session.operator_id)?;
        Ok(operator.map(|o| (session, o)))
    }

    /// Notes a use of an operator's session, or its end.
    pub async fn unscoped_touch_operator_session(
        &self,
        id: Uuid,
        seen: Time,
        ended: Option<Time>,
    ) -> Result<()> {
        const SQL: &str =
            "UPDATE operator_sessions SET last_seen_at = $2, ended_at = COALESCE($3, ended_at) WHERE id = $1";
        self.write(NIL, move |tx| Box::pin(async move { execute!(tx, SQL, id, seen, ended).map(|_| ()) }))
            .await
    }
}
