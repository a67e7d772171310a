#![allow(clippy::unwrap_used)]
use super::*;
use crate::jwt::SigningKey;
use crate::signing::Pair;
use proptest::prelude::*;
use serde_json::json;
use std::sync::LazyLock;

const NOW: i64 = 1_790_000_000;
const URL: &str = "https://acme.id.example/oauth2/default/v1/token";

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Alg::ES256).unwrap());

fn jwk(key: &SigningKey) -> Value {
    serde_json::to_value(key.public_jwk()).unwrap()
}

fn header() -> Value {
    json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(&KEY) })
}

fn claims() -> Value {
    json!({ "jti": "a", "htm": "POST", "htu": URL, "iat": NOW })
}

fn with(mut object: Value, name: &str, value: &Value) -> Value {
    if value.is_null() {
        object.as_object_mut().unwrap().remove(name);
    } else {
        object[name] = value.clone();
    }
    object
}

fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", b64url(header.to_string()), b64url(claims.to_string()));
    let pair = Pair::from_pkcs8(key.alg(), &key.to_pkcs8()).unwrap();
    format!("{message}.{}", b64url(pair.sign(key.alg(), message.as_bytes()).unwrap()))
}

fn check(proof: &str, access_token: Option<&str>) -> Result<Proof, Reason> {
    let request = Request { method: "POST", url: URL, access_token, now: NOW };
    let checked = Proof::check(Presented::One(proof.as_bytes()), &request);
    checked.map(|proof| proof.expect("a proof")).map_err(|error| error.reason)
}

fn claim(name: &str, value: Value) -> Result<Proof, Reason> {
    check(&signed(&KEY, &header(), &with(claims(), name, &value)), None)
}

#[test]
fn jw_23_a_good_proof_names_its_key() {
    for alg in Alg::ALL {
        let key = SigningKey::generate(*alg).unwrap();
        // A key in a header needs neither a name nor an algorithm, and its name may be anything.
        let mut bare = jwk(&key);
        let members = bare.as_object_mut().unwrap();
        members.remove("alg");
        members.remove("use");
        members.insert("kid".to_owned(), json!(""));
        for jwk in [bare, jwk(&key)] {
            let header = json!({ "typ": "DPoP+JWT", "alg": alg, "jwk": jwk });
            let proof = check(&signed(&key, &header, &claims()), None).unwrap();
            let expected = Proof { jkt: key.public_jwk().thumbprint(), jti: "a".to_owned(), issued_at: NOW };
            assert_eq!(proof, expected, "{alg}");
        }
    }
    let nothing = Request { method: "POST", url: URL, access_token: None, now: NOW };
    assert_eq!(Proof::check(Presented::Nothing, &nothing), Ok(None));
}

#[test]
fn jw_23_one_header_and_no_more() {
    let good = signed(&KEY, &header(), &claims());
    let request = Request { method: "POST", url: URL, access_token: None, now: NOW };
    let of = |values: &[&[u8]]| {
        let found = Proof::check(Presented::of(values.iter().copied()), &request);
        found.map(|proof| proof.is_some()).map_err(|error| error.reason)
    };
    let good = good.as_bytes();
    assert_eq!(of(&[]), Ok(false));
    assert_eq!(of(&[good]), Ok(true));
    assert_eq!(of(&[good, good]), Err(Reason::DpopProofRepeated));
    assert_eq!(of(&[good, b""]), Err(Reason::DpopProofRepeated));
    assert_eq!(of(&[b""]), Err(Reason::DpopProofMalformed));
    assert_eq!(of(&[b"\xff"]), Err(Reason::DpopProofMalformed));
    assert_eq!(of(&[&[good, b", ", good].concat()]), Err(Reason::DpopProofMalformed));
    assert_eq!(of(&[&[b"x".repeat(MAX_BYTES).as_slice(), b".."].concat()]), Err(Reason::DpopProofMalformed));
}

