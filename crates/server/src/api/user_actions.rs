//! Steps of a user's life, passwords, sessions and grants.

use super::caller::Api;
use super::error::ApiError;
use super::json::Body;
use super::openapi::Errors;
use super::operations;
use super::query::{Query, Segment};
use super::reply::Nothing;
use super::user_body::{ChangePasswordRequest, User, UserCredentials, credentials};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use signet_idp::admin::user_lifecycle::Step;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(activate_user))
        .routes(operations!(deactivate_user))
        .routes(operations!(suspend_user))
        .routes(operations!(unsuspend_user))
        .routes(operations!(unlock_user))
        .routes(operations!(expire_password))
        .routes(operations!(change_password))
        .routes(operations!(end_sessions))
        .routes(operations!(revoke_grants))
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $name:ident $path:literal $step:ident;)+) => {$(
        $(#[doc = $doc])+
        #[utoipa::path(post, path = $path, tag = "Users",
            params(("id" = String, Path, description = "Id, login or short login")),
            responses((status = 200, body = Nothing, description = "Done"), Errors))]
        async fn $name(api: Api, Segment(id): Segment<String>) -> Result<Json<Nothing>, ApiError> {
            api.idp.admin_user_step(&api.ctx, &api.caller, &id, Step::$step).await?;
            Ok(Json(Nothing {}))
        }
    )+};
}

steps! {
    /// Activates a user that is staged or deactivated.
    activate_user "/api/v1/users/{id}/lifecycle/activate" Activate;
    /// Deactivates a user: sessions and tokens end at once.
    deactivate_user "/api/v1/users/{id}/lifecycle/deactivate" Deactivate;
    /// Suspends an active user: sessions and tokens end at once.
    suspend_user "/api/v1/users/{id}/lifecycle/suspend" Suspend;
    /// Ends a suspension.
    unsuspend_user "/api/v1/users/{id}/lifecycle/unsuspend" Unsuspend;
    /// Unlocks a login that too many wrong passwords have locked.
    unlock_user "/api/v1/users/{id}/lifecycle/unlock" Unlock;
}

/// Makes a user set a new password before the next sign-in.
#[utoipa::path(post, path = "/api/v1/users/{id}/lifecycle/expire_password", tag = "Users",
    params(("id" = String, Path, description = "Id, login or short login")),
    responses((status = 200, body = User, description = "The user"), Errors))]
async fn expire_password(api: Api, Segment(id): Segment<String>) -> Result<Json<User>, ApiError> {
    let view = api.idp.admin_user_step(&api.ctx, &api.caller, &id, Step::ExpirePassword).await?;
    Ok(Json(User::of(&api.ctx, &view)?))
}

/// Changes a password by the old one. Wrong old ones count like wrong passwords at sign-in.
#[utoipa::path(post, path = "/api/v1/users/{id}/credentials/change_password", tag = "Users",
    request_body = ChangePasswordRequest,
    params(("id" = String, Path, description = "Id, login or short login")),
    responses((status = 200, body = UserCredentials, description = "Done"), Errors))]
async fn change_password(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<ChangePasswordRequest>,
) -> Result<Json<UserCredentials>, ApiError> {
    let (old, new) = request.both()?;
    let view = api.idp.admin_change_password(&api.ctx, &api.caller, &id, &old, &new).await?;
    Ok(Json(credentials(User::of(&api.ctx, &view)?)))
}

/// Ends all sessions of a user.
#[utoipa::path(delete, path = "/api/v1/users/{id}/sessions", tag = "Users",
    params(
        ("id" = String, Path, description = "Id, login or short login"),
        ("oauthTokens" = Option<bool>, Query, description = "Also ends grants, refresh and access tokens"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn end_sessions(api: Api, Segment(id): Segment<String>, query: Query) -> Result<StatusCode, ApiError> {
    let tokens = query.flag("oauthTokens", false)?;
    api.idp.admin_end_sessions(&api.ctx, &api.caller, &id, tokens).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends what a user granted an app: consent, grants and their tokens.
#[utoipa::path(delete, path = "/api/v1/users/{id}/clients/{clientId}/grants", tag = "Users",
    params(
        ("id" = String, Path, description = "Id, login or short login"),
        ("clientId" = String, Path, description = "`client_id` of the app"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn revoke_grants(
    api: Api,
    Segment((id, client_id)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_revoke_grants(&api.ctx, &api.caller, &id, &client_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
