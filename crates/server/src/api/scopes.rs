//! Scopes of an authorization server.

use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document};
use super::openapi::Errors;
use super::operations;
use super::query::{Query, Segment};
use super::reply::{IfMatch, page, versioned};
use super::server_body::{Scope, ScopeRequest};
use crate::App;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["system", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(operations!(list_scopes, create_scope)).routes(operations!(
        get_scope,
        replace_scope,
        delete_scope
    ))
}

/// Lists the scopes of a server, by name.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/scopes", tag = "Authorization servers",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("q" = Option<String>, Query, description = "Beginning of a name"),
    ),
    responses((status = 200, body = Vec<Scope>, description = "All scopes"), Errors))]
async fn list_scopes(api: Api, Segment(id): Segment<String>, query: Query) -> Result<Response, ApiError> {
    let (server, mut rows) = api.idp.admin_scopes(&api.ctx, &id).await?;
    if let Some(q) = query.get("q") {
        rows.retain(|row| row.name.starts_with(q));
    }
    let scopes: Vec<_> = rows.iter().map(|row| Scope::of(&api.ctx, &server, row)).collect();
    let path = format!("/api/v1/authorizationServers/{}/scopes", server.id);
    Ok(page(&api.ctx.tenant.url, &path, &query, scopes, None))
}

/// Creates a scope.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/scopes", tag = "Authorization servers",
    request_body = ScopeRequest,
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 201, body = Scope, description = "The scope"), Errors))]
async fn create_scope(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<ScopeRequest>,
) -> Result<Response, ApiError> {
    let made = api.idp.admin_create_scope(&api.ctx, &api.caller, &id, request.settings()?).await?;
    let body = versioned(made.1.version, Scope::of(&api.ctx, &made.0, &made.1));
    Ok((StatusCode::CREATED, body).into_response())
}

/// Reads a scope.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/scopes/{scopeId}",
    tag = "Authorization servers",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("scopeId" = String, Path, description = "Id of the scope"),
    ),
    responses((status = 200, body = Scope, description = "The scope", headers(("ETag" = String))), Errors))]
async fn get_scope(api: Api, Segment((id, scope)): Segment<(String, String)>) -> Result<Response, ApiError> {
    let (server, row) = api.idp.admin_scope(&api.ctx, &id, &scope).await?;
    Ok(versioned(row.version, Scope::of(&api.ctx, &server, &row)))
}

/// Replaces a scope. Those that come with every server stay as they are.
#[utoipa::path(put, path = "/api/v1/authorizationServers/{authServerId}/scopes/{scopeId}",
    tag = "Authorization servers", request_body = ScopeRequest,
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("scopeId" = String, Path, description = "Id of the scope"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = Scope, description = "The scope", headers(("ETag" = String))), Errors))]
async fn replace_scope(
    api: Api,
    Segment((id, scope)): Segment<(String, String)>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: ScopeRequest = document.for_update(&scope, "", READ_ONLY)?.read("scope")?;
    let (settings, keys) = (request.settings()?, (id.as_str(), scope.as_str()));
    let (server, row) = api.idp.admin_replace_scope(&api.ctx, &api.caller, keys, settings, &expected).await?;
    Ok(versioned(row.version, Scope::of(&api.ctx, &server, &row)))
}

/// Deletes a scope. Those that come with every server stay.
#[utoipa::path(delete, path = "/api/v1/authorizationServers/{authServerId}/scopes/{scopeId}",
    tag = "Authorization servers",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("scopeId" = String, Path, description = "Id of the scope"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_scope(
    api: Api,
    Segment((id, scope)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_scope(&api.ctx, &api.caller, &id, &scope).await?;
    Ok(StatusCode::NO_CONTENT)
}
