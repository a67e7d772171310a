//! `/api/v1/webhooks`: addresses that alerts tell.

use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document};
use super::openapi::Errors;
use super::operations;
use super::query::{Query, Segment};
use super::reply::{IfMatch, Linker, Links, instant, page, versioned};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use signet_domain::webhook::{Webhook as Row, WebhookDelivery};
use signet_idp::Ctx;
use signet_idp::admin::webhooks::WebhookSettings;
use signet_oauth::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

const PATH: &str = "/api/v1/webhooks";
/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["signingKeyCreated", "created", "lastUpdated", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_webhooks, create_webhook))
        .routes(operations!(get_webhook, replace_webhook, delete_webhook))
        .routes(operations!(roll_webhook_secret))
        .routes(operations!(test_webhook))
        .routes(operations!(list_webhook_deliveries))
}

/// An address that alerts tell.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Webhook {
    /// The id.
    id: String,
    /// The name that people read.
    name: String,
    /// The address.
    url: String,
    /// Whether it is told.
    enabled: bool,
    /// The secret that signs, `whsec_…`: only in the answers that make one.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_key: Option<String>,
    /// When the secret was made.
    signing_key_created: String,
    /// When it was created.
    created: String,
    /// When it last changed.
    last_updated: String,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl Webhook {
    fn of(ctx: &Ctx, row: &Row, secret: Option<&Secret>) -> Self {
        let (to, path) = (Linker(ctx), format!("{PATH}/{}", row.id));
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            url: row.url.clone(),
            enabled: row.enabled,
            signing_key: secret.map(|secret| secret.expose().to_owned()),
            signing_key_created: instant(row.secret_made_at),
            created: instant(row.created_at),
            last_updated: instant(row.updated_at),
            links: Links::from([
                ("self", to.get(&path)),
                ("deliveries", to.get(format_args!("{path}/deliveries"))),
            ]),
        }
    }
}

/// A webhook as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookRequest {
    /// The name that people read; unique.
    name: String,
    /// An https URL on port 443 of the public internet, unless the operator allows others.
    #[schema(example = "https://hooks.example/signet")]
    url: String,
    /// Whether it is told; default true.
    enabled: Option<bool>,
}

impl WebhookRequest {
    fn settings(self) -> WebhookSettings {
        WebhookSettings { name: self.name, url: self.url, enabled: self.enabled.unwrap_or(true) }
    }
}

/// What a webhook was told, or has still to be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    /// `webhook-id`, the same at every attempt.
    id: String,
    /// The firing that it tells of; none for a test.
    firing_id: Option<String>,
    /// DELIVERED, WAITING or GIVEN_UP.
    status: &'static str,
    /// Attempts so far.
    attempts: i64,
    /// The HTTP status of the last answer, if there was one.
    response_status: Option<i64>,
    /// When it was last tried.
    last_attempt: Option<String>,
    /// When it is tried next.
    next_attempt: Option<String>,
    /// When it was queued.
    created: String,
}

impl Delivery {
    fn of(row: &WebhookDelivery) -> Self {
        Self {
            id: row.id.to_string(),
            firing_id: row.firing_id.map(|id| id.to_string()),
            status: match (row.delivered, row.next_at) {
                (true, _) => "DELIVERED",
                (false, Some(_)) => "WAITING",
                (false, None) => "GIVEN_UP",
            },
            attempts: row.attempts,
            response_status: row.status,
            last_attempt: row.tried_at.map(instant),
            next_attempt: row.next_at.map(instant),
            created: instant(row.created_at),
        }
    }
}

/// Lists webhooks, by name.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "Alerts",
    responses((status = 200, body = Vec<Webhook>, description = "All"), Errors))]
async fn list_webhooks(api: Api) -> Result<Json<Vec<Webhook>>, ApiError> {
    let rows = api.idp.admin_webhooks(&api.ctx).await?;
    Ok(Json(rows.iter().map(|row| Webhook::of(&api.ctx, row, None)).collect()))
}

