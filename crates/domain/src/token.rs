//! Refresh tokens and revocations.

use crate::id::{GrantId, RefreshTokenId, TenantId};
use crate::text_enum::text_enum;
use crate::time::Time;

/// One refresh token of a family. The family is the grant: its tokens are numbered by `generation`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RefreshToken {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: RefreshTokenId,
    /// The grant, which is the family.
    pub grant_id: GrantId,
    /// HMAC of the token.
    pub hash: Vec<u8>,
    /// 0 for the first, one more for each successor.
    pub generation: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it ends unless it is used.
    pub idle_expires_at: Time,
    /// When the family ends.
    pub absolute_expires_at: Time,
    /// When it was first used, if it rotates.
    pub rotated_at: Option<Time>,
    /// Until when using it again returns the same successor.
    pub leeway_until: Option<Time>,
    /// The successor, sealed under a key derived from this token; erased when the leeway ends.
    pub successor_sealed: Option<Vec<u8>>,
    /// Address that last used it.
    pub used_ip: Option<String>,
    /// The thumbprint of the key that it is bound to, if it is a public app's and came by a proof (RFC 9449 §5).
    pub jkt: Option<String>,
}

/// Seconds that no access or ID token outlives, whatever its server's or gateway's setting was when it was made.
pub const LONGEST_TOKEN_SECONDS: i64 = 25 * 3600;

text_enum! {
    /// What a revocation reaches.
    pub enum RevocationKind {
        /// One access token, by its `jti`.
        Token = "JTI",
        /// Every token of a grant.
        Grant = "GRANT",
        /// Every token of a user issued before an instant.
        User = "USER",
        /// Every token of an app issued before an instant.
        App = "APP",
        /// Every token of a server issued before an instant.
        Server = "SERVER",
    }
}

/// A rule that makes tokens inactive before they expire.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Revocation {
    /// The tenant.
    pub tenant_id: TenantId,
    /// What it reaches.
    pub kind: RevocationKind,
    /// The `jti` or the wire id of what it reaches.
    pub key: String,
    /// Tokens issued at or before this instant are refused.
    pub not_before: Time,
    /// When the last token it reaches has expired, so that the rule can go.
    pub expires_at: Time,
}
