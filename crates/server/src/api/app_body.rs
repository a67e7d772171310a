//! Apps on the wire.

use super::error::ApiError;
use super::reply::{Linker, Links, instant};
use serde::{Deserialize, Serialize};
use signet_domain::app::{App as Row, AppKind, AppMetadata, ConsentMethod, Rotation, SubjectType};
use signet_idp::Ctx;
use signet_idp::admin::app_rules::{AppSettings, response_types};
use signet_oauth::Secret;
use utoipa::ToSchema;

/// An app: an OAuth client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Application {
    /// The id.
    #[schema(example = "0oa0000000000000000000000")]
    id: String,
    /// `oidc_client`.
    name: &'static str,
    /// The name that people read.
    label: String,
    /// ACTIVE or INACTIVE.
    status: &'static str,
    /// `OPENID_CONNECT`.
    sign_on_mode: &'static str,
    /// When it was created.
    created: String,
    /// When it last changed.
    last_updated: String,
    /// How it authenticates.
    credentials: AppCredentials,
    /// What it may do.
    settings: AppSettingsBody,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// How an app authenticates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppCredentials {
    /// As an OAuth client.
    oauth_client: OAuthCredentials,
}

/// How an OAuth client authenticates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OAuthCredentials {
    /// Its `client_id`.
    client_id: String,
    /// Its secret: only in the answer to its creation, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt or none.
    token_endpoint_auth_method: String,
    /// Whether a PKCE challenge is demanded.
    pkce_required: bool,
    /// Keys are rolled by hand.
    #[serde(rename = "autoKeyRotation")]
    auto_key_rotation: bool,
}

/// What an app may do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppSettingsBody {
    /// As an OAuth client.
    oauth_client: OAuthSettings,
}

/// What an OAuth client may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OAuthSettings {
    /// web, native, browser or service.
    application_type: &'static str,
    /// Where codes may be sent.
    redirect_uris: Vec<String>,
    /// Where sign-out may lead.
    post_logout_redirect_uris: Vec<String>,
    /// `code` or `token`, as the grant types have it.
    response_types: Vec<&'static str>,
    /// Grants that are switched on.
    grant_types: Vec<String>,
    /// TRUSTED or REQUIRED.
    consent_method: &'static str,
    /// `ORG_URL`.
    issuer_mode: &'static str,
    /// What happens to used refresh tokens.
    refresh_token: RefreshSettings,
    /// Scopes that it may ask for; none means every scope.
    allowed_scopes: Vec<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<String>,
    /// Its page on privacy.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_uri: Option<String>,
    /// Its page on the terms of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    tos_uri: Option<String>,
    /// Whom to ask about it.
    contacts: Vec<String>,
    /// Seconds that a sign-in may be old unless a request says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_max_age: Option<u32>,
    /// public, or pairwise: users have names that only apps of its sector share.
    subject_type: &'static str,
    /// The document that lists the redirect URIs of its sector.
    #[serde(skip_serializing_if = "Option::is_none")]
    sector_identifier_uri: Option<String>,
    /// Userinfo is a JWT if an algorithm is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    userinfo_signed_response_alg: Option<String>,
    /// Where others send a browser that shall sign in there.
    #[serde(skip_serializing_if = "Option::is_none")]
    initiate_login_uri: Option<String>,
    /// Whether its access tokens are bound to a key, each of its token requests bringing a proof (RFC 9449).
    dpop_bound_access_tokens: bool,
    /// What it is called elsewhere: `X-Consumer-Custom-ID` at a gateway.
    external_id: Option<String>,
    /// Whether authorization requests must be pushed (RFC 9126).
    require_pushed_authorization_requests: bool,
    /// The public keys of private_key_jwt, and of signed requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks: Option<KeySet>,
    /// Where the app publishes its public keys, instead of `jwks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    /// Where it keeps its request objects (OpenID Connect Core 6.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    request_uris: Vec<String>,
    /// Where it is told of sign-outs (OpenID Connect Back-Channel Logout).
    #[serde(skip_serializing_if = "Option::is_none")]
    backchannel_logout_uri: Option<String>,
    /// Whether it wants to be told which session ended. It always is.
    backchannel_logout_session_required: bool,
    /// Where the browser tells it of sign-outs (OpenID Connect Front-Channel Logout).
    #[serde(skip_serializing_if = "Option::is_none")]
    frontchannel_logout_uri: Option<String>,
    /// Whether it wants to be told issuer and session there. It always is.
    frontchannel_logout_session_required: bool,
}

