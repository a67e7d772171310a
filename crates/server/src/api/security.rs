//! `/api/v1/security`: the tenant's rules for new passwords, how long sessions last, and what users change themselves.

use super::caller::Api;
use super::error::ApiError;
use super::json::Document;
use super::openapi::Errors;
use super::operations;
use super::reply::{IfMatch, Linker, Links, instant, versioned};
use crate::App;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use signet_domain::security::SecuritySettings;
use signet_domain::session::{SessionKind, SessionLimits};
use signet_idp::Ctx;
use signet_idp::admin::security::SecurityInput;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

const PATH: &str = "/api/v1/security";
/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["meetsNist80063b", "lastUpdated", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(get_security, replace_security, reset_security))
        .routes(operations!(end_all_sessions))
}

/// The tenant's rules for new passwords, and how long sessions last.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Security {
    /// What a new password must be.
    password: PasswordRules,
    /// How long sessions last.
    sessions: SessionRules,
    /// What users change at their own account.
    account: AccountRules,
    /// Whether new passwords and sign-ins for apps are what NIST SP 800-63B-4 asks for where a password is all that
    /// is given: at least 15 characters, and a new sign-in after 30 days at most.
    meets_nist80063b: bool,
    /// When it last changed; none where it never did.
    last_updated: Option<String>,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// What a new password must be, besides not holding the login and not being one of those that are tried first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PasswordRules {
    /// Fewest characters.
    min_length: i64,
    /// What it must not contain, in small letters.
    forbidden_words: Vec<String>,
}

/// What users change at their own account, besides the password and the time zone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountRules {
    /// Their names.
    own_names: bool,
}

/// How long sessions last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionRules {
    /// Sign-ins for apps.
    users: SessionLifetime,
    /// The console's.
    console: SessionLifetime,
}

/// How long sessions of one kind last.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionLifetime {
    /// Minutes without use after which one ends.
    idle_minutes: i64,
    /// Minutes after which one ends, however it is used.
    lifetime_minutes: i64,
}

impl From<SessionLimits> for SessionLifetime {
    fn from(limits: SessionLimits) -> Self {
        Self { idle_minutes: limits.idle_minutes, lifetime_minutes: limits.lifetime_minutes }
    }
}

impl Security {
    fn of(ctx: &Ctx, row: &SecuritySettings) -> Self {
        Self {
            password: PasswordRules {
                min_length: row.min_length,
                forbidden_words: row.forbidden_words.0.clone(),
            },
            sessions: SessionRules {
                users: row.limits(SessionKind::User).into(),
                console: row.limits(SessionKind::Console).into(),
            },
            account: AccountRules { own_names: row.own_names },
            meets_nist80063b: row.meets_nist(),
            last_updated: (row.version > 0).then(|| instant(row.updated_at)),
            links: Links::from([("self", Linker(ctx).get(PATH))]),
        }
    }
}

/// The rules that shall hold. What is absent or null is as it comes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecurityRequest {
    /// What a new password must be. Passwords that are set already stay.
    password: Option<PasswordRulesRequest>,
    /// How long sessions last. Shorter limits end sessions at once; longer ones bring none back, and none lasts
    /// longer than it was to last when it began.
    sessions: Option<SessionRulesRequest>,
    /// What users change at their own account.
    account: Option<AccountRulesRequest>,
}

/// What users change at their own account, besides the password and the time zone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountRulesRequest {
    /// Their names; they do by default. Tokens say the names that they gave themselves.
    own_names: Option<bool>,
}

/// What a new password must be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordRulesRequest {
    /// Fewest characters, 8 to 64; 8 by default. NIST SP 800-63B-4 asks for 15 where a password is all that is given.
    #[schema(minimum = 8, maximum = 64, example = 15)]
    min_length: Option<i64>,
    /// Up to 100 words of 4 to 64 characters that no new password may contain, in capitals or not: the names of the
    /// organization and its services, say.
    forbidden_words: Option<Vec<String>>,
}

/// How long sessions last.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionRulesRequest {
    /// Sign-ins for apps: idle 5 minutes to 30 days, in all up to 90 days; two and twelve hours by default.
    users: Option<SessionLifetimeRequest>,
    /// The console's: idle 5 to 60 minutes, in all up to a day; 15 minutes and twelve hours by default.
    console: Option<SessionLifetimeRequest>,
}

/// How long sessions of one kind last.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SessionLifetimeRequest {
    /// Minutes without use after which one ends.
    #[schema(minimum = 5)]
    idle_minutes: Option<i64>,
    /// Minutes after which one ends, however it is used; not less than `idleMinutes`.
    #[schema(minimum = 5)]
    lifetime_minutes: Option<i64>,
}

impl SessionLifetimeRequest {
    fn limits(self, usual: SessionLimits) -> SessionLimits {
        SessionLimits {
            idle_minutes: self.idle_minutes.unwrap_or(usual.idle_minutes),
            lifetime_minutes: self.lifetime_minutes.unwrap_or(usual.lifetime_minutes),
        }
    }
}

impl SecurityRequest {
    fn input(self) -> SecurityInput {
        let mut input = SecurityInput::default();
        if let Some(password) = self.password {
            input.min_length = password.min_length.unwrap_or(input.min_length);
            input.forbidden_words = password.forbidden_words.unwrap_or_default();
        }
        if let Some(sessions) = self.sessions {
            input.users = sessions.users.map_or(input.users, |sent| sent.limits(input.users));
            input.console = sessions.console.map_or(input.console, |sent| sent.limits(input.console));
        }
        if let Some(account) = self.account {
            input.own_names = account.own_names.unwrap_or(input.own_names);
        }
        input
    }
}

/// Reads the rules for passwords and sessions.
#[utoipa::path(get, path = "/api/v1/security", tag = "Security",
    responses((status = 200, body = Security, description = "The rules", headers(("ETag" = String))), Errors))]
async fn get_security(api: Api) -> Result<Response, ApiError> {
    let row = api.idp.admin_security(&api.ctx).await?;
    Ok(versioned(row.version, Security::of(&api.ctx, &row)))
}

/// Replaces the rules for passwords and sessions.
#[utoipa::path(put, path = "/api/v1/security", tag = "Security", request_body = SecurityRequest,
    params(("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = Security, description = "The rules", headers(("ETag" = String))), Errors))]
async fn replace_security(
    api: Api,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: SecurityRequest = document.for_replacement("", READ_ONLY)?.read("security")?;
    let row = api.idp.admin_put_security(&api.ctx, &api.caller, request.input(), &expected).await?;
    Ok(versioned(row.version, Security::of(&api.ctx, &row)))
}

/// Gives passwords and sessions the rules back with which the tenant began.
#[utoipa::path(delete, path = "/api/v1/security", tag = "Security",
    params(("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 204, description = "Done"), Errors))]
async fn reset_security(api: Api, IfMatch(expected): IfMatch) -> Result<StatusCode, ApiError> {
    api.idp.admin_reset_security(&api.ctx, &api.caller, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every session of users and administrators at once: whoever was signed in signs in again. Tokens that were
/// issued, and grants, stay; `/api/v1/authorizationServers/lifecycle/revokeTokens` ends those.
#[utoipa::path(post, path = "/api/v1/security/lifecycle/endSessions", tag = "Security",
    responses((status = 204, description = "Ended"), Errors))]
async fn end_all_sessions(api: Api) -> Result<StatusCode, ApiError> {
    api.idp.admin_end_all_sessions(&api.ctx, &api.caller, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
