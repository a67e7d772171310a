//! The token request (RFC 6749 §4.1.3, §4.3.2, §4.4.2, §6). Only the parameters of the named grant are read.

use crate::error::{OAuthError, Reason};
use crate::params::Params;
use crate::scope::ScopeSet;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest authorization code, in bytes.
pub const MAX_CODE_BYTES: usize = 512;

/// The longest refresh token, in bytes.
pub const MAX_REFRESH_TOKEN_BYTES: usize = 4096;

/// The grants of v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 6749 §4.3, resource owner password credentials.
    Password,
    /// RFC 6749 §6.
    RefreshToken,
}

impl GrantType {
    /// Every grant.
    pub const ALL: &[Self] =
        &[Self::AuthorizationCode, Self::ClientCredentials, Self::Password, Self::RefreshToken];

    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
        }
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for GrantType {
    type Err = OAuthError;

    fn from_str(text: &str) -> Result<Self, OAuthError> {
        let found = Self::ALL.iter().copied().find(|grant| grant.as_str() == text);
        found.ok_or_else(|| Reason::UnsupportedGrantType.into())
    }
}

/// A well-formed token request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3.
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// Has to equal that of the authorization request.
        redirect_uri: Option<String>,
        /// The PKCE verifier as sent; give it to [`crate::pkce::check`].
        code_verifier: Option<Secret>,
    },
    /// RFC 6749 §4.4.2.
    ClientCredentials {
        /// The requested scopes.
        scope: Option<ScopeSet>,
    },
    /// RFC 6749 §4.3.2.
    Password {
        /// The login as typed.
        username: String,
        /// The password as typed.
        password: Secret,
        /// The requested scopes.
        scope: Option<ScopeSet>,
    },
    /// RFC 6749 §6.
    RefreshToken {
        /// The refresh token.
        refresh_token: Secret,
        /// The requested scopes; the same or less than before.
        scope: Option<ScopeSet>,
    },
}

impl TokenRequest {
    /// Reads `grant_type` and then the parameters of that grant, ignoring all others.
    ///
    /// # Errors
    ///
    /// `unsupported_grant_type`, `invalid_request` for a missing parameter, `invalid_scope`, and `invalid_grant`
    /// for a code or token of impossible size.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        let grant = params.get("grant_type").ok_or(Reason::TokenRequestMissingGrantType)?;
        match grant.parse()? {
            GrantType::AuthorizationCode => Self::authorization_code(params),
            GrantType::ClientCredentials => Ok(Self::ClientCredentials { scope: scope(params)? }),
            GrantType::Password => Ok(Self::Password {
                username: params.require("username")?.to_owned(),
                password: params.require("password")?.into(),
                scope: scope(params)?,
            }),
            GrantType::RefreshToken => {
                let token = params.require("refresh_token")?;
                if token.len() > MAX_REFRESH_TOKEN_BYTES {
                    return Err(Reason::InvalidRefreshToken.into());
                }
                Ok(Self::RefreshToken { refresh_token: token.into(), scope: scope(params)? })
            }
        }
    }

    /// The grant of the request.
    #[must_use]
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
            Self::Password { .. } => GrantType::Password,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
        }
    }

    fn authorization_code(params: &Params) -> Result<Self, OAuthError> {
        let code = params.require("code")?;
        if code.len() > MAX_CODE_BYTES {
            return Err(Reason::InvalidAuthorizationCode.into());
        }
        Ok(Self::AuthorizationCode {
            code: code.into(),
            redirect_uri: params.get("redirect_uri").map(str::to_owned),
            code_verifier: params.get("code_verifier").map(Secret::from),
        })
    }
}

fn scope(params: &Params) -> Result<Option<ScopeSet>, OAuthError> {
    params.get("scope").map(ScopeSet::parse).transpose()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn parse(body: &str) -> Result<TokenRequest, OAuthError> {
        TokenRequest::parse(&Params::parse(body.as_bytes())?)
    }

    fn reason(body: &str) -> Reason {
        parse(body).unwrap_err().reason
    }

    #[test]
    fn gr_08_unknown_grants() {
        for bad in ["+password", "Password", "password+", "[password]", "implicit", "null", "%22password%22"]
        {
            let body = format!("grant_type={bad}&username=u&password=p");
            assert_eq!(reason(&body), Reason::UnsupportedGrantType, "{bad}");
        }
        assert_eq!(reason("grant_type[]=password"), Reason::TokenRequestMissingGrantType);
        assert_eq!(reason("grant_type="), Reason::TokenRequestMissingGrantType);
        assert!(parse("grant_type=p%61ssword&username=u&password=p").is_ok());
    }

    #[test]
    fn gr_10_only_the_parameters_of_the_grant() {
        let all = "code=c&redirect_uri=r&code_verifier=v&username=u&password=p&refresh_token=t&scope=s\
                   &expires_in=1&sub=x&amr=y";
        let scope = Some(ScopeSet::parse("s").unwrap());
        let expected = [
            TokenRequest::AuthorizationCode {
                code: "c".into(),
                redirect_uri: Some("r".into()),
                code_verifier: Some("v".into()),
            },
            TokenRequest::ClientCredentials { scope: scope.clone() },
            TokenRequest::Password { username: "u".into(), password: "p".into(), scope: scope.clone() },
            TokenRequest::RefreshToken { refresh_token: "t".into(), scope },
        ];
        for request in expected {
            let name = request.grant_type().as_str();
            assert_eq!(parse(&format!("grant_type={name}&{all}")).unwrap(), request);
        }
        // A wrong parameter of another grant does no harm.
        assert!(parse("grant_type=authorization_code&code=c&scope=a++b").is_ok());
    }

    #[test]
    fn missing_parameters_are_named() {
        for (body, name) in [
            ("grant_type=authorization_code", "'code'"),
            ("grant_type=password&password=p", "'username'"),
            ("grant_type=password&username=u&password=", "'password'"),
            ("grant_type=refresh_token&refresh_token=", "'refresh_token'"),
        ] {
            let error = parse(body).unwrap_err();
            assert_eq!(error.reason, Reason::MissingTokenRequestParameter, "{body}");
            assert!(error.description.contains(name), "{body}");
        }
        assert_eq!(reason("grant_type=client_credentials&scope=a++b"), Reason::InvalidScope);
    }

    #[test]
    fn rt_23_impossible_sizes_are_invalid_grant() {
        let token = "t".repeat(65_536);
        assert_eq!(
            reason(&format!("grant_type=refresh_token&refresh_token={token}")),
            Reason::InvalidRefreshToken
        );
        assert_eq!(
            reason(&format!("grant_type=authorization_code&code={token}")),
            Reason::InvalidAuthorizationCode
        );
    }

    #[test]
    fn debug_prints_no_secret() {
        for body in
            ["authorization_code&code=hunter2&code_verifier=hunter2", "refresh_token&refresh_token=hunter2"]
        {
            assert!(!format!("{:?}", parse(&format!("grant_type={body}"))).contains("hunter2"));
        }
        assert!(
            !format!("{:?}", parse("grant_type=password&username=u&password=hunter2")).contains("hunter2")
        );
    }

    proptest! {
        #[test]
        fn never_panics(body in "[ -~]{0,200}", grant in 0_usize..4) {
            let _ = parse(&format!("grant_type={}&{body}", GrantType::ALL[grant]));
        }
    }
}
