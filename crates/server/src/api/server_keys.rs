//! Signing keys of an authorization server: their public halves, and turning them.

use super::caller::Api;
use super::error::ApiError;
use super::json::Body;
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::instant;
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use signet_domain::key_life::{KeyLife, since};
use signet_domain::server::KeyRow;
use signet_idp::admin::AdminError;
use signet_idp::admin::servers::ServerView;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_keys))
        .routes(operations!(get_key))
        .routes(operations!(rotate_keys))
        .routes(operations!(replace_keys))
        .routes(operations!(revoke_issued))
        .routes(operations!(revoke_issued_everywhere))
}

/// The public half of a signing key (RFC 7517), and where it is in life.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerKey {
    /// ACTIVE signs, NEXT will, EXPIRED is published until the last token it signed has ended.
    status: &'static str,
    /// When it was made.
    created: String,
    /// When its state last changed.
    last_updated: String,
    /// When its state is to change: NEXT signs, ACTIVE stops, EXPIRED is removed. Null where that is done by hand.
    until: Option<String>,
    /// RSA, EC or OKP.
    kty: String,
    /// Its name in tokens.
    kid: String,
    /// Algorithm.
    alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    usage: &'static str,
    /// RSA: modulus.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    /// RSA: exponent.
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    /// EC and OKP: curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    /// EC and OKP: point.
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    /// EC: point.
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

/// What to roll.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateRequest {
    /// `sig`.
    #[serde(rename = "use")]
    usage: String,
}

/// Which keys go in an emergency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReplaceRequest {
    /// `sig`.
    #[serde(rename = "use")]
    usage: String,
    /// Whether the next key, which has signed nothing yet, goes, too; default false. Apps that keep the key set know
    /// the next key already, and no other that could sign in its place.
    replace_next: Option<bool>,
}

fn shown_all(view: &ServerView) -> Vec<ServerKey> {
    view.keys.iter().map(|row| shown(view, row)).collect()
}

fn shown(view: &ServerView, row: &KeyRow) -> ServerKey {
    let member = |name: &str| row.public_jwk.0.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    let life = KeyLife { server: &view.server, keys: &view.keys };
    ServerKey {
        status: row.status.as_str(),
        created: instant(row.created_at),
        last_updated: instant(since(row)),
        until: life.until(row).map(instant),
        kty: member("kty").unwrap_or_default(),
        kid: row.kid.clone(),
        alg: row.alg.clone(),
        usage: "sig",
        n: member("n"),
        e: member("e"),
        crv: member("crv"),
        x: member("x"),
        y: member("y"),
    }
}

fn must_sign(usage: &str) -> Result<(), ApiError> {
    if usage == "sig" { Ok(()) } else { Err(ApiError::invalid("use", "use: must be sig")) }
}

/// Lists the public halves of a server's signing keys.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/credentials/keys",
    tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Vec<ServerKey>, description = "The keys"), Errors))]
async fn list_keys(api: Api, Segment(id): Segment<String>) -> Result<Json<Vec<ServerKey>>, ApiError> {
    Ok(Json(shown_all(&api.idp.admin_server_keys(&api.ctx, &id).await?)))
}

/// Reads the public half of one of a server's signing keys.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/credentials/keys/{keyId}",
    tag = "Authorization servers",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("keyId" = String, Path, description = "`kid`"),
    ),
    responses((status = 200, body = ServerKey, description = "The key"), Errors))]
async fn get_key(
    api: Api,
    Segment((id, kid)): Segment<(String, String)>,
) -> Result<Json<ServerKey>, ApiError> {
    let view = api.idp.admin_server_keys(&api.ctx, &id).await?;
    let row = view.keys.iter().find(|row| row.kid == kid);
    let row = row.ok_or_else(|| AdminError::not_found(&kid, "AuthorizationServerKey"))?;
    Ok(Json(shown(&view, row)))
}

/// Rolls a server's signing keys: the next one signs from now on, and a new next one is published. Refused while the
/// next key is younger than a day, because apps that keep the key set may not know it yet.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/credentials/lifecycle/keyRotate",
    tag = "Authorization servers", request_body = RotateRequest,
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Vec<ServerKey>, description = "The keys"), Errors))]
async fn rotate_keys(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<RotateRequest>,
) -> Result<Json<Vec<ServerKey>>, ApiError> {
    must_sign(&request.usage)?;
    Ok(Json(shown_all(&api.idp.admin_roll_keys(&api.ctx, &api.caller, &id).await?)))
}

/// Replaces a server's signing keys in an emergency: the active key and those before it are gone at once, and every
/// token that they signed is refused.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/credentials/lifecycle/keyReplace",
    tag = "Authorization servers", request_body = ReplaceRequest,
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Vec<ServerKey>, description = "The keys"), Errors))]
async fn replace_keys(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<ReplaceRequest>,
) -> Result<Json<Vec<ServerKey>>, ApiError> {
    must_sign(&request.usage)?;
    let next_too = request.replace_next.unwrap_or(false);
    Ok(Json(shown_all(&api.idp.admin_replace_keys(&api.ctx, &api.caller, &id, next_too).await?)))
}

/// Revokes everything that a server has issued so far: access tokens, grants and refresh tokens.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/lifecycle/revokeTokens",
    tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 204, description = "Revoked"), Errors))]
async fn revoke_issued(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_revoke_issued(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes everything that all servers of the tenant have issued so far, in one transaction.
#[utoipa::path(post, path = "/api/v1/authorizationServers/lifecycle/revokeTokens",
    tag = "Authorization servers",
    responses((status = 204, description = "Revoked"), Errors))]
async fn revoke_issued_everywhere(api: Api) -> Result<StatusCode, ApiError> {
    api.idp.admin_revoke_issued_everywhere(&api.ctx, &api.caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
