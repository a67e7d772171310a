//! What an app may be set to, by its kind.

use super::AdminError;
use super::change::{Diff, Facts};
use super::error::Causes;
use serde_json::Value;
use signet_domain::app::{App, AppKind, AppMetadata, ConsentMethod, Rotation, SubjectType, host_of};
use signet_fetch::Client;
use signet_oauth::jwk::PublicJwk;
use signet_oauth::jwt::Alg;
use signet_oauth::redirect::{AppKind as UriKind, RedirectUri};
use signet_oauth::{Scope, request_object};
use signet_store::sqlx_types::Json;

/// Most URIs, and most scopes, of one app.
const MAX_ENTRIES: usize = 100;

/// Most keys of one app.
const MAX_KEYS: usize = 10;

/// Most people to ask about one app.
const MAX_CONTACTS: usize = 10;

/// Settings as they are sent. What is absent gets the kind's default.
#[derive(Debug, Clone, Default)]
pub struct AppSettings {
    /// The name that people read.
    pub label: String,
    /// What it is; an app stays what it is.
    pub kind: Option<AppKind>,
    /// `token_endpoint_auth_method`.
    pub auth_method: Option<String>,
    /// `grant_types`.
    pub grant_types: Option<Vec<String>>,
    /// `response_types`.
    pub response_types: Option<Vec<String>>,
    /// `redirect_uris`.
    pub redirect_uris: Vec<String>,
    /// `post_logout_redirect_uris`.
    pub post_logout_redirect_uris: Vec<String>,
    /// Scopes that the app may ask for; none means every scope.
    pub allowed_scopes: Vec<String>,
    /// Whether a PKCE challenge is demanded.
    pub pkce_required: Option<bool>,
    /// Whether users are asked.
    pub consent_method: Option<ConsentMethod>,
    /// What happens to a used refresh token.
    pub rotation: Option<Rotation>,
    /// Seconds of leeway.
    pub leeway_seconds: Option<i64>,
    /// Whether authorization requests must be pushed.
    pub par_required: bool,
    /// Public keys, each a JWK.
    pub jwks: Vec<Value>,
    /// Where the app publishes its keys, instead of `jwks`.
    pub jwks_uri: Option<String>,
    /// Where the app keeps its request objects.
    pub request_uris: Vec<String>,
    /// Where the app is told of sign-outs.
    pub backchannel_logout_uri: Option<String>,
    /// Whether it wants to be told which session ended.
    pub backchannel_logout_session_required: bool,
    /// What the app says of itself.
    pub metadata: AppMetadata,
    /// Where the browser tells the app of sign-outs.
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it wants to be told issuer and session there.
    pub frontchannel_logout_session_required: bool,
    /// What the app is called elsewhere.
    pub external_id: Option<String>,
}

/// Whether apps of a kind keep a secret.
#[must_use]
pub fn is_public(kind: AppKind) -> bool {
    matches!(kind, AppKind::Browser | AppKind::Native)
}

/// The response types that belong to grant types.
#[must_use]
pub fn response_types(grant_types: &[String]) -> Vec<&'static str> {
    let has = |grant: &str| grant_types.iter().any(|g| g == grant);
    if has("authorization_code") {
        vec!["code"]
    } else if has("client_credentials") {
        vec!["token"]
    } else {
        Vec::new()
    }
}

fn default_grants(kind: AppKind) -> Vec<String> {
    let grants: &[&str] = match kind {
        AppKind::Service => &["client_credentials"],
        AppKind::Web | AppKind::Browser | AppKind::Native => &["authorization_code"],
    };
    grants.iter().map(|g| (*g).to_owned()).collect()
}

fn allowed_grants(kind: AppKind) -> &'static [&'static str] {
    match kind {
        AppKind::Web => &["authorization_code", "refresh_token", "password", "client_credentials"],
        AppKind::Browser | AppKind::Native => &["authorization_code", "refresh_token"],
        AppKind::Service => &["client_credentials"],
    }
}

