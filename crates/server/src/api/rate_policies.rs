//! `/api/v1/rate-policies`.

use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document, member};
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::{IfMatch, Linker, Links, instant, versioned};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use signet_domain::rate_policy::RatePolicy as Row;
use signet_idp::Ctx;
use signet_idp::admin::rate_policy_rules::{ERROR_MESSAGE, RatePolicySettings, sync_rate_seconds};
use signet_idp::admin::rate_simulation::Refused;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["created", "lastUpdated", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_rate_policies, create_rate_policy))
        .routes(operations!(get_rate_policy, replace_rate_policy, delete_rate_policy))
        .routes(operations!(simulate_rate_policy))
}

/// A rate policy: how many tokens may be created.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RatePolicy {
    /// The id.
    id: String,
    /// The name that people read.
    name: String,
    /// Whether it is in force.
    enabled: bool,
    /// Whether it refuses nothing and logs what it would refuse.
    dry_run: bool,
    /// tenant, server, app, user, credential, ip, path or header.
    identifier: &'static str,
    /// The header whose value counts.
    header_name: Option<String>,
    /// The path that counts.
    path: Option<String>,
    /// Grant types that it counts.
    grant_types: Vec<String>,
    /// Most tokens in each window.
    limit: Vec<u32>,
    /// Length of each window in seconds.
    window_size: Vec<u32>,
    /// sliding or fixed.
    window_type: &'static str,
    /// Policies of one namespace share counters.
    namespace: String,
    /// local, cluster or redis.
    strategy: &'static str,
    /// -1: this node only; 0: with each request; otherwise seconds between exchanges.
    #[schema(value_type = f64)]
    sync_rate: serde_json::Number,
    /// Whether refused requests don't count.
    disable_penalty: bool,
    /// Whether answers say nothing of it.
    hide_client_headers: bool,
    /// Most seconds that are added to Retry-After at random.
    retry_after_jitter_max: i64,
    /// HTTP status of a refusal.
    error_code: i64,
    /// `message` of a refusal.
    error_message: String,
    /// When it was created.
    created: String,
    /// When it last changed.
    #[serde(rename = "lastUpdated")]
    last_updated: String,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl RatePolicy {
    fn of(ctx: &Ctx, row: &Row) -> Self {
        let (to, path) = (Linker(ctx), format!("/api/v1/rate-policies/{}", row.id));
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            enabled: row.enabled,
            dry_run: row.dry_run,
            identifier: row.identifier.as_str(),
            header_name: row.header_name.clone(),
            path: row.path.clone(),
            grant_types: row.grant_types.0.clone(),
            limit: row.limits.0.clone(),
            window_size: row.window_sizes.0.clone(),
            window_type: row.window_type.as_str(),
            namespace: row.namespace.clone(),
            strategy: row.strategy.as_str(),
            sync_rate: sync_rate_seconds(row),
            disable_penalty: row.disable_penalty,
            hide_client_headers: row.hide_client_headers,
            retry_after_jitter_max: row.retry_after_jitter_max,
            error_code: row.error_code,
            error_message: row.error_message.clone(),
            created: instant(row.created_at),
            last_updated: instant(row.updated_at),
            links: Links::from([("self", to.get(&path)), ("delete", to.act("DELETE", &path))]),
        }
    }
}

/// A rate policy as it is sent. What is left out gets its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatePolicyRequest {
    /// The name that people read; unique.
    name: String,
    /// Whether it is in force; default true.
    enabled: Option<bool>,
    /// Whether it refuses nothing and logs what it would refuse; default false.
    dry_run: Option<bool>,
    /// tenant, server, app, user, credential, ip, path or header.
    #[schema(example = "app")]
    identifier: String,
    /// The header whose value counts; with identifier header.
    header_name: Option<String>,
    /// The path that counts; with identifier path.
    path: Option<String>,
    /// Grant types that it counts; default all but refresh_token.
    grant_types: Option<Vec<String>>,
    /// Most tokens in each window: 1 to 8 numbers.
    #[schema(example = json!([3]))]
    limit: Vec<i64>,
    /// Length of each window in seconds, in the same order.
    #[schema(example = json!([30]))]
    window_size: Vec<i64>,
    /// sliding, the default, or fixed.
    window_type: Option<String>,
    /// Policies of one namespace share counters; default its own.
    namespace: Option<String>,
    /// local, the default, cluster or redis.
    strategy: Option<String>,
    /// -1: this node only; 0: with each request; otherwise 0.02 to 3600 seconds between exchanges.
    sync_rate: Option<f64>,
    /// Whether refused requests don't count; default false.
    disable_penalty: Option<bool>,
    /// Whether answers say nothing of it; default false.
    hide_client_headers: Option<bool>,
    /// Most seconds that are added to Retry-After at random; default 0.
    retry_after_jitter_max: Option<i64>,
    /// HTTP status of a refusal, 400 to 599; default 429.
    error_code: Option<i64>,
    /// `message` of a refusal; default "API rate limit exceeded".
    error_message: Option<String>,
}

