//! Administrator roles: one or none a user.

use super::caller::Api;
use super::error::ApiError;
use super::json::Body;
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use signet_domain::user::AdminRole;
use signet_idp::admin::users::UserView;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(operations!(list_roles, assign_role)).routes(operations!(unassign_role))
}

/// An administrator role that a user has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Role {
    /// The role's type: a user has each at most once.
    id: &'static str,
    /// SUPER_ADMIN, APP_ADMIN, HELP_DESK_ADMIN or READ_ONLY_ADMIN.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name that people read.
    label: &'static str,
    /// `ACTIVE`.
    status: &'static str,
    /// `USER`.
    assignment_type: &'static str,
}

/// A role to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRequest {
    /// SUPER_ADMIN, APP_ADMIN, HELP_DESK_ADMIN or READ_ONLY_ADMIN.
    #[serde(rename = "type")]
    kind: String,
}

fn role(role: AdminRole) -> Role {
    let label = match role {
        AdminRole::Super => "Super Administrator",
        AdminRole::App => "Application Administrator",
        AdminRole::HelpDesk => "Help Desk Administrator",
        AdminRole::ReadOnly => "Read-Only Administrator",
    };
    Role { id: role.as_str(), kind: role.as_str(), label, status: "ACTIVE", assignment_type: "USER" }
}

fn roles(view: &UserView) -> Vec<Role> {
    view.user.admin_role.map(role).into_iter().collect()
}

/// Lists the administrator roles of a user.
#[utoipa::path(get, path = "/api/v1/users/{id}/roles", tag = "Users",
    params(("id" = String, Path, description = "Id, login, short login or `me`")),
    responses((status = 200, body = Vec<Role>, description = "None or one"), Errors))]
async fn list_roles(api: Api, Segment(id): Segment<String>) -> Result<Json<Vec<Role>>, ApiError> {
    Ok(Json(roles(&api.idp.admin_user(&api.ctx, &api.caller, &id).await?)))
}

/// Gives a user an administrator role in place of the one they have. Nobody changes their own.
#[utoipa::path(post, path = "/api/v1/users/{id}/roles", tag = "Users", request_body = RoleRequest,
    params(("id" = String, Path, description = "Id, login or short login")),
    responses((status = 201, body = Role, description = "The role"), Errors))]
async fn assign_role(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<RoleRequest>,
) -> Result<(StatusCode, Json<Role>), ApiError> {
    let kind = AdminRole::parse(&request.kind).ok_or_else(|| {
        let known: Vec<_> = AdminRole::ALL.iter().map(|r| r.as_str()).collect();
        ApiError::invalid("role", format!("type: must be one of {}", known.join(", ")))
    })?;
    api.idp.admin_set_role(&api.ctx, &api.caller, &id, None, Some(kind)).await?;
    Ok((StatusCode::CREATED, Json(role(kind))))
}

/// Takes an administrator role away. The last active super administrator stays.
#[utoipa::path(delete, path = "/api/v1/users/{id}/roles/{roleId}", tag = "Users",
    params(
        ("id" = String, Path, description = "Id, login or short login"),
        ("roleId" = String, Path, description = "The role's id"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn unassign_role(
    api: Api,
    Segment((id, role_id)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_set_role(&api.ctx, &api.caller, &id, Some(&role_id), None).await?;
    Ok(StatusCode::NO_CONTENT)
}
