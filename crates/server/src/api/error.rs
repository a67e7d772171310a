//! The errors of the management API: one type, mapped to the wire in one place.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use signet_domain::Entropy;
use signet_idp::IdpError;
use signet_idp::admin::{AdminError, CallerRefusal};
use signet_idp::syslog::LogParamError;
use signet_store::StoreError;
use utoipa::ToSchema;

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Error {
    /// A code for programs.
    #[schema(example = "E0000001")]
    error_code: String,
    /// What went wrong.
    #[schema(example = "Api validation failed: login")]
    error_summary: String,
    /// The code again.
    #[schema(example = "E0000001")]
    error_link: String,
    /// A name for this one error.
    #[schema(example = "oae3A2I6XwPST6O37StwFwe1Q")]
    error_id: String,
    /// Each thing that is wrong.
    error_causes: Vec<ErrorCause>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorCause {
    /// `member: what is wrong`.
    error_summary: String,
}

/// Why a call is not answered with what it asked for.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// A use case refused or failed.
    Admin(AdminError),
    /// No, unknown, expired, revoked or foreign token.
    Token,
    /// A good token of a caller that was paused.
    Paused,
    /// Not the operator's login and password.
    Operator,
    /// The body is not JSON.
    Malformed,
    /// The body is too large.
    TooLarge,
    /// The body is of another type than these.
    MediaType(&'static str),
    /// A member or parameter is wrong.
    Invalid(&'static str, Vec<String>),
    /// A parameter of the log API is wrong.
    Log(LogParamError),
    /// The account's quota is spent.
    Quota {
        /// Seconds until it is back.
        reset_seconds: i64,
    },
    /// The path leads elsewhere, or nowhere.
    NoPath,
    /// The path has no such method.
    Method,
}

/// What is told on the wire.
struct Told {
    status: u16,
    code: &'static str,
    summary: String,
    causes: Vec<String>,
}

impl Told {
    fn new(status: u16, code: &'static str, summary: impl Into<String>) -> Self {
        Self { status, code, summary: summary.into(), causes: Vec::new() }
    }

    fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }
}

impl ApiError {
    /// A member or parameter that is wrong.
    pub(crate) fn invalid(subject: &'static str, cause: impl Into<String>) -> Self {
        Self::Invalid(subject, vec![cause.into()])
    }

    fn told(&self) -> Told {
        match self {
            Self::Admin(error) => told_of(error),
            Self::Token => Told::new(401, "E0000011", "Invalid token provided"),
            Self::Paused => {
                Told::new(403, "E0000006", "You do not have permission to perform the requested action")
                    .because(
                        "token: it is paused; an administrator can resume it on the console's page of limits",
                    )
            }
            Self::Operator => Told::new(401, "E0000004", "Authentication failed"),
            Self::Malformed => Told::new(400, "E0000003", "The request body was not well-formed."),
            Self::TooLarge => Told::new(413, "E0000003", "The request body was not well-formed.")
                .because("the body is too large"),
            Self::MediaType(types) => {
                let summary =
                    "Bad request. Accept and/or Content-Type headers likely do not match supported values.";
                Told::new(415, "E0000021", summary).because(format!("Content-Type: must be {types}"))
            }
            Self::Invalid(subject, causes) => validation(subject, causes),
            Self::Log(e) => Told { causes: e.causes.clone(), ..Told::new(400, e.code, e.summary.as_str()) },
            Self::Quota { .. } => {
                Told::new(429, "E0000047", "API call exceeded rate limit due to too many requests.")
            }
            Self::NoPath => Told::new(404, "E0000008", "The requested path was not found"),
            Self::Method => {
                Told::new(405, "E0000022", "The endpoint does not support the provided HTTP method")
            }
        }
    }

    /// Seconds after which the call may work.
    pub(crate) fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Quota { reset_seconds } => Some((*reset_seconds).max(1)),
            Self::Admin(AdminError::Failed(error)) => outage(error),
            _ => None,
        }
    }
}

