//! Errors: what goes over the wire (RFC 6749 §5.2) and what goes into the log.

use crate::dpop;
pub use crate::reason::{Reason, UnknownReason};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The longest `error_description`, in bytes: it may quote what the client sent.
const MAX_DESCRIPTION: usize = 400;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The `error` values that this server sends.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl ErrorCode {
            /// The value on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

error_codes! {
    /// RFC 6749 §4.1.2.1 and §5.2.
    InvalidRequest = "invalid_request",
    /// RFC 6749 §5.2.
    InvalidClient = "invalid_client",
    /// RFC 6749 §5.2.
    InvalidGrant = "invalid_grant",
    /// RFC 6749 §4.1.2.1 and §5.2.
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749 §5.2.
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749 §4.1.2.1 and §5.2.
    InvalidScope = "invalid_scope",
    /// RFC 6749 §4.1.2.1.
    AccessDenied = "access_denied",
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type",
    /// OAuth 2.0 Multiple Response Type Encoding Practices.
    UnsupportedResponseMode = "unsupported_response_mode",
    /// RFC 6749 §4.1.2.1.
    ServerError = "server_error",
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired = "login_required",
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired = "consent_required",
    /// RFC 8707 §2.
    InvalidTarget = "invalid_target",
    /// RFC 6750 §3.1.
    InvalidToken = "invalid_token",
    /// RFC 9449 §5.
    InvalidDpopProof = "invalid_dpop_proof",
    /// RFC 6750 §3.1.
    InsufficientScope = "insufficient_scope",
    /// OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    /// RFC 9101 §7.
    InvalidRequestUri = "invalid_request_uri",
    /// RFC 9101 §7.
    InvalidRequestObject = "invalid_request_object",
    /// OpenID Connect Core §3.1.2.6.
    RequestNotSupported = "request_not_supported",
    /// OpenID Connect Core §3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported",
    /// OpenID Connect Core §3.1.2.6.
    RegistrationNotSupported = "registration_not_supported",
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata = "invalid_client_metadata",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request that was refused: the reason for the log, and the words for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// Why, exactly. The log has it; the client sees only [`OAuthError::code`].
    pub reason: Reason,
    /// One sentence for the developer of the client. It is cleaned when it is put on the wire.
    pub description: Cow<'static, str>,
    /// Value of a `Retry-After` header, in seconds.
    pub retry_after: Option<u32>,
    /// The client used the `Authorization` header, so that a 401 has to name the scheme (RFC 6749 §5.2).
    pub www_basic: bool,
    /// It is of a protected resource, to which the client came with a bound token, or should have: the challenge
    /// names the scheme DPoP (RFC 9449 §7.1).
    pub www_dpop: bool,
}

/// The JSON body of an error (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The code.
    pub error: ErrorCode,
    /// The sentence for the developer, in the characters that RFC 6749 §5.2 allows.
    pub error_description: String,
}

impl OAuthError {
    /// An error with the default description of its reason.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self {
            reason,
            description: Cow::Borrowed(reason.default_description()),
            retry_after: None,
            www_basic: false,
            www_dpop: false,
        }
    }

    /// Replaces the description.
    #[must_use]
    pub fn describe(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets `Retry-After`, in seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Says whether the client had used the `Authorization` header.
    #[must_use]
    pub const fn basic(mut self, used_header: bool) -> Self {
        self.www_basic = used_header;
        self
    }

    /// Says whether a protected resource refuses a bound token, or asks for one.
    #[must_use]
    pub const fn dpop(mut self, asked_for: bool) -> Self {
        self.www_dpop = asked_for;
        self
    }

    /// The `error` value on the wire.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.reason.code()
    }

    /// The HTTP status of a direct (not redirected) answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.code() {
            // RFC 9449 §7.1: at a resource the proof is part of the credentials.
            ErrorCode::InvalidDpopProof if self.www_dpop => 401,
            _ => self.reason.status(),
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        ErrorBody { error: self.code(), error_description: clean_description(&self.description) }
    }

    /// The challenge of a protected resource that says what is wrong (RFC 6750 §3): also for a request that is
    /// malformed, where `error` is `invalid_request`.
    #[must_use]
    pub fn bearer_challenge(&self, realm: &str) -> String {
        self.told_in(format!("Bearer realm=\"{}\"", clean_description(realm)))
    }

    /// A challenge that says what is wrong.
    fn told_in(&self, challenge: String) -> String {
        let description = clean_description(&self.description);
        format!("{challenge}, error=\"{}\", error_description=\"{description}\"", self.code())
    }

    /// The `WWW-Authenticate` header of this error, if it needs one: `Basic` (RFC 7617) when a client tried the
    /// header, `Bearer` (RFC 6750 §3) or `DPoP` (RFC 9449 §7.1) for the errors of protected resources.
    #[must_use]
    pub fn www_authenticate(&self, realm: &str) -> Option<String> {
        let realm = clean_description(realm);
        let status = self.status();
        if self.reason == Reason::AccessTokenMissing {
            // RFC 6750 §3.1: no error code for a request without any credentials.
            return Some(format!("Bearer realm=\"{realm}\""));
        }
        match self.code() {
            ErrorCode::InvalidToken | ErrorCode::InsufficientScope | ErrorCode::InvalidDpopProof
                if self.www_dpop =>
            {
                Some(self.told_in(dpop::challenge(&realm)))
            }
            ErrorCode::InvalidToken | ErrorCode::InsufficientScope => Some(self.bearer_challenge(&realm)),
            _ if self.www_basic && status == 401 => {
                Some(format!("Basic realm=\"{realm}\", charset=\"UTF-8\""))
            }
            _ => None,
        }
    }
}