/// Public keys (RFC 7517).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeySet {
    /// At most ten JWKs: RSA (for the algorithm in `alg`, or both), P-256, P-384 or Ed25519.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// What happens to used refresh tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefreshSettings {
    /// ROTATE or STATIC.
    rotation_type: &'static str,
    /// Seconds (0 to 60) in which the previous one still works.
    leeway: i64,
}

impl Application {
    /// An app as it is shown; with its secret when it was just made.
    pub(crate) fn of(ctx: &Ctx, app: &Row, secret: Option<&Secret>) -> Self {
        Self {
            id: app.id.to_string(),
            name: "oidc_client",
            label: app.label.clone(),
            status: app.status.as_str(),
            sign_on_mode: "OPENID_CONNECT",
            created: instant(app.created_at),
            last_updated: instant(app.updated_at),
            credentials: AppCredentials {
                oauth_client: OAuthCredentials {
                    client_id: app.client_id.clone(),
                    client_secret: secret.map(|secret| secret.expose().to_owned()),
                    token_endpoint_auth_method: app.auth_method.clone(),
                    pkce_required: app.pkce_required,
                    auto_key_rotation: false,
                },
            },
            settings: AppSettingsBody { oauth_client: settings(app) },
            links: links(ctx, app),
        }
    }
}

fn settings(app: &Row) -> OAuthSettings {
    OAuthSettings {
        application_type: app.kind.as_str(),
        redirect_uris: app.redirect_uris.0.clone(),
        post_logout_redirect_uris: app.post_logout_redirect_uris.0.clone(),
        response_types: response_types(&app.grant_types),
        grant_types: app.grant_types.0.clone(),
        consent_method: app.consent_method.as_str(),
        issuer_mode: "ORG_URL",
        refresh_token: RefreshSettings { rotation_type: app.rotation.as_str(), leeway: app.leeway_seconds },
        allowed_scopes: app.allowed_scopes.0.clone(),
        require_pushed_authorization_requests: app.par_required,
        jwks: (!app.jwks.is_empty()).then(|| KeySet { keys: app.jwks.0.clone() }),
        jwks_uri: app.jwks_uri.clone(),
        request_uris: app.request_uris.0.clone(),
        backchannel_logout_uri: app.backchannel_logout_uri.clone(),
        backchannel_logout_session_required: app.backchannel_logout_session_required,
        client_uri: app.metadata.client_uri.clone(),
        policy_uri: app.metadata.policy_uri.clone(),
        tos_uri: app.metadata.tos_uri.clone(),
        contacts: app.metadata.contacts.clone(),
        default_max_age: app.metadata.default_max_age,
        subject_type: app.metadata.subject_type.unwrap_or(SubjectType::Public).as_str(),
        sector_identifier_uri: app.metadata.sector_identifier_uri.clone(),
        userinfo_signed_response_alg: app.metadata.userinfo_signed_response_alg.clone(),
        initiate_login_uri: app.metadata.initiate_login_uri.clone(),
        dpop_bound_access_tokens: app.metadata.dpop_bound_access_tokens,
        frontchannel_logout_uri: app.frontchannel_logout_uri.clone(),
        frontchannel_logout_session_required: app.frontchannel_logout_session_required,
        external_id: app.external_id.clone(),
    }
}

fn links(ctx: &Ctx, app: &Row) -> Links {
    let (to, path) = (Linker(ctx), format!("/api/v1/apps/{}", app.id));
    let next = if app.is_active() { "deactivate" } else { "activate" };
    Links::from([
        ("self", to.get(&path)),
        ("clientCredentials", to.get(format_args!("{path}/credentials/secrets"))),
        (next, to.act("POST", format_args!("{path}/lifecycle/{next}"))),
    ])
}

/// An app as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ApplicationRequest {
    /// `oidc_client`.
    #[serde(default)]
    name: Option<String>,
    /// The name that people read.
    label: String,
    /// `OPENID_CONNECT`.
    #[serde(default)]
    sign_on_mode: Option<String>,
    /// How it shall authenticate.
    #[serde(default, deserialize_with = "super::json::optional_member")]
    credentials: Option<AppCredentialsRequest>,
    /// What it may do.
    #[serde(deserialize_with = "super::json::member")]
    settings: AppSettingsRequest,
}