/// Creates a webhook. `signingKey` is in this answer and never again.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "Alerts", request_body = WebhookRequest,
    responses((status = 201, body = Webhook, description = "The webhook", headers(("ETag" = String))), Errors))]
async fn create_webhook(api: Api, Body(request): Body<WebhookRequest>) -> Result<Response, ApiError> {
    let (row, secret) = api.idp.admin_create_webhook(&api.ctx, &api.caller, request.settings()).await?;
    let webhook = Webhook::of(&api.ctx, &row, Some(&secret));
    Ok((StatusCode::CREATED, versioned(row.version, webhook)).into_response())
}

/// Reads a webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhookId}", tag = "Alerts",
    params(("webhookId" = String, Path, description = "Id of the webhook")),
    responses((status = 200, body = Webhook, description = "The webhook", headers(("ETag" = String))), Errors))]
async fn get_webhook(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let row = api.idp.admin_webhook(&api.ctx, &id).await?;
    Ok(versioned(row.version, Webhook::of(&api.ctx, &row, None)))
}

/// Replaces name and address of a webhook, and whether it is told. The secret stays.
#[utoipa::path(put, path = "/api/v1/webhooks/{webhookId}", tag = "Alerts", request_body = WebhookRequest,
    params(
        ("webhookId" = String, Path, description = "Id of the webhook"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = Webhook, description = "The webhook", headers(("ETag" = String))), Errors))]
async fn replace_webhook(
    api: Api,
    Segment(id): Segment<String>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: WebhookRequest = document.for_replacement(&id, READ_ONLY)?.read("webhook")?;
    let settings = request.settings();
    let row = api.idp.admin_replace_webhook(&api.ctx, &api.caller, &id, settings, &expected).await?;
    Ok(versioned(row.version, Webhook::of(&api.ctx, &row, None)))
}

/// Deletes a webhook with its deliveries.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhookId}", tag = "Alerts",
    params(("webhookId" = String, Path, description = "Id of the webhook")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_webhook(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_webhook(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes another secret: `signingKey` is in this answer and never again. For a day the one before signs, too.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhookId}/lifecycle/rollSigningKey", tag = "Alerts",
    params(("webhookId" = String, Path, description = "Id of the webhook")),
    responses((status = 200, body = Webhook, description = "The webhook", headers(("ETag" = String))), Errors))]
async fn roll_webhook_secret(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let (row, secret) = api.idp.admin_roll_webhook_secret(&api.ctx, &api.caller, &id).await?;
    Ok(versioned(row.version, Webhook::of(&api.ctx, &row, Some(&secret))))
}

/// Queues a test; what comes of it is among the deliveries. At most ten a minute.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhookId}/lifecycle/test", tag = "Alerts",
    params(("webhookId" = String, Path, description = "Id of the webhook")),
    responses((status = 200, body = Delivery, description = "The delivery"), Errors))]
async fn test_webhook(api: Api, Segment(id): Segment<String>) -> Result<Json<Delivery>, ApiError> {
    Ok(Json(Delivery::of(&api.idp.admin_test_webhook(&api.ctx, &id).await?)))
}

/// Lists what a webhook was told, newest first. Kept as long as the log.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhookId}/deliveries", tag = "Alerts",
    params(
        ("webhookId" = String, Path, description = "Id of the webhook"),
        ("after" = Option<String>, Query, description = "Cursor from a Link header"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "Most deliveries: at most 200, which is the default"),
    ),
    responses((status = 200, body = Vec<Delivery>, description = "A page; its links in Link headers"), Errors))]
async fn list_webhook_deliveries(
    api: Api,
    Segment(id): Segment<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let (after, limit) = (query.get("after"), query.limit()?);
    let found = api.idp.admin_webhook_deliveries(&api.ctx, &id, after, limit).await?;
    let items: Vec<Delivery> = found.items.iter().map(Delivery::of).collect();
    let path = format!("{PATH}/{id}/deliveries");
    Ok(page(&api.ctx.tenant.url, &path, &query, items, found.next.as_deref()))
}
