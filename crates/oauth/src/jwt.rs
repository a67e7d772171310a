//! Compact JWS (RFC 7515) and JWT (RFC 7519), as strict as RFC 8725 asks for.

use crate::encoding::{b64url, b64url_decode};
use crate::jwk::PublicJwk;
use crate::signing::{self, Pair};
use crate::strict_json;
use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Borrow;
use std::fmt;
use zeroize::Zeroizing;

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The `typ` of access tokens (RFC 9068 §2.1).
pub const TYP_ACCESS: &str = "at+jwt";

/// Signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1). There is no `none` and nothing symmetric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Alg {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

impl Alg {
    /// Every algorithm.
    pub const ALL: &[Self] = &[Self::RS256, Self::PS256, Self::ES256, Self::ES384, Self::EdDSA];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    /// Whether its keys are RSA keys.
    pub(crate) const fn is_rsa(self) -> bool {
        matches!(self, Self::RS256 | Self::PS256)
    }

    /// The `crv` of its keys; empty for RSA.
    pub(crate) const fn curve(self) -> &'static str {
        match self {
            Self::RS256 | Self::PS256 => "",
            Self::ES256 => "P-256",
            Self::ES384 => "P-384",
            Self::EdDSA => "Ed25519",
        }
    }
}

impl fmt::Display for Alg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Alg {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::ALL.iter().copied().find(|alg| alg.as_str() == text).ok_or(KeyError::Unsupported)
    }
}

/// What is wrong with a key, or with its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a key of its kind at all.
    #[error("the key is malformed")]
    Malformed,
    /// A kind, curve, use or algorithm that is not supported, or that do not fit together.
    #[error("the kind of key is not supported")]
    Unsupported,
    /// A private or symmetric key where a public one belongs.
    #[error("the key has private members")]
    Private,
    /// Too short, off its curve, or of small order.
    #[error("the key is too weak")]
    Weak,
    /// The library could not make a key or a signature.
    #[error("the cryptographic operation failed")]
    Crypto,
    /// The claims are no JSON object, name one twice, or make the token too long.
    #[error("the claims make no acceptable token")]
    Claims,
}

/// Why a token was refused. For the log; tell the client nothing but that the token is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not a compact JWS in canonical form, or too long.
    #[error("malformed token")]
    Malformed,
    /// A header that is not strict JSON, lacks `alg`, or asks for what is not supported.
    #[error("unacceptable header")]
    Header,
    /// An algorithm that is not allowed, or not that of the key.
    #[error("unacceptable algorithm")]
    Algorithm,
    /// No `kid`, or one that belongs to none of the keys.
    #[error("unknown key")]
    UnknownKey,
    /// The header brings no key along where it must, or one that proves nothing.
    #[error("unacceptable key")]
    Key,
    /// The signature does not match.
    #[error("wrong signature")]
    Signature,
    /// Claims that are no strict JSON object, or a claim that is missing or has the wrong type.
    #[error("unacceptable claims")]
    Claims,
    /// `typ` belongs to another kind of token.
    #[error("wrong type of token")]
    Type,
    /// `iss` is not the expected one.
    #[error("wrong issuer")]
    Issuer,
    /// `aud` is not the expected one.
    #[error("wrong audience")]
    Audience,
    /// `exp` is over.
    #[error("expired")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("not valid yet")]
    NotYetValid,
}

/// A private key for signing. It prints without its secrets.
pub struct SigningKey {
    pair: Pair,
    public: PublicJwk,
    pkcs8: Zeroizing<Vec<u8>>,
}

impl SigningKey {
    /// Makes a new key; RSA keys have 2048 bits.
    ///
    /// # Errors
    ///
    /// [`KeyError::Crypto`] if the library fails.
    pub fn generate(alg: Alg) -> Result<Self, KeyError> {
        Self::from_pkcs8(alg, &signing::generate(alg)?)
    }

    /// Reads a key from PKCS#8 (RFC 5958). Its `kid` is its thumbprint (RFC 7638).
    ///
    /// # Errors
    ///
    /// [`KeyError::Malformed`] if it is not a key for this algorithm.
    pub fn from_pkcs8(alg: Alg, der: &[u8]) -> Result<Self, KeyError> {
        let pair = Pair::from_pkcs8(alg, der)?;
        let public = PublicJwk::new(None, alg, pair.material()?)?;
        Ok(Self { pair, public, pkcs8: Zeroizing::new(der.to_vec()) })
    }

    /// The key as PKCS#8, to be stored encrypted.
    #[must_use]
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    /// The public half, for the key set.
    #[must_use]
    pub const fn public_jwk(&self) -> &PublicJwk {
        &self.public
    }

