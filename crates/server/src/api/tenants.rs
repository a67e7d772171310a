//! `/api/v1/tenants`, on the operator's host only.

use super::error::ApiError;
use super::json::Body;
use super::openapi::Errors;
use super::query::{Query, Segment};
use super::reply::{instant, page};
use crate::App;
use crate::extract::{Operator, OperatorCtx};
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use signet_domain::tenant::{Tenant as Row, TenantStatus};
use signet_idp::Idp;
use signet_idp::admin::AdminError;
use signet_idp::admin::credential_tokens::Pair;
use signet_idp::admin::operators::MAX_LIMIT;
use signet_idp::tenants::deletion::GRACE_DAYS;
use signet_idp::tenants::{NewTenant, TenantError};
use signet_store::unscoped::Operator as OperatorRow;
use utoipa::ToSchema;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(only(routes!(list_tenants, create_tenant)))
        .routes(only(routes!(get_tenant, delete_tenant)))
        .routes(only(routes!(restore_tenant)))
        .routes(only(routes!(suspend_tenant)))
        .routes(only(routes!(unsuspend_tenant)))
}

fn only(routes: UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App> {
    routes.map(|router| router.fallback(wrong_method))
}

async fn wrong_method(_: Deployment) -> ApiError {
    ApiError::Method
}

/// An operator who proved it by login and password (Basic).
struct Deployment {
    idp: Idp,
    ctx: OperatorCtx,
    operator: OperatorRow,
}

impl FromRequestParts<App> for Deployment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Operator(ctx) = Operator::from_request_parts(parts, app).await.map_err(|_| ApiError::NoPath)?;
        let header = super::caller::authorization(&parts.headers)
            .filter(|header| header.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic ")));
        let pair = header.and_then(Pair::parse).ok_or(ApiError::Operator)?;
        let idp = app.idp().clone();
        let checked =
            idp.check_operator(&pair.client_id, pair.secret.expose(), &ctx.request.ip, ctx.now).await?;
        let operator = checked.ok_or(ApiError::Operator)?;
        Ok(Self { idp, ctx, operator })
    }
}

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tenant {
    /// The id.
    id: String,
    /// The account's number.
    number: i64,
    /// Its short unique name.
    name: String,
    /// The name that people read.
    display_name: String,
    /// Base URL, and issuer of its org server.
    url: String,
    /// The domain that a login without one belongs to.
    default_domain: String,
    /// ACTIVE, SUSPENDED or DELETED.
    status: &'static str,
    /// Until when a deleted tenant can be restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    erase_at: Option<String>,
    /// Whether the demo seed made it.
    demo: bool,
    /// When it was created.
    created: String,
    /// How many users it has; only in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<i64>,
    /// The link with which its first administrator signs up: only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    setup_url: Option<String>,
}

/// A tenant to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TenantRequest {
    /// Lower-case letters, digits and hyphens.
    name: String,
    /// The name that people read.
    #[serde(default)]
    display_name: String,
    /// Base URL.
    url: String,
    /// The domain that a login without one belongs to.
    default_domain: String,
}

fn shown(row: &Row) -> Tenant {
    Tenant {
        id: row.id.to_string(),
        number: row.number,
        name: row.name.clone(),
        display_name: row.display_name.clone(),
        url: row.url.clone(),
        default_domain: row.default_domain.clone(),
        status: row.status.as_str(),
        erase_at: None,
        demo: row.demo,
        created: instant(row.created_at),
        users: None,
        setup_url: None,
    }
}

/// Lists tenants, by name.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "Operator", security(("operator" = [])),
    params(
        ("after" = Option<String>, Query, description = "The name that the page begins behind"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "Most tenants: at most 200, which is the default"),
    ),
    responses((status = 200, body = Vec<Tenant>, description = "A page; its links in Link headers"), Errors))]
async fn list_tenants(deployment: Deployment, query: Query) -> Result<Response, ApiError> {
    let (after, limit) = (query.get("after").unwrap_or_default(), query.limit()?.unwrap_or(MAX_LIMIT));
    let (found, more) = deployment.idp.operator_tenants(after, limit).await?;
    let tenants = found.iter().map(|s| Tenant { users: Some(s.users), ..shown(&s.tenant) }).collect();
    let next = found.last().filter(|_| more).map(|s| s.tenant.name.as_str());
    // The operator's host has no stored URL, so these links are relative references.
    Ok(page::<Tenant>("", "/api/v1/tenants", &query, tenants, next))
}

/// Creates a tenant. The link for its first administrator is in this answer and never shown again.
#[utoipa::path(post, path = "/api/v1/tenants", tag = "Operator", security(("operator" = [])),
    request_body = TenantRequest,
    responses((status = 201, body = Tenant, description = "The tenant"), Errors))]
