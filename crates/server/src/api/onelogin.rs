//! `/auth/*`: where API credentials get and give back their tokens, and ask how much of the quota is left.
//!
//! A wrong method and an unknown path are both "no such route", before anyone is authenticated. None of these
//! calls counts in the quota.

use super::caller::{authorization, put_quota};
use super::error::outage;
use super::onelogin_token;
use super::openapi::Envelopes;
use crate::App;
use crate::extract::Tenant;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde::Serialize;
use signet_idp::IdpError;
use signet_idp::admin::CallerRefusal;
use signet_idp::admin::caller::Presented;
use signet_idp::quota::LIMIT;
use utoipa::ToSchema;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(only(routes!(rate_limit)))
        .routes(only(routes!(onelogin_token::issue_token)))
        .routes(only(routes!(onelogin_token::issue_token_v1)))
        .routes(only(routes!(onelogin_token::revoke_token)))
        .route("/auth/{*rest}", any(no_route))
        .route("/auth/", any(no_route))
}

fn only(routes: UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App> {
    routes.map(|router| router.fallback(no_route))
}

async fn no_route() -> Refusal {
    Refusal::NoRoute
}

/// The status that wraps answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Status {
    /// Whether it is an error.
    error: bool,
    /// The HTTP status.
    code: u16,
    /// `success`, `bad request`, `Unauthorized`, `not found`, …
    #[serde(rename = "type")]
    kind: &'static str,
    /// What went wrong.
    message: &'static str,
}

impl Status {
    pub(super) const fn success() -> Self {
        Self { error: false, code: 200, kind: "success", message: "Success" }
    }
}

/// An error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope {
    /// What went wrong.
    status: Status,
}

/// Why a call under `/auth` is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// 400 with a message.
    BadRequest(&'static str),
    /// 401.
    Unauthorized,
    /// 404.
    NoRoute,
    /// 429, and the seconds to wait.
    TooMany(i64),
    /// The use case failed.
    Failed(IdpError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, kind, message, wait) = match &self {
            Self::BadRequest(message) => (400, "bad request", *message, None),
            Self::Unauthorized => (401, "Unauthorized", "Authentication Failure", None),
            Self::NoRoute => (404, "not found", "No Route Exists", None),
            Self::TooMany(seconds) => (429, "too many requests", "rate_limit_exceeded", Some(*seconds)),
            Self::Failed(error) => {
                tracing::error!(%error, "a call under /auth failed");
                match outage(error) {
                    Some(seconds) => (503, "service unavailable", "Service Unavailable", Some(seconds)),
                    None => (500, "internal server error", "Internal Server Error", None),
                }
            }
        };
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Envelope { status: Status { error: true, code, kind, message } };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if code == 401 {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<IdpError> for Refusal {
    fn from(error: IdpError) -> Self {
        Self::Failed(error)
    }
}

impl From<CallerRefusal> for Refusal {
    fn from(refusal: CallerRefusal) -> Self {
        match refusal {
            CallerRefusal::Malformed => Self::BadRequest("Authorization Information is incorrect"),
            CallerRefusal::Invalid | CallerRefusal::WrongKind | CallerRefusal::Paused => Self::Unauthorized,
            CallerRefusal::Failed(error) => Self::Failed(error),
        }
    }
}

/// How much of the quota is left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RateLimit {
    /// Success.
    status: Status,
    /// The numbers.
    data: RateLimitData,
}

/// The numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RateLimitData {
    /// Calls in an hour.
    #[serde(rename = "X-RateLimit-Limit")]
    #[schema(example = 5000)]
    limit: i64,
    /// Calls left.
    #[serde(rename = "X-RateLimit-Remaining")]
    remaining: i64,
    /// Seconds until all are back; 0 when no hour has begun.
    #[serde(rename = "X-RateLimit-Reset")]
    reset: i64,
}

/// Tells how much of the account's quota is left.
///
/// With a token of an API credential: `Authorization: bearer:<token>`. It does not count itself, answers when
/// the quota is spent, and may be asked 60 times a minute with one token.
#[utoipa::path(get, path = "/auth/rate_limit", tag = "Credential tokens", security(("bearer" = [])),
    responses((status = 200, body = RateLimit, description = "The quota"), Envelopes))]
async fn rate_limit(
    State(app): State<App>,
    method: Method,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // The router answers HEAD by GET; here it is a wrong method like any other.
    if method != Method::GET {
        return Err(Refusal::NoRoute);
    }
    let header = authorization(&headers);
    if !matches!(header.and_then(Presented::parse), Some(Presented::Bearer(_))) {
        return Err(CallerRefusal::Malformed.into());
    }
    let caller = app.idp().api_caller(&ctx, header).await?;
    let admitted = app.idp().meter_status_call(&ctx, &caller).await?;
    let standing = app.idp().quota(&ctx).await?;
    let mut response = match admitted {
        Err(seconds) => Refusal::TooMany(seconds).into_response(),
        Ok(()) => {
            let data =
                RateLimitData { limit: LIMIT, remaining: standing.remaining, reset: standing.reset_seconds };
            Json(RateLimit { status: Status::success(), data }).into_response()
        }
    };
    put_quota(response.headers_mut(), &standing);
    Ok(response)
}
