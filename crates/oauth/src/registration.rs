//! Client metadata: what a client says of itself when it registers (RFC 7591 §2, OpenID Connect Registration 1.0 §2),
//! and what it is told of what it got (RFC 7591 §3.2.1).
//!
//! Members that aren't known are passed over, as RFC 7591 §2 has it; members of the wrong type are not.

use crate::error::{OAuthError, Reason};
use crate::scope::ScopeSet;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// Members that only an answer has: a request with one of them was copied from an answer (RFC 7592 §2.2).
const ONLY_TOLD: &[&str] = &[
    "registration_access_token",
    "registration_client_uri",
    "client_id_issued_at",
    "client_secret_expires_at",
];

/// What a member must be, as part of a sentence, and which member that is.
///
/// A redirect URI has an error code of its own (RFC 7591 §3.2.2).
#[must_use]
pub fn fault(member: &str, rule: impl fmt::Display) -> OAuthError {
    let reason = match member {
        "redirect_uris" => Reason::InvalidRedirectUri,
        _ => Reason::InvalidClientMetadata,
    };
    OAuthError::new(reason).describe(format!("The member '{member}' {rule}."))
}

/// Client metadata as they are sent. Absent and null are the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientMetadata {
    /// The client that is changed (RFC 7592 §2.2).
    pub client_id: Option<String>,
    /// Its secret, which it may only repeat.
    pub client_secret: Option<crate::Secret>,
    /// `web` or `native`.
    pub application_type: Option<String>,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// Where sign-out may lead.
    pub post_logout_redirect_uris: Vec<String>,
    /// How it authenticates.
    pub token_endpoint_auth_method: Option<String>,
    /// Grants that it uses.
    pub grant_types: Option<Vec<String>>,
    /// Response types that it uses.
    pub response_types: Option<Vec<String>>,
    /// The name that people read.
    pub client_name: Option<String>,
    /// Scopes that it will ask for.
    pub scope: Option<ScopeSet>,
    /// Its home page.
    pub client_uri: Option<String>,
    /// What it does with what it learns.
    pub policy_uri: Option<String>,
    /// On what terms it may be used.
    pub tos_uri: Option<String>,
    /// Whom to ask about it.
    pub contacts: Vec<String>,
    /// Its public keys by value.
    pub jwks: Option<Vec<Value>>,
    /// Where it publishes its public keys.
    pub jwks_uri: Option<String>,
    /// Seconds that a sign-in may be old.
    pub default_max_age: Option<u32>,
    /// `public` or `pairwise`.
    pub subject_type: Option<String>,
    /// The document that lists the redirect URIs of its sector.
    pub sector_identifier_uri: Option<String>,
    /// The algorithm of its ID tokens.
    pub id_token_signed_response_alg: Option<String>,
    /// The algorithm of userinfo as a JWT.
    pub userinfo_signed_response_alg: Option<String>,
    /// Where others send a browser that shall sign in there.
    pub initiate_login_uri: Option<String>,
    /// Where it publishes request objects.
    pub request_uris: Vec<String>,
    /// Where the browser tells it of sign-outs.
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it wants to be told issuer and session there.
    pub frontchannel_logout_session_required: bool,
    /// Where it is told of sign-outs.
    pub backchannel_logout_uri: Option<String>,
    /// Whether it wants to be told which session ended.
    pub backchannel_logout_session_required: bool,
    /// Whether its authorization requests must be pushed.
    pub require_pushed_authorization_requests: bool,
    /// Whether its access tokens must be bound to a key (RFC 9449 §5.2).
    pub dpop_bound_access_tokens: bool,
}

/// Reads members of an object by type.
struct Members<'a>(&'a Map<String, Value>);

impl Members<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<String>, OAuthError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(fault(name, "must be a string")),
        }
    }

    fn list(&self, name: &str) -> Result<Option<Vec<String>>, OAuthError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let texts = value.as_array().map(|list| list.iter().map(|v| v.as_str().map(str::to_owned)));
        let texts: Option<Vec<String>> = texts.and_then(Iterator::collect);
        texts.map(Some).ok_or_else(|| fault(name, "must be a list of strings"))
    }

    fn flag(&self, name: &str) -> Result<bool, OAuthError> {
        match self.value(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| fault(name, "must be true or false")),
        }
    }

    fn seconds(&self, name: &str) -> Result<Option<u32>, OAuthError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let seconds = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= i32::MAX as u32);
        seconds.map(Some).ok_or_else(|| fault(name, "must be a whole number of seconds up to 2147483647"))
    }

    fn keys(&self) -> Result<Option<Vec<Value>>, OAuthError> {
        let Some(value) = self.value("jwks") else { return Ok(None) };
        let keys = value.get("keys").and_then(Value::as_array);
        keys.cloned().map(Some).ok_or_else(|| fault("jwks", "must be an object with a list 'keys'"))
    }
}

