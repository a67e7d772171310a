//! The primitives: making keys, signing, and checking signatures and keys, all by aws-lc.

use crate::jwk::{Material, PublicJwk};
use crate::jwt::{Alg, KeyError};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use zeroize::Zeroizing;

/// The `y` coordinates of the Ed25519 points of small order, canonical or not, without the sign bit.
const LOW_ORDER: [[u8; 32]; 7] = [
    edge(0x00, 0x00, 0x00),
    edge(0x01, 0x00, 0x00),
    edge(0xec, 0xff, 0x7f),
    edge(0xed, 0xff, 0x7f),
    edge(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

const fn edge(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// A private key of one of the supported kinds.
pub(crate) enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

fn ec_algorithm(alg: Alg) -> &'static EcdsaSigningAlgorithm {
    match alg {
        Alg::ES384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
    }
}

/// Makes a key and gives it as PKCS#8.
pub(crate) fn generate(alg: Alg) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let failed = |_| KeyError::Crypto;
    let document = match alg {
        Alg::RS256 | Alg::PS256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
            return Ok(Zeroizing::new(der.as_ref().to_vec()));
        }
        Alg::ES256 | Alg::ES384 => {
            EcdsaKeyPair::generate(ec_algorithm(alg)).and_then(|pair| pair.to_pkcs8v1())
        }
        Alg::EdDSA => Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8()),
    };
    Ok(Zeroizing::new(document.map_err(failed)?.as_ref().to_vec()))
}

impl Pair {
    /// Reads a key for this algorithm from PKCS#8; RSA keys have at least 2048 bits.
    pub(crate) fn from_pkcs8(alg: Alg, der: &[u8]) -> Result<Self, KeyError> {
        Ok(match alg {
            Alg::RS256 | Alg::PS256 => {
                Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Malformed)?))
            }
            Alg::ES256 | Alg::ES384 => {
                let pair = EcdsaKeyPair::from_pkcs8(ec_algorithm(alg), der);
                Self::Ec(pair.map_err(|_| KeyError::Malformed)?)
            }
            Alg::EdDSA => Self::Ed(Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::Malformed)?),
        })
    }

    /// The public half.
    pub(crate) fn material(&self) -> Result<Material, KeyError> {
        match self {
            Self::Rsa(pair) => {
                let (n, e) = rsa_integers(pair.public_key().as_ref()).ok_or(KeyError::Malformed)?;
                Ok(Material::Rsa { n, e })
            }
            Self::Ec(pair) => match pair.public_key().as_ref() {
                [0x04, point @ ..] if point.len().is_multiple_of(2) => {
                    let (x, y) = point.split_at(point.len() / 2);
                    Ok(Material::Ec { x: x.to_vec(), y: y.to_vec() })
                }
                _ => Err(KeyError::Malformed),
            },
            Self::Ed(pair) => Ok(Material::Okp { x: pair.public_key().as_ref().to_vec() }),
        }
    }

    /// Signs; ECDSA signatures are the raw `r || s` of RFC 7518 §3.4.
    pub(crate) fn sign(&self, alg: Alg, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        let failed = |_| KeyError::Crypto;
        match self {
            Self::Rsa(pair) => {
                let padding: &dyn signature::RsaEncoding = match alg {
                    Alg::PS256 => &signature::RSA_PSS_SHA256,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut out).map_err(failed)?;
                Ok(out)
            }
            Self::Ec(pair) => Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Self::Ed(pair) => Ok(pair.try_sign(message).map_err(failed)?.as_ref().to_vec()),
        }
    }
}

/// Whether a signature is right, with an algorithm that fits the key ([`PublicJwk::fits`]): the message chooses at most
/// the padding of an RSA key that leaves it open.
pub(crate) fn verify(key: &PublicJwk, alg: Alg, message: &[u8], sig: &[u8]) -> bool {
    match key.material() {
        Material::Rsa { n, e } => {
            let parameters: &RsaParameters = match alg {
                Alg::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
                _ => &signature::RSA_PKCS1_2048_8192_SHA256,
            };
            RsaPublicKeyComponents { n, e }.verify(parameters, message, sig).is_ok()
        }
        Material::Ec { x, y } => {
            let (algorithm, _) = ec_verification(alg);
            UnparsedPublicKey::new(algorithm, ec_point(x, y)).verify(message, sig).is_ok()
        }
        Material::Okp { x } => UnparsedPublicKey::new(&signature::ED25519, x).verify(message, sig).is_ok(),
    }
}

/// Refuses keys that prove nothing: short RSA, bad exponents, points off the curve or of small order.
pub(crate) fn check_material(alg: Alg, material: &Material) -> Result<(), KeyError> {
    match (alg, material) {
        (Alg::RS256 | Alg::PS256, Material::Rsa { n, e }) => check_rsa(n, e),
        (Alg::ES256 | Alg::ES384, Material::Ec { x, y }) => {
            let (algorithm, width) = ec_verification(alg);
            if x.len() != width || y.len() != width {
                return Err(KeyError::Malformed);
            }
            let point = UnparsedPublicKey::new(algorithm, ec_point(x, y));
            point.parse().map(drop).map_err(|_| KeyError::Weak)
        }
        (Alg::EdDSA, Material::Okp { x }) => check_ed25519(x),
        _ => Err(KeyError::Unsupported),
    }
}

fn ec_verification(alg: Alg) -> (&'static dyn VerificationAlgorithm, usize) {
    match alg {
        Alg::ES384 => (&signature::ECDSA_P384_SHA384_FIXED, 48),
        _ => (&signature::ECDSA_P256_SHA256_FIXED, 32),
    }
}

fn ec_point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[0x04], x, y].concat()
}

fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    let (Some(top), Some(low), Some(e_top), Some(e_low)) = (n.first(), n.last(), e.first(), e.last()) else {
        return Err(KeyError::Malformed);
    };
    if *top == 0 || *e_top == 0 {
        return Err(KeyError::Malformed);
    }
    let bits = n.len() * 8 - top.leading_zeros() as usize;
    let exponent_ok = e.len() <= 4 && e_low % 2 == 1 && (e.len() > 1 || *e_low >= 3);
    if !(2048..=8192).contains(&bits) || low % 2 == 0 || !exponent_ok {
        return Err(KeyError::Weak);
    }
    Ok(())
}

fn check_ed25519(x: &[u8]) -> Result<(), KeyError> {
    let mut point: [u8; 32] = x.try_into().map_err(|_| KeyError::Malformed)?;
    let parsed = UnparsedPublicKey::new(&signature::ED25519, &point).parse();
    point[31] &= 0x7f;
    if parsed.is_err() || LOW_ORDER.contains(&point) { Err(KeyError::Weak) } else { Ok(()) }
}

/// The two integers of an `RSAPublicKey` (RFC 8017 appendix A.1.1), without leading zeros.
fn rsa_integers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (body, rest) = der_value(0x30, der)?;
    let (n, after) = der_value(0x02, body)?;
    let (e, end) = der_value(0x02, after)?;
    let trim = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
    (rest.is_empty() && end.is_empty()).then(|| (trim(n), trim(e)))
}

/// One DER value of the given tag, and what follows it.
fn der_value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, rest) = der.split_at_checked(2)?;
    if header[0] != tag {
        return None;
    }
    let (length, rest) = match header[1] {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x82 => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}
