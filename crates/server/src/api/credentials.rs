//! `/api/v1/api-credentials`.

use super::caller::Api;
use super::error::ApiError;
use super::json::Body;
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::{Linker, Links, instant};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use signet_domain::credential::{ApiScope, Credential};
use signet_idp::Ctx;
use signet_idp::admin::pause::Pause;
use signet_oauth::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_api_credentials, create_api_credential))
        .routes(operations!(get_api_credential, revoke_api_credential))
        .routes(operations!(pause_api_credential))
        .routes(operations!(resume_api_credential))
}

/// An API credential, without what is secret of it unless it was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiCredential {
    /// The id.
    id: String,
    /// The name that its creator gave.
    name: String,
    /// READ_USERS, MANAGE_USERS, READ_ALL or MANAGE_ALL.
    scope: &'static str,
    /// 64 hexadecimal digits.
    client_id: String,
    /// The secret: only in the answer to its creation, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// When it was made.
    created: String,
    /// When it got a token, or one was used, last; to the hour.
    #[serde(rename = "lastUsed", skip_serializing_if = "Option::is_none")]
    last_used: Option<String>,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// A credential to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiCredentialRequest {
    /// A name.
    name: String,
    /// READ_USERS, MANAGE_USERS, READ_ALL or MANAGE_ALL.
    scope: String,
}

fn shown(ctx: &Ctx, row: &Credential, secret: Option<&Secret>) -> ApiCredential {
    let (to, path) = (Linker(ctx), format!("/api/v1/api-credentials/{}", row.id));
    ApiCredential {
        id: row.id.to_string(),
        name: row.name.clone(),
        scope: row.scope.as_str(),
        client_id: row.client_id.clone(),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        created: instant(row.created_at),
        last_used: row.last_used_at.map(instant),
        links: Links::from([("self", to.get(&path)), ("revoke", to.act("DELETE", &path))]),
    }
}

/// Lists API credentials, oldest first.
#[utoipa::path(get, path = "/api/v1/api-credentials", tag = "API credentials",
    responses((status = 200, body = Vec<ApiCredential>, description = "All that were not revoked"), Errors))]
async fn list_api_credentials(api: Api) -> Result<Json<Vec<ApiCredential>>, ApiError> {
    let rows = api.idp.admin_credentials(&api.ctx).await?;
    Ok(Json(rows.iter().map(|row| shown(&api.ctx, row, None)).collect()))
}

/// Makes an API credential. Its secret is in this answer and never shown again.
#[utoipa::path(post, path = "/api/v1/api-credentials", tag = "API credentials",
    request_body = ApiCredentialRequest,
    responses((status = 201, body = ApiCredential, description = "The credential"), Errors))]
async fn create_api_credential(
    api: Api,
    Body(request): Body<ApiCredentialRequest>,
) -> Result<(StatusCode, Json<ApiCredential>), ApiError> {
    let scope = ApiScope::parse(&request.scope).ok_or_else(|| {
        let known: Vec<_> = ApiScope::ALL.iter().map(|s| s.as_str()).collect();
        ApiError::invalid("apiCredential", format!("scope: must be one of {}", known.join(", ")))
    })?;
    let made = api.idp.admin_make_credential(&api.ctx, &api.caller, request.name, scope).await?;
    Ok((StatusCode::CREATED, Json(shown(&api.ctx, &made.0, Some(&made.1)))))
}

/// Reads an API credential, without what is secret of it.
#[utoipa::path(get, path = "/api/v1/api-credentials/{credentialId}", tag = "API credentials",
    params(("credentialId" = String, Path, description = "Id of the credential")),
    responses((status = 200, body = ApiCredential, description = "The credential"), Errors))]
async fn get_api_credential(api: Api, Segment(id): Segment<String>) -> Result<Json<ApiCredential>, ApiError> {
    Ok(Json(shown(&api.ctx, &api.idp.admin_credential(&api.ctx, &id).await?, None)))
}

/// Revokes an API credential and its tokens.
#[utoipa::path(delete, path = "/api/v1/api-credentials/{credentialId}", tag = "API credentials",
    params(("credentialId" = String, Path, description = "Id of the credential")),
    responses((status = 204, description = "Done"), Errors))]
async fn revoke_api_credential(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_revoke_credential(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pauses an API credential: its calls are refused until it is resumed, and its secret stays.
#[utoipa::path(post, path = "/api/v1/api-credentials/{credentialId}/lifecycle/pause", tag = "API credentials",
    params(("credentialId" = String, Path, description = "Id of the credential")),
    responses((status = 204, description = "Done, or so already"), Errors))]
async fn pause_api_credential(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    let key = api.idp.admin_credential(&api.ctx, &id).await?.id.to_string();
    api.idp.admin_pause_caller(&api.ctx, &api.caller, &key, Pause::Pause).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets an API credential call again.
#[utoipa::path(post, path = "/api/v1/api-credentials/{credentialId}/lifecycle/resume", tag = "API credentials",
    params(("credentialId" = String, Path, description = "Id of the credential")),
    responses((status = 204, description = "Done, or so already"), Errors))]
async fn resume_api_credential(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    let key = api.idp.admin_credential(&api.ctx, &id).await?.id.to_string();
    api.idp.admin_pause_caller(&api.ctx, &api.caller, &key, Pause::Resume).await?;
    Ok(StatusCode::NO_CONTENT)
}
