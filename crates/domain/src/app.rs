//! Apps: OAuth clients.

use crate::id::{AppId, SecretId, TenantId};
use crate::text_enum::text_enum;
use crate::time::Time;
use sqlx::types::Json;

text_enum! {
    /// What an app is, which decides what it may be set to.
    pub enum AppKind {
        /// A server-side web app: keeps a secret.
        Web = "web",
        /// A single-page app in a browser: public, PKCE.
        Browser = "browser",
        /// An installed app: public, PKCE, loopback or private-scheme redirects.
        Native = "native",
        /// A machine: client credentials only.
        Service = "service",
    }
}

text_enum! {
    /// Whether an app may be used.
    pub enum AppStatus {
        /// Yes.
        Active = "ACTIVE",
        /// No; its tokens are refused.
        Inactive = "INACTIVE",
    }
}

text_enum! {
    /// What happens to a refresh token when it is used.
    pub enum Rotation {
        /// It is replaced by a successor.
        Rotate = "ROTATE",
        /// It stays.
        Static = "STATIC",
    }
}

text_enum! {
    /// Whether users are asked before scopes that need consent are granted.
    pub enum ConsentMethod {
        /// They are asked.
        Required = "REQUIRED",
        /// The tenant trusts the app.
        Trusted = "TRUSTED",
    }
}

text_enum! {
    /// What an app calls its users (OpenID Connect Core §8).
    pub enum SubjectType {
        /// By what everybody calls them.
        Public = "public",
        /// By a name that only apps of its sector share.
        Pairwise = "pairwise",
    }
}

/// What an app says of itself beside what it may do (OpenID Connect Registration 1.0 §2).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct AppMetadata {
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// What it does with what it learns of its users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// On what terms it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Whom to ask about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Seconds that a sign-in may be old unless a request says otherwise (`max_age`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// What it calls its users; public unless it says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
    /// The document that lists the redirect URIs of its sector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// The algorithm of userinfo as a JWT; plain JSON unless one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<String>,
    /// Where others send a browser that shall sign in there (OpenID Connect Core §4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Whether it gets no access token but such as are bound to a key (RFC 9449 §5.2).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dpop_bound_access_tokens: bool,
}

