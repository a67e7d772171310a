//! Client authentication: which client speaks, and with which proof (RFC 6749 §2.3, RFC 7521 §4.2).
//!
//! This only reads the request. Whether the proof is right is for the caller to say.

use crate::encoding::form_decode;
use crate::error::{OAuthError, Reason};
use crate::jwt;
use crate::params::Params;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// The longest client secret that is looked at, in bytes.
pub const MAX_SECRET_BYTES: usize = 1024;

/// The longest client id, in bytes.
pub const MAX_CLIENT_ID_BYTES: usize = 255;

/// The only `client_assertion_type` (RFC 7523 §2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How a client is registered to authenticate (OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Secret in the `Authorization` header (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// Secret in the body (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// Assertion signed with the client's own key (RFC 7523).
    PrivateKeyJwt,
    /// Assertion with a MAC by the client's secret (RFC 7523).
    ClientSecretJwt,
    /// Public client without a credential.
    None,
}

impl AuthMethod {
    /// The registered name (RFC 8414 §2).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::None => "none",
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of an authentication method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown client authentication method")]
pub struct UnknownAuthMethod;

impl std::str::FromStr for AuthMethod {
    type Err = UnknownAuthMethod;

    fn from_str(text: &str) -> Result<Self, UnknownAuthMethod> {
        Ok(match text {
            "client_secret_basic" => Self::ClientSecretBasic,
            "client_secret_post" => Self::ClientSecretPost,
            "private_key_jwt" => Self::PrivateKeyJwt,
            "client_secret_jwt" => Self::ClientSecretJwt,
            "none" => Self::None,
            _ => return Err(UnknownAuthMethod),
        })
    }
}

/// The one way in which a request names its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// HTTP Basic (RFC 6749 §2.3.1).
    Basic {
        /// The client.
        client_id: String,
        /// Its secret, not yet compared.
        secret: Secret,
    },
    /// Id and secret in the body.
    Post {
        /// The client.
        client_id: String,
        /// Its secret, not yet compared.
        secret: Secret,
    },
    /// Only an id: a public client.
    None {
        /// The client.
        client_id: String,
    },
    /// A JWT (RFC 7523), not yet verified.
    Assertion {
        /// The `client_id` of the body, which is optional here (RFC 7521 §4.2).
        client_id: Option<String>,
        /// The compact JWT.
        assertion: Secret,
    },
}

impl ClientAuth {
    /// Reads the client credentials of a request to the token, introspection or revocation endpoint.
    ///
    /// `authorization` is the raw header value; `query_has_credentials` says that the query string had any of
    /// `client_id`, `client_secret` or `client_assertion`.
    ///
    /// # Errors
    ///
    /// `invalid_client` (401) if there are none or the header is sloppy; `invalid_request` (400) if there is
    /// more than one method, if the ids differ, or for credentials in the query string.
    pub fn extract(
        authorization: Option<&[u8]>,
        params: &Params,
        query_has_credentials: bool,
    ) -> Result<Self, OAuthError> {
        if query_has_credentials {
            return Err(Reason::ClientCredentialsInQuery.into());
        }
        match authorization {
            Some(header) => from_header(header, params).map_err(|error| error.basic(true)),
            None => from_body(params),
        }
    }

    /// The client that the request names; `None` only for an assertion without a `client_id` parameter.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Basic { client_id, .. } | Self::Post { client_id, .. } | Self::None { client_id } => {
                Some(client_id)
            }
            Self::Assertion { client_id, .. } => client_id.as_deref(),
        }
    }

    /// The method in use. Every assertion counts as `private_key_jwt`; how the client is registered tells the other.
    #[must_use]
    pub const fn method(&self) -> AuthMethod {
        match self {
            Self::Basic { .. } => AuthMethod::ClientSecretBasic,
            Self::Post { .. } => AuthMethod::ClientSecretPost,
            Self::None { .. } => AuthMethod::None,
            Self::Assertion { .. } => AuthMethod::PrivateKeyJwt,
        }
    }

    /// Whether the request shows a secret, or what was made with one: who may send many can guess.
    #[must_use]
    pub fn shows_secret(&self) -> bool {
        match self {
            Self::Basic { .. } | Self::Post { .. } => true,
            Self::None { .. } => false,
            Self::Assertion { assertion, .. } => jwt::unverified_is_mac(assertion.expose()),
        }
    }

    /// Whether the request used the `Authorization` header, so that a 401 needs `WWW-Authenticate`.
    #[must_use]
    pub const fn used_header(&self) -> bool {
        matches!(self, Self::Basic { .. })
    }

    /// An error of this client's authentication, which names the scheme if the header was used.
    #[must_use]
    pub fn error(&self, reason: Reason) -> OAuthError {
        OAuthError::new(reason).basic(self.used_header())
    }
}

