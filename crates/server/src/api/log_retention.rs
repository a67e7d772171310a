//! `/api/v1/logs/retention`: how long the system log is kept, and a hold during which nothing of it goes.

use super::caller::Api;
use super::error::ApiError;
use super::json::Document;
use super::openapi::Errors;
use super::operations;
use super::query::Query;
use super::reply::{IfMatch, Linker, Links, instant, versioned};
use crate::App;
use axum::Json;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use signet_domain::log_retention::LogRetention as Row;
use signet_idp::Ctx;
use signet_idp::admin::log_retention::LogRetentionSettings;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["keptFrom", "lastUpdated", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(get_log_retention, replace_log_retention))
        .routes(operations!(preview_log_retention))
}

/// A hold of the system log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogHold {
    /// Why nothing goes.
    reason: String,
    /// Who said so: a login, or the name of an API credential.
    by: String,
    /// Since when.
    since: String,
}

/// How long the system log is kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogRetention {
    /// Days that an event is kept.
    days: i64,
    /// While there is one, nothing of the log goes.
    hold: Option<LogHold>,
    /// Older events go, or are gone.
    kept_from: String,
    /// When it last changed.
    last_updated: String,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// A hold to begin, or to keep. Who holds the log since when may be sent back as it was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogHoldRequest {
    /// Why nothing may go: 1 to 200 characters.
    reason: String,
    /// Passed over.
    #[serde(default)]
    #[expect(dead_code, reason = "may be sent back as it was read")]
    by: Option<String>,
    /// Passed over.
    #[serde(default)]
    #[expect(dead_code, reason = "may be sent back as it was read")]
    since: Option<String>,
}

/// How long the system log is to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogRetentionRequest {
    /// 30 to 3650.
    days: i64,
    /// Absent or null ends a hold.
    #[serde(default)]
    hold: Option<LogHoldRequest>,
}

/// What would go if the system log were kept for so many days.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogPreview {
    /// The days.
    days: i64,
    /// Events before this would go.
    before: String,
    /// How many there are; counted no further than 100,000.
    events: i64,
    /// Whether there are more.
    more: bool,
    /// When the oldest event of the log happened; none where there is no event.
    oldest: Option<String>,
}

fn shown(ctx: &Ctx, row: &Row) -> LogRetention {
    let hold = match (&row.hold_reason, &row.hold_by, row.hold_at) {
        (Some(reason), Some(by), Some(since)) => {
            Some(LogHold { reason: reason.clone(), by: by.clone(), since: instant(since) })
        }
        _ => None,
    };
    let to = Linker(ctx);
    LogRetention {
        days: row.days,
        hold,
        kept_from: instant(row.keeps_from(ctx.now)),
        last_updated: instant(row.updated_at),
        links: Links::from([
            ("self", to.get("/api/v1/logs/retention")),
            ("preview", to.get("/api/v1/logs/retention/preview")),
        ]),
    }
}

/// Reads how long the system log is kept.
#[utoipa::path(get, path = "/api/v1/logs/retention", tag = "System log",
    responses((status = 200, body = LogRetention, description = "The days, and the hold if there is one", headers(("ETag" = String))), Errors))]
async fn get_log_retention(api: Api) -> Result<Response, ApiError> {
    let row = api.idp.admin_log_retention(&api.ctx).await?;
    Ok(versioned(row.version, shown(&api.ctx, &row)))
}

/// Says how long the system log is kept, begins a hold or ends it. What is older goes within minutes, for ever:
/// ask for the preview first.
#[utoipa::path(put, path = "/api/v1/logs/retention", tag = "System log", request_body = LogRetentionRequest,
    params(("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = LogRetention, description = "The days, and the hold if there is one", headers(("ETag" = String))), Errors))]
async fn replace_log_retention(
    api: Api,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let sent: LogRetentionRequest = document.for_replacement("retention", READ_ONLY)?.read("logRetention")?;
    let settings = LogRetentionSettings { days: sent.days, hold: sent.hold.map(|hold| hold.reason) };
    let row = api.idp.admin_put_log_retention(&api.ctx, &api.caller, settings, &expected).await?;
    Ok(versioned(row.version, shown(&api.ctx, &row)))
}

/// Tells what would go if the system log were kept for so many days and there were no hold.
#[utoipa::path(get, path = "/api/v1/logs/retention/preview", tag = "System log",
    params(("days" = i64, Query, minimum = 30, maximum = 3650, description = "Days that events would be kept")),
    responses((status = 200, body = LogPreview, description = "How many events, and since when"), Errors))]
async fn preview_log_retention(api: Api, query: Query) -> Result<Json<LogPreview>, ApiError> {
    let days = query.get("days").and_then(|text| text.parse().ok());
    let days = days.ok_or_else(|| ApiError::invalid("days", "days: must be a number from 30 to 3650"))?;
    let preview = api.idp.admin_log_preview(&api.ctx, days).await?;
    Ok(Json(LogPreview {
        days: preview.days,
        before: instant(preview.before),
        events: preview.would_go.events,
        more: preview.would_go.more,
        oldest: preview.would_go.oldest.map(instant),
    }))
}