fn validation(subject: &str, causes: &[String]) -> Told {
    let summary = format!("Api validation failed: {subject}");
    Told { causes: causes.to_vec(), ..Told::new(400, "E0000001", summary) }
}

fn told_of(error: &AdminError) -> Told {
    const STATUS: &str = "This operation is not allowed in the user's current status.";
    match error {
        AdminError::Invalid { subject, causes } => validation(subject, causes),
        AdminError::Password(fault) => validation("password", &[format!("password: {fault}")]),
        AdminError::NotFound { id, kind } => {
            Told::new(404, "E0000007", format!("Not found: Resource not found: {id} ({kind})"))
        }
        AdminError::Forbidden => {
            Told::new(403, "E0000006", "You do not have permission to perform the requested action")
        }
        AdminError::Status => Told::new(403, "E0000038", STATUS),
        AdminError::AlreadyActive => {
            Told::new(403, "E0000016", "Activation failed because the user is already active")
        }
        AdminError::StillActive => Told::new(403, "E0000056", "Delete application forbidden.")
            .because("the application must be deactivated first"),
        AdminError::OldPassword => Told::new(403, "E0000014", "Update of credentials failed")
            .because("oldPassword: The credentials provided were incorrect."),
        AdminError::LastAdmin => {
            Told::new(409, "E0000038", STATUS).because("the last active super administrator stays")
        }
        AdminError::Stale => Told::new(412, "E0000020", "Bad request.")
            .because("the resource has changed since it was read; read it again"),
        AdminError::Cursor => Told::new(400, "E0000054", "Invalid pagination properties.")
            .because("after: must be taken from a Link header of this list"),
        AdminError::Filter(words) => Told::new(400, "E0000031", "Invalid search criteria.").because(words),
        AdminError::SearchAndFilter => Told::new(
            400,
            "E0000033",
            "Bad request. Can't specify a search query and filter in the same request.",
        ),
        AdminError::Failed(error) if outage(error).is_some() => {
            Told::new(503, "E0000010", "Service is in read only mode")
        }
        AdminError::Failed(_) => Told::new(500, "E0000009", "Internal Server Error"),
    }
}

/// Seconds to wait when a failure will pass by itself.
pub(crate) fn outage(error: &IdpError) -> Option<i64> {
    match error {
        IdpError::Store(StoreError::Unavailable(_) | StoreError::InUse(_)) => Some(1),
        IdpError::Overloaded { retry_after } => Some(i64::from(*retry_after)),
        IdpError::Store(_) | IdpError::Gone | IdpError::Internal(_) => None,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Admin(AdminError::Failed(error)) = &self {
            tracing::error!(%error, "a management call failed");
        }
        let told = self.told();
        let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut id = Entropy::default().secret("oae");
        id.truncate(25);
        let body = Error {
            error_code: told.code.to_owned(),
            error_summary: told.summary,
            error_link: told.code.to_owned(),
            error_id: id,
            error_causes: told.causes.into_iter().map(|error_summary| ErrorCause { error_summary }).collect(),
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let scheme = match self {
            Self::Token => Some("Bearer"),
            Self::Operator => Some("Basic realm=\"operator\", charset=\"UTF-8\""),
            _ => None,
        };
        if let Some(scheme) = scheme {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        response
    }
}

impl From<AdminError> for ApiError {
    fn from(error: AdminError) -> Self {
        Self::Admin(error)
    }
}

impl From<IdpError> for ApiError {
    fn from(error: IdpError) -> Self {
        Self::Admin(error.into())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Admin(error.into())
    }
}

impl From<CallerRefusal> for ApiError {
    fn from(refusal: CallerRefusal) -> Self {
        match refusal {
            CallerRefusal::Malformed | CallerRefusal::Invalid => Self::Token,
            CallerRefusal::WrongKind => Self::Admin(AdminError::Forbidden),
            CallerRefusal::Paused => Self::Paused,
            CallerRefusal::Failed(error) => error.into(),
        }
    }
}