fn from_header(header: &[u8], params: &Params) -> Result<ClientAuth, OAuthError> {
    let (client_id, secret) = decode_basic(header).ok_or(Reason::InvalidBasicAuthCreds)?;
    if params.contains("client_secret") || params.contains("client_assertion") {
        return Err(Reason::MultipleClientCredentials.into());
    }
    if params.get("client_id").is_some_and(|body| body != client_id) {
        return Err(Reason::ConflictingClientIds.into());
    }
    check_sizes(&client_id, secret.expose())?;
    Ok(ClientAuth::Basic { client_id, secret })
}

/// `Basic` in any case, exactly one space, padded base64 and nothing after it; the first colon splits, and both
/// halves are form-encoded (RFC 6749 §2.3.1).
fn decode_basic(header: &[u8]) -> Option<(String, Secret)> {
    let (scheme, encoded) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let client_id = form_decode(&decoded[..colon]).ok()?;
    let secret = Secret::new(form_decode(&decoded[colon + 1..]).ok()?);
    (!client_id.is_empty() && !secret.is_empty()).then_some((client_id, secret))
}

fn from_body(params: &Params) -> Result<ClientAuth, OAuthError> {
    let client_id = params.get("client_id");
    let secret = params.get("client_secret");
    if let Some(assertion) = params.get("client_assertion") {
        if secret.is_some() {
            return Err(Reason::MultipleClientCredentials.into());
        }
        if params.get("client_assertion_type") != Some(JWT_BEARER) {
            return Err(Reason::ClientAssertionTypeInvalid.into());
        }
        check_sizes(client_id.unwrap_or_default(), "")?;
        return Ok(ClientAuth::Assertion {
            client_id: client_id.map(str::to_owned),
            assertion: Secret::from(assertion),
        });
    }
    if params.contains("client_assertion_type") {
        params.require("client_assertion")?;
    }
    let client_id = client_id.ok_or(Reason::MissingClientCredentials)?.to_owned();
    check_sizes(&client_id, secret.unwrap_or_default())?;
    Ok(match secret {
        Some(secret) => ClientAuth::Post { client_id, secret: Secret::from(secret) },
        None => ClientAuth::None { client_id },
    })
}

