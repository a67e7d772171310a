//! `GET /api/v1/logs`.

use super::caller::Api;
use super::error::ApiError;
use super::log_schema::LogEvent;
use super::openapi::Errors;
use super::operations;
use super::query::Query;
use super::reply::linked;
use crate::App;
use axum::Json;
use axum::response::{IntoResponse, Response};
use signet_idp::syslog::{self, LogRequest};
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(operations!(read_log))
}

/// Reads the system log.
///
/// Without `until`, oldest first, it polls: events in the order of their commits, each once, and always a next
/// link. Otherwise it is bounded: events in the order of time, and no next link on the last page.
#[utoipa::path(get, path = "/api/v1/logs", tag = "System log",
    params(
        ("since" = Option<String>, Query, description = "ISO 8601; default 7 days ago"),
        ("until" = Option<String>, Query, description = "ISO 8601"),
        ("q" = Option<String>, Query, description = "At most 10 words of at most 40 characters, all of which must occur"),
        ("filter" = Option<String>, Query, description = "SCIM filter: eq ne co sw ew pr gt ge lt le, and or not, parentheses"),
        ("limit" = Option<i64>, Query, minimum = 0, maximum = 1000, description = "Default 100"),
        ("sortOrder" = Option<String>, Query, description = "ASCENDING, the default, or DESCENDING"),
        ("after" = Option<String>, Query, description = "Cursor from a Link header"),
    ),
    responses((status = 200, body = Vec<LogEvent>, description = "A page; its links in Link headers"), Errors))]
async fn read_log(api: Api, query: Query) -> Result<Response, ApiError> {
    let (ctx, key) = (&api.ctx, api.idp.secrets().cursor_key());
    let request = LogRequest::parse(query.pairs(), ctx.tenant_id(), key, ctx.now).map_err(ApiError::Log)?;
    let url = format!("{}/api/v1/logs", ctx.tenant.url);
    let mut tx = api.idp.store().tenant(ctx.tenant_id()).read().await?;
    let (events, links) = syslog::read(&mut tx, &request, &url).await?;
    Ok(linked(Json(events).into_response(), &links.self_url, links.next_url.as_deref()))
}
