//! Refresh tokens.

use crate::macros::{execute, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::id::{GrantId, RefreshTokenId, ServerId};
use signet_domain::token::RefreshToken;

/// What rotating a token writes on it.
#[derive(Debug)]
pub struct Rotated<'a> {
    /// When.
    pub at: Time,
    /// Until when the token still answers with its successor.
    pub leeway_until: Time,
    /// The successor, sealed under a key derived from the token.
    pub successor_sealed: &'a [u8],
    /// Who used it.
    pub ip: &'a str,
}

impl Tx {
    /// Stores a refresh token's hash.
    pub async fn insert_refresh_token(&mut self, server: ServerId, t: &RefreshToken) -> Result<()> {
        const SQL: &str =
            "INSERT INTO refresh_tokens (tenant_id, id, server_id, grant_id, hash, generation, created_at,
            idle_expires_at, absolute_expires_at, jkt) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)";
        execute!(
            self,
            SQL,
            self.tenant,
            t.id,
            server,
            t.grant_id,
            &t.hash,
            t.generation,
            t.created_at,
            t.idle_expires_at,
            t.absolute_expires_at,
            &t.jkt
        )
        .map(|_| ())
    }

    /// The refresh token of a server with a hash. On PostgreSQL its row is locked until the commit, so that
    /// two uses of one token stand in line.
    pub async fn refresh_token_for_update(
        &mut self,
        server: ServerId,
        hash: &[u8],
    ) -> Result<Option<RefreshToken>> {
        const LOCK: &str = "UPDATE refresh_tokens SET used_ip = used_ip
            WHERE tenant_id = $1 AND server_id = $2 AND hash = $3 RETURNING *";
        fetch_optional!(self, RefreshToken, LOCK, self.tenant, server, hash)
    }

    /// The refresh token of a server with a hash, to look at.
    pub async fn refresh_token(&mut self, server: ServerId, hash: &[u8]) -> Result<Option<RefreshToken>> {
        const SQL: &str =
            "SELECT * FROM refresh_tokens WHERE tenant_id = $1 AND server_id = $2 AND hash = $3";
        fetch_optional!(self, RefreshToken, SQL, self.tenant, server, hash)
    }

    /// The token of a family with a generation.
    pub async fn refresh_token_at(
        &mut self,
        grant: GrantId,
        generation: i64,
    ) -> Result<Option<RefreshToken>> {
        const SQL: &str =
            "SELECT * FROM refresh_tokens WHERE tenant_id = $1 AND grant_id = $2 AND generation = $3";
        fetch_optional!(self, RefreshToken, SQL, self.tenant, grant, generation)
    }

    /// Marks a token as rotated; `false` when it was before.
    pub async fn rotate_refresh_token(&mut self, id: RefreshTokenId, r: &Rotated<'_>) -> Result<bool> {
        const SQL: &str =
            "UPDATE refresh_tokens SET rotated_at = $3, leeway_until = $4, successor_sealed = $5,
            used_ip = $6 WHERE tenant_id = $1 AND id = $2 AND rotated_at IS NULL";
        execute!(self, SQL, self.tenant, id, r.at, r.leeway_until, r.successor_sealed, r.ip).map(|n| n > 0)
    }

    /// Ends the leeway of every token of a family before a generation, and erases their successors.
    pub async fn end_leeway(&mut self, grant: GrantId, before_generation: i64) -> Result<()> {
        const SQL: &str = "UPDATE refresh_tokens SET leeway_until = NULL, successor_sealed = NULL
            WHERE tenant_id = $1 AND grant_id = $2 AND generation < $3 AND leeway_until IS NOT NULL";
        execute!(self, SQL, self.tenant, grant, before_generation).map(|_| ())
    }

    /// Moves the idle end of a token that doesn't rotate.
    pub async fn extend_refresh_token(
        &mut self,
        id: RefreshTokenId,
        idle_expires_at: Time,
        ip: &str,
    ) -> Result<()> {
        const SQL: &str =
            "UPDATE refresh_tokens SET idle_expires_at = $3, used_ip = $4 WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id, idle_expires_at, ip).map(|_| ())
    }

    /// Moves both ends of a token that doesn't rotate and is renewed by use.
    pub async fn renew_refresh_token(
        &mut self,
        id: RefreshTokenId,
        expires_at: Time,
        ip: &str,
    ) -> Result<()> {
        const SQL: &str =
            "UPDATE refresh_tokens SET idle_expires_at = $3, absolute_expires_at = $3, used_ip = $4
            WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id, expires_at, ip).map(|_| ())
    }

    /// How many tokens a family has.
    pub async fn family_length(&mut self, grant: GrantId) -> Result<i64> {
        const SQL: &str = "SELECT COUNT(*) FROM refresh_tokens WHERE tenant_id = $1 AND grant_id = $2";
        let (n,): (i64,) = crate::macros::fetch_one!(self, (i64,), SQL, self.tenant, grant)?;
        Ok(n)
    }
}