impl ClientMetadata {
    /// Reads a registration.
    ///
    /// # Errors
    /// `invalid_client_metadata` or `invalid_redirect_uri`, naming the member (RFC 7591 §3.2.2).
    pub fn read(object: &Map<String, Value>) -> Result<Self, OAuthError> {
        let from = Members(object);
        if let Some(name) = ONLY_TOLD.iter().find(|name| from.value(name).is_some()) {
            return Err(fault(name, "is given by the server; leave it out"));
        }
        let scope = from.text("scope")?.map(|text| ScopeSet::parse(&text));
        let scope = scope.transpose().map_err(|_| {
            fault("scope", "must be a list of scopes with single spaces between them (RFC 6749 section 3.3)")
        })?;
        Ok(Self {
            client_id: from.text("client_id")?,
            client_secret: from.text("client_secret")?.map(crate::Secret::from),
            application_type: from.text("application_type")?,
            redirect_uris: from.list("redirect_uris")?.unwrap_or_default(),
            post_logout_redirect_uris: from.list("post_logout_redirect_uris")?.unwrap_or_default(),
            token_endpoint_auth_method: from.text("token_endpoint_auth_method")?,
            grant_types: from.list("grant_types")?,
            response_types: from.list("response_types")?,
            client_name: from.text("client_name")?,
            scope,
            client_uri: from.text("client_uri")?,
            policy_uri: from.text("policy_uri")?,
            tos_uri: from.text("tos_uri")?,
            contacts: from.list("contacts")?.unwrap_or_default(),
            jwks: from.keys()?,
            jwks_uri: from.text("jwks_uri")?,
            default_max_age: from.seconds("default_max_age")?,
            subject_type: from.text("subject_type")?,
            sector_identifier_uri: from.text("sector_identifier_uri")?,
            id_token_signed_response_alg: from.text("id_token_signed_response_alg")?,
            userinfo_signed_response_alg: from.text("userinfo_signed_response_alg")?,
            initiate_login_uri: from.text("initiate_login_uri")?,
            request_uris: from.list("request_uris")?.unwrap_or_default(),
            frontchannel_logout_uri: from.text("frontchannel_logout_uri")?,
            frontchannel_logout_session_required: from.flag("frontchannel_logout_session_required")?,
            backchannel_logout_uri: from.text("backchannel_logout_uri")?,
            backchannel_logout_session_required: from.flag("backchannel_logout_session_required")?,
            require_pushed_authorization_requests: from.flag("require_pushed_authorization_requests")?,
            dpop_bound_access_tokens: from.flag("dpop_bound_access_tokens")?,
        })
    }
}

/// What a client is told of its registration (RFC 7591 §3.2.1, RFC 7592 §3): everything that holds, and nothing else.
#[derive(Clone, Serialize)]
pub struct ClientInformation {
    /// Its id.
    pub client_id: String,
    /// When it registered, in seconds since 1970.
    pub client_id_issued_at: i64,
    /// Its secret: only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// 0: secrets don't end by themselves. Only beside a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    /// What opens its registration.
    pub registration_access_token: String,
    /// Where its registration is.
    pub registration_client_uri: String,
    /// What holds of it.
    #[serde(flatten)]
    pub metadata: Map<String, Value>,
}

impl fmt::Debug for ClientInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientInformation").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::ErrorCode;
    use serde_json::json;

    fn read(value: Value) -> Result<ClientMetadata, OAuthError> {
        ClientMetadata::read(value.as_object().unwrap())
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        let read =
            read(json!({"client_name": "A", "client_name#ja": "ア", "x": [1], "scope": null})).unwrap();
        assert_eq!(read, ClientMetadata { client_name: Some("A".into()), ..ClientMetadata::default() });
    }

    #[test]
    fn a_member_of_the_wrong_type_is_named() {
        for (member, value) in [
            ("redirect_uris", json!("https://a/cb")),
            ("redirect_uris", json!([1])),
            ("client_name", json!(["A"])),
            ("scope", json!("a  b")),
            ("scope", json!("")),
            ("jwks", json!([])),
            ("jwks", json!({"keys": {}})),
            ("default_max_age", json!(-1)),
            ("default_max_age", json!(1.5)),
            ("default_max_age", json!(4_294_967_296_u64)),
            ("backchannel_logout_session_required", json!("true")),
            ("registration_access_token", json!("x")),
        ] {
            let error = read(json!({ member: value })).unwrap_err();
            assert!(error.description.contains(&format!("'{member}'")), "{error}");
            let code = match member {
                "redirect_uris" => ErrorCode::InvalidRedirectUri,
                _ => ErrorCode::InvalidClientMetadata,
            };
            assert_eq!((error.code(), error.status()), (code, 400));
        }
    }
}
