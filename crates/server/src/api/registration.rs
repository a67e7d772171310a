//! Which apps may register themselves at an authorization server, and initial access tokens.

use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document};
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::{IfMatch, Linker, Links, instant, versioned};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use signet_domain::registration::RegistrationToken as TokenRow;
use signet_idp::Ctx;
use signet_idp::admin::registration::{RegistrationSettings, RegistrationTokenSettings, RegistrationView};
use signet_oauth::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["lastUpdated", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(get_registration, put_registration))
        .routes(operations!(list_registration_tokens, create_registration_token))
        .routes(operations!(revoke_registration_token))
}

/// Who may register apps at an authorization server (RFC 7591), and what such apps may have.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistrationPolicy {
    /// OFF (nobody), TOKEN (who has an initial access token) or OPEN (everybody).
    mode: &'static str,
    /// Grant types that such apps may have.
    grant_types: Vec<String>,
    /// Scopes that such apps may have.
    scopes: Vec<String>,
    /// Whether confidential apps must use PKCE, too.
    pkce_required: bool,
    /// Most such apps that are there at a time.
    max_apps: i64,
    /// Most registrations without a token from one source in an hour.
    max_per_source_and_hour: i64,
    /// Days after which an app that never got a token is deleted.
    unused_days: i64,
    /// When it last changed; none where nobody has ever changed it.
    last_updated: Option<String>,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// Who may register apps, as it is sent. What is absent gets its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RegistrationPolicyRequest {
    /// OFF (the default), TOKEN or OPEN.
    mode: Option<String>,
    /// Any of authorization_code, refresh_token and client_credentials; the first two unless said otherwise.
    grant_types: Option<Vec<String>>,
    /// Scopes of the server; openid, profile, email and offline_access unless said otherwise.
    scopes: Option<Vec<String>>,
    /// Default true.
    pkce_required: Option<bool>,
    /// 1 to 10000; default 100.
    max_apps: Option<i64>,
    /// 1 to 1000; default 10.
    max_per_source_and_hour: Option<i64>,
    /// 1 to 365; default 30.
    unused_days: Option<i64>,
}

impl RegistrationPolicy {
    fn of(ctx: &Ctx, view: &RegistrationView) -> Self {
        let (policy, to) = (&view.policy, Linker(ctx));
        let path = format!("/api/v1/authorizationServers/{}", view.server.id);
        Self {
            mode: policy.mode.as_str(),
            grant_types: policy.grant_types.0.clone(),
            scopes: policy.scopes.0.clone(),
            pkce_required: policy.pkce_required,
            max_apps: policy.max_apps,
            max_per_source_and_hour: policy.per_source,
            unused_days: policy.unused_days,
            last_updated: (policy.version > 0).then(|| instant(policy.updated_at)),
            links: Links::from([
                ("self", to.get(format_args!("{path}/registration"))),
                ("tokens", to.get(format_args!("{path}/registrationTokens"))),
            ]),
        }
    }
}

/// An initial access token, without what is secret of it unless it was just made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistrationToken {
    /// The id.
    id: String,
    /// The name that its maker gave.
    name: String,
    /// Grant types that apps may get with it; none means all that the server allows.
    grant_types: Vec<String>,
    /// Scopes that apps may get with it; none means all that the server allows.
    scopes: Vec<String>,
    /// How many apps may be registered with it.
    max_uses: i64,
    /// How many were.
    uses: i64,
    /// When it was made.
    created: String,
    /// When it ends.
    expires_at: String,
    /// When an app was last registered with it.
    last_used: Option<String>,
    /// The token: only in the answer to its creation, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// An initial access token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RegistrationTokenRequest {
    /// A name to know it by.
    name: String,
    /// Grant types that apps may get with it, as far as the server allows them.
    grant_types: Option<Vec<String>>,
    /// Scopes that apps may get with it, as far as the server allows them.
    scopes: Option<Vec<String>>,
    /// 1 to 10000; default 1.
    max_uses: Option<i64>,
    /// 1 to 525600; default 1440.
    lifetime_minutes: Option<i64>,
}

