//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), read in two phases.
//!
//! [`AuthorizeTarget`] comes first: until the caller has proven that the redirect URI belongs to the client,
//! every error is a page of our own. Only then [`AuthorizeRequest`] is read, whose errors go to the client.

use crate::claims_request::ClaimsRequest;
use crate::client_auth::MAX_CLIENT_ID_BYTES;
use crate::dpop;
use crate::error::{OAuthError, Reason};
use crate::params::Params;
use crate::pkce::Challenge;
pub use crate::prompt::{Prompt, PromptSet};
use crate::redirect::MAX_URI_BYTES;
use crate::scope::ScopeSet;
use crate::uri;
use serde::{Deserialize, Serialize};

/// The longest `state`, in bytes.
pub const MAX_STATE_BYTES: usize = 4096;

/// The longest `nonce`, in bytes.
pub const MAX_NONCE_BYTES: usize = 1024;

/// The longest `login_hint`, `ui_locales`, `acr_values` or `display`, in bytes.
pub const MAX_HINT_BYTES: usize = 1024;

/// The most `resource` parameters.
pub const MAX_RESOURCES: usize = 10;

/// Where the answer would go, if the client has registered that place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizeTarget {
    /// The client.
    pub client_id: String,
    /// The presented redirect URI, not yet compared with the registered ones.
    pub redirect_uri: String,
}

impl AuthorizeTarget {
    /// Reads the two parameters that have to be right before anything may be redirected.
    ///
    /// # Errors
    ///
    /// Show them on a page of our own with status 400; never redirect.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        let client_id = params.require("client_id")?;
        if client_id.len() > MAX_CLIENT_ID_BYTES {
            return Err(Reason::InvalidClientId.into());
        }
        let redirect_uri = params.require("redirect_uri")?;
        if redirect_uri.len() > MAX_URI_BYTES {
            return Err(Reason::IllegalRedirectUri.into());
        }
        Ok(Self { client_id: client_id.to_owned(), redirect_uri: redirect_uri.to_owned() })
    }
}

/// How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query string; the default for `code`.
    #[default]
    Query,
    /// In the fragment.
    Fragment,
    /// In a form that posts itself.
    FormPost,
}

impl ResponseMode {
    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        match text {
            None | Some("query") => Ok(Self::Query),
            Some("fragment") => Ok(Self::Fragment),
            Some("form_post") => Ok(Self::FormPost),
            Some(_) => Err(Reason::UnsupportedResponseMode.into()),
        }
    }
}

/// What the client wants to have; v1 knows the authorization code only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseType {
    /// An authorization code.
    Code,
}

/// A well-formed authorization request. Nothing in it is compared with the client's registration yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    /// The client.
    pub client_id: String,
    /// The redirect URI as presented.
    pub redirect_uri: String,
    /// Always `code`.
    pub response_type: ResponseType,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// The requested scopes, if any were named.
    pub scope: Option<ScopeSet>,
    /// To be echoed byte for byte (RFC 6749 §4.1.2).
    pub state: Option<String>,
    /// To be copied into the ID token.
    pub nonce: Option<String>,
    /// What to ask the user.
    #[serde(default)]
    pub prompt: PromptSet,
    /// The greatest age of the sign-in, in seconds.
    pub max_age: Option<u32>,
    /// Who will probably sign in.
    pub login_hint: Option<String>,
    /// `page`, `popup` and so on; only a hint.
    pub display: Option<String>,
    /// Preferred languages, best first (BCP 47 tags with spaces between).
    pub ui_locales: Option<String>,
    /// Wished authentication context classes, best first.
    pub acr_values: Option<String>,
    /// The PKCE challenge (RFC 7636). Whether it is required is for the caller to say.
    pub challenge: Option<Challenge>,
    /// The thumbprint of the key that the code is bound to, if any (RFC 9449 §10).
    #[serde(default)]
    pub dpop_jkt: Option<String>,
    /// Wished audiences (RFC 8707).
    #[serde(default)]
    pub resource: Vec<String>,
    /// Single claims that the app asks for (OpenID Connect Core §5.5).
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// The server's own note: the only users, by id, who may answer; anyone, if there are none.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// The server's own note: what the answer spends.
    #[serde(default, flatten)]
    pub origin: Origin,
}

/// Where a request came from, as far as the server has to remember that it was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The digest of the `request_uri` that it was pushed under.
    #[serde(default)]
    pub pushed: Option<Vec<u8>>,
    /// The request object that held it, if that names itself.
    #[serde(default)]
    pub object: Option<ObjectMark>,
}

/// A request object with a `jti`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectMark {
    /// The digest of the `jti`, with the client.
    pub digest: Vec<u8>,
    /// When the object expires, in seconds since the epoch.
    pub expires: i64,
}