/// The host of an address, without its port.
#[must_use]
pub fn host_of(uri: &str) -> Option<&str> {
    let authority = uri.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let host = match authority.rsplit_once(':') {
        // The colons of an IPv6 address are inside its brackets.
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    (!host.is_empty()).then_some(host)
}

/// An OAuth client.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct App {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: AppId,
    /// The `client_id`: the id's wire form unless one was chosen; unique in the tenant.
    pub client_id: String,
    /// The name that people read.
    pub label: String,
    /// What it is.
    pub kind: AppKind,
    /// Whether it may be used.
    pub status: AppStatus,
    /// `token_endpoint_auth_method` (RFC 7591 §2).
    pub auth_method: String,
    /// `grant_types` (RFC 7591 §2).
    pub grant_types: Json<Vec<String>>,
    /// Registered redirect URIs.
    pub redirect_uris: Json<Vec<String>>,
    /// Registered URIs to return to after sign-out.
    pub post_logout_redirect_uris: Json<Vec<String>>,
    /// Scopes that the app may ask for; empty means every scope of the server.
    pub allowed_scopes: Json<Vec<String>>,
    /// Whether authorization requests must carry a PKCE challenge.
    pub pkce_required: bool,
    /// Whether users are asked.
    pub consent_method: ConsentMethod,
    /// What happens to a used refresh token.
    pub rotation: Rotation,
    /// Seconds (0–60) in which the previous refresh token still answers with its successor.
    pub leeway_seconds: i64,
    /// Whether authorization requests must be pushed (RFC 9126 §6).
    pub par_required: bool,
    /// The public keys of `private_key_jwt` (RFC 7523).
    pub jwks: Json<Vec<serde_json::Value>>,
    /// Where it publishes its keys, if it doesn't register them by value.
    pub jwks_uri: Option<String>,
    /// Where it keeps its request objects (OpenID Connect Core §6.2).
    pub request_uris: Json<Vec<String>>,
    /// Where it is told of sign-outs (OpenID Connect Back-Channel Logout 1.0).
    pub backchannel_logout_uri: Option<String>,
    /// Whether it wants logout tokens to name the session; they always do.
    pub backchannel_logout_session_required: bool,
    /// What it says of itself.
    pub metadata: Json<AppMetadata>,
    /// Where the browser tells it of sign-outs (OpenID Connect Front-Channel Logout 1.0).
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it wants to be told issuer and session there; it always is.
    pub frontchannel_logout_session_required: bool,
    /// What it is called elsewhere: its `X-Consumer-Custom-ID` at a gateway.
    pub external_id: Option<String>,
    /// Made by the demo seed.
    pub demo: bool,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

impl App {
    /// Whether the app authenticates at all (RFC 6749 §2.1).
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.auth_method != "none"
    }

    /// Whether a grant type is switched on for it.
    #[must_use]
    pub fn allows_grant(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|g| g == grant_type)
    }

    /// Whether it is told subjects that only apps of its sector share.
    #[must_use]
    pub fn is_pairwise(&self) -> bool {
        self.metadata.subject_type == Some(SubjectType::Pairwise)
    }

    /// The sector of a pairwise app (OpenID Connect Core §8.1): the host of its sector's document, or else that of
    /// its redirect URIs; none while they have several.
    #[must_use]
    pub fn sector(&self) -> Option<&str> {
        if let Some(uri) = &self.metadata.sector_identifier_uri {
            return host_of(uri);
        }
        let mut hosts = self.redirect_uris.iter().map(|uri| host_of(uri));
        let first = hosts.next()??;
        hosts.all(|host| host == Some(first)).then_some(first)
    }

    /// Whether it may be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == AppStatus::Active
    }
}

/// The method of apps that prove themselves by MACs with their secret (OpenID Connect Core §9): the only ones whose
/// secret must be read back.
pub const CLIENT_SECRET_JWT: &str = "client_secret_jwt";

/// One of at most two live secrets of an app.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AppSecret {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The app.
    pub app_id: AppId,
    /// The id.
    pub id: SecretId,
    /// HMAC-SHA-256 of the secret under the deployment's sealed key.
    pub hash: Vec<u8>,
    /// The secret itself, sealed, where the app proves itself by MACs (`client_secret_jwt`); nowhere else.
    pub sealed: Option<Vec<u8>>,
    /// Its last [`AppSecret::SHOWN`] characters, to tell it from the other one; `None` for those made before they were
    /// kept.
    pub ending: Option<String>,
    /// Whether it authenticates.
    pub status: AppStatus,
    /// When it was made.
    pub created_at: Time,
    /// When it last authenticated, to the hour.
    pub last_used_at: Option<Time>,
}

impl AppSecret {
    /// Characters of a secret that may be shown after it was made.
    pub const SHOWN: usize = 4;
    /// A secret shorter than this is not shown in part: too little would be left to guess.
    const LONG: usize = 32;

    /// What may be shown of a secret later.
    #[must_use]
    pub fn ending_of(secret: &str) -> Option<String> {
        let long = secret.is_ascii() && secret.len() >= Self::LONG;
        long.then(|| secret[secret.len() - Self::SHOWN..].to_owned())
    }

    /// What may be shown of this one: `…k3Pa`.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.ending.as_ref().map(|ending| format!("…{ending}"))
    }

    /// Whether an app that is registered for this method can prove itself by this secret.
    #[must_use]
    pub fn serves(&self, auth_method: &str) -> bool {
        self.status == AppStatus::Active && (auth_method != CLIENT_SECRET_JWT || self.sealed.is_some())
    }
}
