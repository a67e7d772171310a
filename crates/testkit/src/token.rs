//! Tokens as they come.

use base64::Engine as _;
use serde::Deserialize;
use serde_json::Value;

/// A token endpoint's answer.
#[derive(Clone, Debug, Deserialize)]
pub struct TokenSet {
    /// The access token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds.
    pub expires_in: u64,
    /// What was granted.
    #[serde(default)]
    pub scope: Option<String>,
    /// With `offline_access`.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// With `openid`.
    #[serde(default)]
    pub id_token: Option<String>,
}

impl TokenSet {
    /// The refresh token; fails when there is none.
    #[track_caller]
    pub fn refresh(&self) -> &str {
        self.refresh_token.as_deref().expect("a refresh token")
    }

    /// The access token, decoded.
    pub fn access(&self) -> Jwt {
        Jwt::decode(&self.access_token)
    }

    /// The ID token, decoded; fails when there is none.
    #[track_caller]
    pub fn id(&self) -> Jwt {
        Jwt::decode(self.id_token.as_deref().expect("an ID token"))
    }
}

/// A JWT, decoded and not verified.
#[derive(Clone, Debug)]
pub struct Jwt {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
}

impl Jwt {
    /// Reads the parts of a compact JWS.
    #[track_caller]
    pub fn decode(token: &str) -> Self {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, _] = parts[..] else { panic!("not a JWT: {token}") };
        let read = |part: &str| -> Value {
            let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        Self { header: read(header), claims: read(claims) }
    }

    /// Makes a compact JWS of any header, claims and signature: for tokens that must be refused.
    pub fn forge(header: &Value, claims: &Value, signature: &[u8]) -> String {
        let write = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let (header, claims) = (header.to_string(), claims.to_string());
        format!("{}.{}.{}", write(header.as_bytes()), write(claims.as_bytes()), write(signature))
    }
}