impl AuthorizeRequest {
    /// Reads everything but the target.
    ///
    /// # Errors
    ///
    /// To be redirected to the proven URI, with [`AuthorizeRequest::echo_state`] and
    /// [`AuthorizeRequest::echo_mode`].
    pub fn parse(params: &Params, target: &AuthorizeTarget) -> Result<Self, OAuthError> {
        refuse_request_objects(params)?;
        let response_type = match params.require("response_type")? {
            "code" => ResponseType::Code,
            _ => return Err(Reason::UnsupportedResponseType.into()),
        };
        let response_mode = ResponseMode::parse(params.get("response_mode"))?;
        Ok(Self {
            client_id: target.client_id.clone(),
            redirect_uri: target.redirect_uri.clone(),
            response_type,
            response_mode,
            state: bounded(params, "state", MAX_STATE_BYTES, Reason::InvalidState)?,
            nonce: bounded(params, "nonce", MAX_NONCE_BYTES, Reason::InvalidNonce)?,
            scope: params.get("scope").map(ScopeSet::parse).transpose()?,
            prompt: params.get("prompt").map(PromptSet::parse).transpose()?.unwrap_or_default(),
            max_age: params.get("max_age").map(parse_max_age).transpose()?,
            login_hint: hint(params, "login_hint")?,
            display: hint(params, "display")?,
            ui_locales: hint(params, "ui_locales")?,
            acr_values: hint(params, "acr_values")?,
            challenge: parse_challenge(params)?,
            dpop_jkt: params.get("dpop_jkt").map(dpop::thumbprint).transpose()?,
            resource: parse_resources(params)?,
            claims: params.get("claims").map(ClaimsRequest::parse).transpose()?.unwrap_or_default(),
            subjects: Vec::new(),
            origin: Origin::default(),
        })
    }

    /// The `state` to echo even if the rest of the request is wrong; `None` if it is too long to be echoed.
    #[must_use]
    pub fn echo_state(params: &Params) -> Option<&str> {
        params.get("state").filter(|state| state.len() <= MAX_STATE_BYTES)
    }

    /// The response mode for an error even if the rest of the request is wrong; the default if it is unknown.
    #[must_use]
    pub fn echo_mode(params: &Params) -> ResponseMode {
        ResponseMode::parse(params.get("response_mode")).unwrap_or_default()
    }
}

fn refuse_request_objects(params: &Params) -> Result<(), OAuthError> {
    for (name, reason) in [
        ("request", Reason::RequestNotSupported),
        ("request_uri", Reason::RequestUriNotSupported),
        ("registration", Reason::RegistrationNotSupported),
    ] {
        if params.contains(name) {
            return Err(reason.into());
        }
    }
    Ok(())
}

fn bounded(params: &Params, name: &str, max: usize, reason: Reason) -> Result<Option<String>, OAuthError> {
    match params.get(name) {
        Some(value) if value.len() > max => Err(reason.into()),
        value => Ok(value.map(str::to_owned)),
    }
}

fn hint(params: &Params, name: &'static str) -> Result<Option<String>, OAuthError> {
    bounded(params, name, MAX_HINT_BYTES, Reason::InvalidRequest).map_err(|error| {
        error.describe(format!("The parameter '{name}' is too long; send at most 1024 bytes."))
    })
}

fn parse_max_age(text: &str) -> Result<u32, OAuthError> {
    // `parse` alone would take a sign.
    let value = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    value.filter(|seconds| *seconds <= i32::MAX.unsigned_abs()).ok_or_else(|| Reason::InvalidMaxAge.into())
}

fn parse_challenge(params: &Params) -> Result<Option<Challenge>, OAuthError> {
    let method = params.get("code_challenge_method");
    match params.get("code_challenge") {
        Some(challenge) => Challenge::parse(challenge, method).map(Some),
        None if method.is_some() => Err(Reason::PkceMissingChallenge.into()),
        None => Ok(None),
    }
}

/// Absolute URIs without a fragment (RFC 8707 §2), each once.
fn parse_resources(params: &Params) -> Result<Vec<String>, OAuthError> {
    let mut resources = Vec::new();
    for text in params.all("resource") {
        let absolute = text.len() <= MAX_URI_BYTES && uri::split(text).is_ok_and(|parts| !parts.is_bare());
        if !absolute || resources.len() == MAX_RESOURCES {
            return Err(Reason::InvalidTarget.into());
        }
        if !resources.iter().any(|seen| seen == text) {
            resources.push(text.to_owned());
        }
    }
    Ok(resources)
}

#[cfg(test)]
#[path = "authorize_tests.rs"]
mod tests;
