//! Proofs of possession (DPoP, RFC 9449): with each request a client shows anew that it has the key which its tokens
//! are bound to. A proof is a JWT that carries its own public key and names the one request that it is for.
//!
//! There are no nonces of the server's (RFC 9449 §8): a proof is good for seconds and works once, over all nodes.

mod target;

pub use target::is_same_address;

use crate::compare::ct_eq;
use crate::encoding::{b64url, is_b64url};
use crate::error::{OAuthError, Reason};
use crate::jwk::PublicJwk;
use crate::jwt::{self, Alg, JwtError, Verified, claim_seconds};
use aws_lc_rs::digest;
use serde_json::{Map, Value};

/// The `typ` of proofs.
const TYP: &str = "dpop+jwt";

/// The longest `jti`, in bytes.
pub const MAX_JTI_BYTES: usize = 255;

/// The longest proof, in bytes: an RSA key of 8192 bits with its signature takes a third of it.
const MAX_BYTES: usize = 8 * 1024;

/// Seconds that a client's clock may differ.
const LEEWAY_SECONDS: i64 = 10;

/// Seconds that a request may be under way.
const TRAVEL_SECONDS: i64 = 5;

/// Seconds after its `iat` in which a proof might be taken, so that its `jti` must be remembered.
pub const LONGEST_SECONDS: i64 = LEEWAY_SECONDS + TRAVEL_SECONDS;

/// What a request has in its header `DPoP`.
#[derive(Clone, Copy, Debug, Default)]
pub enum Presented<'a> {
    /// There is no such header.
    #[default]
    Nothing,
    /// There is one.
    One(&'a [u8]),
    /// There are more (RFC 9449 §4.3, the first check).
    Several,
}

impl<'a> Presented<'a> {
    /// Reads the values of the header.
    pub fn of(mut values: impl Iterator<Item = &'a [u8]>) -> Self {
        match (values.next(), values.next()) {
            (None, _) => Self::Nothing,
            (Some(value), None) => Self::One(value),
            (Some(_), Some(_)) => Self::Several,
        }
    }
}

/// The request that a proof has to be for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its address.
    pub url: &'a str,
    /// The access token that it carries, if it is one to a protected resource.
    pub access_token: Option<&'a str>,
    /// The time, in seconds since the epoch.
    pub now: i64,
}

/// A proof that is right in itself. Whether it was used before is for the caller to find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of its key (RFC 7638).
    pub jkt: String,
    /// Its id, which the key's owner uses once.
    pub jti: String,
    /// When it was made, in seconds since the epoch.
    pub issued_at: i64,
}

impl Proof {
    /// Checks the proof of a request (RFC 9449 §4.3); `None` if there is none.
    ///
    /// # Errors
    ///
    /// `invalid_dpop_proof`, with the first rule that is broken as its reason.
    pub fn check(presented: Presented<'_>, request: &Request<'_>) -> Result<Option<Self>, OAuthError> {
        let text = match presented {
            Presented::Nothing => return Ok(None),
            Presented::Several => return Err(Reason::DpopProofRepeated.into()),
            Presented::One(bytes) => std::str::from_utf8(bytes).map_err(|_| Reason::DpopProofMalformed)?,
        };
        if text.len() > MAX_BYTES {
            return Err(Reason::DpopProofMalformed.into());
        }
        let (verified, key) = jwt::verify_with_own_key(text, Alg::ALL).map_err(|error| match error {
            JwtError::Algorithm => Reason::DpopProofAlgorithm,
            JwtError::Key => Reason::DpopProofKey,
            JwtError::Signature => Reason::DpopProofSignature,
            _ => Reason::DpopProofMalformed,
        })?;
        Ok(Some(Self::read(&verified, &key, request)?))
    }

    fn read(verified: &Verified, key: &PublicJwk, request: &Request<'_>) -> Result<Self, Reason> {
        let claims = &verified.claims;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if !verified.header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(TYP)) {
            return Err(Reason::DpopProofMalformed);
        }
        let jti = text("jti").filter(|jti| !jti.is_empty() && jti.len() <= MAX_JTI_BYTES);
        let jti = jti.ok_or(Reason::DpopProofMalformed)?.to_owned();
        if text("htm") != Some(request.method) {
            return Err(Reason::DpopProofMethod);
        }
        if !text("htu").is_some_and(|htu| is_same_address(htu, request.url)) {
            return Err(Reason::DpopProofUri);
        }
        let issued_at = check_times(claims, request.now)?;
        if let Some(token) = request.access_token
            && !text("ath").is_some_and(|ath| ct_eq(ath.as_bytes(), digest_of(token).as_bytes()))
        {
            return Err(Reason::DpopProofToken);
        }
        Ok(Self { jkt: key.thumbprint(), jti, issued_at })
    }
}

/// The digest of an access token that a proof at a protected resource names: `ath`.
#[must_use]
pub fn digest_of(access_token: &str) -> String {
    b64url(digest::digest(&digest::SHA256, access_token.as_bytes()))
}

/// Reads the parameter `dpop_jkt` (RFC 9449 §10).
pub(crate) fn thumbprint(text: &str) -> Result<String, OAuthError> {
    let is_digest = text.len() == 43 && text.bytes().all(is_b64url);
    if is_digest { Ok(text.to_owned()) } else { Err(Reason::InvalidDpopJkt.into()) }
}

/// The challenge of a protected resource (RFC 9449 §7.1); `realm` needs no more escaping.
#[must_use]
pub fn challenge(realm: &str) -> String {
    let algs: Vec<&str> = Alg::ALL.iter().map(|alg| alg.as_str()).collect();
    format!("DPoP realm=\"{realm}\", algs=\"{}\"", algs.join(" "))
}

/// `iat` is now; `nbf` and `exp`, which proofs needn't have, hold if they are there. Gives `iat`.
fn check_times(claims: &Map<String, Value>, now: i64) -> Result<i64, Reason> {
    let seconds = |name: &str| claim_seconds(claims, name).map_err(|_| Reason::DpopProofTime);
    let issued_at = seconds("iat")?.ok_or(Reason::DpopProofTime)?;
    let is_now = (now - LONGEST_SECONDS..=now + LEEWAY_SECONDS).contains(&issued_at);
    let begins = seconds("nbf")?.unwrap_or(issued_at);
    let ends = seconds("exp")?.unwrap_or(i64::MAX);
    if is_now && begins <= now + LEEWAY_SECONDS && now - LEEWAY_SECONDS < ends {
        Ok(issued_at)
    } else {
        Err(Reason::DpopProofTime)
    }
}

#[cfg(test)]
#[path = "dpop_tests.rs"]
mod tests;