impl RatePolicyRequest {
    fn settings(self) -> RatePolicySettings {
        RatePolicySettings {
            name: self.name,
            enabled: self.enabled.unwrap_or(true),
            dry_run: self.dry_run.unwrap_or(false),
            identifier: self.identifier,
            header_name: self.header_name,
            path: self.path,
            grant_types: self.grant_types,
            limit: self.limit,
            window_size: self.window_size,
            window_type: self.window_type.unwrap_or_else(|| "sliding".to_owned()),
            namespace: self.namespace,
            strategy: self.strategy.unwrap_or_else(|| "local".to_owned()),
            sync_rate: self.sync_rate,
            disable_penalty: self.disable_penalty.unwrap_or(false),
            hide_client_headers: self.hide_client_headers.unwrap_or(false),
            retry_after_jitter_max: self.retry_after_jitter_max.unwrap_or(0),
            error_code: self.error_code.unwrap_or(429),
            error_message: self.error_message.unwrap_or_else(|| ERROR_MESSAGE.to_owned()),
        }
    }
}

/// A draft to try against the log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateSimulationRequest {
    /// The draft.
    #[serde(deserialize_with = "member")]
    policy: RatePolicyRequest,
    /// How far back: 1 to 24 hours; default 1.
    hours: Option<i64>,
}

/// What a draft would have done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RateSimulation {
    /// From when on the log was replayed.
    since: String,
    /// Until when.
    until: String,
    /// Requests that the draft counts.
    requests: u64,
    /// Those that it refuses.
    refused: u64,
    /// Whether there was more in the log than is replayed: 50,000 requests.
    truncated: bool,
    /// Who would have been refused, most often first; at most 100.
    refusals: Vec<SimulatedRefusal>,
}

/// One of those who would have been refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SimulatedRefusal {
    /// What is counted: a client id, the id of a user or server, an address, a path.
    counted: String,
    /// Requests that pass.
    admitted: u64,
    /// Requests that are refused.
    refused: u64,
    /// When the first is refused.
    first: String,
    /// When the last is refused.
    last: String,
}

/// Tries a draft against the last hours of the log: who would have been refused.
#[utoipa::path(post, path = "/api/v1/rate-policies/simulate", tag = "Rate policies",
    request_body = RateSimulationRequest,
    responses((status = 200, body = RateSimulation, description = "What it would have done"), Errors))]
async fn simulate_rate_policy(
    api: Api,
    Body(request): Body<RateSimulationRequest>,
) -> Result<Json<RateSimulation>, ApiError> {
    let (settings, hours) = (request.policy.settings(), request.hours.unwrap_or(1));
    let found = api.idp.admin_simulate_rate_policy(&api.ctx, settings, hours).await?;
    let refusal = |one: Refused| SimulatedRefusal {
        counted: one.counted,
        admitted: one.admitted,
        refused: one.refused,
        first: instant(one.first),
        last: instant(one.last),
    };
    Ok(Json(RateSimulation {
        since: instant(found.since),
        until: instant(found.until),
        requests: found.requests,
        refused: found.refused,
        truncated: found.truncated,
        refusals: found.refusals.into_iter().map(refusal).collect(),
    }))
}

/// Lists rate policies, oldest first.
#[utoipa::path(get, path = "/api/v1/rate-policies", tag = "Rate policies",
    responses((status = 200, body = Vec<RatePolicy>, description = "All"), Errors))]
async fn list_rate_policies(api: Api) -> Result<Json<Vec<RatePolicy>>, ApiError> {
    let rows = api.idp.admin_rate_policies(&api.ctx).await?;
    Ok(Json(rows.iter().map(|row| RatePolicy::of(&api.ctx, row)).collect()))
}

/// Creates a rate policy. It is in force on this node at once, on others within a second.
#[utoipa::path(post, path = "/api/v1/rate-policies", tag = "Rate policies", request_body = RatePolicyRequest,
    responses((status = 201, body = RatePolicy, description = "The policy", headers(("ETag" = String))), Errors))]
async fn create_rate_policy(api: Api, Body(request): Body<RatePolicyRequest>) -> Result<Response, ApiError> {
    let row = api.idp.admin_create_rate_policy(&api.ctx, &api.caller, request.settings()).await?;
    Ok((StatusCode::CREATED, versioned(row.version, RatePolicy::of(&api.ctx, &row))).into_response())
}

/// Reads a rate policy.
#[utoipa::path(get, path = "/api/v1/rate-policies/{ratePolicyId}", tag = "Rate policies",
    params(("ratePolicyId" = String, Path, description = "Id of the policy")),
    responses((status = 200, body = RatePolicy, description = "The policy", headers(("ETag" = String))), Errors))]
async fn get_rate_policy(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let row = api.idp.admin_rate_policy(&api.ctx, &id).await?;
    Ok(versioned(row.version, RatePolicy::of(&api.ctx, &row)))
}

/// Replaces a rate policy; what isn't sent gets its default. What was counted stays counted.
#[utoipa::path(put, path = "/api/v1/rate-policies/{ratePolicyId}", tag = "Rate policies",
    request_body = RatePolicyRequest,
    params(
        ("ratePolicyId" = String, Path, description = "Id of the policy"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = RatePolicy, description = "The policy", headers(("ETag" = String))), Errors))]
async fn replace_rate_policy(
    api: Api,
    Segment(id): Segment<String>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: RatePolicyRequest = document.for_update(&id, "", READ_ONLY)?.read("ratePolicy")?;
    let settings = request.settings();
    let row = api.idp.admin_replace_rate_policy(&api.ctx, &api.caller, &id, settings, &expected).await?;
    Ok(versioned(row.version, RatePolicy::of(&api.ctx, &row)))
}

/// Deletes a rate policy.
#[utoipa::path(delete, path = "/api/v1/rate-policies/{ratePolicyId}", tag = "Rate policies",
    params(("ratePolicyId" = String, Path, description = "Id of the policy")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_rate_policy(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_rate_policy(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