impl AppSettings {
    /// Puts the settings into an app: a new one, or one that exists.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] naming every broken rule.
    pub fn put(self, app: &mut App, outbound: &Client) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        if self.kind.is_some_and(|kind| kind != app.kind) {
            causes.add("application_type", "can't be changed; create another app");
        }
        let public = is_public(app.kind);
        let grants = self.grant_types.clone().unwrap_or_else(|| default_grants(app.kind));
        causes.text("label", &self.label, 1..=100);
        check_auth_method(&mut causes, &self, public);
        check_grants(&mut causes, &self, app.kind, &grants);
        check_uris(&mut causes, &self, app.kind, &grants);
        check_pkce(&mut causes, self.pkce_required, app);
        if public && self.rotation == Some(Rotation::Static) {
            causes.add("refresh_token.rotation_type", "must be ROTATE for browser and native apps");
        }
        causes.range("refresh_token.leeway", self.leeway_seconds.unwrap_or(30), 0..=60);
        let jwks = check_jwks(&mut causes, &self, app.kind);
        check_addresses(&mut causes, &self, app.kind, outbound);
        check_front_channel(&mut causes, &self);
        if self.par_required && app.kind == AppKind::Service {
            causes
                .add("require_pushed_authorization_requests", "service apps have no authorization requests");
        }
        check_metadata(&mut causes, &self.metadata, app.kind);
        if let Some(id) = &self.external_id {
            causes.text("external_id", id, 1..=128);
        }
        check_sector(&mut causes, &self);
        causes.check("settings")?;

        let default_method = if public { "none" } else { "client_secret_basic" };
        app.label = self.label;
        app.auth_method = self.auth_method.unwrap_or_else(|| default_method.to_owned());
        app.grant_types = Json(grants);
        app.redirect_uris = Json(self.redirect_uris);
        app.post_logout_redirect_uris = Json(self.post_logout_redirect_uris);
        app.allowed_scopes = Json(self.allowed_scopes);
        app.pkce_required = self.pkce_required.unwrap_or(true);
        app.consent_method = self.consent_method.unwrap_or(ConsentMethod::Required);
        app.rotation = self.rotation.unwrap_or(if public { Rotation::Rotate } else { Rotation::Static });
        app.leeway_seconds = self.leeway_seconds.unwrap_or(30);
        app.par_required = self.par_required;
        app.jwks = Json(jwks);
        app.jwks_uri = self.jwks_uri;
        app.request_uris = Json(self.request_uris);
        app.backchannel_logout_uri = self.backchannel_logout_uri;
        app.backchannel_logout_session_required = self.backchannel_logout_session_required;
        app.metadata = Json(self.metadata);
        app.frontchannel_logout_uri = self.frontchannel_logout_uri;
        app.frontchannel_logout_session_required = self.frontchannel_logout_session_required;
        app.external_id = self.external_id;
        Ok(())
    }
}

fn check_auth_method(causes: &mut Causes, settings: &AppSettings, public: bool) {
    let Some(method) = settings.auth_method.as_deref() else { return };
    match method {
        "none" if public => {}
        "client_secret_basic" | "client_secret_post" | "client_secret_jwt" | "private_key_jwt" if !public => {
        }
        _ if public => causes.add("token_endpoint_auth_method", "must be none for browser and native apps"),
        _ => causes.add(
            "token_endpoint_auth_method",
            "must be client_secret_basic, client_secret_post, client_secret_jwt or private_key_jwt",
        ),
    }
}

