//! Authorization servers and scopes on the wire.

use super::error::ApiError;
use super::reply::{Linker, Links, instant};
use serde::{Deserialize, Serialize};
use signet_domain::key_life::KeyLife;
use signet_domain::server::{ScopeConsent, ScopeRow, Server, ServerKind, ServerStatus};
use signet_idp::Ctx;
use signet_idp::admin::server_rules::{ScopeSettings, ServerSettings};
use signet_idp::admin::servers::{DEFAULT, ServerView};
use utoipa::ToSchema;

/// An authorization server.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorizationServer {
    /// The id.
    #[schema(example = "aus0000000000000000000000")]
    id: String,
    /// The name that people read.
    name: String,
    /// What it is for.
    description: String,
    /// `aud` of its access tokens.
    audiences: Vec<String>,
    /// `iss` of its tokens.
    issuer: String,
    /// `ORG_URL`.
    issuer_mode: &'static str,
    /// ACTIVE or INACTIVE.
    status: &'static str,
    /// Whether it is the server named `default`.
    default: bool,
    /// When it was created.
    created: String,
    /// When it last changed.
    last_updated: String,
    /// What it signs with.
    credentials: ServerCredentials,
    /// Minutes that an access token lives.
    access_token_lifetime_minutes: i64,
    /// Minutes that an ID token lives.
    id_token_lifetime_minutes: i64,
    /// Minutes after which an unused refresh token ends.
    refresh_token_window_minutes: i64,
    /// Minutes after which refreshing ends, however it was used.
    refresh_token_lifetime_minutes: i64,
    /// Algorithm of keys that are made from now on.
    signing_algorithm: String,
    /// Days after which the next key takes over by itself; 0 where keys are rolled by hand alone.
    key_rotation_days: i64,
    /// Whether apps can watch the browser's sign-in in a frame (OpenID Connect Session Management).
    session_management: bool,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// What a server signs with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerCredentials {
    /// The active key.
    signing: SigningCredentials,
}

/// The key that signs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SigningCredentials {
    /// Its `kid`; none until the first use.
    kid: Option<String>,
    /// AUTO, or MANUAL where `keyRotationDays` is 0.
    rotation_mode: &'static str,
    /// When it began to sign.
    last_rotated: Option<String>,
    /// When the next key takes over by itself.
    next_rotation: Option<String>,
}

impl AuthorizationServer {
    /// A server as it is shown.
    pub(crate) fn of(ctx: &Ctx, view: &ServerView) -> Self {
        let server = &view.server;
        let life = KeyLife { server, keys: &view.keys };
        let active = life.active();
        Self {
            id: server.id.to_string(),
            name: server.name.clone(),
            description: server.description.clone(),
            audiences: vec![server.audience.clone()],
            issuer: server.issuer.clone(),
            issuer_mode: "ORG_URL",
            status: server.status.as_str(),
            default: server.slug == DEFAULT,
            created: instant(server.created_at),
            last_updated: instant(server.updated_at),
            credentials: ServerCredentials {
                signing: SigningCredentials {
                    kid: active.map(|key| key.kid.clone()),
                    rotation_mode: if server.key_rotation_days == 0 { "MANUAL" } else { "AUTO" },
                    last_rotated: active.and_then(|key| key.activated_at).map(instant),
                    next_rotation: life.rotates_at().map(instant),
                },
            },
            access_token_lifetime_minutes: server.access_token_seconds / 60,
            id_token_lifetime_minutes: server.id_token_seconds / 60,
            refresh_token_window_minutes: server.refresh_idle_seconds / 60,
            refresh_token_lifetime_minutes: server.refresh_absolute_seconds / 60,
            signing_algorithm: server.signing_alg.clone(),
            key_rotation_days: server.key_rotation_days,
            session_management: server.session_management,
            links: links(ctx, server),
        }
    }
}

fn links(ctx: &Ctx, server: &Server) -> Links {
    let (to, path) = (Linker(ctx), format!("/api/v1/authorizationServers/{}", server.id));
    let base = if server.kind == ServerKind::Org { String::new() } else { server.base_path() };
    let known = |name: &'static str| (name, format!("{base}/.well-known/{name}"));
    let next = if server.status == ServerStatus::Active { "deactivate" } else { "activate" };
    Links::from([
        ("self", to.get(&path)),
        ("scopes", to.get(format_args!("{path}/scopes"))),
        ("keys", to.get(format_args!("{path}/credentials/keys"))),
        ("replaceKeys", to.act("POST", format_args!("{path}/credentials/lifecycle/keyReplace"))),
        ("rotateKey", to.act("POST", format_args!("{path}/credentials/lifecycle/keyRotate"))),
        ("metadata", to.many(&[known("oauth-authorization-server"), known("openid-configuration")])),
        (next, to.act("POST", format_args!("{path}/lifecycle/{next}"))),
    ])
}

