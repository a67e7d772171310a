//! Public keys (RFC 7517, RFC 7518 §6, RFC 8037) and their thumbprints (RFC 7638).

use crate::encoding::{b64url, b64url_decode};
use crate::jwt::{Alg, KeyError};
use crate::signing;
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

/// The longest `kid`, in bytes.
pub const MAX_KID_BYTES: usize = 256;

/// The numbers of a public key, as big-endian bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    /// Modulus and exponent, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// Coordinates on P-256 or P-384, each of the full width of the curve.
    Ec { x: Vec<u8>, y: Vec<u8> },
    /// A point of Ed25519.
    Okp { x: Vec<u8> },
}

/// A public key for signatures. A value of this type has passed every check on the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawJwk", into = "RawJwk")]
pub struct PublicJwk {
    kid: String,
    alg: Alg,
    /// Whether it is for that algorithm alone. RSA keys fit two, and may leave open which (RFC 7517 §4.4).
    alone: bool,
    material: Material,
}

impl PublicJwk {
    /// Checks a key for one algorithm; without a `kid` it gets its thumbprint.
    pub(crate) fn new(kid: Option<String>, alg: Alg, material: Material) -> Result<Self, KeyError> {
        signing::check_material(alg, &material)?;
        let kid = kid.unwrap_or_else(|| thumbprint(alg, &material));
        if kid.is_empty() || kid.len() > MAX_KID_BYTES {
            return Err(KeyError::Malformed);
        }
        Ok(Self { kid, alg, alone: true, material })
    }

    /// The key id.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that this key is for. For an RSA key that names none it is RS256, and [`Self::fits`] says more.
    #[must_use]
    pub const fn alg(&self) -> Alg {
        self.alg
    }

    /// Whether signatures with an algorithm may be checked with this key.
    #[must_use]
    pub fn fits(&self, alg: Alg) -> bool {
        self.alg == alg || (!self.alone && alg.is_rsa())
    }

    /// The SHA-256 thumbprint (RFC 7638), in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        thumbprint(self.alg, &self.material)
    }

    pub(crate) const fn material(&self) -> &Material {
        &self.material
    }
}

/// A key set (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys.
    pub keys: Vec<PublicJwk>,
}

/// The required members in the order of RFC 7638 §3.2.
fn thumbprint(alg: Alg, material: &Material) -> String {
    let canonical = match material {
        Material::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, b64url(e), b64url(n)),
        Material::Ec { x, y } => {
            format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, alg.curve(), b64url(x), b64url(y))
        }
        Material::Okp { x } => format!(r#"{{"crv":"{}","kty":"OKP","x":"{}"}}"#, alg.curve(), b64url(x)),
    };
    b64url(digest::digest(&digest::SHA256, canonical.as_bytes()))
}

/// The members as they are written.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct RawJwk {
    kty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(flatten, skip_serializing)]
    private: Private,
}

/// Members that only a private or symmetric key has.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Private {
    d: Option<serde_json::Value>,
    p: Option<serde_json::Value>,
    q: Option<serde_json::Value>,
    dp: Option<serde_json::Value>,
    dq: Option<serde_json::Value>,
    qi: Option<serde_json::Value>,
    oth: Option<serde_json::Value>,
    k: Option<serde_json::Value>,
}

impl Private {
    const fn is_empty(&self) -> bool {
        self.d.is_none()
            && self.p.is_none()
            && self.q.is_none()
            && self.dp.is_none()
            && self.dq.is_none()
            && self.qi.is_none()
            && self.oth.is_none()
            && self.k.is_none()
    }
}

impl From<PublicJwk> for RawJwk {
    fn from(key: PublicJwk) -> Self {
        let mut raw = Self {
            kid: Some(key.kid),
            alg: key.alone.then(|| key.alg.as_str().to_owned()),
            usage: Some("sig".to_owned()),
            ..Self::default()
        };
        match key.material {
            Material::Rsa { n, e } => {
                raw.kty = "RSA".to_owned();
                (raw.n, raw.e) = (Some(b64url(n)), Some(b64url(e)));
            }
            Material::Ec { x, y } => {
                raw.kty = "EC".to_owned();
                raw.crv = Some(key.alg.curve().to_owned());
                (raw.x, raw.y) = (Some(b64url(x)), Some(b64url(y)));
            }
            Material::Okp { x } => {
                raw.kty = "OKP".to_owned();
                raw.crv = Some(key.alg.curve().to_owned());
                raw.x = Some(b64url(x));
            }
        }
        raw
    }
}

impl TryFrom<RawJwk> for PublicJwk {
    type Error = KeyError;

    fn try_from(raw: RawJwk) -> Result<Self, KeyError> {
        if !raw.private.is_empty() {
            return Err(KeyError::Private);
        }
        if raw.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(KeyError::Unsupported);
        }
        let declared = raw.alg.as_deref().map(str::parse::<Alg>).transpose()?;
        let bytes =
            |text: &Option<String>| text.as_deref().and_then(b64url_decode).ok_or(KeyError::Malformed);
        let (alg, material) = match (raw.kty.as_str(), raw.crv.as_deref()) {
            ("RSA", _) => {
                let alg = declared.unwrap_or(Alg::RS256);
                if !alg.is_rsa() {
                    return Err(KeyError::Unsupported);
                }
                (alg, Material::Rsa { n: bytes(&raw.n)?, e: bytes(&raw.e)? })
            }
            ("EC", Some("P-256")) => (Alg::ES256, Material::Ec { x: bytes(&raw.x)?, y: bytes(&raw.y)? }),
            ("EC", Some("P-384")) => (Alg::ES384, Material::Ec { x: bytes(&raw.x)?, y: bytes(&raw.y)? }),
            ("OKP", Some("Ed25519")) => (Alg::EdDSA, Material::Okp { x: bytes(&raw.x)? }),
            _ => return Err(KeyError::Unsupported),
        };
        if declared.is_some_and(|declared| declared != alg) {
            return Err(KeyError::Unsupported);
        }
        let alone = declared.is_some() || !alg.is_rsa();
        Ok(Self { alone, ..Self::new(raw.kid, alg, material)? })
    }
}

#[cfg(test)]
#[path = "jwk_tests.rs"]
mod tests;