/// The keys as they are kept: only what a public key has, and none that proves nothing (RFC 8725 §3.5).
fn check_jwks(causes: &mut Causes, settings: &AppSettings, kind: AppKind) -> Vec<Value> {
    let by_keys = settings.auth_method.as_deref() == Some("private_key_jwt");
    let by_value = !settings.jwks.is_empty();
    // What asks for users' consent may sign its requests, however it authenticates.
    let may_sign = by_keys || kind != AppKind::Service;
    match (by_value, settings.jwks_uri.is_some()) {
        (true, true) => causes.add("jwks_uri", "give either jwks or jwks_uri, not both"),
        (false, false) if by_keys => {
            causes.add("jwks", "private_key_jwt needs at least one key, or a jwks_uri");
        }
        (true, _) | (_, true) if !may_sign => {
            let name = if by_value { "jwks" } else { "jwks_uri" };
            causes.add(name, "only service apps with private_key_jwt have keys");
        }
        _ => {}
    }
    if settings.jwks.len() > MAX_KEYS {
        causes.add("jwks", format_args!("at most {MAX_KEYS} keys are possible"));
    }
    let mut kept: Vec<PublicJwk> = Vec::new();
    for (n, key) in settings.jwks.iter().take(MAX_KEYS).enumerate() {
        match serde_json::from_value::<PublicJwk>(key.clone()) {
            Ok(key) if kept.iter().any(|other| other.kid() == key.kid()) => {
                causes.add("jwks", format_args!("key {}: its 'kid' stands there twice", n + 1));
            }
            Ok(key) => kept.push(key),
            // What was sent isn't repeated: it may be a private key.
            Err(_) => causes.add(
                "jwks",
                format_args!(
                    "key {}: must be a public JWK of RSA (2048 to 8192 bits), P-256, P-384 or Ed25519",
                    n + 1
                ),
            ),
        }
    }
    kept.iter().filter_map(|key| serde_json::to_value(key).ok()).collect()
}

/// Addresses that are called. Whether they lead to where they may is asked again at every call.
fn check_addresses(causes: &mut Causes, settings: &AppSettings, kind: AppKind, outbound: &Client) {
    let addresses =
        [("jwks_uri", &settings.jwks_uri), ("backchannel_logout_uri", &settings.backchannel_logout_uri)];
    for (name, uri) in addresses {
        if let Some(Err(error)) = uri.as_deref().map(|uri| outbound.check(uri)) {
            causes.add(name, error);
        }
    }
    if settings.request_uris.len() > MAX_KEYS {
        causes.add("request_uris", format_args!("at most {MAX_KEYS} are possible"));
    }
    for uri in settings.request_uris.iter().take(MAX_KEYS) {
        // A fragment is the digest of what was there (OpenID Connect Core §6.2).
        let (address, digest) = request_object::address(uri);
        if let Err(error) = outbound.check(address) {
            causes.add("request_uris", error);
        }
        if digest.is_some_and(|digest| !request_object::is_digest(digest)) {
            causes.add("request_uris", "a fragment must be a SHA-256 digest in base64url, of 43 characters");
        }
    }
    if kind == AppKind::Service && !settings.request_uris.is_empty() {
        causes.add("request_uris", "service apps have no authorization requests");
    }
    if kind == AppKind::Service && settings.backchannel_logout_uri.is_some() {
        causes.add("backchannel_logout_uri", "service apps sign nobody in");
    }
    if settings.backchannel_logout_session_required && settings.backchannel_logout_uri.is_none() {
        causes.add("backchannel_logout_session_required", "needs a backchannel_logout_uri");
    }
}

/// What the browser loads in a frame of ours. It must be at home where the app is (OpenID Connect Front-Channel
/// Logout §2), so that nobody can name a page of somebody else.
fn check_front_channel(causes: &mut Causes, settings: &AppSettings) {
    const NAME: &str = "frontchannel_logout_uri";
    let Some(uri) = settings.frontchannel_logout_uri.as_deref() else {
        if settings.frontchannel_logout_session_required {
            causes.add("frontchannel_logout_session_required", "needs a frontchannel_logout_uri");
        }
        return;
    };
    match RedirectUri::register(uri, UriKind::Web) {
        Err(error) => causes.add(NAME, error),
        Ok(uri) => {
            let home = uri.origin();
            let mut own = settings.redirect_uris.iter();
            if !own.any(|own| RedirectUri::stored(own.as_str(), false).origin() == home) {
                causes.add(NAME, "must have scheme, host and port of one of the redirect_uris");
            }
        }
    }
}

fn check_grants(causes: &mut Causes, settings: &AppSettings, kind: AppKind, grants: &[String]) {
    let has = |grant: &str| grants.iter().any(|g| g == grant);
    if grants.is_empty() {
        causes.add("grant_types", "must not be empty");
    }
    for (index, grant) in grants.iter().enumerate() {
        if !allowed_grants(kind).contains(&grant.as_str()) {
            let grant = signet_domain::event::bounded(grant, 64);
            causes.add("grant_types", format_args!("'{grant}' is not for apps of type {kind}"));
        } else if grants[..index].contains(grant) {
            causes.add("grant_types", format_args!("'{grant}' stands there twice"));
        }
    }
    if has("refresh_token") && !has("authorization_code") && !has("password") {
        causes.add("grant_types", "refresh_token needs authorization_code or password");
    }
    if let Some(sent) = &settings.response_types {
        let expected = response_types(grants);
        let same = sent.len() == expected.len() && expected.iter().all(|e| sent.iter().any(|s| s == e));
        if !same {
            causes.add("response_types", format_args!("must be {expected:?} for these grant types"));
        }
    }
}

