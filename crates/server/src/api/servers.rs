//! `/api/v1/authorizationServers`.

use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document};
use super::openapi::Errors;
use super::operations;
use super::query::{Query, Segment};
use super::reply::{IfMatch, page, versioned};
use super::server_body::{AuthorizationServer, AuthorizationServerRequest, READ_ONLY};
use crate::App;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use signet_domain::server::ServerStatus;
use signet_idp::admin::servers::MAX_LIMIT;
use utoipa_axum::router::OpenApiRouter;

const PATH: &str = "/api/v1/authorizationServers";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_servers, create_server))
        .routes(operations!(get_server, replace_server, delete_server))
        .routes(operations!(activate_server))
        .routes(operations!(deactivate_server))
}

/// Lists custom authorization servers, in the order of creation.
#[utoipa::path(get, path = "/api/v1/authorizationServers", tag = "Authorization servers",
    params(
        ("after" = Option<String>, Query, description = "Cursor from a Link header"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "Most servers: at most 200, which is the default"),
    ),
    responses((status = 200, body = Vec<AuthorizationServer>, description = "A page; its links in Link headers"), Errors))]
async fn list_servers(api: Api, query: Query) -> Result<Response, ApiError> {
    let limit = query.limit()?.unwrap_or(MAX_LIMIT);
    let found = api.idp.admin_servers(&api.ctx, query.get("after"), limit).await?;
    let servers: Vec<_> = found.items.iter().map(|view| AuthorizationServer::of(&api.ctx, view)).collect();
    Ok(page(&api.ctx.tenant.url, PATH, &query, servers, found.next.as_deref()))
}

/// Creates a custom authorization server.
#[utoipa::path(post, path = "/api/v1/authorizationServers", tag = "Authorization servers",
    request_body = AuthorizationServerRequest,
    responses((status = 201, body = AuthorizationServer, description = "The server", headers(("ETag" = String))), Errors))]
async fn create_server(
    api: Api,
    Body(request): Body<AuthorizationServerRequest>,
) -> Result<Response, ApiError> {
    let view = api.idp.admin_create_server(&api.ctx, &api.caller, request.settings()?).await?;
    let body = versioned(view.server.version, AuthorizationServer::of(&api.ctx, &view));
    Ok((StatusCode::CREATED, body).into_response())
}

/// Reads an authorization server.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}", tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = AuthorizationServer, description = "The server", headers(("ETag" = String))), Errors))]
async fn get_server(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let view = api.idp.admin_server(&api.ctx, &id).await?;
    Ok(versioned(view.server.version, AuthorizationServer::of(&api.ctx, &view)))
}

/// Replaces the settings of an authorization server; lifetimes that aren't sent stay.
#[utoipa::path(put, path = "/api/v1/authorizationServers/{authServerId}", tag = "Authorization servers",
    request_body = AuthorizationServerRequest,
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = AuthorizationServer, description = "The server", headers(("ETag" = String))), Errors))]
async fn replace_server(
    api: Api,
    Segment(key): Segment<String>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    // The path may have a name; the body has the id.
    let now = api.idp.admin_server(&api.ctx, &key).await?.server;
    let id = now.id.to_string();
    let document = document.for_update(&id, now.status.as_str(), READ_ONLY)?;
    let settings = document.read::<AuthorizationServerRequest>("authorizationServer")?.settings()?;
    let view = api.idp.admin_replace_server(&api.ctx, &api.caller, &id, settings, &expected).await?;
    Ok(versioned(view.server.version, AuthorizationServer::of(&api.ctx, &view)))
}

/// Deletes an authorization server with its scopes, keys and grants. `default` and `org` stay.
#[utoipa::path(delete, path = "/api/v1/authorizationServers/{authServerId}", tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id of the server")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_server(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_server(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Activates an authorization server.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/lifecycle/activate",
    tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id or `default`")),
    responses((status = 204, description = "Done"), Errors))]
async fn activate_server(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_set_server_status(&api.ctx, &api.caller, &id, ServerStatus::Active).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deactivates an authorization server: its endpoints are gone and its tokens refused at once.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/lifecycle/deactivate",
    tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id or `default`")),
    responses((status = 204, description = "Done"), Errors))]
async fn deactivate_server(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_set_server_status(&api.ctx, &api.caller, &id, ServerStatus::Inactive).await?;
    Ok(StatusCode::NO_CONTENT)
}
