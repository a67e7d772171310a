//! Gateway profiles of authorization servers.

use super::caller::Api;
use super::error::ApiError;
use super::json::Document;
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::{IfMatch, Linker, Links, instant, versioned};
use crate::App;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use signet_idp::Ctx;
use signet_idp::admin::gateway_rules::GatewaySettings;
use signet_idp::admin::gateways::GatewayView;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["provision_key_created", "created", "lastUpdated", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(get_gateway, put_gateway, delete_gateway))
        .routes(operations!(roll_provision_key))
}

/// What an authorization server does for APIs behind a gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gateway {
    /// Scopes that the gateway's endpoints may grant.
    scopes: Vec<String>,
    /// Whether a request must name scopes.
    mandatory_scope: bool,
    /// Whether codes are issued to the front end.
    enable_authorization_code: bool,
    /// `false`: tokens in redirects leak.
    enable_implicit_grant: bool,
    /// Whether apps may act for themselves.
    enable_client_credentials: bool,
    /// Whether the front end may get tokens without a code.
    enable_password_grant: bool,
    /// Seconds that an access token lives.
    token_expiration: i64,
    /// Seconds that a refresh token lives; 0 until it is revoked.
    refresh_token_ttl: i64,
    /// Whether a refresh token stays when it is used; those of public apps never do.
    reuse_refresh_token: bool,
    /// Kept, and without effect.
    persistent_refresh_token: bool,
    /// Of whom a proof key is demanded beside the apps that demand it themselves: none, lax (public apps), strict.
    pkce: &'static str,
    /// Whether tokens of other servers whose profile says the same are good here.
    global_credentials: bool,
    /// Whether the gateway is told to keep the credential from the API.
    hide_credentials: bool,
    /// `client_id` of the app that stands for callers without a credential.
    anonymous: Option<String>,
    /// Name of the header with the token.
    auth_header_name: String,
    /// `realm` of challenges.
    realm: Option<String>,
    /// Whether a token may be in the query.
    token_in_query: bool,
    /// Whether a token may be in a form.
    token_in_form: bool,
    /// Whether API keys are good.
    api_keys: bool,
    /// Whether an API key may be in the query.
    api_key_in_query: bool,
    /// What proves the trusted front end: only in the answer that made it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    provision_key: Option<String>,
    /// When the provision key was made.
    provision_key_created: String,
    /// When the profile was created.
    created: String,
    /// When it last changed.
    #[serde(rename = "lastUpdated")]
    last_updated: String,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl Gateway {
    fn of(ctx: &Ctx, view: &GatewayView) -> Self {
        let (g, server) = (&view.gateway, &view.server);
        let (to, path) = (Linker(ctx), format!("/api/v1/authorizationServers/{}/gateway", server.id));
        Self {
            scopes: g.scopes.0.clone(),
            mandatory_scope: g.mandatory_scope,
            enable_authorization_code: g.authorization_code,
            enable_implicit_grant: false,
            enable_client_credentials: g.client_credentials,
            enable_password_grant: g.password_grant,
            token_expiration: g.token_expiration,
            refresh_token_ttl: g.refresh_token_ttl,
            reuse_refresh_token: g.reuse_refresh_token,
            persistent_refresh_token: g.persistent_refresh_token,
            pkce: g.pkce.as_str(),
            global_credentials: g.global_credentials,
            hide_credentials: g.hide_credentials,
            anonymous: g.anonymous.clone(),
            auth_header_name: g.auth_header_name.clone(),
            realm: g.realm.clone(),
            token_in_query: g.token_in_query,
            token_in_form: g.token_in_form,
            api_keys: g.api_keys,
            api_key_in_query: g.api_key_in_query,
            provision_key: view.provision_key.as_ref().map(|key| key.expose().to_owned()),
            provision_key_created: instant(g.provision_made_at),
            created: instant(g.created_at),
            last_updated: instant(g.updated_at),
            links: Links::from([
                ("self", to.get(&path)),
                ("verify", to.get(format_args!("/gateway/{}/verify", server.slug))),
                ("authorize", to.act("POST", format_args!("/gateway/{}/oauth2/authorize", server.slug))),
                ("token", to.act("POST", format_args!("/gateway/{}/oauth2/token", server.slug))),
                ("rollProvisionKey", to.act("POST", format_args!("{path}/lifecycle/rollProvisionKey"))),
            ]),
        }
    }
}