fn shown(ctx: &Ctx, row: &TokenRow, token: Option<&Secret>) -> RegistrationToken {
    let path = format!("/api/v1/authorizationServers/{}/registrationTokens/{}", row.server_id, row.id);
    RegistrationToken {
        id: row.id.to_string(),
        name: row.name.clone(),
        grant_types: row.grant_types.0.clone(),
        scopes: row.scopes.0.clone(),
        max_uses: row.max_uses,
        uses: row.uses,
        created: instant(row.created_at),
        expires_at: instant(row.expires_at),
        last_used: row.last_used_at.map(instant),
        token: token.map(|token| token.expose().to_owned()),
        links: Links::from([("revoke", Linker(ctx).act("DELETE", path))]),
    }
}

/// Reads who may register apps at an authorization server.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/registration",
    tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = RegistrationPolicy, description = "The policy", headers(("ETag" = String))), Errors))]
async fn get_registration(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let view = api.idp.admin_registration(&api.ctx, &id).await?;
    Ok(versioned(view.policy.version, RegistrationPolicy::of(&api.ctx, &view)))
}

/// Says who may register apps at an authorization server, and what such apps may have.
#[utoipa::path(put, path = "/api/v1/authorizationServers/{authServerId}/registration",
    tag = "Authorization servers", request_body = RegistrationPolicyRequest,
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = RegistrationPolicy, description = "The policy", headers(("ETag" = String))), Errors))]
async fn put_registration(
    api: Api,
    Segment(key): Segment<String>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let id = api.idp.admin_server(&api.ctx, &key).await?.server.id.to_string();
    let sent: RegistrationPolicyRequest = document.for_replacement(&id, READ_ONLY)?.read("registration")?;
    let settings = RegistrationSettings {
        mode: sent.mode,
        grant_types: sent.grant_types,
        scopes: sent.scopes,
        pkce_required: sent.pkce_required,
        max_apps: sent.max_apps,
        per_source: sent.max_per_source_and_hour,
        unused_days: sent.unused_days,
    };
    let view = api.idp.admin_put_registration(&api.ctx, &api.caller, &id, settings, &expected).await?;
    Ok(versioned(view.policy.version, RegistrationPolicy::of(&api.ctx, &view)))
}

/// Lists the initial access tokens of an authorization server, oldest first.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/registrationTokens",
    tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Vec<RegistrationToken>, description = "At most a hundred"), Errors))]
async fn list_registration_tokens(
    api: Api,
    Segment(id): Segment<String>,
) -> Result<Json<Vec<RegistrationToken>>, ApiError> {
    let (_, rows) = api.idp.admin_registration_tokens(&api.ctx, &id).await?;
    Ok(Json(rows.iter().map(|row| shown(&api.ctx, row, None)).collect()))
}

/// Makes an initial access token. It is in this answer and never shown again.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/registrationTokens",
    tag = "Authorization servers", request_body = RegistrationTokenRequest,
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 201, body = RegistrationToken, description = "The token"), Errors))]
async fn create_registration_token(
    api: Api,
    Segment(id): Segment<String>,
    Body(sent): Body<RegistrationTokenRequest>,
) -> Result<(StatusCode, Json<RegistrationToken>), ApiError> {
    let settings = RegistrationTokenSettings {
        name: sent.name,
        grant_types: sent.grant_types.unwrap_or_default(),
        scopes: sent.scopes.unwrap_or_default(),
        max_uses: sent.max_uses,
        lifetime_minutes: sent.lifetime_minutes,
    };
    let (row, token) = api.idp.admin_make_registration_token(&api.ctx, &api.caller, &id, settings).await?;
    Ok((StatusCode::CREATED, Json(shown(&api.ctx, &row, Some(&token)))))
}

/// Revokes an initial access token. Apps that were registered with it stay.
#[utoipa::path(delete, path = "/api/v1/authorizationServers/{authServerId}/registrationTokens/{tokenId}",
    tag = "Authorization servers",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("tokenId" = String, Path, description = "Id of the token"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn revoke_registration_token(
    api: Api,
    Segment((id, token)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_revoke_registration_token(&api.ctx, &api.caller, &id, &token).await?;
    Ok(StatusCode::NO_CONTENT)
}