impl From<Reason> for OAuthError {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code(), self.reason, clean_description(&self.description))
    }
}

impl std::error::Error for OAuthError {}

/// Replaces what RFC 6749 §5.2 does not allow (`%x20-21 / %x23-5B / %x5D-7E`) and bounds the length.
fn clean_description(text: &str) -> String {
    text.chars()
        .take(MAX_DESCRIPTION)
        .map(|c| match c {
            '"' => '\'',
            '\\' => '/',
            ' '..='~' => c,
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn descriptions_stay_in_the_allowed_charset() {
        let error = OAuthError::new(Reason::InvalidRequest).describe("a\"b\\c\r\nSet-Cookie: x\u{e9}\u{7f}");
        let body = error.body();
        assert_eq!(body.error_description, "a'b/c??Set-Cookie: x??");
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"error":"invalid_request","error_description":"a'b/c??Set-Cookie: x??"}"#
        );
        let long = OAuthError::new(Reason::InvalidRequest).describe("x".repeat(10_000));
        assert_eq!(long.body().error_description.len(), MAX_DESCRIPTION);
        for reason in Reason::ALL {
            let text = OAuthError::new(*reason).description;
            assert_eq!(clean_description(&text), text, "{reason}");
        }
    }

    #[test]
    fn ca_02_unknown_client_has_the_bytes_of_a_wrong_secret() {
        let wrong = OAuthError::new(Reason::InvalidClientSecret);
        for reason in [
            Reason::UnknownClient,
            Reason::InvalidClientId,
            Reason::SecretExpired,
            Reason::InvalidClient,
            Reason::InvalidTokenEndpointAuthMethod,
        ] {
            let other = OAuthError::new(reason);
            assert_eq!((other.status(), other.body()), (401, wrong.body()), "{reason}");
        }
    }

    #[test]
    fn challenge_headers() {
        let wrong = OAuthError::new(Reason::InvalidClientSecret);
        assert_eq!(wrong.www_authenticate("r"), None);
        let with = wrong.basic(true).www_authenticate("a\"b").unwrap();
        assert_eq!(with, "Basic realm=\"a'b\", charset=\"UTF-8\"");
        let bearer = OAuthError::new(Reason::InsufficientScope).www_authenticate("r").unwrap();
        assert!(bearer.starts_with("Bearer realm=\"r\", error=\"insufficient_scope\""));
        let none = OAuthError::new(Reason::AccessTokenMissing).www_authenticate("r").unwrap();
        assert_eq!(none, "Bearer realm=\"r\"");
        let bound = OAuthError::new(Reason::AccessTokenBound).dpop(true).www_authenticate("r").unwrap();
        assert!(bound.starts_with("DPoP realm=\"r\", algs=\"RS256 "), "{bound}");
        assert!(bound.contains(", error=\"invalid_token\", error_description=\""), "{bound}");
        let proof = OAuthError::new(Reason::DpopProofReplayed);
        assert_eq!((proof.status(), proof.www_authenticate("r")), (400, None), "at the token endpoint");
        assert_eq!(proof.dpop(true).status(), 401, "at a resource");
        assert_eq!(OAuthError::new(Reason::InvalidGrant).basic(true).www_authenticate("r"), None);
    }
}
