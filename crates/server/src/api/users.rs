//! `/api/v1/users`: listing, creating, reading, changing, deleting.

use super::caller::Api;
use super::error::{ApiError, Error};
use super::json::{Body, Document};
use super::openapi::Errors;
use super::operations;
use super::query::{Query, Segment};
use super::reply::{IfMatch, page, versioned};
use super::user_body::{User, UserRequest};
use crate::App;
use axum::http::StatusCode;
use axum::response::Response;
use signet_idp::admin::user_list::UserQuery;
use signet_idp::admin::users::{Creation, UserInput};
use utoipa_axum::router::OpenApiRouter;

const PATH: &str = "/api/v1/users";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(operations!(list_users, create_user)).routes(operations!(
        get_user,
        update_user,
        replace_user,
        delete_user
    ))
}

/// Lists users, in the order of creation.
#[utoipa::path(get, path = "/api/v1/users", tag = "Users",
    params(
        ("q" = Option<String>, Query, description = "Beginning of a login, e-mail, given or family name; not with filter"),
        ("filter" = Option<String>, Query, description = "`status eq \"…\"`, `profile.login eq \"…\"` or `id eq \"…\"`"),
        ("after" = Option<String>, Query, description = "Cursor from a Link header"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "Most users: at most 200, which is the default; with q 10"),
    ),
    responses((status = 200, body = Vec<User>, description = "A page; its links in Link headers"), Errors))]
async fn list_users(api: Api, query: Query) -> Result<Response, ApiError> {
    if let Some(unsupported) =
        ["search", "sortBy", "sortOrder"].into_iter().find(|name| query.get(name).is_some())
    {
        // Passed over, it would find everyone.
        return Err(ApiError::invalid(
            unsupported,
            format!("{unsupported}: is not supported; use filter or q"),
        ));
    }
    let text = |name: &str| query.get(name).map(str::to_owned);
    let asked =
        UserQuery { q: text("q"), filter: text("filter"), after: text("after"), limit: query.limit()? };
    let found = api.idp.admin_users(&api.ctx, &api.caller, &asked).await?;
    let users = found.items.iter().map(|view| User::of(&api.ctx, view)).collect::<Result<Vec<_>, _>>()?;
    Ok(page(&api.ctx.tenant.url, PATH, &query, users, found.next.as_deref()))
}

/// Creates a user.
///
/// With a password the user is active at once, without one provisioned; with `activate=false` staged.
#[utoipa::path(post, path = "/api/v1/users", tag = "Users", request_body = UserRequest,
    params(
        ("activate" = Option<bool>, Query, description = "Default true"),
        ("nextLogin" = Option<String>, Query, description = "`changePassword`: the password must be changed first"),
    ),
    responses((status = 200, body = User, description = "The user", headers(("ETag" = String))), Errors))]
async fn create_user(api: Api, query: Query, Body(request): Body<UserRequest>) -> Result<Response, ApiError> {
    let renew = match query.get("nextLogin") {
        None => false,
        Some("changePassword") => true,
        Some(_) => return Err(ApiError::invalid("nextLogin", "nextLogin: must be changePassword")),
    };
    let how = Creation { activate: query.flag("activate", true)?, groups: Vec::new() };
    let input = UserInput { renew, ..request.input()? };
    let view = api.idp.admin_create_user(&api.ctx, &api.caller, input, how).await?;
    Ok(versioned(view.user.version, User::of(&api.ctx, &view)?))
}

/// Reads a user.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "Users",
    params(("id" = String, Path, description = "Id, login, short login or `me`")),
    responses((status = 200, body = User, description = "The user", headers(("ETag" = String))), Errors))]
async fn get_user(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let view = api.idp.admin_user(&api.ctx, &api.caller, &id).await?;
    Ok(versioned(view.user.version, User::of(&api.ctx, &view)?))
}

/// Changes members of a user; what isn't sent stays.
#[utoipa::path(post, path = "/api/v1/users/{id}", tag = "Users", request_body = UserRequest,
    params(
        ("id" = String, Path, description = "Id, login, short login or `me`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = User, description = "The user", headers(("ETag" = String))), Errors))]
async fn update_user(
    api: Api,
    Segment(id): Segment<String>,
    expected: IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    change(api, &id, expected, document, false).await
}

/// Replaces the profile of a user; members that aren't sent are cleared.
#[utoipa::path(put, path = "/api/v1/users/{id}", tag = "Users", request_body = UserRequest,
    params(
        ("id" = String, Path, description = "Id, login, short login or `me`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = User, description = "The user", headers(("ETag" = String))), Errors))]
async fn replace_user(
    api: Api,
    Segment(id): Segment<String>,
    expected: IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    change(api, &id, expected, document, true).await
}

async fn change(
    api: Api,
    key: &str,
    IfMatch(expected): IfMatch,
    document: Document,
    replace: bool,
) -> Result<Response, ApiError> {
    // The path may have a login; the body has the id.
    let now = api.idp.admin_user(&api.ctx, &api.caller, key).await?;
    let id = now.user.id.to_string();
    let request = UserRequest::update(document, &User::of(&api.ctx, &now)?)?;
    if replace && !request.has_profile() {
        return Err(ApiError::invalid("user", "profile: must not be missing"));
    }
    let input = request.input()?;
    let view = api.idp.admin_update_user(&api.ctx, &api.caller, &id, input, replace, &expected).await?;
    Ok(versioned(view.user.version, User::of(&api.ctx, &view)?))
}

/// Deactivates a user, or deletes one that is deactivated.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "Users",
    params(("id" = String, Path, description = "Id, login or short login")),
    responses((status = 204, description = "Done"), Errors, (status = 409, body = Error, description = "The last active super administrator stays.")))]
async fn delete_user(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_user(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