/// How an app shall authenticate.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppCredentialsRequest {
    /// As an OAuth client.
    #[serde(default, deserialize_with = "super::json::optional_member")]
    oauth_client: Option<OAuthCredentialsRequest>,
}

/// How an OAuth client shall authenticate.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuthCredentialsRequest {
    /// Its `client_id`: the app's id unless one is chosen at creation.
    client_id: Option<String>,
    /// client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt or none.
    token_endpoint_auth_method: Option<String>,
    /// `true`, the default; `false` is for web apps only.
    pkce_required: Option<bool>,
    /// Accepted and without effect: keys are rolled by hand.
    #[serde(rename = "autoKeyRotation")]
    auto_key_rotation: Option<bool>,
}

/// What an app may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppSettingsRequest {
    /// As an OAuth client.
    #[serde(deserialize_with = "super::json::member")]
    oauth_client: OAuthSettingsRequest,
}

/// What an OAuth client may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuthSettingsRequest {
    /// web, native, browser or service.
    application_type: Option<String>,
    /// Where codes may be sent.
    redirect_uris: Option<Vec<String>>,
    /// Where sign-out may lead.
    post_logout_redirect_uris: Option<Vec<String>>,
    /// `code` or `token`, as the grant types have it.
    response_types: Option<Vec<String>>,
    /// authorization_code, refresh_token, client_credentials or password.
    grant_types: Option<Vec<String>>,
    /// REQUIRED, the default, or TRUSTED.
    consent_method: Option<String>,
    /// `ORG_URL`.
    issuer_mode: Option<String>,
    /// What happens to used refresh tokens.
    #[serde(default, deserialize_with = "super::json::optional_member")]
    refresh_token: Option<RefreshSettingsRequest>,
    /// Scopes that it may ask for; none means every scope.
    allowed_scopes: Option<Vec<String>>,
    /// Whether authorization requests must be pushed (RFC 9126); default false.
    require_pushed_authorization_requests: Option<bool>,
    /// Whether it gets only access tokens that are bound to a key, so that each of its token requests needs a proof
    /// (DPoP, RFC 9449); default false.
    dpop_bound_access_tokens: Option<bool>,
    /// The public keys of private_key_jwt, and of signed requests, by value.
    #[serde(default, deserialize_with = "super::json::optional_member")]
    jwks: Option<KeySet>,
    /// Where the app publishes its public keys, instead of `jwks`: an https URL on the public internet.
    jwks_uri: Option<String>,
    /// Where it keeps its request objects (OpenID Connect Core 6.2): at most ten https URLs on the public internet.
    request_uris: Option<Vec<String>>,
    /// Where it is told of sign-outs (OpenID Connect Back-Channel Logout): an https URL on the public internet.
    backchannel_logout_uri: Option<String>,
    /// Whether it wants to be told which session ended. It always is.
    backchannel_logout_session_required: Option<bool>,
    /// Its home page.
    client_uri: Option<String>,
    /// Its page on privacy, which the consent page links.
    policy_uri: Option<String>,
    /// Its page on the terms of use, which the consent page links.
    tos_uri: Option<String>,
    /// Whom to ask about it: at most ten.
    contacts: Option<Vec<String>>,
    /// Seconds that a sign-in may be old unless a request says otherwise.
    default_max_age: Option<u32>,
    /// public, the default, or pairwise: users have names that only apps of its sector share.
    subject_type: Option<String>,
    /// Where a pairwise app's sector lists its redirect URIs: needed unless they are https and of one host.
    sector_identifier_uri: Option<String>,
    /// Named, userinfo is a JWT, signed with the key that signs the server's tokens: its algorithm, such as RS256.
    userinfo_signed_response_alg: Option<String>,
    /// Where others send a browser that shall sign in there (https), such as the user's account page.
    initiate_login_uri: Option<String>,
    /// Where the browser tells it of sign-outs (OpenID Connect Front-Channel Logout): a URL with scheme, host and port
    /// of one of the redirect_uris.
    frontchannel_logout_uri: Option<String>,
    /// Whether it wants to be told issuer and session there. It always is.
    frontchannel_logout_session_required: Option<bool>,
    /// What it is called elsewhere: `X-Consumer-Custom-ID` at a gateway.
    external_id: Option<String>,
}

