//! `/api/v1/apps`.

use super::app_body::{Application, ApplicationRequest, READ_ONLY};
use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document};
use super::openapi::Errors;
use super::operations;
use super::query::{Query, Segment};
use super::reply::{IfMatch, Nothing, page, versioned};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use signet_domain::app::AppStatus;
use signet_idp::admin::apps::MAX_LIMIT;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_apps, create_app))
        .routes(operations!(get_app, replace_app, delete_app))
        .routes(operations!(activate_app))
        .routes(operations!(deactivate_app))
}

/// Lists apps, in the order of creation.
#[utoipa::path(get, path = "/api/v1/apps", tag = "Apps",
    params(
        ("after" = Option<String>, Query, description = "Cursor from a Link header"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "Most apps: at most 200, which is the default"),
    ),
    responses((status = 200, body = Vec<Application>, description = "A page; its links in Link headers"), Errors))]
async fn list_apps(api: Api, query: Query) -> Result<Response, ApiError> {
    let found = api.idp.admin_apps(&api.ctx, query.get("after"), query.limit()?.unwrap_or(MAX_LIMIT)).await?;
    let apps: Vec<_> = found.items.iter().map(|app| Application::of(&api.ctx, app, None)).collect();
    Ok(page(&api.ctx.tenant.url, "/api/v1/apps", &query, apps, found.next.as_deref()))
}

/// Creates an app. Its secret is in this answer and never shown again.
#[utoipa::path(post, path = "/api/v1/apps", tag = "Apps", request_body = ApplicationRequest,
    params(("activate" = Option<bool>, Query, description = "Default true")),
    responses((status = 200, body = Application, description = "The app", headers(("ETag" = String))), Errors))]
async fn create_app(
    api: Api,
    query: Query,
    Body(request): Body<ApplicationRequest>,
) -> Result<Response, ApiError> {
    let (settings, client_id) = request.settings()?;
    let activate = query.flag("activate", true)?;
    let made = api.idp.admin_create_app(&api.ctx, &api.caller, settings, client_id, activate).await?;
    Ok(versioned(made.app.version, Application::of(&api.ctx, &made.app, made.secret.as_ref())))
}

/// Reads an app.
#[utoipa::path(get, path = "/api/v1/apps/{appId}", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app")),
    responses((status = 200, body = Application, description = "The app", headers(("ETag" = String))), Errors))]
async fn get_app(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let app = api.idp.admin_app(&api.ctx, &id).await?;
    Ok(versioned(app.version, Application::of(&api.ctx, &app, None)))
}

/// Replaces the settings of an app; what isn't sent gets its default.
#[utoipa::path(put, path = "/api/v1/apps/{appId}", tag = "Apps", request_body = ApplicationRequest,
    params(
        ("appId" = String, Path, description = "Id of the app"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = Application, description = "The app", headers(("ETag" = String))), Errors))]
async fn replace_app(
    api: Api,
    Segment(id): Segment<String>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let before = api.idp.admin_app(&api.ctx, &id).await?;
    let request: ApplicationRequest =
        document.for_update(&id, before.status.as_str(), READ_ONLY)?.read("app")?;
    let (settings, client_id) = request.settings()?;
    if client_id.is_some_and(|client_id| client_id != before.client_id) {
        return Err(ApiError::invalid("app", "client_id: can't be changed"));
    }
    let app = api.idp.admin_replace_app(&api.ctx, &api.caller, &id, settings, &expected).await?;
    Ok(versioned(app.version, Application::of(&api.ctx, &app, None)))
}

/// Deletes an app that was deactivated.
#[utoipa::path(delete, path = "/api/v1/apps/{appId}", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_app(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_app(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Activates an app.
#[utoipa::path(post, path = "/api/v1/apps/{appId}/lifecycle/activate", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app")),
    responses((status = 200, body = Nothing, description = "Done"), Errors))]
async fn activate_app(api: Api, Segment(id): Segment<String>) -> Result<Json<Nothing>, ApiError> {
    api.idp.admin_set_app_status(&api.ctx, &api.caller, &id, AppStatus::Active).await?;
    Ok(Json(Nothing {}))
}

/// Deactivates an app: its tokens are refused at once.
#[utoipa::path(post, path = "/api/v1/apps/{appId}/lifecycle/deactivate", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app")),
    responses((status = 200, body = Nothing, description = "Done"), Errors))]
async fn deactivate_app(api: Api, Segment(id): Segment<String>) -> Result<Json<Nothing>, ApiError> {
    api.idp.admin_set_app_status(&api.ctx, &api.caller, &id, AppStatus::Inactive).await?;
    Ok(Json(Nothing {}))
}