/// An authorization server as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AuthorizationServerRequest {
    /// The name that people read.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// `aud` of its access tokens: exactly one.
    audiences: Vec<String>,
    /// `ORG_URL`.
    issuer_mode: Option<String>,
    /// 5 to 1440; default 60.
    access_token_lifetime_minutes: Option<i64>,
    /// 5 to 1440; default 60.
    id_token_lifetime_minutes: Option<i64>,
    /// From 10; default 10080 (7 days).
    refresh_token_window_minutes: Option<i64>,
    /// From 10; default 129600 (90 days).
    refresh_token_lifetime_minutes: Option<i64>,
    /// RS256 (the default), PS256, ES256, ES384 or EdDSA: for keys that are made from now on. The next key is
    /// replaced at once and signs a day later.
    signing_algorithm: Option<String>,
    /// 2 to 730, default 90; 0 to roll keys by hand alone.
    key_rotation_days: Option<i64>,
    /// Whether apps can watch the browser's sign-in in a frame (OpenID Connect Session Management); default false.
    session_management: Option<bool>,
}

/// Members that an update may send back as they were read.
pub(crate) const READ_ONLY: &[&str] =
    &["created", "lastUpdated", "_links", "issuer", "default", "credentials"];

impl AuthorizationServerRequest {
    /// What the use case takes.
    pub(crate) fn settings(self) -> Result<ServerSettings, ApiError> {
        if self.issuer_mode.is_some_and(|mode| mode != "ORG_URL") {
            return Err(ApiError::invalid("authorizationServer", "issuerMode: must be ORG_URL"));
        }
        Ok(ServerSettings {
            name: self.name,
            description: self.description,
            audiences: self.audiences,
            access_token_minutes: self.access_token_lifetime_minutes,
            id_token_minutes: self.id_token_lifetime_minutes,
            refresh_window_minutes: self.refresh_token_window_minutes,
            refresh_lifetime_minutes: self.refresh_token_lifetime_minutes,
            signing_alg: self.signing_algorithm,
            key_rotation_days: self.key_rotation_days,
            session_management: self.session_management,
        })
    }
}

/// A scope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scope {
    /// The id.
    id: String,
    /// The scope token.
    name: String,
    /// Short name for people.
    display_name: String,
    /// A sentence for the consent page.
    description: String,
    /// Comes with every server, and stays.
    system: bool,
    /// ALL_CLIENTS or NO_CLIENTS: whether discovery lists it.
    metadata_publish: &'static str,
    /// IMPLICIT or REQUIRED: whether it needs the user's word.
    consent: &'static str,
    /// Users can't refuse single scopes.
    optional: bool,
    /// Granted when a request names no scope.
    default: bool,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl Scope {
    /// A scope as it is shown.
    pub(crate) fn of(ctx: &Ctx, server: &Server, row: &ScopeRow) -> Self {
        let path = format_args!("/api/v1/authorizationServers/{}/scopes/{}", server.id, row.id).to_string();
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            display_name: row.display_name.clone(),
            description: row.description.clone(),
            system: row.system,
            metadata_publish: if row.published { "ALL_CLIENTS" } else { "NO_CLIENTS" },
            consent: row.consent.as_str(),
            optional: false,
            default: row.is_default,
            links: Links::from([("self", Linker(ctx).get(path))]),
        }
    }
}

/// A scope as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ScopeRequest {
    /// The scope token.
    name: String,
    /// Short name for people.
    display_name: Option<String>,
    /// A sentence for the consent page.
    description: Option<String>,
    /// ALL_CLIENTS or NO_CLIENTS, the default.
    metadata_publish: Option<String>,
    /// IMPLICIT, the default, or REQUIRED.
    consent: Option<String>,
    /// `false`.
    optional: Option<bool>,
    /// Granted when a request names no scope; default false.
    default: Option<bool>,
}

impl ScopeRequest {
    /// What the use case takes.
    pub(crate) fn settings(self) -> Result<ScopeSettings, ApiError> {
        let fault = |rule: &'static str| ApiError::invalid("scope", rule);
        let consent = self.consent.as_deref().unwrap_or("IMPLICIT");
        let published = match self.metadata_publish.as_deref() {
            Some("ALL_CLIENTS") => true,
            None | Some("NO_CLIENTS") => false,
            Some(_) => return Err(fault("metadataPublish: must be ALL_CLIENTS or NO_CLIENTS")),
        };
        if self.optional == Some(true) {
            return Err(fault("optional: must be false"));
        }
        Ok(ScopeSettings {
            name: self.name,
            display_name: self.display_name,
            description: self.description,
            consent: ScopeConsent::parse(consent)
                .ok_or_else(|| fault("consent: must be IMPLICIT or REQUIRED"))?,
            is_default: self.default.unwrap_or(false),
            published,
        })
    }
}
