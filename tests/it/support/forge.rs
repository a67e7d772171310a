//! Tokens that the server's own key signed, though the server never would: so that only the check under test
//! stands between them and being believed.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use signet_idp::secrets::MasterKey;
use signet_testkit::{Jwt, TestApp, Value, json};

use super::rows::Rows;

/// The key that signs for an issuer, taken from the store.
pub(crate) struct Signer {
    /// Its id.
    pub(crate) kid: String,
    /// Its algorithm.
    pub(crate) alg: String,
    der: Vec<u8>,
}

/// base64url without padding.
pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    /// Opens the active key of this issuer with the deployment's master key.
    pub(crate) async fn of(app: &TestApp, issuer: &str) -> Self {
        let (kid, alg, sealed) = Rows::of(app).await.signing_key(issuer).await;
        let der = master_key(app).open(b"signing-key", &sealed).expect("the master key opens it").to_vec();
        Self { kid, alg, der }
    }

    /// The header of a good access token.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.alg, "typ": "at+jwt", "kid": self.kid })
    }

    /// Signs any two texts.
    pub(crate) fn sign(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", b64(header), b64(claims));
        let signature = self.signature(message.as_bytes(), false);
        format!("{message}.{}", b64(signature))
    }

    /// Signs these claims under the header of a good access token.
    pub(crate) fn sign_claims(&self, claims: &Value) -> String {
        self.sign(self.header().to_string(), claims.to_string())
    }

    /// The same token again with these claims changed; `null` takes one away.
    pub(crate) fn change(&self, token: &str, changes: Value) -> String {
        let mut claims = Jwt::decode(token).claims;
        for (name, value) in changes.as_object().expect("an object of changes") {
            if value.is_null() {
                claims.as_object_mut().expect("claims").remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        self.sign_claims(&claims)
    }

    /// A signature; of ECDSA in ASN.1, which is not JWS's form, if asked.
    pub(crate) fn signature(&self, message: &[u8], asn1: bool) -> Vec<u8> {
        let random = SystemRandom::new();
        if self.alg == "RS256" {
            let pair = RsaKeyPair::from_pkcs8(&self.der).expect("an RSA key");
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
            return signature;
        }
        assert_eq!(self.alg, "ES256", "only RSA and P-256 are needed here");
        let form = if asn1 { &ECDSA_P256_SHA256_ASN1_SIGNING } else { &ECDSA_P256_SHA256_FIXED_SIGNING };
        let pair = EcdsaKeyPair::from_pkcs8(form, &self.der).expect("a P-256 key");
        pair.sign(&random, message).expect("a signature").as_ref().to_vec()
    }
}

fn master_key(app: &TestApp) -> MasterKey {
    let own = app.data_dir().join("master.key");
    let file = app.master_key_file().unwrap_or(&own);
    let text = std::fs::read_to_string(file).expect("the master key's file");
    let bytes = STANDARD.decode(text.trim()).expect("base64");
    MasterKey::new(bytes.try_into().expect("32 bytes"))
}
