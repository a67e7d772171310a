//! Answers: of the token endpoint (RFC 6749 §5.1) and of the authorization endpoint (RFC 6749 §4.1.2).

use crate::authorize::ResponseMode;
use crate::error::OAuthError;
use crate::scope::ScopeSet;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How an access token is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenType {
    /// Whoever bears the token may use it (RFC 6750).
    #[default]
    Bearer,
    /// Only who has the key that it is bound to, and proves that with each request (RFC 9449).
    #[serde(rename = "DPoP")]
    Dpop,
}

impl TokenType {
    /// The registered name, which is also that of the scheme in `Authorization`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// How a token is used that is bound to a key, or to none.
    #[must_use]
    pub const fn of(is_bound: bool) -> Self {
        if is_bound { Self::Dpop } else { Self::Bearer }
    }
}

/// A successful token response (RFC 6749 §5.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// How the access token is used.
    pub token_type: TokenType,
    /// Life of the access token, in seconds.
    pub expires_in: u32,
    /// The access token.
    pub access_token: String,
    /// The granted scopes.
    pub scope: ScopeSet,
    /// The refresh token, if one was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The ID token, if `openid` was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("refresh_token", &self.refresh_token.is_some())
            .field("id_token", &self.id_token.is_some())
            .finish_non_exhaustive()
    }
}

/// An answer to the client by way of the browser, good or bad.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizeResponse {
    /// The proven redirect URI.
    pub redirect_uri: String,
    /// How the parameters travel.
    pub mode: ResponseMode,
    /// The parameters, in order.
    pub params: Vec<(&'static str, String)>,
    /// What the browser keeps of its sign-in, for the frame that apps watch it by. No secret.
    pub browser_state: Option<String>,
}

impl AuthorizeResponse {
    /// A code for the client (RFC 6749 §4.1.2). `iss` is the issuer (RFC 9207).
    #[must_use]
    pub fn success(
        redirect_uri: &str,
        mode: ResponseMode,
        code: &str,
        state: Option<&str>,
        iss: &str,
    ) -> Self {
        Self::build(redirect_uri, mode, vec![("code", code.to_owned())], state, iss)
    }

    /// An error for the client (RFC 6749 §4.1.2.1). `iss` is the issuer (RFC 9207).
    #[must_use]
    pub fn error(
        redirect_uri: &str,
        mode: ResponseMode,
        error: &OAuthError,
        state: Option<&str>,
        iss: &str,
    ) -> Self {
        let body = error.body();
        let params =
            vec![("error", body.error.as_str().to_owned()), ("error_description", body.error_description)];
        Self::build(redirect_uri, mode, params, state, iss)
    }

    fn build(
        redirect_uri: &str,
        mode: ResponseMode,
        mut params: Vec<(&'static str, String)>,
        state: Option<&str>,
        iss: &str,
    ) -> Self {
        params.extend(state.map(|state| ("state", state.to_owned())));
        params.push(("iss", iss.to_owned()));
        Self { redirect_uri: redirect_uri.to_owned(), mode, params, browser_state: None }
    }

    /// Adds what the client watches the sign-in by (OpenID Connect Session Management 1.0 §2).
    #[must_use]
    pub fn with_session(mut self, session_state: String, browser_state: String) -> Self {
        self.params.push(("session_state", session_state));
        self.browser_state = Some(browser_state);
        self
    }

    /// The `Location` of the redirect, for the modes query and fragment. A query that the redirect URI already
    /// has is kept (RFC 6749 §3.1.2). For form_post it is the action of the form, without any parameter.
    #[must_use]
    pub fn location(&self) -> String {
        let separator = match self.mode {
            ResponseMode::FormPost => return self.redirect_uri.clone(),
            ResponseMode::Fragment => "#",
            ResponseMode::Query => match self.redirect_uri.split_once('?') {
                None => "?",
                Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
                Some(_) => "&",
            },
        };
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(&self.params);
        format!("{}{separator}{}", self.redirect_uri, encoded.finish())
    }

    /// Names and values of the hidden fields, for the mode form_post. They still have to be escaped for HTML.
    pub fn form_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for AuthorizeResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.params.iter().map(|(name, _)| *name).collect();
        f.debug_struct("AuthorizeResponse")
            .field("redirect_uri", &self.redirect_uri)
            .field("mode", &self.mode)
            .field("params", &names)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Reason;
    use crate::params::Params;
    use proptest::prelude::*;

    const ISS: &str = "https://acme.idp.test/oauth2/default";

    #[test]
    fn token_response_has_the_contract_shape() {
        let mut response = TokenResponse {
            token_type: TokenType::Bearer,
            expires_in: 3600,
            access_token: "at".into(),
            scope: ScopeSet::parse("openid").unwrap(),
            refresh_token: None,
            id_token: None,
        };
        assert_eq!(
            serde_json::to_string(&response).unwrap(),
            r#"{"token_type":"Bearer","expires_in":3600,"access_token":"at","scope":"openid"}"#
        );
        response.refresh_token = Some("hunter2".into());
        assert!(serde_json::to_string(&response).unwrap().contains(r#""refresh_token":"hunter2""#));
        assert!(!format!("{response:?}").contains("hunter2"));
    }

    #[test]
    fn ru_25_every_answer_carries_the_issuer() {
        let ok = AuthorizeResponse::success("https://a/cb", ResponseMode::Query, "c d", Some("s"), ISS);
        assert_eq!(
            ok.location(),
            "https://a/cb?code=c+d&state=s&iss=https%3A%2F%2Facme.idp.test%2Foauth2%2Fdefault"
        );
        let error = OAuthError::new(Reason::InvalidScope).describe("a\r\nb");
        let bad = AuthorizeResponse::error("https://a/cb", ResponseMode::Fragment, &error, None, "i");
        assert_eq!(bad.location(), "https://a/cb#error=invalid_scope&error_description=a%3F%3Fb&iss=i");
        assert!(!format!("{ok:?}").contains("c d"));
    }

    #[test]
    fn an_existing_query_is_kept() {
        for (uri, expected) in [
            ("https://a/cb?x=1", "https://a/cb?x=1&code=c&iss=i"),
            ("https://a/cb?", "https://a/cb?code=c&iss=i"),
            ("https://a/cb?x&", "https://a/cb?x&code=c&iss=i"),
        ] {
            let answer = AuthorizeResponse::success(uri, ResponseMode::Query, "c", None, "i");
            assert_eq!(answer.location(), expected);
        }
    }

    #[test]
    fn ru_16_form_post_puts_nothing_into_the_address() {
        let odd = "\"><script>";
        let answer = AuthorizeResponse::success("https://a/cb", ResponseMode::FormPost, "c", Some(odd), "i");
        assert_eq!(answer.location(), "https://a/cb");
        assert_eq!(answer.form_fields().collect::<Vec<_>>(), [("code", "c"), ("state", odd), ("iss", "i")]);
    }

    proptest! {
        #[test]
        fn in_20_ru_13_state_comes_back_and_splits_no_header(state in "[^\\x00-\\x1f\\x7f]{1,80}") {
            let answer = AuthorizeResponse::success("https://a/cb", ResponseMode::Query, "c", Some(&state), ISS);
            let location = answer.location();
            prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic()));
            let params = Params::parse(location.split_once('?').unwrap().1.as_bytes()).unwrap();
            prop_assert_eq!(params.get("state"), Some(state.as_str()));
            prop_assert_eq!(params.get("iss"), Some(ISS));
        }
    }
}
