//! What the gateway's endpoints refuse with: the codes and sentences that clients of the plugin know.

use crate::IdpError;
use crate::attempt::{Admitted, Limited};
use serde::Serialize;
use signet_domain::event::bounded;
use signet_oauth::{OAuthError, Reason};
use std::borrow::Cow;

/// What `WWW-Authenticate` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// Nothing.
    None,
    /// `Bearer` alone: no credential was sent (RFC 6750 §3.1).
    Bare,
    /// `Bearer` with the error.
    Bearer,
    /// `Basic`: a client's credentials in the header were wrong (RFC 6749 §5.2).
    Basic,
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct GatewayError {
    /// HTTP status.
    pub status: u16,
    /// The code.
    pub error: &'static str,
    /// The sentence.
    pub description: Cow<'static, str>,
    /// What `WWW-Authenticate` says.
    pub challenge: Challenge,
    /// The scopes that would do (RFC 6750 §3).
    pub scope: Option<String>,
    /// Seconds after which it may work.
    pub retry_after: Option<u32>,
    /// The limit that refused it, if one did.
    pub limited: Option<Box<Limited>>,
    /// Why, for the log.
    pub reason: &'static str,
    /// It is in the log already.
    pub(crate) logged: bool,
    /// The throttled attempt that it ended, if any.
    pub(crate) attempt: Option<Box<Admitted>>,
}

/// The body of a refusal.
#[derive(Debug, Serialize)]
pub struct Body<'a> {
    /// The code.
    pub error: &'static str,
    /// The sentence.
    pub error_description: &'a str,
    /// `state` as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a str>,
}

impl GatewayError {
    pub(crate) fn new(
        status: u16,
        error: &'static str,
        description: impl Into<Cow<'static, str>>,
        reason: &'static str,
    ) -> Self {
        Self {
            status,
            error,
            description: description.into(),
            challenge: Challenge::None,
            scope: None,
            retry_after: None,
            limited: None,
            reason,
            logged: false,
            attempt: None,
        }
    }

    /// Whether a rate policy refused.
    #[must_use]
    pub fn is_by_rate_policy(&self) -> bool {
        self.reason == Reason::RatePolicyExceeded.as_str()
    }

    /// Whether the token is bound to a key, and so no bearer token.
    #[must_use]
    pub fn is_of_bound_token(&self) -> bool {
        self.reason == Reason::AccessTokenBound.as_str()
    }

    pub(crate) fn challenging(self, challenge: Challenge) -> Self {
        Self { challenge, ..self }
    }

    pub(crate) fn logged(self) -> Self {
        Self { logged: true, ..self }
    }

    /// The body, with the caller's `state`.
    #[must_use]
    pub fn body<'a>(&'a self, state: Option<&'a str>) -> Body<'a> {
        Body { error: self.error, error_description: &self.description, state }
    }

    /// The endpoint has no such method.
    #[must_use]
    pub fn method(method: &str, endpoint: &str) -> Self {
        let method: String = method.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
        let words = format!("The HTTP method {method} is invalid for the {endpoint} endpoint");
        Self::new(405, "invalid_method", words, "invalid_request").challenging(Challenge::Bearer)
    }

    /// The request is not one that can be read.
    #[must_use]
    pub fn malformed(words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "invalid_request", words, "invalid_request")
    }

    pub(crate) fn client() -> Self {
        let reason = Reason::InvalidClient.as_str();
        Self::new(400, "invalid_client", "Invalid client authentication", reason)
    }

    /// Too many wrong secrets came from where this one comes from; it is in the log already.
    pub(crate) fn limited(error: &OAuthError) -> Self {
        let words = error.reason.default_description();
        let mut told = Self::new(error.status(), error.reason.code().as_str(), words, error.reason.as_str());
        told.retry_after = error.retry_after;
        told.logged()
    }

    /// A rate policy refused; what the caller is told is the policy's.
    pub(crate) fn rate_policy() -> Self {
        let reason = Reason::RatePolicyExceeded;
        Self::new(429, "invalid_grant", reason.default_description(), reason.as_str())
    }

    pub(crate) fn unauthorized_client() -> Self {
        let words = "This app may not use this grant; allow it in the settings of the app";
        Self::new(400, "unauthorized_client", words, Reason::UnauthorizedClient.as_str())
    }

    pub(crate) fn redirect_uri() -> Self {
        let words =
            "Invalid redirect_uri that does not match with any redirect_uri created with the application";
        Self::new(400, "invalid_request", words, Reason::MismatchedRedirectUri.as_str())
    }

    pub(crate) fn scope(words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "invalid_scope", words, Reason::InvalidScope.as_str())
    }

    pub(crate) fn unknown_scope(name: &str) -> Self {
        Self::scope(format!("\"{}\" is an invalid scope", bounded(name, 100)))
    }

    pub(crate) fn no_userid() -> Self {
        let words = "Missing authenticated_userid parameter";
        Self::new(400, "invalid_authenticated_userid", words, "invalid_authenticated_userid")
    }

    pub(crate) fn pkce(words: &'static str, reason: Reason) -> Self {
        Self::new(400, "invalid_request", words, reason.as_str())
    }

    /// The request has a token that can't be one, or more than one.
    #[must_use]
    pub fn bad_token() -> Self {
        Self::token_invalid()
    }

    pub(crate) fn token_missing() -> Self {
        let reason = Reason::AccessTokenMissing.as_str();
        Self::new(401, "invalid_request", "The access token is missing", reason).challenging(Challenge::Bare)
    }

    /// A token that needs a proof for each call. A gateway is asked about calls that it alone sees.
    pub(crate) fn token_bound() -> Self {
        let words = "The access token is bound to a key (DPoP), and this gateway checks no proofs";
        let reason = Reason::AccessTokenBound.as_str();
        Self::new(401, "invalid_token", words, reason).challenging(Challenge::Bearer)
    }

    /// An app whose tokens must be bound to a key, which those of the gateway's endpoints aren't.
    pub(crate) fn needs_proof() -> Self {
        let words =
            "This app gets only tokens that are bound to a key (DPoP); use the server's own token endpoint";
        Self::new(400, "unauthorized_client", words, Reason::DpopProofMissing.as_str())
    }

    pub(crate) fn token_invalid() -> Self {
        let words = "The access token is invalid or has expired";
        Self::new(401, "invalid_token", words, Reason::InvalidToken.as_str()).challenging(Challenge::Bearer)
    }
}

impl From<IdpError> for GatewayError {
    /// 503 with `Retry-After` for an outage, 500 for a defect.
    fn from(error: IdpError) -> Self {
        let told = OAuthError::from(error);
        let (code, words) = match told.status() {
            503 => (
                "temporarily_unavailable",
                "The server cannot answer for the moment; try again in a few seconds",
            ),
            _ => ("server_error", "Something went wrong at the server"),
        };
        let mut error = Self::new(told.status(), code, words, told.reason.as_str());
        error.retry_after = told.retry_after;
        error
    }
}

impl From<signet_store::StoreError> for GatewayError {
    fn from(error: signet_store::StoreError) -> Self {
        IdpError::from(error).into()
    }
}
