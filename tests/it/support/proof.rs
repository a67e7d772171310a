//! Proofs of possession (RFC 9449), as a client makes them.

use signet_oauth::dpop::digest_of;
use signet_oauth::jwk::PublicJwk;
use signet_oauth::jwt::Alg;
use signet_testkit::{App, Call, Tenant, Value, json, serde_json};

use super::client_key::{ClientKey, changed, now};
use super::make::unique;

/// A client's key for proofs.
pub(crate) struct ProofKey {
    key: ClientKey,
    alg: Alg,
}

impl ProofKey {
    /// Makes one of the usual kind.
    pub(crate) fn new() -> Self {
        Self::of(Alg::ES256)
    }

    /// Makes one.
    pub(crate) fn of(alg: Alg) -> Self {
        Self { key: ClientKey::new(alg), alg }
    }

    /// The public half.
    pub(crate) fn jwk(&self) -> &Value {
        &self.key.jwk
    }

    /// What tokens are bound to.
    pub(crate) fn thumbprint(&self) -> String {
        serde_json::from_value::<PublicJwk>(self.key.jwk.clone()).expect("a public key").thumbprint()
    }

    /// The header of a good proof.
    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.alg.as_str(), "jwk": self.key.jwk })
    }

    /// Signs any header and claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.key.sign(header, claims)
    }

    /// A good proof for a request, with its own `jti`.
    pub(crate) fn proof(&self, method: &str, url: &str) -> String {
        self.sign(&self.header(), &claims(method, url))
    }

    /// A good proof for a request that carries this token.
    pub(crate) fn proof_with(&self, method: &str, url: &str, token: &str) -> String {
        self.sign(&self.header(), &changed(claims(method, url), &json!({ "ath": digest_of(token) })))
    }
}

/// The claims of a good proof for a request, made now.
pub(crate) fn claims(method: &str, url: &str) -> Value {
    json!({ "jti": unique("jti"), "htm": method, "htu": url, "iat": now() })
}

/// A token request with a good proof by this key.
pub(crate) fn token_by(tenant: &Tenant, app: &App, key: &ProofKey, params: &[(&str, &str)]) -> Call {
    tenant.token_as(app, params).header("dpop", &key.proof("POST", &tenant.endpoint("token")))
}

/// Asks for userinfo with a bound token and this proof.
pub(crate) fn userinfo_with(tenant: &Tenant, method: &str, token: &str, proof: &str) -> Call {
    tenant.http().canaries().add(token);
    let call = tenant.http().call(method, &tenant.endpoint("userinfo"));
    call.header("authorization", &format!("DPoP {token}")).header("dpop", proof)
}
