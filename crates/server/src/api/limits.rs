//! `/api/v1/limits`: how limits are used, and why a request was refused.

use super::caller::Api;
use super::error::ApiError;
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::instant;
use crate::App;
use axum::Json;
use serde::Serialize;
use signet_idp::admin::AdminError;
use signet_idp::explain::{Explanation, Filled, Together};
use signet_idp::limits_use::{CallerUse, Hot, LimitsUse};
use signet_idp::policy_use;
use signet_idp::quota::LIMIT;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(operations!(read_limits)).routes(operations!(explain_refusal))
}

/// How the tenant's limits are used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limits {
    /// The account's quota.
    quota: QuotaUse,
    /// Who called in the present hour, the busiest first; and who is paused.
    callers: Vec<LimitCaller>,
    /// Users whose password grants were refused in the last hour, most refusals first.
    users: Vec<RefusedOften>,
    /// Apps that sent them.
    apps: Vec<RefusedOften>,
    /// The rate policies, those that refused most in the last hour first.
    policies: Vec<PolicyUse>,
}

/// The account's quota.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuotaUse {
    /// Calls in an hour.
    limit: i64,
    /// Calls counted in the present hour.
    used: i64,
    /// Calls left.
    remaining: i64,
    /// When the present hour began, if one has.
    since: Option<String>,
    /// When all calls are back.
    resets_at: Option<String>,
    /// Calls a minute in the last five minutes, rounded up.
    per_minute: i64,
    /// When nothing is left at this pace, if that is before all calls are back.
    runs_out_at: Option<String>,
}

/// A caller's part of the quota.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitCaller {
    /// Id of the API token or API credential.
    id: String,
    /// Its name.
    name: String,
    /// `api_token` or `api_credential`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Calls counted.
    calls: i64,
    /// Calls that the quota refused.
    refused: i64,
    /// Whether it is paused.
    paused: bool,
    /// Calls by route, most first.
    routes: Vec<RouteCalls>,
    /// Calls by minute, oldest first.
    minutes: Vec<MinuteCalls>,
}

/// Calls of one route.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RouteCalls {
    /// Method and path template.
    #[schema(example = "GET /api/v1/users/{id}")]
    route: String,
    /// Calls.
    calls: i64,
}

/// Calls of one minute.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MinuteCalls {
    /// When the minute began.
    minute: String,
    /// Calls.
    calls: i64,
}

/// A user or an app whose password grants were refused.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusedOften {
    /// Its id, if it is one of the tenant's.
    id: Option<String>,
    /// The login, or the app's label.
    name: String,
    /// Refusals in the last hour, as far as their story is closed.
    refusals: i64,
    /// The newest event of one.
    last_at: String,
}

/// What a rate policy refused.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LimitPolicyUse)]
pub(crate) struct PolicyUse {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Whether it is in force, or tried out.
    enabled: bool,
    /// Whether it is only tried out.
    dry_run: bool,
    /// What it counts by.
    identifier: &'static str,
    /// Requests that it refused in the last hour.
    refused: i64,
    /// Requests of the last hour that it would have refused when it was tried out.
    would_refuse: i64,
    /// What it refused most, most first.
    hottest: Vec<HotKey>,
}

/// Something that a rate policy counts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LimitHotKey)]
pub(crate) struct HotKey {
    /// Which app, user, address…; of a header only its name.
    #[schema(example = "app 0oa2k9TzD0Qx8hW5v1d7")]
    counted: String,
    /// Refusals in the last hour.
    refusals: i64,
    /// The newest one.
    last_at: String,
}

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitExplanation {
    /// The request.
    request_id: String,
    /// The limit: `password_grants`, `quota`, `status_calls`, `wrong_passwords`, `wrong_secrets` or
    /// `rate_policy`.
    rule: &'static str,
    /// Who is limited: a login or a caller.
    key: String,
    /// How many fit into the window.
    limit: i64,
    /// The window's length.
    window_seconds: i64,
    /// `sliding`, or `fixed` when it begins with the first and ends for all.
    window_type: &'static str,
    /// What filled the window, oldest first, where the log has it one by one.
    filled_by: Vec<FilledBy>,
    /// When the request was refused.
    refused_at: String,
    /// When the next could pass, if that is known.
    retry_at: Option<String>,
    /// What to do.
    advice: String,
    /// The refusal's event, or the first one of its story.
    event: Option<String>,
    /// The refusals that had the same cause.
    story: Option<RefusalStory>,
}

/// Something that filled a window.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilledBy {
    /// Id of its event.
    event: String,
    /// When it was counted.
    at: String,
    /// Whether the log has the event yet.
    logged: bool,
}