/// A gateway profile as it is sent. What is absent gets its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayRequest {
    /// Scopes of the server that the gateway's endpoints may grant.
    scopes: Option<Vec<String>>,
    /// Whether a request must name scopes; needs `scopes`.
    mandatory_scope: Option<bool>,
    /// Whether codes are issued to the front end. One grant at least must be on.
    enable_authorization_code: Option<bool>,
    /// Only `false`: tokens in redirects leak.
    enable_implicit_grant: Option<bool>,
    /// Whether apps may act for themselves.
    enable_client_credentials: Option<bool>,
    /// Whether the front end may get tokens without a code.
    enable_password_grant: Option<bool>,
    /// 1 to 86400; default 7200.
    token_expiration: Option<i64>,
    /// 0 to 100000000; default 1209600. 0: until it is revoked.
    refresh_token_ttl: Option<i64>,
    /// Whether a refresh token stays when it is used.
    reuse_refresh_token: Option<bool>,
    /// Kept, and without effect.
    persistent_refresh_token: Option<bool>,
    /// none, lax (the default) or strict.
    pkce: Option<String>,
    /// Whether tokens of other servers whose profile says the same are good here.
    global_credentials: Option<bool>,
    /// Whether the gateway is told to keep the credential from the API.
    hide_credentials: Option<bool>,
    /// Id or `client_id` of the app that stands for callers without a credential.
    anonymous: Option<String>,
    /// Default `authorization`.
    auth_header_name: Option<String>,
    /// `realm` of challenges.
    realm: Option<String>,
    /// Whether a token may be in the query; default false.
    token_in_query: Option<bool>,
    /// Whether a token may be in a form; default false.
    token_in_form: Option<bool>,
    /// Whether API keys are good; default false.
    api_keys: Option<bool>,
    /// Whether an API key may be in the query; default false.
    api_key_in_query: Option<bool>,
    /// Accepted and ignored: secrets are always hashed.
    hash_secret: Option<bool>,
    /// Accepted and ignored: the deployment's public URL and its trusted proxies decide.
    accept_http_if_already_terminated: Option<bool>,
    /// Never accepted: it is made here.
    provision_key: Option<String>,
}

impl GatewayRequest {
    fn settings(self) -> Result<GatewaySettings, ApiError> {
        let _ = (self.hash_secret, self.accept_http_if_already_terminated);
        if self.provision_key.is_some() {
            let rule = "provision_key: is made here and can't be chosen; rollProvisionKey makes another";
            return Err(ApiError::invalid("gateway", rule));
        }
        let on = |flag: Option<bool>| flag.unwrap_or(false);
        Ok(GatewaySettings {
            scopes: self.scopes,
            mandatory_scope: on(self.mandatory_scope),
            authorization_code: on(self.enable_authorization_code),
            implicit_grant: on(self.enable_implicit_grant),
            client_credentials: on(self.enable_client_credentials),
            password_grant: on(self.enable_password_grant),
            token_expiration: self.token_expiration,
            refresh_token_ttl: self.refresh_token_ttl,
            reuse_refresh_token: on(self.reuse_refresh_token),
            persistent_refresh_token: on(self.persistent_refresh_token),
            pkce: self.pkce,
            global_credentials: on(self.global_credentials),
            hide_credentials: on(self.hide_credentials),
            anonymous: self.anonymous,
            auth_header_name: self.auth_header_name,
            realm: self.realm,
            token_in_query: on(self.token_in_query),
            token_in_form: on(self.token_in_form),
            api_keys: on(self.api_keys),
            api_key_in_query: on(self.api_key_in_query),
        })
    }
}

/// Reads the gateway profile of an authorization server.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/gateway", tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id or `default`")),
    responses((status = 200, body = Gateway, description = "The profile", headers(("ETag" = String))), Errors))]
async fn get_gateway(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let view = api.idp.admin_gateway(&api.ctx, &id).await?;
    Ok(versioned(view.gateway.version, Gateway::of(&api.ctx, &view)))
}

/// Gives an authorization server a gateway profile, or replaces its settings. The provision key is in the answer
/// that makes the profile and never shown again.
#[utoipa::path(put, path = "/api/v1/authorizationServers/{authServerId}/gateway", tag = "Authorization servers",
    request_body = GatewayRequest,
    params(
        ("authServerId" = String, Path, description = "Id or `default`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses(
        (status = 200, body = Gateway, description = "The profile", headers(("ETag" = String))),
        (status = 201, body = Gateway, description = "The new profile", headers(("ETag" = String))), Errors))]
async fn put_gateway(
    api: Api,
    Segment(key): Segment<String>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let id = api.idp.admin_server(&api.ctx, &key).await?.server.id.to_string();
    let settings = document.for_update(&id, "", READ_ONLY)?.read::<GatewayRequest>("gateway")?.settings()?;
    let view = api.idp.admin_put_gateway(&api.ctx, &api.caller, &id, settings, &expected).await?;
    let status = if view.provision_key.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let body = versioned(view.gateway.version, Gateway::of(&api.ctx, &view));
    Ok((status, body).into_response())
}

/// Deletes the gateway profile of an authorization server. Every grant that its endpoints made ends.
#[utoipa::path(delete, path = "/api/v1/authorizationServers/{authServerId}/gateway", tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id or `default`")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_gateway(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_gateway(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the provision key. The new one is in this answer and never shown again; the old one is nothing at once.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/gateway/lifecycle/rollProvisionKey",
    tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id or `default`")),
    responses((status = 200, body = Gateway, description = "The profile with its new provision key", headers(("ETag" = String))), Errors))]
async fn roll_provision_key(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let view = api.idp.admin_roll_provision_key(&api.ctx, &api.caller, &id).await?;
    Ok(versioned(view.gateway.version, Gateway::of(&api.ctx, &view)))
}