async fn create_tenant(
    deployment: Deployment,
    Body(request): Body<TenantRequest>,
) -> Result<(StatusCode, Json<Tenant>), ApiError> {
    let (idp, now) = (&deployment.idp, deployment.ctx.now);
    let new = NewTenant {
        name: request.name,
        display_name: request.display_name,
        url: request.url,
        default_domain: request.default_domain,
        demo: false,
    };
    let row = idp.create_tenant(new, now, &deployment.ctx.request).await.map_err(refused)?;
    let setup_url = idp.make_setup_link(&row, None, now).await?;
    Ok((StatusCode::CREATED, Json(Tenant { setup_url: Some(setup_url), ..shown(&row) })))
}

fn refused(error: TenantError) -> ApiError {
    match error {
        TenantError::Invalid(sentence) => ApiError::invalid("tenant", sentence),
        TenantError::Taken => {
            ApiError::invalid("tenant", "name: An object with this field already exists in this deployment")
        }
        TenantError::Failed(error) => error.into(),
    }
}

/// Reads a tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{tenantName}", tag = "Operator", security(("operator" = [])),
    params(("tenantName" = String, Path, description = "The tenant's short name")),
    responses((status = 200, body = Tenant, description = "The tenant"), Errors))]
async fn get_tenant(
    deployment: Deployment,
    Segment(name): Segment<String>,
) -> Result<Json<Tenant>, ApiError> {
    let row = deployment.idp.operator_tenant(&name).await?;
    let deletion = deployment.idp.operator_deletion(&row).await?;
    Ok(Json(Tenant { erase_at: deletion.map(|d| instant(d.erase_at)), ..shown(&row) }))
}

/// Deletes a tenant: its host answers like an unknown one. It can be restored until its grace is over, then it is
/// erased.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenantName}", tag = "Operator", security(("operator" = [])),
    params(
        ("tenantName" = String, Path, description = "The tenant's short name"),
        ("graceDays" = Option<i64>, Query, minimum = 1, maximum = 365, description = "Days until it is erased; default 30"),
    ),
    responses((status = 202, body = Tenant, description = "The tenant, which is erased later"), Errors))]
async fn delete_tenant(
    deployment: Deployment,
    Segment(name): Segment<String>,
    query: Query,
) -> Result<(StatusCode, Json<Tenant>), ApiError> {
    let Deployment { idp, ctx, operator } = &deployment;
    let days = match query.get("graceDays") {
        None => GRACE_DAYS,
        Some(text) => text.parse().unwrap_or(-1),
    };
    let (row, deletion) = idp.operator_delete_tenant(operator, &name, days, ctx.now, &ctx.request).await?;
    let erase_at = Some(instant(deletion.erase_at));
    Ok((StatusCode::ACCEPTED, Json(Tenant { erase_at, ..shown(&row) })))
}

/// Restores a deleted tenant that isn't being erased yet: it is what it was before.
#[utoipa::path(post, path = "/api/v1/tenants/{tenantName}/lifecycle/restore", tag = "Operator",
    security(("operator" = [])),
    params(("tenantName" = String, Path, description = "The tenant's short name")),
    responses((status = 200, body = Tenant, description = "The tenant"), Errors))]
async fn restore_tenant(
    deployment: Deployment,
    Segment(name): Segment<String>,
) -> Result<Json<Tenant>, ApiError> {
    let Deployment { idp, ctx, operator } = &deployment;
    Ok(Json(shown(&idp.operator_restore_tenant(operator, &name, ctx.now, &ctx.request).await?)))
}

/// Suspends a tenant: its host answers like an unknown one.
#[utoipa::path(post, path = "/api/v1/tenants/{tenantName}/lifecycle/suspend", tag = "Operator",
    security(("operator" = [])),
    params(("tenantName" = String, Path, description = "The tenant's short name")),
    responses((status = 200, body = Tenant, description = "The tenant"), Errors))]
async fn suspend_tenant(
    deployment: Deployment,
    Segment(name): Segment<String>,
) -> Result<Json<Tenant>, ApiError> {
    set(&deployment, &name, TenantStatus::Suspended).await
}

/// Ends a tenant's suspension.
#[utoipa::path(post, path = "/api/v1/tenants/{tenantName}/lifecycle/unsuspend", tag = "Operator",
    security(("operator" = [])),
    params(("tenantName" = String, Path, description = "The tenant's short name")),
    responses((status = 200, body = Tenant, description = "The tenant"), Errors))]
async fn unsuspend_tenant(
    deployment: Deployment,
    Segment(name): Segment<String>,
) -> Result<Json<Tenant>, ApiError> {
    set(&deployment, &name, TenantStatus::Active).await
}

async fn set(deployment: &Deployment, name: &str, status: TenantStatus) -> Result<Json<Tenant>, ApiError> {
    let Deployment { idp, ctx, operator } = deployment;
    let row = idp.operator_set_tenant_status(operator, name, status, ctx.now, &ctx.request).await;
    Ok(Json(shown(&row.map_err(|error: AdminError| ApiError::from(error))?)))
}