#[test]
fn jw_23_the_header_brings_a_public_key_of_its_algorithm() {
    let other = SigningKey::generate(Alg::ES256).unwrap();
    let rsa = SigningKey::generate(Alg::RS256).unwrap();
    let key = |name: &str, value: Value| with(jwk(&KEY), name, &value);
    for (member, value, reason) in [
        ("typ", Value::Null, Reason::DpopProofMalformed),
        ("typ", json!("JWT"), Reason::DpopProofMalformed),
        ("typ", json!(1), Reason::DpopProofMalformed),
        ("crit", json!(["x"]), Reason::DpopProofMalformed),
        ("alg", Value::Null, Reason::DpopProofAlgorithm),
        ("alg", json!("none"), Reason::DpopProofAlgorithm),
        ("alg", json!("HS256"), Reason::DpopProofAlgorithm),
        ("alg", json!("ES512"), Reason::DpopProofAlgorithm),
        ("alg", json!("ES384"), Reason::DpopProofAlgorithm),
        ("alg", json!("RS256"), Reason::DpopProofAlgorithm),
        ("jwk", Value::Null, Reason::DpopProofKey),
        ("jwk", json!("key"), Reason::DpopProofKey),
        ("jwk", json!([jwk(&KEY)]), Reason::DpopProofKey),
        ("jwk", json!({}), Reason::DpopProofKey),
        ("jwk", json!({ "kty": "oct", "k": "AAAA" }), Reason::DpopProofKey),
        ("jwk", key("d", json!("AQ")), Reason::DpopProofKey),
        ("jwk", key("k", json!("AQ")), Reason::DpopProofKey),
        ("jwk", key("use", json!("enc")), Reason::DpopProofKey),
        ("jwk", key("x", json!("AQ")), Reason::DpopProofKey),
        ("jwk", jwk(&other), Reason::DpopProofSignature),
        ("jwk", jwk(&rsa), Reason::DpopProofAlgorithm),
    ] {
        let shown = format!("{member} {value}");
        assert_eq!(
            check(&signed(&KEY, &with(header(), member, &value), &claims()), None),
            Err(reason),
            "{shown}"
        );
    }
    // A short RSA key proves nothing; a good one with too little said of it is as good as any.
    let weak = json!({ "kty": "RSA", "e": "AQAB", "n": b64url([0xff; 128]) });
    let header = json!({ "typ": "dpop+jwt", "alg": "RS256", "jwk": weak });
    assert_eq!(check(&signed(&rsa, &header, &claims()), None), Err(Reason::DpopProofKey));
    let mut cut = signed(&KEY, &self::header(), &claims());
    cut.truncate(cut.len() - 2);
    assert_eq!(check(&cut, None), Err(Reason::DpopProofSignature));
}

#[test]
fn jw_23_a_proof_is_for_one_request() {
    for method in [Value::Null, json!("GET"), json!("post"), json!(1), json!(["POST"])] {
        assert_eq!(claim("htm", method.clone()), Err(Reason::DpopProofMethod), "{method}");
    }
    for uri in [Value::Null, json!(7), json!([URL]), json!(format!("{URL}/")), json!("https://a/v1/token")] {
        assert_eq!(claim("htu", uri.clone()), Err(Reason::DpopProofUri), "{uri}");
    }
    assert!(claim("htu", json!(format!("{URL}?a=b#c"))).is_ok());
    for jti in [Value::Null, json!(""), json!(7), json!("x".repeat(MAX_JTI_BYTES + 1))] {
        assert_eq!(claim("jti", jti.clone()), Err(Reason::DpopProofMalformed), "{jti}");
    }
    assert!(claim("jti", json!("x".repeat(MAX_JTI_BYTES))).is_ok());
}

#[test]
fn jw_23_a_proof_is_of_now() {
    for good in [NOW, NOW - 10, NOW + 10, NOW - LONGEST_SECONDS] {
        assert!(claim("iat", json!(good)).is_ok(), "{good}");
    }
    for bad in [
        Value::Null,
        json!(NOW - LONGEST_SECONDS - 1),
        json!(NOW + 11),
        json!(0),
        json!(-1),
        json!(NOW.to_string()),
        json!(1_790_000_000.5),
        json!(1e308),
        json!(i64::MAX),
    ] {
        assert_eq!(claim("iat", bad.clone()), Err(Reason::DpopProofTime), "{bad}");
    }
    for (name, value, good) in [
        ("nbf", json!(NOW + 10), true),
        ("nbf", json!(NOW + 11), false),
        ("nbf", json!("now"), false),
        ("exp", json!(NOW + 60), true),
        ("exp", json!(NOW - 9), true),
        ("exp", json!(NOW - 10), false),
        ("exp", json!(null), true),
    ] {
        assert_eq!(claim(name, value.clone()).is_ok(), good, "{name} {value}");
    }
}

#[test]
fn jw_23_a_proof_at_a_resource_names_the_token() {
    let proof = |ath: Value| signed(&KEY, &header(), &with(claims(), "ath", &ath));
    // RFC 9449 §7.1 has this pair.
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    assert_eq!(digest_of(token), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    assert!(check(&proof(json!(digest_of(token))), Some(token)).is_ok());
    for bad in [Value::Null, json!(digest_of("another")), json!(format!("{}=", digest_of(token))), json!(1)] {
        assert_eq!(check(&proof(bad.clone()), Some(token)), Err(Reason::DpopProofToken), "{bad}");
    }
    assert!(
        check(&proof(json!(digest_of("whatever"))), None).is_ok(),
        "at the token endpoint it says nothing"
    );
}

#[test]
fn a_thumbprint_is_a_digest() {
    let good = KEY.public_jwk().thumbprint();
    assert_eq!(thumbprint(&good), Ok(good.clone()));
    for bad in ["", &good[1..], &format!("{good}="), &format!("{}+", &good[1..])] {
        assert_eq!(thumbprint(bad).map_err(|error| error.reason), Err(Reason::InvalidDpopJkt), "{bad}");
    }
}

proptest! {
    #[test]
    fn jw_23_no_other_text_is_a_proof(at in 0usize..400, byte in any::<u8>()) {
        let mut proof = signed(&KEY, &header(), &claims()).into_bytes();
        let at = at % proof.len();
        prop_assume!(proof[at] != byte);
        proof[at] = byte;
        let request = Request { method: "POST", url: URL, access_token: None, now: NOW };
        prop_assert!(Proof::check(Presented::One(&proof), &request).is_err());
    }
}