/// What happens to used refresh tokens.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshSettingsRequest {
    /// ROTATE or STATIC.
    rotation_type: Option<String>,
    /// Seconds from 0 to 60; default 30.
    leeway: Option<i64>,
}

/// Members that an update may send back as they were read.
pub(crate) const READ_ONLY: &[&str] = &["created", "lastUpdated", "_links"];

fn only(text: Option<&str>, known: &'static str, member: &'static str) -> Result<(), ApiError> {
    match text {
        Some(text) if text != known => Err(ApiError::invalid("app", format!("{member}: must be {known}"))),
        _ => Ok(()),
    }
}

fn parsed<T>(
    text: Option<&str>,
    parse: fn(&str) -> Option<T>,
    rule: &'static str,
) -> Result<Option<T>, ApiError> {
    match text {
        None => Ok(None),
        Some(text) => parse(text).map(Some).ok_or_else(|| ApiError::invalid("app", rule)),
    }
}

impl ApplicationRequest {
    /// The settings, and the `client_id` if one is named.
    pub(crate) fn settings(self) -> Result<(AppSettings, Option<String>), ApiError> {
        only(self.name.as_deref(), "oidc_client", "name")?;
        only(self.sign_on_mode.as_deref(), "OPENID_CONNECT", "signOnMode")?;
        let client = self.settings.oauth_client;
        only(client.issuer_mode.as_deref(), "ORG_URL", "issuer_mode")?;
        let credentials = self.credentials.and_then(|c| c.oauth_client).unwrap_or_default();
        let _ = credentials.auto_key_rotation;
        let refresh = client.refresh_token.unwrap_or_default();
        let kinds = "application_type: must be web, native, browser or service";
        let settings = AppSettings {
            label: self.label,
            kind: parsed(client.application_type.as_deref(), AppKind::parse, kinds)?,
            auth_method: credentials.token_endpoint_auth_method,
            grant_types: client.grant_types,
            response_types: client.response_types,
            redirect_uris: client.redirect_uris.unwrap_or_default(),
            post_logout_redirect_uris: client.post_logout_redirect_uris.unwrap_or_default(),
            allowed_scopes: client.allowed_scopes.unwrap_or_default(),
            pkce_required: credentials.pkce_required,
            consent_method: parsed(
                client.consent_method.as_deref(),
                ConsentMethod::parse,
                "consent_method: must be REQUIRED or TRUSTED",
            )?,
            rotation: parsed(
                refresh.rotation_type.as_deref(),
                Rotation::parse,
                "refresh_token.rotation_type: must be ROTATE or STATIC",
            )?,
            leeway_seconds: refresh.leeway,
            par_required: client.require_pushed_authorization_requests.unwrap_or(false),
            jwks: client.jwks.map(|set| set.keys).unwrap_or_default(),
            jwks_uri: client.jwks_uri,
            request_uris: client.request_uris.unwrap_or_default(),
            backchannel_logout_uri: client.backchannel_logout_uri,
            backchannel_logout_session_required: client.backchannel_logout_session_required.unwrap_or(false),
            metadata: AppMetadata {
                client_uri: client.client_uri,
                policy_uri: client.policy_uri,
                tos_uri: client.tos_uri,
                contacts: client.contacts.unwrap_or_default(),
                default_max_age: client.default_max_age,
                // What is the default isn't written down, so that saying it changes nothing.
                subject_type: parsed(
                    client.subject_type.as_deref(),
                    SubjectType::parse,
                    "subject_type: must be public or pairwise",
                )?
                .filter(|kind| *kind != SubjectType::Public),
                sector_identifier_uri: client.sector_identifier_uri,
                userinfo_signed_response_alg: client.userinfo_signed_response_alg,
                initiate_login_uri: client.initiate_login_uri,
                dpop_bound_access_tokens: client.dpop_bound_access_tokens.unwrap_or(false),
            },
            frontchannel_logout_uri: client.frontchannel_logout_uri,
            frontchannel_logout_session_required: client
                .frontchannel_logout_session_required
                .unwrap_or(false),
            external_id: client.external_id,
        };
        Ok((settings, credentials.client_id))
    }
}
