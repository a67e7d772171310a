//! Signing keys of an authorization server: their public halves, and rolling them.

use super::caller::Api;
use super::error::ApiError;
use super::json::Body;
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::instant;
use crate::App;
use axum::Json;
use serde::{Deserialize, Serialize};
use signet_domain::server::KeyRow;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(operations!(list_keys)).routes(operations!(rotate_keys))
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

fn shown(row: &KeyRow) -> ServerKey {
    let member = |name: &str| row.public_jwk.0.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    ServerKey {
        status: row.status.as_str(),
        created: instant(row.created_at),
        last_updated: instant(row.retired_at.or(row.activated_at).unwrap_or(row.created_at)),
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

/// Lists the public halves of a server's signing keys.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/credentials/keys",
    tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Vec<ServerKey>, description = "The keys"), Errors))]
async fn list_keys(api: Api, Segment(id): Segment<String>) -> Result<Json<Vec<ServerKey>>, ApiError> {
    Ok(Json(api.idp.admin_server_keys(&api.ctx, &id).await?.keys.iter().map(shown).collect()))
}

/// Rolls a server's signing keys: the next one signs from now on, and a new next one is published.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/credentials/lifecycle/keyRotate",
    tag = "Authorization servers", request_body = RotateRequest,
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Vec<ServerKey>, description = "The keys"), Errors))]
async fn rotate_keys(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<RotateRequest>,
) -> Result<Json<Vec<ServerKey>>, ApiError> {
    if request.usage != "sig" {
        return Err(ApiError::invalid("use", "use: must be sig"));
    }
    Ok(Json(api.idp.admin_roll_keys(&api.ctx, &api.caller, &id).await?.keys.iter().map(shown).collect()))
}
