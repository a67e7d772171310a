//! Revocations of access tokens.

use crate::dialect::{Text, with_now};
use crate::macros::{execute, fetch_all};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::id::GrantId;
use signet_domain::token::{Revocation, RevocationKind};

/// What a token says of itself that a revocation can reach.
#[derive(Debug, Clone)]
pub struct TokenFacts<'a> {
    /// `jti`.
    pub jti: &'a str,
    /// Wire id of the grant.
    pub grant: &'a str,
    /// Wire id of the user, or `""`.
    pub user: &'a str,
    /// `client_id`.
    pub app: &'a str,
    /// Wire id of the server.
    pub server: &'a str,
    /// `iat`.
    pub issued_at: Time,
}

/// Requests that began after the one that revokes may have been answered before this statement: their tokens go, too.
const PUT: Text = with_now!("$6":
    "INSERT INTO revocations (tenant_id, kind, key, not_before, expires_at)
     VALUES ($1, $2, $3, CASE WHEN $4 > "; now " THEN $4 ELSE "; now " END, $5)
     ON CONFLICT (tenant_id, kind, key)
     DO UPDATE SET not_before = excluded.not_before, expires_at = excluded.expires_at
     WHERE revocations.not_before < excluded.not_before");

impl Tx {
    /// Revokes what was issued up to now, or up to an instant after it; a later one replaces an earlier one. Revoke
    /// grants before it: whoever uses one ([`Tx::grant_in_use`]) has done so by then, or won't.
    pub async fn put_revocation(
        &mut self,
        kind: RevocationKind,
        key: &str,
        not_before: Time,
        until: Time,
    ) -> Result<()> {
        let (sql, now) = (PUT.of(&self.conn), self.clock_for_limits());
        execute!(self, sql, self.tenant, kind, key, not_before, until, now).map(|_| ())
    }

    /// Whether any revocation reaches a token.
    pub async fn is_revoked(&mut self, t: &TokenFacts<'_>) -> Result<bool> {
        const SQL: &str = "SELECT * FROM revocations WHERE tenant_id = $1 AND (
            (kind = 'JTI' AND key = $2) OR (kind = 'GRANT' AND key = $3) OR (kind = 'USER' AND key = $4)
            OR (kind = 'APP' AND key = $5) OR (kind = 'SERVER' AND key = $6))";
        let rows = fetch_all!(self, Revocation, SQL, self.tenant, t.jti, t.grant, t.user, t.app, t.server)?;
        let reaches = |r: &&Revocation| match r.kind {
            RevocationKind::Token | RevocationKind::Grant => true,
            _ => t.issued_at <= r.not_before,
        };
        let mut of_user = None;
        for revocation in rows.iter().filter(reaches) {
            match revocation.kind {
                RevocationKind::User => of_user = Some(revocation.not_before),
                _ => return Ok(true),
            }
        }
        // `iat` is whole seconds: whoever signs in again within the second has a grant that is newer than the revocation.
        match (of_user, GrantId::parse(t.grant)) {
            (None, _) => Ok(false),
            (Some(_), None) => Ok(true),
            (Some(at), Some(grant)) => {
                Ok(self.grant(grant).await?.is_none_or(|grant| grant.created_at <= at))
            }
        }
    }
}
