//! `/api/v1/api-tokens`.

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
use signet_domain::credential::ApiToken as Row;
use signet_idp::Ctx;
use signet_idp::admin::pause::Pause;
use signet_oauth::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_api_tokens, create_api_token))
        .routes(operations!(revoke_current_api_token))
        .routes(operations!(get_api_token, revoke_api_token))
        .routes(operations!(pause_api_token))
        .routes(operations!(resume_api_token))
}

/// An API token, without what is secret of it unless it was just made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiToken {
    /// The id.
    id: String,
    /// The name that its creator gave.
    name: String,
    /// The administrator whose rights it has.
    user_id: String,
    /// What it is for.
    client_name: &'static str,
    /// How long it lives after its last use.
    token_window: &'static str,
    /// From where it may be used.
    network: Network,
    /// When it was made.
    created: String,
    /// When its end last moved.
    last_updated: String,
    /// When it ends unless it is used.
    expires_at: String,
    /// When it was last used, to the hour.
    last_used: Option<String>,
    /// The token: only in the answer to its creation, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// From where a token may be used.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Network {
    /// `ANYWHERE`.
    connection: &'static str,
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ApiTokenRequest {
    /// A name.
    name: String,
    /// The administrator whose rights it shall have: the caller unless one is named.
    #[serde(default)]
    user_id: Option<String>,
}

fn shown(ctx: &Ctx, row: &Row, token: Option<&Secret>) -> ApiToken {
    let (to, path) = (Linker(ctx), format!("/api/v1/api-tokens/{}", row.id));
    ApiToken {
        id: row.id.to_string(),
        name: row.name.clone(),
        user_id: row.user_id.to_string(),
        client_name: "Signet API",
        token_window: "P30D",
        network: Network { connection: "ANYWHERE" },
        created: instant(row.created_at),
        last_updated: instant(row.last_used_at.unwrap_or(row.created_at)),
        expires_at: instant(row.expires_at),
        last_used: row.last_used_at.map(instant),
        token: token.map(|token| token.expose().to_owned()),
        links: Links::from([
            ("self", to.get(&path)),
            ("user", to.get(format_args!("/api/v1/users/{}", row.user_id))),
            ("revoke", to.act("DELETE", &path)),
        ]),
    }
}

/// Lists API tokens, oldest first.
#[utoipa::path(get, path = "/api/v1/api-tokens", tag = "API tokens",
    responses((status = 200, body = Vec<ApiToken>, description = "All that were not revoked"), Errors))]
async fn list_api_tokens(api: Api) -> Result<Json<Vec<ApiToken>>, ApiError> {
    let rows = api.idp.admin_api_tokens(&api.ctx).await?;
    Ok(Json(rows.iter().map(|row| shown(&api.ctx, row, None)).collect()))
}

/// Makes an API token. It is in this answer and never shown again.
#[utoipa::path(post, path = "/api/v1/api-tokens", tag = "API tokens", request_body = ApiTokenRequest,
    responses((status = 201, body = ApiToken, description = "The token"), Errors))]
async fn create_api_token(
    api: Api,
    Body(request): Body<ApiTokenRequest>,
) -> Result<(StatusCode, Json<ApiToken>), ApiError> {
    let made = api.idp.admin_make_api_token(&api.ctx, &api.caller, request.name, request.user_id).await?;
    Ok((StatusCode::CREATED, Json(shown(&api.ctx, &made.0, Some(&made.1)))))
}

/// Reads an API token, without what is secret of it.
#[utoipa::path(get, path = "/api/v1/api-tokens/{apiTokenId}", tag = "API tokens",
    params(("apiTokenId" = String, Path, description = "Id of the token")),
    responses((status = 200, body = ApiToken, description = "The token"), Errors))]
async fn get_api_token(api: Api, Segment(id): Segment<String>) -> Result<Json<ApiToken>, ApiError> {
    Ok(Json(shown(&api.ctx, &api.idp.admin_api_token(&api.ctx, &id).await?, None)))
}

/// Revokes an API token.
#[utoipa::path(delete, path = "/api/v1/api-tokens/{apiTokenId}", tag = "API tokens",
    params(("apiTokenId" = String, Path, description = "Id of the token")),
    responses((status = 204, description = "Done"), Errors))]
async fn revoke_api_token(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_revoke_api_token(&api.ctx, &api.caller, Some(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes the API token that calls.
#[utoipa::path(delete, path = "/api/v1/api-tokens/current", tag = "API tokens",
    responses((status = 204, description = "Done"), Errors))]
async fn revoke_current_api_token(api: Api) -> Result<StatusCode, ApiError> {
    api.idp.admin_revoke_api_token(&api.ctx, &api.caller, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pauses an API token: its calls are refused until it is resumed, and its secret stays.
#[utoipa::path(post, path = "/api/v1/api-tokens/{apiTokenId}/lifecycle/pause", tag = "API tokens",
    params(("apiTokenId" = String, Path, description = "Id of the token")),
    responses((status = 204, description = "Done, or so already"), Errors))]
async fn pause_api_token(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    let key = api.idp.admin_api_token(&api.ctx, &id).await?.id.to_string();
    api.idp.admin_pause_caller(&api.ctx, &api.caller, &key, Pause::Pause).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets an API token call again.
#[utoipa::path(post, path = "/api/v1/api-tokens/{apiTokenId}/lifecycle/resume", tag = "API tokens",
    params(("apiTokenId" = String, Path, description = "Id of the token")),
    responses((status = 204, description = "Done, or so already"), Errors))]
async fn resume_api_token(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    let key = api.idp.admin_api_token(&api.ctx, &id).await?.id.to_string();
    api.idp.admin_pause_caller(&api.ctx, &api.caller, &key, Pause::Resume).await?;
    Ok(StatusCode::NO_CONTENT)
}
