//! Discovery documents: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2 in one.

use crate::client_auth::AuthMethod;
use crate::jwt::{Alg, MAC_ALG};
use crate::token_request::GrantType;
use serde::{Deserialize, Serialize};

/// The claims that tokens or userinfo can have.
const CLAIMS: &[&str] = &[
    "iss",
    "ver",
    "sub",
    "aud",
    "iat",
    "exp",
    "jti",
    "auth_time",
    "amr",
    "idp",
    "nonce",
    "at_hash",
    "sid",
    "name",
    "nickname",
    "preferred_username",
    "given_name",
    "middle_name",
    "family_name",
    "email",
    "email_verified",
    "profile",
    "zoneinfo",
    "locale",
    "address",
    "phone_number",
    "phone_number_verified",
    "picture",
    "website",
    "gender",
    "birthdate",
    "updated_at",
];

/// The addresses of one issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// RFC 6749 §3.1.
    pub authorization: String,
    /// RFC 6749 §3.2.
    pub token: String,
    /// OpenID Connect Core §5.3.
    pub userinfo: String,
    /// RFC 7517 §5.
    pub jwks: String,
    /// RFC 7662.
    pub introspection: String,
    /// RFC 7009.
    pub revocation: String,
    /// RFC 9126.
    pub pushed: String,
    /// OpenID Connect RP-Initiated Logout 1.0.
    pub end_session: String,
    /// RFC 7591 §3; none where clients can't register themselves.
    pub registration: Option<String>,
}

impl Endpoints {
    /// The addresses in their usual places below the issuer.
    #[must_use]
    pub fn below(issuer: &str) -> Self {
        let at = |name: &str| format!("{issuer}/v1/{name}");
        Self {
            authorization: at("authorize"),
            token: at("token"),
            userinfo: at("userinfo"),
            jwks: at("keys"),
            introspection: at("introspect"),
            revocation: at("revoke"),
            pushed: at("par"),
            end_session: at("logout"),
            registration: None,
        }
    }
}

/// What an issuer offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The issuer, exactly as in its tokens.
    pub issuer: String,
    /// RFC 6749 §3.1.
    pub authorization_endpoint: String,
    /// RFC 6749 §3.2.
    pub token_endpoint: String,
    /// OpenID Connect Core §5.3.
    pub userinfo_endpoint: String,
    /// RFC 7517 §5.
    pub jwks_uri: String,
    /// RFC 7662.
    pub introspection_endpoint: String,
    /// RFC 7009.
    pub revocation_endpoint: String,
    /// OpenID Connect RP-Initiated Logout 1.0.
    pub end_session_endpoint: String,
    /// RFC 7591 §3; only where clients may register themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// RFC 9126 §5.
    pub pushed_authorization_request_endpoint: String,
    /// Only of the apps that are set so (RFC 9126 §5).
    pub require_pushed_authorization_requests: bool,
    /// Only `code`.
    pub response_types_supported: Vec<String>,
    /// `query`, `fragment`, `form_post`.
    pub response_modes_supported: Vec<String>,
    /// The grants that are switched on.
    pub grant_types_supported: Vec<GrantType>,
    /// `public` and `pairwise` (OpenID Connect Core §8).
    pub subject_types_supported: Vec<String>,
    /// The algorithms of ID tokens.
    pub id_token_signing_alg_values_supported: Vec<Alg>,
    /// The algorithms of userinfo as a JWT, for apps that want it signed.
    pub userinfo_signing_alg_values_supported: Vec<Alg>,
    /// The published scopes.
    pub scopes_supported: Vec<String>,
    /// How clients authenticate at the token endpoint.
    pub token_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// How clients authenticate at the introspection endpoint; public clients cannot use it.
    pub introspection_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// How clients authenticate at the revocation endpoint.
    pub revocation_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// The algorithms of assertions at the token endpoint (RFC 7523).
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// The algorithms of assertions at the introspection endpoint.
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// The algorithms of assertions at the revocation endpoint.
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// The claims that can be had.
    pub claims_supported: Vec<String>,
    /// Only `S256` (RFC 7636).
    pub code_challenge_methods_supported: Vec<String>,
    /// RFC 9207: every answer carries `iss`.
    pub authorization_response_iss_parameter_supported: bool,
    /// The languages of the pages (BCP 47).
    pub ui_locales_supported: Vec<String>,
    /// OpenID Connect Back-Channel Logout 1.0 §2.1.
    pub backchannel_logout_supported: bool,
    /// Logout tokens name the session.
    pub backchannel_logout_session_supported: bool,
    /// OpenID Connect Front-Channel Logout 1.0 §3.
    pub frontchannel_logout_supported: bool,
    /// Addresses are loaded with issuer and session.
    pub frontchannel_logout_session_supported: bool,
    /// Where apps watch a sign-in (OpenID Connect Session Management 1.0 §3.3), if the server lets them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_session_iframe: Option<String>,
    /// Signed request objects (OpenID Connect Core §6, RFC 9101).
    pub request_parameter_supported: bool,
    /// And by reference.
    pub request_uri_parameter_supported: bool,
    /// Only from registered addresses.
    pub require_request_uri_registration: bool,
    /// The algorithms of request objects.
    pub request_object_signing_alg_values_supported: Vec<Alg>,
    /// OpenID Connect Core §5.5.
    pub claims_parameter_supported: bool,
    /// The algorithms of proofs of possession (RFC 9449 §5.1).
    pub dpop_signing_alg_values_supported: Vec<Alg>,
}

