//! Authorization servers, their scopes and signing keys.

use crate::id::{KeyId, ScopeId, ServerId, TenantId};
use crate::text_enum::text_enum;
use crate::time::Time;

text_enum! {
    /// Which of the two kinds an authorization server is.
    pub enum ServerKind {
        /// The tenant's own, at `/oauth2/v1`; issuer is the tenant's URL; one each.
        Org = "ORG",
        /// One of any number, at `/oauth2/{name}/v1`.
        Custom = "CUSTOM",
    }
}

text_enum! {
    /// Whether a server issues tokens.
    pub enum ServerStatus {
        /// Yes.
        Active = "ACTIVE",
        /// No; its endpoints answer as if it did not exist.
        Inactive = "INACTIVE",
    }
}

/// An issuer of tokens.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Server {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: ServerId,
    /// Org or custom.
    pub kind: ServerKind,
    /// The name in the path: `default` from birth, else the id's wire form. `org` for the org server.
    pub slug: String,
    /// The name that people read.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `aud` of its access tokens.
    pub audience: String,
    /// `iss` of its tokens, stored and never built from a request.
    pub issuer: String,
    /// Whether it issues tokens.
    pub status: ServerStatus,
    /// JWS algorithm of its tokens.
    pub signing_alg: String,
    /// Life of an access token in seconds.
    pub access_token_seconds: i64,
    /// Life of an ID token in seconds.
    pub id_token_seconds: i64,
    /// Seconds after which an unused refresh token ends.
    pub refresh_idle_seconds: i64,
    /// Seconds after which a token family ends, however it was used.
    pub refresh_absolute_seconds: i64,
    /// Days after which the next signing key takes over by itself; 0 where keys are rolled by hand alone.
    pub key_rotation_days: i64,
    /// Whether apps can watch the browser's sign-in in a frame (OpenID Connect Session Management 1.0).
    pub session_management: bool,
    /// Made by the demo seed.
    pub demo: bool,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

impl Server {
    /// Path of its endpoints below the tenant's URL: `/oauth2` or `/oauth2/{slug}`.
    #[must_use]
    pub fn base_path(&self) -> String {
        match self.kind {
            ServerKind::Org => "/oauth2".to_owned(),
            ServerKind::Custom => format!("/oauth2/{}", self.slug),
        }
    }
}

impl Server {
    /// The public address of one of its endpoints, such as `token`.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> String {
        let org = if self.kind == ServerKind::Org { "/oauth2" } else { "" };
        format!("{}{org}/v1/{name}", self.issuer)
    }
}

text_enum! {
    /// Whether a scope needs the user's word.
    pub enum ScopeConsent {
        /// No.
        Implicit = "IMPLICIT",
        /// Yes.
        Required = "REQUIRED",
    }
}

/// A scope of an authorization server.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ScopeRow {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server.
    pub server_id: ServerId,
    /// The id.
    pub id: ScopeId,
    /// The scope token.
    pub name: String,
    /// Short name for people.
    pub display_name: String,
    /// A sentence for the consent page.
    pub description: String,
    /// Whether it needs the user's word.
    pub consent: ScopeConsent,
    /// Granted when a request names no scope.
    pub is_default: bool,
    /// Listed in discovery.
    pub published: bool,
    /// Comes with every server, and stays.
    pub system: bool,
    /// Counts changes.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
}

text_enum! {
    /// A signing key's life.
    pub enum KeyStatus {
        /// Published, signs nothing yet.
        Next = "NEXT",
        /// Signs.
        Active = "ACTIVE",
        /// Published until the last token it signed has ended.
        Retiring = "EXPIRED",
    }
}

/// A signing key. The private half is sealed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct KeyRow {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server.
    pub server_id: ServerId,
    /// The id.
    pub id: KeyId,
    /// RFC 7638 thumbprint: the `kid`.
    pub kid: String,
    /// JWS algorithm.
    pub alg: String,
    /// Where it is in life.
    pub status: KeyStatus,
    /// PKCS#8 sealed with AES-256-GCM under the master key.
    pub sealed_private: Vec<u8>,
    /// The public half as a JWK.
    pub public_jwk: sqlx::types::Json<serde_json::Value>,
    /// When it was made and published.
    pub created_at: Time,
    /// When it began to sign.
    pub activated_at: Option<Time>,
    /// When it stopped signing.
    pub retired_at: Option<Time>,
    /// When somebody has to look after it; none while nothing happens to it by itself.
    pub due_at: Option<Time>,
}