/// No client has an id or a secret of such a size: the answer is that of an unknown client.
fn check_sizes(client_id: &str, secret: &str) -> Result<(), OAuthError> {
    if client_id.len() > MAX_CLIENT_ID_BYTES {
        return Err(Reason::InvalidClientId.into());
    }
    if secret.len() > MAX_SECRET_BYTES {
        return Err(Reason::InvalidClientSecret.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn extract(header: Option<&str>, body: &str) -> Result<ClientAuth, OAuthError> {
        let params = Params::parse(body.as_bytes()).unwrap();
        ClientAuth::extract(header.map(str::as_bytes), &params, false)
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    fn reason(header: Option<&str>, body: &str) -> (Reason, u16, bool) {
        let error = extract(header, body).unwrap_err();
        (error.reason, error.status(), error.www_basic)
    }

    #[test]
    fn ca_04_basic_is_decoded_per_rfc_6749() {
        let auth = extract(Some(&basic("a%3Ab:p+q%2B:r")), "").unwrap();
        let expected = ClientAuth::Basic { client_id: "a:b".into(), secret: "p q+:r".into() };
        assert_eq!((auth.client_id(), auth.used_header()), (Some("a:b"), true));
        assert_eq!(auth, expected);
        assert!(extract(Some(&basic("a:b").replacen("Basic", "bASIC", 1)), "client_id=a").is_ok());
    }

    #[test]
    fn ca_04_sloppy_headers_are_refused() {
        let good = STANDARD.encode("a:bcd");
        for bad in [
            String::new(),
            "Basic".into(),
            "Basic ".into(),
            format!("Basic  {good}"),
            format!(" Basic {good}"),
            format!("Basic {good} "),
            format!("Basic {}", good.trim_end_matches('=')),
            format!("Basic {good}AAAA"),
            format!("Basic\t{good}"),
            format!("Basic{good}"),
            format!("Bearer {good}"),
            basic("nocolon"),
            basic(":secret"),
            basic("a:"),
            basic("a:%zz"),
            basic("a:%00"),
            basic("a:b\n"),
            format!("Basic {}", STANDARD.encode(b"a:\xff")),
        ] {
            let expected = (Reason::InvalidBasicAuthCreds, 401, true);
            assert_eq!(reason(Some(&bad), "client_id=a"), expected, "{bad:?}");
        }
    }

    #[test]
    fn ca_07_two_clients_in_one_request() {
        let expected = (Reason::ConflictingClientIds, 400, true);
        assert_eq!(reason(Some(&basic("a:s")), "client_id=b"), expected);
        assert!(extract(Some(&basic("a:s")), "client_id=a").is_ok());
    }

    #[test]
    fn one_method_per_request() {
        let assertion = format!("client_assertion=x.y.z&client_assertion_type={JWT_BEARER}");
        let expected = (Reason::MultipleClientCredentials, 400, true);
        assert_eq!(reason(Some(&basic("a:s")), "client_id=a&client_secret=s"), expected);
        assert_eq!(reason(Some(&basic("a:s")), &assertion), expected);
        let both = format!("client_id=a&client_secret=s&{assertion}");
        assert_eq!(reason(None, &both), (Reason::MultipleClientCredentials, 400, false));
    }

    #[test]
    fn bodies() {
        let post = extract(None, "client_id=a&client_secret=s").unwrap();
        assert_eq!((post.method(), post.client_id()), (AuthMethod::ClientSecretPost, Some("a")));
        let public = extract(None, "client_id=a&client_secret=").unwrap();
        assert_eq!(public, ClientAuth::None { client_id: "a".into() });
        let assertion = format!("client_assertion=x.y.z&client_assertion_type={JWT_BEARER}");
        let auth = extract(None, &assertion).unwrap();
        assert_eq!((auth.method(), auth.client_id()), (AuthMethod::PrivateKeyJwt, None));
        assert!(!format!("{auth:?} {post:?}").contains("x.y.z"));
        assert_eq!(reason(None, "a=b"), (Reason::MissingClientCredentials, 401, false));
        assert_eq!(reason(None, "client_assertion=x"), (Reason::ClientAssertionTypeInvalid, 400, false));
        let no_assertion = reason(None, &format!("client_id=a&client_assertion_type={JWT_BEARER}"));
        assert_eq!(no_assertion.0, Reason::MissingTokenRequestParameter);
        let query = ClientAuth::extract(None, &Params::default(), true).unwrap_err();
        assert_eq!((query.reason, query.status()), (Reason::ClientCredentialsInQuery, 400));
    }

    #[test]
    fn ca_15_a_megabyte_of_secret() {
        let body = format!("client_id=a&client_secret={}", "s".repeat(1 << 20));
        assert_eq!(reason(None, &body), (Reason::InvalidClientSecret, 401, false));
        let long_id = reason(None, &format!("client_id={}", "a".repeat(256)));
        assert_eq!(long_id, (Reason::InvalidClientId, 401, false));
        let (a, b) = ("x".repeat(72) + "a", "x".repeat(72) + "b");
        assert_ne!(Secret::new(a), Secret::new(b));
    }

    #[test]
    fn method_names_come_back() {
        for name in
            ["client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt", "none"]
        {
            assert_eq!(name.parse::<AuthMethod>().unwrap().as_str(), name);
            let json = format!("\"{name}\"");
            assert_eq!(
                serde_json::to_string(&serde_json::from_str::<AuthMethod>(&json).unwrap()).unwrap(),
                json
            );
        }
        assert!("None".parse::<AuthMethod>().is_err());
    }

    proptest! {
        #[test]
        fn never_panics(header in proptest::collection::vec(any::<u8>(), 0..80), text in "\\PC{0,40}") {
            let _ = ClientAuth::extract(Some(&header), &Params::default(), false);
            let _ = extract(Some(&basic(&text)), "");
        }

        #[test]
        fn encoded_pairs_come_back(id in "[^\\x00-\\x1f\\x7f]{1,30}", secret in "[^\\x00-\\x1f\\x7f]{1,30}") {
            let encode = |s: &str| form_urlencoded::byte_serialize(s.as_bytes()).collect::<String>();
            let auth = extract(Some(&basic(&format!("{}:{}", encode(&id), encode(&secret)))), "").unwrap();
            prop_assert_eq!(auth, ClientAuth::Basic { client_id: id, secret: secret.into() });
        }
    }
}