impl Metadata {
    /// The document of an issuer with these grants, published scopes and ID token algorithms.
    #[must_use]
    pub fn new(
        issuer: &str,
        endpoints: Endpoints,
        grant_types: Vec<GrantType>,
        scopes: Vec<String>,
        algs: Vec<Alg>,
    ) -> Self {
        let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let confidential = vec![
            AuthMethod::ClientSecretBasic,
            AuthMethod::ClientSecretPost,
            AuthMethod::ClientSecretJwt,
            AuthMethod::PrivateKeyJwt,
        ];
        let signing: Vec<_> = Alg::ALL.iter().map(|alg| alg.as_str()).chain([MAC_ALG]).collect();
        let signing = strings(&signing);
        let all = [confidential.as_slice(), &[AuthMethod::None]].concat();
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: endpoints.authorization,
            token_endpoint: endpoints.token,
            userinfo_endpoint: endpoints.userinfo,
            jwks_uri: endpoints.jwks,
            introspection_endpoint: endpoints.introspection,
            revocation_endpoint: endpoints.revocation,
            end_session_endpoint: endpoints.end_session,
            registration_endpoint: endpoints.registration,
            pushed_authorization_request_endpoint: endpoints.pushed,
            require_pushed_authorization_requests: false,
            response_types_supported: strings(&["code"]),
            response_modes_supported: strings(&["query", "fragment", "form_post"]),
            grant_types_supported: grant_types,
            subject_types_supported: strings(&["public", "pairwise"]),
            userinfo_signing_alg_values_supported: algs.clone(),
            id_token_signing_alg_values_supported: algs,
            scopes_supported: scopes,
            token_endpoint_auth_methods_supported: all.clone(),
            introspection_endpoint_auth_methods_supported: confidential,
            revocation_endpoint_auth_methods_supported: all,
            token_endpoint_auth_signing_alg_values_supported: signing.clone(),
            introspection_endpoint_auth_signing_alg_values_supported: signing.clone(),
            revocation_endpoint_auth_signing_alg_values_supported: signing,
            claims_supported: strings(CLAIMS),
            code_challenge_methods_supported: strings(&["S256"]),
            authorization_response_iss_parameter_supported: true,
            ui_locales_supported: strings(&["en"]),
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            check_session_iframe: None,
            request_parameter_supported: true,
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            request_object_signing_alg_values_supported: Alg::ALL.to_vec(),
            claims_parameter_supported: true,
            dpop_signing_alg_values_supported: Alg::ALL.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn says_only_what_there_is() {
        let issuer = "https://acme.idp.test/oauth2/default";
        let grants = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
        let document =
            Metadata::new(issuer, Endpoints::below(issuer), grants, vec!["openid".into()], vec![Alg::RS256]);
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(json["issuer"], issuer);
        assert_eq!(json["token_endpoint"], format!("{issuer}/v1/token"));
        assert_eq!(json["response_types_supported"], serde_json::json!(["code"]));
        assert_eq!(json["grant_types_supported"], serde_json::json!(["authorization_code", "refresh_token"]));
        assert_eq!(json["code_challenge_methods_supported"], serde_json::json!(["S256"]));
        assert_eq!(json["require_request_uri_registration"], true);
        assert_eq!(json["authorization_response_iss_parameter_supported"], true);
        let introspection = &json["introspection_endpoint_auth_methods_supported"];
        assert_eq!(
            *introspection,
            serde_json::json!([
                "client_secret_basic",
                "client_secret_post",
                "client_secret_jwt",
                "private_key_jwt"
            ])
        );
    }
}
