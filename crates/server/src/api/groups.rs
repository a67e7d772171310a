//! `/api/v1/groups`, who is in them, and the groups of a user.

use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document, member};
use super::openapi::Errors;
use super::operations;
use super::query::{Query, Segment};
use super::reply::{IfMatch, Linker, Links, instant, page, versioned};
use super::user_body::User;
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use signet_domain::group::Group as Row;
use signet_idp::Ctx;
use signet_idp::admin::groups::GroupSettings;
use signet_idp::admin::users::UserView;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

const PATH: &str = "/api/v1/groups";
/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] =
    &["created", "lastUpdated", "lastMembershipUpdated", "objectClass", "type", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_groups, create_group))
        .routes(operations!(get_group, replace_group, delete_group))
        .routes(operations!(list_group_users))
        .routes(operations!(add_group_user, remove_group_user))
        .routes(operations!(list_user_groups))
}

/// What a group is called.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupProfile {
    /// The name that people and tokens read; unique, whatever its case.
    name: String,
    /// What it is for.
    #[serde(default)]
    description: Option<String>,
}

/// A group of users.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    /// The id.
    id: String,
    /// When it was created.
    created: String,
    /// When name or description last changed.
    last_updated: String,
    /// When somebody last came or went.
    last_membership_updated: String,
    /// `okta:user_group`.
    object_class: [&'static str; 1],
    /// `OKTA_GROUP`: its members are managed here.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What it is called.
    profile: GroupProfile,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl Group {
    fn of(ctx: &Ctx, row: &Row) -> Self {
        let (to, path) = (Linker(ctx), format!("{PATH}/{}", row.id));
        Self {
            id: row.id.to_string(),
            created: instant(row.created_at),
            last_updated: instant(row.updated_at),
            last_membership_updated: instant(row.members_changed_at),
            object_class: ["okta:user_group"],
            kind: "OKTA_GROUP",
            profile: GroupProfile { name: row.name.clone(), description: Some(row.description.clone()) },
            links: Links::from([("self", to.get(&path)), ("users", to.get(format_args!("{path}/users")))]),
        }
    }
}

/// A group as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupRequest {
    /// What it is called.
    #[serde(deserialize_with = "member")]
    profile: GroupProfile,
}

impl GroupRequest {
    fn settings(self) -> GroupSettings {
        GroupSettings { name: self.profile.name, description: self.profile.description.unwrap_or_default() }
    }
}

/// Lists groups, in the order of creation; with q by name.
#[utoipa::path(get, path = "/api/v1/groups", tag = "Groups",
    params(
        ("q" = Option<String>, Query, description = "Beginning of a name"),
        ("after" = Option<String>, Query, description = "Cursor from a Link header"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "Most groups: at most 200, which is the default"),
    ),
    responses((status = 200, body = Vec<Group>, description = "A page; its links in Link headers"), Errors))]
async fn list_groups(api: Api, query: Query) -> Result<Response, ApiError> {
    let unsupported = ["search", "filter", "sortBy", "sortOrder"];
    if let Some(name) = unsupported.into_iter().find(|name| query.get(name).is_some()) {
        // Passed over, it would find everything.
        return Err(ApiError::invalid(name, format!("{name}: is not supported; use q")));
    }
    let found = api.idp.admin_groups(&api.ctx, query.get("q"), query.get("after"), query.limit()?).await?;
    let groups: Vec<_> = found.items.iter().map(|row| Group::of(&api.ctx, row)).collect();
    Ok(page(&api.ctx.tenant.url, PATH, &query, groups, found.next.as_deref()))
}

/// Creates a group.
#[utoipa::path(post, path = "/api/v1/groups", tag = "Groups", request_body = GroupRequest,
    responses((status = 200, body = Group, description = "The group", headers(("ETag" = String))), Errors))]
async fn create_group(api: Api, Body(request): Body<GroupRequest>) -> Result<Response, ApiError> {
    let row = api.idp.admin_create_group(&api.ctx, &api.caller, request.settings()).await?;
    Ok(versioned(row.version, Group::of(&api.ctx, &row)))
}