    /// The key id.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The algorithm of the key.
    #[must_use]
    pub const fn alg(&self) -> Alg {
        self.public.alg()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("alg", &self.alg())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

/// The header of our tokens, and what is kept of a verified one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The algorithm.
    pub alg: Alg,
    /// The kind of token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
}

/// A token whose signature is right. Its claims still have to be checked with [`crate::jwt::ClaimCheck`].
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The header.
    pub header: Header,
    /// The claims.
    pub claims: Map<String, Value>,
}

/// Signs claims as a compact JWS. Whatever [`verify`] would refuse is not signed in the first place.
///
/// # Errors
///
/// [`KeyError::Claims`] if the claims are no JSON object, have a name twice (a configured claim with the name of
/// a registered one) or exceed [`MAX_TOKEN_BYTES`]; [`KeyError::Crypto`] if signing fails.
pub fn sign<T: Serialize>(key: &SigningKey, typ: Option<&str>, claims: &T) -> Result<String, KeyError> {
    let header = Header { alg: key.alg(), typ: typ.map(str::to_owned), kid: Some(key.kid().to_owned()) };
    let header = serde_json::to_vec(&header).map_err(|_| KeyError::Claims)?;
    let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Claims)?;
    strict_json::object(&claims).ok_or(KeyError::Claims)?;
    let mut token = format!("{}.{}", b64url(header), b64url(claims));
    let signature = key.pair.sign(key.alg(), token.as_bytes())?;
    token.push('.');
    token.push_str(&b64url(signature));
    if token.len() > MAX_TOKEN_BYTES { Err(KeyError::Claims) } else { Ok(token) }
}

/// Checks form, algorithm, key and signature of a token, and that its claims are a strict JSON object.
///
/// Keys that the header brings along or points to (`jwk`, `jku`, `x5u`, `x5c`) are ignored; only
/// [`verify_with_own_key`] looks at them.
///
/// # Errors
///
/// Says what is wrong first; nothing of the token may be used.
pub fn verify(token: &str, keys: &[PublicJwk], allowed: &[Alg]) -> Result<Verified, JwtError> {
    let verified = verify_with(token, allowed, |header, _| {
        let kid = header.kid.as_deref().ok_or(JwtError::UnknownKey)?;
        keys.iter().find(|key| key.kid() == kid).ok_or(JwtError::UnknownKey)
    });
    verified.map(|(verified, _)| verified)
}

/// As [`verify`], but a token without a `kid` was signed by the one key there is for its algorithm: clients that
/// have a single key seldom name it.
///
/// # Errors
///
/// As [`verify`]; without a `kid`, also if there is more than one such key.
pub fn verify_with_sole_key(token: &str, keys: &[PublicJwk], allowed: &[Alg]) -> Result<Verified, JwtError> {
    let verified = verify_with(token, allowed, |header, _| match header.kid.as_deref() {
        Some(kid) => keys.iter().find(|key| key.kid() == kid).ok_or(JwtError::UnknownKey),
        None => {
            let mut fitting = keys.iter().filter(|key| key.fits(header.alg));
            match (fitting.next(), fitting.next()) {
                (Some(key), None) => Ok(key),
                _ => Err(JwtError::UnknownKey),
            }
        }
    });
    verified.map(|(verified, _)| verified)
}

/// As [`verify`], but with the public key that the header itself brings along (`jwk`, RFC 7515 §4.1.3), and gives
/// that key too. It shows only that whoever signed has the key; what the key is worth is for the caller to say.
///
/// # Errors
///
/// As [`verify`]; [`JwtError::Key`] without a key, or if it is private, symmetric, weak or not for signatures.
pub fn verify_with_own_key(token: &str, allowed: &[Alg]) -> Result<(Verified, PublicJwk), JwtError> {
    verify_with(token, allowed, |_, members| {
        let mut key = members.get("jwk").and_then(Value::as_object).ok_or(JwtError::Key)?.clone();
        // Its name is nobody's business.
        key.remove("kid");
        serde_json::from_value(Value::Object(key)).map_err(|_| JwtError::Key)
    })
}

fn verify_with<K: Borrow<PublicJwk>>(
    token: &str,
    allowed: &[Alg],
    find: impl FnOnce(&Header, &Map<String, Value>) -> Result<K, JwtError>,
) -> Result<(Verified, K), JwtError> {
    let parts = Parts::of(token)?;
    let raw = RawHeader::parse(parts.header)?;
    let header = raw.header()?;
    if !allowed.contains(&header.alg) {
        return Err(JwtError::Algorithm);
    }
    let key = find(&header, &raw.members)?;
    if !key.borrow().fits(header.alg) {
        return Err(JwtError::Algorithm);
    }
    if !signing::verify(key.borrow(), header.alg, parts.message, &parts.signature) {
        return Err(JwtError::Signature);
    }
    let claims = strict_json::object(&parts.claims).ok_or(JwtError::Claims)?;
    Ok((Verified { header, claims }, key))
}