/// Refusals of the same cause.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusalStory {
    /// How many.
    count: i64,
    /// The first one's instant.
    first_at: String,
    /// The last one's instant.
    last_at: String,
    /// Whether the number is final.
    closed: bool,
}

impl From<LimitsUse> for Limits {
    fn from(used: LimitsUse) -> Self {
        Self {
            quota: QuotaUse {
                limit: LIMIT,
                used: used.used,
                remaining: used.quota.remaining,
                since: used.since.map(instant),
                resets_at: used.since.map(|_| instant(used.quota.resets_at)),
                per_minute: used.per_minute,
                runs_out_at: used.runs_out_at.map(instant),
            },
            callers: used.callers.into_iter().map(Into::into).collect(),
            users: used.users.into_iter().map(Into::into).collect(),
            apps: used.apps.into_iter().map(Into::into).collect(),
            policies: used.policies.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<policy_use::PolicyUse> for PolicyUse {
    fn from(used: policy_use::PolicyUse) -> Self {
        let hot = |key: policy_use::HotKey| HotKey {
            counted: key.counted,
            refusals: key.refusals,
            last_at: instant(key.last_at),
        };
        Self {
            id: used.policy.id.to_string(),
            name: used.policy.name,
            enabled: used.policy.enabled,
            dry_run: used.policy.dry_run,
            identifier: used.policy.identifier.as_str(),
            refused: used.refused,
            would_refuse: used.would_refuse,
            hottest: used.hottest.into_iter().map(hot).collect(),
        }
    }
}

impl From<CallerUse> for LimitCaller {
    fn from(caller: CallerUse) -> Self {
        Self {
            kind: if caller.is_credential { "api_credential" } else { "api_token" },
            id: caller.id,
            name: caller.name,
            calls: caller.calls,
            refused: caller.refused,
            paused: caller.paused,
            routes: caller.routes.into_iter().map(|(route, calls)| RouteCalls { route, calls }).collect(),
            minutes: caller
                .minutes
                .into_iter()
                .map(|(minute, calls)| MinuteCalls { minute: instant(minute), calls })
                .collect(),
        }
    }
}

impl From<Hot> for RefusedOften {
    fn from(hot: Hot) -> Self {
        Self { id: hot.id, name: hot.name, refusals: hot.refusals, last_at: instant(hot.last_at) }
    }
}

impl LimitExplanation {
    fn new(request_id: String, why: Explanation) -> Self {
        Self {
            request_id,
            rule: why.rule.name(),
            key: why.key,
            limit: why.limit,
            window_seconds: why.window_seconds,
            window_type: if why.sliding { "sliding" } else { "fixed" },
            filled_by: why.filled_by.into_iter().map(Into::into).collect(),
            refused_at: instant(why.refused_at),
            retry_at: why.retry_at.map(instant),
            advice: why.advice,
            event: why.event.map(|id| id.to_string()),
            story: why.together.map(Into::into),
        }
    }
}

impl From<Filled> for FilledBy {
    fn from(filled: Filled) -> Self {
        Self { event: filled.event.to_string(), at: instant(filled.at), logged: filled.logged }
    }
}

impl From<Together> for RefusalStory {
    fn from(story: Together) -> Self {
        Self {
            count: story.count,
            first_at: instant(story.first_at),
            last_at: instant(story.last_at),
            closed: story.closed,
        }
    }
}

/// Shows how the limits are used: the quota with its callers, whose passwords are refused, and what rate policies refuse.
#[utoipa::path(get, path = "/api/v1/limits", tag = "Limits",
    responses((status = 200, body = Limits, description = "The present use"), Errors))]
async fn read_limits(api: Api) -> Result<Json<Limits>, ApiError> {
    Ok(Json(api.idp.limits_use(&api.ctx).await?.into()))
}

/// Explains why a limit refused a request.
///
/// Of refusals that had the same cause the first has an event of its own; of the others the first 20 are known by
/// their request.
#[utoipa::path(get, path = "/api/v1/limits/explain/{requestId}", tag = "Limits",
    params(("requestId" = String, Path, description = "X-Okta-Request-Id of the refusal")),
    responses((status = 200, body = LimitExplanation, description = "Why"), Errors))]
async fn explain_refusal(api: Api, Segment(id): Segment<String>) -> Result<Json<LimitExplanation>, ApiError> {
    let why = api.idp.explain(&api.ctx, &id).await?;
    let why = why.ok_or_else(|| AdminError::not_found(&id, "Refusal"))?;
    Ok(Json(LimitExplanation::new(id, why)))
}
