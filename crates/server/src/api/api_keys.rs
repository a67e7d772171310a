//! API keys of an app.

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
use signet_domain::gateway::ApiKey as Row;
use signet_idp::Ctx;
use signet_oauth::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_api_keys, create_api_key))
        .routes(operations!(delete_api_key))
}

/// An API key, without what is secret of it unless it was just made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKey {
    /// The id, also the `X-Credential-Identifier` of calls with it.
    id: String,
    /// The name that its creator gave.
    name: String,
    /// When it was made.
    created: String,
    /// When it was last used, to the hour.
    last_used: Option<String>,
    /// The key: only in the answer to its creation, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// An API key as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyRequest {
    /// A name to know it by.
    name: String,
    /// A key of one's own, of 20 to 256 printable ASCII characters; absent, one is made.
    key: Option<String>,
}

fn shown(ctx: &Ctx, row: &Row, key: Option<&Secret>) -> ApiKey {
    let path = format!("/api/v1/apps/{}/api-keys/{}", row.app_id, row.id);
    ApiKey {
        id: row.id.to_string(),
        name: row.name.clone(),
        created: instant(row.created_at),
        last_used: row.last_used_at.map(instant),
        key: key.map(|key| key.expose().to_owned()),
        links: Links::from([("delete", Linker(ctx).act("DELETE", path))]),
    }
}

/// Lists the API keys of an app, oldest first.
#[utoipa::path(get, path = "/api/v1/apps/{appId}/api-keys", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app")),
    responses((status = 200, body = Vec<ApiKey>, description = "At most ten"), Errors))]
async fn list_api_keys(api: Api, Segment(id): Segment<String>) -> Result<Json<Vec<ApiKey>>, ApiError> {
    let rows = api.idp.admin_api_keys(&api.ctx, &id).await?;
    Ok(Json(rows.iter().map(|row| shown(&api.ctx, row, None)).collect()))
}

/// Makes an API key, or takes a chosen one. It is in this answer and never shown again.
#[utoipa::path(post, path = "/api/v1/apps/{appId}/api-keys", tag = "Apps", request_body = ApiKeyRequest,
    params(("appId" = String, Path, description = "Id of the app")),
    responses((status = 201, body = ApiKey, description = "The key"), Errors))]
async fn create_api_key(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<ApiKeyRequest>,
) -> Result<(StatusCode, Json<ApiKey>), ApiError> {
    let chosen = request.key.map(Secret::from);
    let (row, key) = api.idp.admin_make_api_key(&api.ctx, &api.caller, &id, request.name, chosen).await?;
    Ok((StatusCode::CREATED, Json(shown(&api.ctx, &row, Some(&key)))))
}

/// Deletes an API key. Calls with it are refused at once.
#[utoipa::path(delete, path = "/api/v1/apps/{appId}/api-keys/{keyId}", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app"), ("keyId" = String, Path, description = "Id of the key")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_api_key(
    api: Api,
    Segment((id, key)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_api_key(&api.ctx, &api.caller, &id, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
