//! Keys of apps, and the assertions they sign.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signet_domain::Clock;
use signet_oauth::jwt::{Alg, SigningKey};
use signet_testkit::{App, Call, Tenant, Value, json, serde_json};

use super::apps::{Made, NewApp};
use super::forge::b64;
use super::make::unique;

/// The type of assertion that there is.
pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key pair of an app.
pub(crate) struct ClientKey {
    alg: Alg,
    pkcs8: Vec<u8>,
    /// The public half.
    pub(crate) jwk: Value,
}

impl ClientKey {
    /// Makes one.
    pub(crate) fn new(alg: Alg) -> Self {
        let key = SigningKey::generate(alg).expect("a key");
        let jwk = serde_json::to_value(key.public_jwk()).expect("a JWK");
        Self { alg, pkcs8: key.to_pkcs8().to_vec(), jwk }
    }

    /// The private half, as other programs read it.
    pub(crate) fn pkcs8_base64(&self) -> String {
        STANDARD.encode(&self.pkcs8)
    }

    /// The same as a PEM file.
    pub(crate) fn pkcs8_pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8)
    }

    /// The public half of an RSA key as a PEM file.
    pub(crate) fn rsa_public_pem(&self) -> String {
        let pair = RsaKeyPair::from_pkcs8(&self.pkcs8).expect("an RSA key");
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("its public half");
        pem("PUBLIC KEY", der.as_ref())
    }

    /// The header of a good assertion.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.alg.as_str(), "kid": self.jwk["kid"], "typ": "JWT" })
    }

    /// Signs any header and claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = match self.alg {
            Alg::ES256 => self.ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, &message),
            Alg::ES384 => self.ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, &message),
            Alg::RS256 => self.rsa(&RSA_PKCS1_SHA256, &message),
            Alg::PS256 => self.rsa(&RSA_PSS_SHA256, &message),
            Alg::EdDSA => {
                let pair = Ed25519KeyPair::from_pkcs8(&self.pkcs8).expect("an Ed25519 key");
                pair.sign(message.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{message}.{}", b64(signature))
    }

    fn ecdsa(&self, algorithm: &'static EcdsaSigningAlgorithm, message: &str) -> Vec<u8> {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &self.pkcs8).expect("a key of this curve");
        let signature = pair.sign(&SystemRandom::new(), message.as_bytes());
        signature.expect("a signature").as_ref().to_vec()
    }

    fn rsa(&self, padding: &'static dyn RsaEncoding, message: &str) -> Vec<u8> {
        let pair = RsaKeyPair::from_pkcs8(&self.pkcs8).expect("an RSA key");
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("a signature");
        signature
    }

    /// A good assertion, with its own `jti`.
    pub(crate) fn assertion(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }
}

fn pem(what: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", lines.join("\n"))
}

/// Now, in seconds.
pub(crate) fn now() -> i64 {
    Clock::SYSTEM.now().secs()
}

/// The claims of a good assertion of an app for a server, at an instant in seconds.
pub(crate) fn claims(app: &App, tenant: &Tenant, now: i64) -> Value {
    json!({
        "iss": app.client_id, "sub": app.client_id, "aud": tenant.issuer(),
        "jti": unique("jti"), "iat": now, "exp": now + 60,
    })
}

/// These claims with some changed; `null` takes one away.
pub(crate) fn changed(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("an object of changes") {
        if value.is_null() {
            claims.as_object_mut().expect("claims").remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// Registers an app with these keys.
pub(crate) async fn with_keys(app: NewApp, tenant: &Tenant, keys: &[&ClientKey]) -> Made {
    let keys: Vec<&Value> = keys.iter().map(|key| &key.jwk).collect();
    let app = app.credential("token_endpoint_auth_method", json!("private_key_jwt"));
    app.oauth("jwks", json!({ "keys": keys })).make(tenant).await
}

/// A request to an endpoint that brings an assertion.
pub(crate) fn post(tenant: &Tenant, endpoint: &str, assertion: &str, params: &[(&str, &str)]) -> Call {
    let own = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    let fields: Vec<(&str, &str)> = params.iter().chain(&own).copied().collect();
    tenant.http().call("POST", &tenant.endpoint(endpoint)).form(fields)
}