/// The one algorithm of [`verify_mac`]: HMAC with SHA-256 (RFC 7518 §3.2). It is no [`Alg`], so that nothing that
/// takes a public key can be made to take a shared one (RFC 8725 §3.1).
pub const MAC_ALG: &str = "HS256";

/// The shortest key of [`verify_mac`], in bytes: as long as its hash (RFC 7518 §3.2).
pub const MAC_KEY_BYTES: usize = 32;

/// A token whose MAC is right.
#[derive(Clone, Debug, PartialEq)]
pub struct MacVerified {
    /// The kind of token.
    pub typ: Option<String>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// Which of the secrets it was made with.
    pub secret: usize,
}

/// Checks form, algorithm and MAC of a token that was made with one of these shared secrets, and that its claims are a
/// strict JSON object. Secrets shorter than [`MAC_KEY_BYTES`] verify nothing.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_mac<S: AsRef<[u8]>>(token: &str, secrets: &[S]) -> Result<MacVerified, JwtError> {
    let parts = Parts::of(token)?;
    let header = RawHeader::parse(parts.header)?;
    if header.alg != MAC_ALG {
        return Err(JwtError::Algorithm);
    }
    let fits = |secret: &S| {
        let secret = secret.as_ref();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        secret.len() >= MAC_KEY_BYTES && hmac::verify(&key, parts.message, &parts.signature).is_ok()
    };
    let secret = secrets.iter().position(fits).ok_or(JwtError::Signature)?;
    let claims = strict_json::object(&parts.claims).ok_or(JwtError::Claims)?;
    Ok(MacVerified { typ: header.typ, claims, secret })
}

/// Whether a token says that it was made with a shared secret. Nobody has verified it.
#[must_use]
pub fn unverified_is_mac(token: &str) -> bool {
    split(token).and_then(|[header, ..]| RawHeader::parse(header)).is_ok_and(|header| header.alg == MAC_ALG)
}

/// The header of a token that nobody has verified: only to find the right key set.
///
/// # Errors
///
/// As [`verify`] for form and header.
pub fn peek_unverified(token: &str) -> Result<Header, JwtError> {
    let [header, _, _] = split(token)?;
    RawHeader::parse(header)?.header()
}

/// The `sub` of a token that nobody has verified: only to find the keys to verify it with.
#[must_use]
pub fn unverified_subject(token: &str) -> Option<String> {
    unverified_text(token, "sub")
}

/// A text that a token says and nobody has verified: only to find what to verify it with, or what was forged.
#[must_use]
pub fn unverified_text(token: &str, claim: &str) -> Option<String> {
    unverified(token)?.get(claim)?.as_str().map(str::to_owned)
}

/// A whole number that a token says and nobody has verified.
#[must_use]
pub fn unverified_number(token: &str, claim: &str) -> Option<i64> {
    unverified(token)?.get(claim)?.as_i64()
}

fn unverified(token: &str) -> Option<Map<String, Value>> {
    let [_, claims, _] = split(token).ok()?;
    strict_json::object(&b64url_decode(claims)?)
}

fn split(token: &str) -> Result<[&str; 3], JwtError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JwtError::Malformed);
    }
    let mut parts = token.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(claims), Some(signature), None) => Ok([header, claims, signature]),
        _ => Err(JwtError::Malformed),
    }
}

/// A token in its canonical form, decoded but for the header.
struct Parts<'t> {
    header: &'t str,
    message: &'t [u8],
    claims: Vec<u8>,
    signature: Vec<u8>,
}

impl<'t> Parts<'t> {
    fn of(token: &'t str) -> Result<Self, JwtError> {
        let [header, claims, signature] = split(token)?;
        let (message, _) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let signature = b64url_decode(signature).ok_or(JwtError::Malformed)?;
        let claims = b64url_decode(claims).ok_or(JwtError::Malformed)?;
        Ok(Self { header, message: message.as_bytes(), claims, signature })
    }
}

/// A header whose algorithm may be any.
struct RawHeader {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    members: Map<String, Value>,
}

impl RawHeader {
    fn parse(encoded: &str) -> Result<Self, JwtError> {
        let bytes = b64url_decode(encoded).ok_or(JwtError::Malformed)?;
        let members = strict_json::object(&bytes).ok_or(JwtError::Header)?;
        // Extensions that change the meaning of the token; none of them is supported.
        if ["crit", "b64", "zip", "enc"].iter().any(|name| members.contains_key(*name)) {
            return Err(JwtError::Header);
        }
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(JwtError::Header),
        };
        let alg = text("alg")?.ok_or(JwtError::Algorithm)?;
        Ok(Self { alg, typ: text("typ")?, kid: text("kid")?, members })
    }

    fn header(&self) -> Result<Header, JwtError> {
        let alg = self.alg.parse().map_err(|_| JwtError::Algorithm)?;
        Ok(Header { alg, typ: self.typ.clone(), kid: self.kid.clone() })
    }
}

pub use crate::claim_check::{ClaimCheck, claim_seconds};

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