/// Reads a group.
#[utoipa::path(get, path = "/api/v1/groups/{groupId}", tag = "Groups",
    params(("groupId" = String, Path, description = "Id of the group")),
    responses((status = 200, body = Group, description = "The group", headers(("ETag" = String))), Errors))]
async fn get_group(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let row = api.idp.admin_group(&api.ctx, &id).await?;
    Ok(versioned(row.version, Group::of(&api.ctx, &row)))
}

/// Replaces name and description of a group.
#[utoipa::path(put, path = "/api/v1/groups/{groupId}", tag = "Groups", request_body = GroupRequest,
    params(
        ("groupId" = String, Path, description = "Id of the group"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = Group, description = "The group", headers(("ETag" = String))), Errors))]
async fn replace_group(
    api: Api,
    Segment(id): Segment<String>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: GroupRequest = document.for_update(&id, "", READ_ONLY)?.read("group")?;
    let row = api.idp.admin_replace_group(&api.ctx, &api.caller, &id, request.settings(), &expected).await?;
    Ok(versioned(row.version, Group::of(&api.ctx, &row)))
}

/// Deletes a group. Its members stay, without it.
#[utoipa::path(delete, path = "/api/v1/groups/{groupId}", tag = "Groups",
    params(("groupId" = String, Path, description = "Id of the group")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_group(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_group(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the users in a group, in the order of their creation.
#[utoipa::path(get, path = "/api/v1/groups/{groupId}/users", tag = "Groups",
    params(
        ("groupId" = String, Path, description = "Id of the group"),
        ("after" = Option<String>, Query, description = "Cursor from a Link header"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "Most users: at most 200, which is the default"),
    ),
    responses((status = 200, body = Vec<User>, description = "A page; its links in Link headers"), Errors))]
async fn list_group_users(
    api: Api,
    Segment(id): Segment<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let found = api.idp.admin_group_members(&api.ctx, &id, query.get("after"), query.limit()?).await?;
    let (ctx, next) = (&api.ctx, found.next);
    let view = |user| User::of(ctx, &UserView { user, locked_until: None });
    let users = found.items.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    Ok(page(&ctx.tenant.url, &format!("{PATH}/{id}/users"), &query, users, next.as_deref()))
}

/// Puts a user into a group.
#[utoipa::path(put, path = "/api/v1/groups/{groupId}/users/{userId}", tag = "Groups",
    params(
        ("groupId" = String, Path, description = "Id of the group"),
        ("userId" = String, Path, description = "Id of the user"),
    ),
    responses((status = 204, description = "The user is in the group"), Errors))]
async fn add_group_user(
    api: Api,
    Segment((group, user)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_set_group_member(&api.ctx, &api.caller, (&group, &user), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a user out of a group.
#[utoipa::path(delete, path = "/api/v1/groups/{groupId}/users/{userId}", tag = "Groups",
    params(
        ("groupId" = String, Path, description = "Id of the group"),
        ("userId" = String, Path, description = "Id of the user"),
    ),
    responses((status = 204, description = "The user is not in the group"), Errors))]
async fn remove_group_user(
    api: Api,
    Segment((group, user)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_set_group_member(&api.ctx, &api.caller, (&group, &user), false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the groups that a user is in, by name.
#[utoipa::path(get, path = "/api/v1/users/{id}/groups", tag = "Groups",
    params(("id" = String, Path, description = "Id, login, short login or `me`")),
    responses((status = 200, body = Vec<Group>, description = "The groups"), Errors))]
async fn list_user_groups(api: Api, Segment(id): Segment<String>) -> Result<Json<Vec<Group>>, ApiError> {
    let rows = api.idp.admin_groups_of(&api.ctx, &api.caller, &id).await?;
    Ok(Json(rows.iter().map(|row| Group::of(&api.ctx, row)).collect()))
}
