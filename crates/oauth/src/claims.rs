//! The claims of access tokens (RFC 9068 §2.2) and ID tokens (OpenID Connect Core §2).

use crate::encoding::b64url;
use crate::jwt::Alg;
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of the claim layout, the claim `ver`.
pub const VERSION: u8 = 1;

/// Names that no configured claim may have: the server alone says what is in them.
pub const RESERVED: &[&str] = &[
    "acr",
    "act",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "authenticated_userid",
    "azp",
    "c_hash",
    "cid",
    "client_id",
    "cnf",
    "exp",
    "gen",
    "gid",
    "iat",
    "idp",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "s_hash",
    "scope",
    "scp",
    "sid",
    "sub",
    "uid",
    "username",
    "ver",
];

/// What only the rightful holder of a token can show (RFC 7800 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The thumbprint of the key that proofs are signed with (RFC 9449 §6.1).
    pub jkt: String,
}

/// The claims of an access token; sign it with the `typ` [`crate::jwt::TYP_ACCESS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Always [`VERSION`].
    pub ver: u8,
    /// Unique id of the token.
    pub jti: String,
    /// The issuer.
    pub iss: String,
    /// The audience, a single string.
    pub aud: String,
    /// When it was issued, in seconds since the epoch.
    pub iat: i64,
    /// When it expires, in seconds since the epoch.
    pub exp: i64,
    /// The client.
    pub cid: String,
    /// The client again, under the name of RFC 9068.
    pub client_id: String,
    /// The id of the user; absent if the client acts for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The granted scopes.
    pub scp: Vec<String>,
    /// The same as one text, under the name of RFC 9068 §2.2.3.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// When the user signed in, in seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The login of the user, or the client id if the client acts for itself.
    pub sub: String,
    /// The grant that the token belongs to, by which it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<String>,
    /// The login of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The key that the token is bound to; absent from a bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Claims that the authorization server was configured to add; none of [`RESERVED`].
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The claims of an ID token; sign it without a `typ`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// Always [`VERSION`].
    pub ver: u8,
    /// Unique id of the token.
    pub jti: String,
    /// The issuer.
    pub iss: String,
    /// The client.
    pub aud: String,
    /// The id of the user.
    pub sub: String,
    /// When it was issued, in seconds since the epoch.
    pub iat: i64,
    /// When it expires, in seconds since the epoch.
    pub exp: i64,
    /// When the user signed in, in seconds since the epoch.
    pub auth_time: i64,
    /// The `nonce` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Binds the access token, see [`at_hash`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// How the user signed in (RFC 8176), for example `pwd`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The session (OpenID Connect Front-Channel Logout 1.0 §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Who checked the user: the organisation itself, or an upstream provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<String>,
    /// Claims about the user (OpenID Connect Core §5.1) and configured ones.
    #[serde(flatten)]
    pub profile: Map<String, Value>,
}

/// The claim `at_hash`: the left half of the digest of the access token (OpenID Connect Core §3.1.3.6).
#[must_use]
pub fn at_hash(alg: Alg, access_token: &str) -> String {
    let algorithm = match alg {
        Alg::RS256 | Alg::PS256 | Alg::ES256 => &digest::SHA256,
        Alg::ES384 => &digest::SHA384,
        // Ed25519 hashes with SHA-512.
        Alg::EdDSA => &digest::SHA512,
    };
    let whole = digest::digest(algorithm, access_token.as_bytes());
    b64url(&whole.as_ref()[..algorithm.output_len() / 2])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn at_hash_of_the_openid_connect_example() {
        // OpenID Connect Core appendix A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(Alg::RS256, token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(at_hash(Alg::ES384, token).len(), 32);
        assert_eq!(at_hash(Alg::EdDSA, token).len(), 43);
    }

    #[test]
    fn access_token_of_a_service_has_no_user() {
        let claims = AccessTokenClaims {
            ver: VERSION,
            jti: "AT.x".into(),
            iss: "i".into(),
            aud: "api://default".into(),
            iat: 1,
            exp: 2,
            cid: "c".into(),
            client_id: "c".into(),
            uid: None,
            scp: vec!["a".into()],
            scope: "a".into(),
            auth_time: None,
            sub: "c".into(),
            gid: None,
            username: None,
            cnf: None,
            extra: Map::new(),
        };
        let expected = json!({"ver": 1, "jti": "AT.x", "iss": "i", "aud": "api://default", "iat": 1, "exp": 2,
            "cid": "c", "client_id": "c", "scp": ["a"], "scope": "a", "sub": "c"});
        assert_eq!(serde_json::to_value(&claims).unwrap(), expected);
        assert_eq!(serde_json::from_value::<AccessTokenClaims>(expected).unwrap(), claims);
    }

    #[test]
    fn every_own_claim_is_reserved() {
        let json = json!({"ver": 1, "jti": "x", "iss": "i", "aud": "c", "sub": "u", "iat": 1, "exp": 2,
            "auth_time": 1, "nonce": "n", "at_hash": "h", "amr": ["pwd"], "sid": "s", "idp": "o", "cid": "c",
            "client_id": "c", "uid": "u", "scp": [], "gid": "g", "username": "a"});
        let id: IdTokenClaims = serde_json::from_value(json.clone()).unwrap();
        let access: AccessTokenClaims = serde_json::from_value(json.clone()).unwrap();
        for name in json.as_object().unwrap().keys() {
            assert!(RESERVED.contains(&name.as_str()), "{name}");
            // One of the two structures has a field for it.
            assert!(!id.profile.contains_key(name) || !access.extra.contains_key(name), "{name}");
        }
    }

    #[test]
    fn id_token_profile_is_flat() {
        let json = json!({"ver": 1, "jti": "ID.x", "iss": "i", "aud": "c", "sub": "00u1", "iat": 1, "exp": 2,
            "auth_time": 1, "nonce": "n", "amr": ["pwd"], "name": "Ada", "email_verified": true});
        let claims: IdTokenClaims = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(claims.profile["name"], "Ada");
        assert_eq!(serde_json::to_value(&claims).unwrap(), json);
    }
}