fn check_uris(causes: &mut Causes, settings: &AppSettings, kind: AppKind, grants: &[String]) {
    let uri_kind = if kind == AppKind::Native { UriKind::Native } else { UriKind::Web };
    for (name, uris) in [
        ("redirect_uris", &settings.redirect_uris),
        ("post_logout_redirect_uris", &settings.post_logout_redirect_uris),
    ] {
        if uris.len() > MAX_ENTRIES {
            causes.add(name, format_args!("at most {MAX_ENTRIES} are possible"));
        }
        for uri in uris.iter().take(MAX_ENTRIES) {
            if let Err(error) = RedirectUri::register(uri, uri_kind) {
                let shown = signet_domain::event::bounded(uri, 200);
                causes.add(name, format_args!("'{shown}': {error}"));
            }
        }
    }
    if grants.iter().any(|g| g == "authorization_code") && settings.redirect_uris.is_empty() {
        causes.add("redirect_uris", "authorization_code needs at least one");
    }
    if kind == AppKind::Service && !settings.redirect_uris.is_empty() {
        causes.add("redirect_uris", "service apps have none");
    }
    if settings.allowed_scopes.len() > MAX_ENTRIES {
        causes.add("allowed_scopes", format_args!("at most {MAX_ENTRIES} are possible"));
    }
    if settings.allowed_scopes.iter().any(|scope| Scope::parse(scope).is_err()) {
        causes.add("allowed_scopes", "each must be a scope name (RFC 6749 section 3.3)");
    }
}

/// Without a document that lists them, the redirect URIs of a pairwise app must be one host's: the sector is that host
/// (OpenID Connect Core §8.1), and it must be somebody's, which a name on the own device isn't.
fn check_sector(causes: &mut Causes, settings: &AppSettings) {
    let metadata = &settings.metadata;
    if metadata.subject_type != Some(SubjectType::Pairwise) || metadata.sector_identifier_uri.is_some() {
        return;
    }
    let hosts = settings.redirect_uris.iter().map(|uri| host_of(uri).filter(|_| uri.starts_with("https://")));
    let hosts: Option<std::collections::BTreeSet<&str>> = hosts.collect();
    if hosts.is_none_or(|hosts| hosts.len() > 1) {
        causes.add("sector_identifier_uri", "is needed unless all redirect_uris are https and of one host");
    }
}

