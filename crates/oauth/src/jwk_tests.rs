#![allow(clippy::unwrap_used)]
use super::*;
use crate::jwt::SigningKey;
use serde_json::{Value, json};

// RFC 7638 §3.1.
const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZ\
                 CiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8K\
                 JZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_x\
                 BniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
// RFC 7515 appendix A.3.
const EC_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const EC_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
// RFC 8037 appendix A.2.
const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn parse(json: Value) -> Result<PublicJwk, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn rsa() -> Value {
    json!({"kty": "RSA", "alg": "RS256", "n": N, "e": "AQAB"})
}

fn ec() -> Value {
    json!({"kty": "EC", "crv": "P-256", "x": EC_X, "y": EC_Y})
}

fn ed() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X})
}

fn with(mut key: Value, name: &str, value: Value) -> Result<PublicJwk, String> {
    key[name] = value;
    parse(key)
}

#[test]
fn rfc_7638_and_rfc_8037_thumbprints() {
    let key = with(rsa(), "kid", json!("2011-04-29")).unwrap();
    assert_eq!((key.kid(), key.alg()), ("2011-04-29", Alg::RS256));
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(parse(ed()).unwrap().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn keys_come_back_and_show_nothing_private() {
    for alg in Alg::ALL {
        let key = SigningKey::generate(*alg).unwrap();
        let json = serde_json::to_value(key.public_jwk()).unwrap();
        assert_eq!((&json["alg"], &json["use"]), (&json!(alg.as_str()), &json!("sig")));
        assert_eq!(json["kid"], key.public_jwk().thumbprint());
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert_eq!(json.get(name), None, "{alg} {name}");
        }
        assert_eq!(parse(json).unwrap(), *key.public_jwk());
    }
    let set: Jwks = serde_json::from_value(json!({"keys": [ec(), ed()]})).unwrap();
    assert_eq!(set.keys.len(), 2);
}

#[test]
fn refuses_private_and_symmetric_keys() {
    assert!(parse(json!({"kty": "oct", "k": "AAAA", "alg": "HS256"})).is_err());
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for key in [rsa(), ec(), ed()] {
            let error = with(key, name, json!("AAAA")).unwrap_err();
            assert_eq!(error, KeyError::Private.to_string(), "{name}");
        }
    }
}

#[test]
fn refuses_weak_rsa() {
    let weak = KeyError::Weak.to_string();
    let modulus = |bytes: usize| {
        let mut n = vec![0xff; bytes];
        n[0] = 0x80;
        b64url(n)
    };
    assert_eq!(with(rsa(), "n", json!(modulus(128))).unwrap_err(), weak);
    assert_eq!(with(rsa(), "n", json!(modulus(255))).unwrap_err(), weak);
    assert_eq!(with(rsa(), "n", json!(modulus(1025))).unwrap_err(), weak);
    assert!(with(rsa(), "n", json!(modulus(256))).is_ok());
    for exponent in ["AQ", "Ag", "AQAA", "AQAAAAE"] {
        assert_eq!(with(rsa(), "e", json!(exponent)).unwrap_err(), weak, "{exponent}");
    }
    for exponent in ["", "AAE", "AQAB=", "AQAB AQAB"] {
        assert_eq!(
            with(rsa(), "e", json!(exponent)).unwrap_err(),
            KeyError::Malformed.to_string(),
            "{exponent}"
        );
    }
}

#[test]
fn refuses_points_off_the_curve() {
    let flipped = format!("g{}", &EC_X[1..]);
    assert_eq!(with(ec(), "x", json!(flipped)).unwrap_err(), KeyError::Weak.to_string());
    assert_eq!(with(ec(), "x", json!("AAAA")).unwrap_err(), KeyError::Malformed.to_string());
    assert_eq!(with(ec(), "crv", json!("P-384")).unwrap_err(), KeyError::Malformed.to_string());
    assert_eq!(with(ec(), "crv", json!("secp256k1")).unwrap_err(), KeyError::Unsupported.to_string());
}

#[test]
fn refuses_low_order_ed25519() {
    for hex in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ] {
        let digits: Vec<u8> = hex.bytes().map(|digit| crate::encoding::hex_value(digit).unwrap()).collect();
        let point: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        assert_eq!(with(ed(), "x", json!(b64url(point))).unwrap_err(), KeyError::Weak.to_string(), "{hex}");
    }
    assert_eq!(with(ed(), "x", json!("AAAA")).unwrap_err(), KeyError::Malformed.to_string());
}

#[test]
fn an_rsa_key_that_names_no_algorithm_is_for_either() {
    let named = SigningKey::generate(Alg::PS256).unwrap();
    let open = serde_json::to_value(named.public_jwk()).unwrap();
    let open = with(open, "alg", Value::Null).unwrap();
    let fitting = |key: &PublicJwk| Alg::ALL.iter().copied().filter(|alg| key.fits(*alg)).collect::<Vec<_>>();
    assert_eq!(fitting(named.public_jwk()), [Alg::PS256]);
    assert_eq!(fitting(&open), [Alg::RS256, Alg::PS256]);
    assert_eq!(serde_json::to_value(&open).unwrap().get("alg"), None, "nor does it name one when it is kept");
    assert_eq!(fitting(&parse(ec()).unwrap()), [Alg::ES256]);
}

#[test]
fn kind_algorithm_and_use_have_to_agree() {
    let unsupported = KeyError::Unsupported.to_string();
    for (key, name, value) in [
        (rsa(), "alg", json!("ES256")),
        (rsa(), "alg", json!("HS256")),
        (ec(), "alg", json!("ES384")),
        (ed(), "alg", json!("RS256")),
        (ed(), "crv", json!("X25519")),
        (ec(), "use", json!("enc")),
        (ec(), "kty", json!("ec")),
        (ec(), "kty", json!("")),
    ] {
        assert_eq!(with(key, name, value.clone()).unwrap_err(), unsupported, "{name} {value}");
    }
    assert!(with(ec(), "kid", json!("k".repeat(257))).is_err());
    assert!(with(ec(), "kid", json!("")).is_err());
    assert!(with(ec(), "x5u", json!("https://evil.test")).is_ok());
}
