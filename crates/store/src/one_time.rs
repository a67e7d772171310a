//! Secrets that work once: consumed by one conditional statement, whoever presents them.

use crate::macros::{execute, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::grant::{OneTime, OneTimeKind};
use signet_domain::id::ServerId;

/// What spending a secret found.
#[derive(Debug)]
pub enum Spent {
    /// It was good, and is spent now. Whether it had expired is the caller's to check.
    Now(OneTime),
    /// It had been spent before: a replay.
    Before(OneTime),
    /// There is no such secret.
    Unknown,
}

impl Tx {
    /// Stores a secret's hash.
    pub async fn insert_one_time(&mut self, o: &OneTime) -> Result<()> {
        const SQL: &str =
            "INSERT INTO one_time (tenant_id, server_id, kind, hash, grant_id, payload, created_at,
            expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)";
        execute!(
            self,
            SQL,
            self.tenant,
            o.server_id,
            o.kind,
            &o.hash,
            o.grant_id,
            &o.payload,
            o.created_at,
            o.expires_at
        )
        .map(|_| ())
    }

    /// Stores what is spent by its first use; `false` when it was here before.
    pub async fn use_once(&mut self, o: &OneTime) -> Result<bool> {
        const SQL: &str =
            "INSERT INTO one_time (tenant_id, server_id, kind, hash, grant_id, payload, created_at,
            expires_at, spent_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$7)
            ON CONFLICT (tenant_id, server_id, kind, hash) DO NOTHING";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            o.server_id,
            o.kind,
            &o.hash,
            o.grant_id,
            &o.payload,
            o.created_at,
            o.expires_at
        )?;
        Ok(rows == 1)
    }

    /// Spends a secret.
    pub async fn spend(
        &mut self,
        server: ServerId,
        kind: OneTimeKind,
        hash: &[u8],
        now: Time,
    ) -> Result<Spent> {
        const SQL: &str =
            "UPDATE one_time SET spent_at = $5 WHERE tenant_id = $1 AND server_id = $2 AND kind = $3
            AND hash = $4 AND spent_at IS NULL RETURNING *";
        const BEFORE: &str =
            "SELECT * FROM one_time WHERE tenant_id = $1 AND server_id = $2 AND kind = $3 AND hash = $4";
        if let Some(row) = fetch_optional!(self, OneTime, SQL, self.tenant, server, kind, hash, now)? {
            return Ok(Spent::Now(row));
        }
        let row = fetch_optional!(self, OneTime, BEFORE, self.tenant, server, kind, hash)?;
        Ok(row.map_or(Spent::Unknown, Spent::Before))
    }

    /// Looks at a secret without spending it.
    pub async fn peek_one_time(
        &mut self,
        server: ServerId,
        kind: OneTimeKind,
        hash: &[u8],
    ) -> Result<Option<OneTime>> {
        const SQL: &str =
            "SELECT * FROM one_time WHERE tenant_id = $1 AND server_id = $2 AND kind = $3 AND hash = $4";
        fetch_optional!(self, OneTime, SQL, self.tenant, server, kind, hash)
    }
}