/// What people are shown of an app: pages that a browser may be sent to, and whom to ask.
fn check_metadata(causes: &mut Causes, metadata: &AppMetadata, kind: AppKind) {
    let pairwise = metadata.subject_type == Some(SubjectType::Pairwise);
    if pairwise && kind == AppKind::Service {
        causes.add("subject_type", "service apps sign nobody in");
    }
    if metadata.sector_identifier_uri.is_some() && !pairwise {
        causes.add("sector_identifier_uri", "needs the subject_type pairwise");
    }
    let pages = [
        ("client_uri", &metadata.client_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
        ("initiate_login_uri", &metadata.initiate_login_uri),
    ];
    for (name, uri) in pages {
        if let Some(Err(error)) = uri.as_deref().map(|uri| RedirectUri::register(uri, UriKind::Web)) {
            causes.add(name, error);
        }
    }
    if metadata.initiate_login_uri.as_deref().is_some_and(|uri| !uri.starts_with("https://")) {
        causes.add("initiate_login_uri", "must be an https URL");
    }
    if metadata.userinfo_signed_response_alg.as_deref().is_some_and(|alg| alg.parse::<Alg>().is_err()) {
        causes.add(
            "userinfo_signed_response_alg",
            "must be an algorithm that servers sign with, such as RS256",
        );
    }
    let of_users = [
        ("userinfo_signed_response_alg", metadata.userinfo_signed_response_alg.is_some()),
        ("initiate_login_uri", metadata.initiate_login_uri.is_some()),
    ];
    for (name, _) in of_users.iter().filter(|(_, set)| *set && kind == AppKind::Service) {
        causes.add(name, "service apps sign nobody in");
    }
    if metadata.contacts.len() > MAX_CONTACTS {
        causes.add("contacts", format_args!("at most {MAX_CONTACTS} are possible"));
    }
    for contact in metadata.contacts.iter().take(MAX_CONTACTS) {
        causes.text("contacts", contact, 1..=254);
    }
    if kind == AppKind::Service && metadata.default_max_age.is_some() {
        causes.add("default_max_age", "service apps sign nobody in");
    }
    if metadata.default_max_age.is_some_and(|seconds| i32::try_from(seconds).is_err()) {
        causes.add("default_max_age", "must be from 0 to 2147483647");
    }
}

/// PKCE is demanded unless someone says otherwise, and of public apps always (RFC 9700 section 2.1.1).
fn check_pkce(causes: &mut Causes, sent: Option<bool>, app: &App) {
    if sent == Some(false) && is_public(app.kind) {
        causes.add("pkce_required", "must be true for browser and native apps");
    }
}

/// A new app, for the log.
pub(crate) fn made(app: &App) -> Diff {
    Diff::made(facts(app))
}

/// What changed of an app, for the log.
pub(crate) fn changed(before: &App, after: &App) -> Diff {
    Diff::of(facts(before), facts(after))
}

/// What the log shows of an app.
fn facts(app: &App) -> Facts {
    let list = |values: &[String]| serde_json::Value::from(values.to_vec());
    // Whose order says nothing.
    let set = |values: &[String]| {
        let mut values = values.to_vec();
        values.sort_unstable();
        list(&values)
    };
    vec![
        ("label", app.label.as_str().into()),
        ("status", app.status.as_str().into()),
        ("tokenEndpointAuthMethod", app.auth_method.as_str().into()),
        ("grantTypes", set(&app.grant_types)),
        ("redirectUris", list(&app.redirect_uris)),
        ("postLogoutRedirectUris", list(&app.post_logout_redirect_uris)),
        ("allowedScopes", set(&app.allowed_scopes)),
        ("pkceRequired", app.pkce_required.into()),
        ("consentMethod", app.consent_method.as_str().into()),
        ("rotation", app.rotation.as_str().into()),
        ("leeway", app.leeway_seconds.into()),
        ("requirePushedAuthorizationRequests", app.par_required.into()),
        ("keys", app.jwks.iter().map(|key| key["kid"].clone()).collect()),
        ("jwksUri", app.jwks_uri.as_deref().into()),
        ("requestUris", list(&app.request_uris)),
        ("backchannelLogoutUri", app.backchannel_logout_uri.as_deref().into()),
        ("backchannelLogoutSessionRequired", app.backchannel_logout_session_required.into()),
        ("clientUri", app.metadata.client_uri.as_deref().into()),
        ("policyUri", app.metadata.policy_uri.as_deref().into()),
        ("tosUri", app.metadata.tos_uri.as_deref().into()),
        ("contacts", list(&app.metadata.contacts)),
        ("subjectType", app.metadata.subject_type.map(SubjectType::as_str).into()),
        ("sectorIdentifierUri", app.metadata.sector_identifier_uri.as_deref().into()),
        ("userinfoSignedResponseAlg", app.metadata.userinfo_signed_response_alg.as_deref().into()),
        ("initiateLoginUri", app.metadata.initiate_login_uri.as_deref().into()),
        ("dpopBoundAccessTokens", app.metadata.dpop_bound_access_tokens.into()),
        ("defaultMaxAge", app.metadata.default_max_age.into()),
        ("frontchannelLogoutUri", app.frontchannel_logout_uri.as_deref().into()),
        ("frontchannelLogoutSessionRequired", app.frontchannel_logout_session_required.into()),
        ("externalId", app.external_id.as_deref().into()),
    ]
}

#[cfg(test)]
#[path = "app_rules_tests.rs"]
mod tests;
