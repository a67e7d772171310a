#![allow(clippy::unwrap_used)]
use super::*;
use crate::jwk::PublicJwk;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::json;
use std::sync::LazyLock;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Alg::ES256).unwrap());

fn keys() -> Vec<PublicJwk> {
    vec![KEY.public_jwk().clone()]
}

/// A token with exactly these bytes as header and claims, rightly signed.
fn raw(key: &SigningKey, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", b64url(header), b64url(claims));
    let signature = key.pair.sign(key.alg(), message.as_bytes()).unwrap();
    format!("{message}.{}", b64url(signature))
}

/// As [`raw`], with a good header that has `more` in it.
fn with_header(more: &str) -> String {
    raw(&KEY, &format!(r#"{{"alg":"ES256","kid":"{}"{more}}}"#, KEY.kid()), "{}")
}

fn verdict(token: &str) -> Result<Verified, JwtError> {
    verify(token, &keys(), Alg::ALL)
}

#[test]
fn every_algorithm_signs_and_verifies() {
    for alg in Alg::ALL {
        let key = SigningKey::generate(*alg).unwrap();
        let token = sign(&key, Some(TYP_ACCESS), &json!({"a": 1})).unwrap();
        let verified = verify(&token, &[key.public_jwk().clone()], &[*alg]).unwrap();
        assert_eq!(verified.claims["a"], 1);
        assert_eq!(verified.header.typ.as_deref(), Some(TYP_ACCESS));
        assert_eq!(verified.header, peek_unverified(&token).unwrap());
        let again = SigningKey::from_pkcs8(*alg, &key.to_pkcs8()).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());
        let second = sign(&again, None, &json!({})).unwrap();
        assert!(verify(&second, &[key.public_jwk().clone()], &[*alg]).is_ok());
        assert!(!format!("{key:?}").contains("pkcs8"));
        assert_eq!(alg.as_str().parse::<Alg>(), Ok(*alg));
        assert_eq!(serde_json::to_value(alg).unwrap(), alg.as_str());
    }
    assert!(SigningKey::from_pkcs8(Alg::ES384, &KEY.to_pkcs8()).is_err());
    assert!(SigningKey::from_pkcs8(Alg::RS256, b"nonsense").is_err());
}

#[test]
fn nothing_is_signed_that_would_be_refused() {
    #[derive(Serialize)]
    struct Twice {
        sub: &'static str,
        #[serde(flatten)]
        extra: Map<String, Value>,
    }
    let extra = |name: &str| Map::from_iter([(name.to_owned(), json!("admin"))]);
    let with = |name| sign(&KEY, None, &Twice { sub: "ada", extra: extra(name) });
    assert!(with("dept").is_ok());
    assert_eq!(with("sub"), Err(KeyError::Claims));
    assert_eq!(sign(&KEY, None, &json!([1])), Err(KeyError::Claims));
    assert_eq!(sign(&KEY, None, &json!({"a": "x".repeat(MAX_TOKEN_BYTES)})), Err(KeyError::Claims));
}

#[test]
fn keys_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(&*KEY);
}

#[test]
fn rfc_7515_a_3_and_rfc_8037_a_4_signatures() {
    let ec = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let ed = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let ec_token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm\
                    NvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQ\
                    xfKTUJqPP3-Kg6NU1Q";
    let ed_token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcv\
                    Mg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    for (key, token) in [(ec, ec_token), (ed, ed_token)] {
        let key: PublicJwk = serde_json::from_value(key).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = b64url_decode(signature).unwrap();
        assert!(signing::verify(&key, key.alg(), message.as_bytes(), &signature));
        assert!(!signing::verify(&key, key.alg(), b"other", &signature));
        // The examples have no key id, which a token of ours must have.
        assert_eq!(verify(token, &[key], Alg::ALL), Err(JwtError::UnknownKey));
    }
}

#[test]
fn jw_01_ca_12_algorithms() {
    let kid = KEY.kid();
    for alg in ["none", "None", "nOnE", "", "HS256", "es256", "RS256 "] {
        let token = raw(&KEY, &format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#), "{}");
        assert_eq!(verdict(&token), Err(JwtError::Algorithm), "{alg}");
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        assert_eq!(verdict(&format!("{unsigned}.")), Err(JwtError::Algorithm), "{alg}");
    }
    assert_eq!(verdict(&raw(&KEY, &format!(r#"{{"kid":"{kid}"}}"#), "{}")), Err(JwtError::Algorithm));
    assert_eq!(verdict(&raw(&KEY, &format!(r#"{{"alg":1,"kid":"{kid}"}}"#), "{}")), Err(JwtError::Header));
    // A name that is right elsewhere is not right for this key.
    for alg in ["RS256", "PS256", "ES384", "EdDSA"] {
        let token = raw(&KEY, &format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#), "{}");
        assert_eq!(verdict(&token), Err(JwtError::Algorithm), "{alg}");
    }
    let good = with_header("");
    assert!(verdict(&good).is_ok());
    assert_eq!(verify(&good, &keys(), &[Alg::RS256]), Err(JwtError::Algorithm));
    assert_eq!(verify(&good, &keys(), &[]), Err(JwtError::Algorithm));
}

#[test]
fn jw_05_ca_13_unknown_or_odd_key_ids() {
    let other = SigningKey::generate(Alg::ES256).unwrap();
    assert_eq!(verdict(&sign(&other, None, &json!({})).unwrap()), Err(JwtError::UnknownKey));
    let forged = raw(&other, &format!(r#"{{"alg":"ES256","kid":"{}"}}"#, KEY.kid()), "{}");
    assert_eq!(verdict(&forged), Err(JwtError::Signature));
    let long = "k".repeat(10_000);
    for kid in ["../../etc/passwd", "' OR 1=1 --", "https://evil.test/k", "", long.as_str()] {
        let token = raw(&KEY, &format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), "{}");
        assert_eq!(verdict(&token), Err(JwtError::UnknownKey));
    }
    assert_eq!(verdict(&raw(&KEY, r#"{"alg":"ES256"}"#, "{}")), Err(JwtError::UnknownKey));
    assert_eq!(verdict(&raw(&KEY, r#"{"alg":"ES256","kid":7}"#, "{}")), Err(JwtError::Header));
    assert_eq!(verify(&with_header(""), &[], Alg::ALL), Err(JwtError::UnknownKey));
}

#[test]
fn keys_in_the_header_are_ignored() {
    let other = SigningKey::generate(Alg::ES256).unwrap();
    let jwk = serde_json::to_string(other.public_jwk()).unwrap();
    for more in
        [format!(r#","jwk":{jwk}"#), r#","jku":"https://e","x5u":"https://e","x5c":["AA"]"#.to_owned()]
    {
        assert!(verdict(&with_header(&more)).is_ok());
        let header = format!(r#"{{"alg":"ES256","kid":"{}"{more}}}"#, KEY.kid());
        assert_eq!(verdict(&raw(&other, &header, "{}")), Err(JwtError::Signature));
    }
}

#[test]
fn jw_08_jw_14_extensions() {
    for more in [
        r#","crit":["x"]"#,
        r#","crit":[]"#,
        r#","crit":["b64"],"b64":false"#,
        r#","b64":false"#,
        r#","b64":true"#,
        r#","zip":"DEF""#,
        r#","enc":"A256GCM""#,
    ] {
        assert_eq!(verdict(&with_header(more)), Err(JwtError::Header), "{more}");
    }
}

#[test]
fn jw_09_signatures_of_the_wrong_form() {
    let good = with_header("");
    let (message, signature) = good.rsplit_once('.').unwrap();
    let bytes = b64url_decode(signature).unwrap();
    assert_eq!(bytes.len(), 64);
    let der = {
        let integer = |half: &[u8]| [&[0x02, 33, 0], half].concat();
        let (r, s) = bytes.split_at(32);
        [vec![0x30, 70], integer(r), integer(s)].concat()
    };
    let longer = [bytes.as_slice(), &[0]].concat();
    let flipped: Vec<u8> = bytes.iter().enumerate().map(|(i, b)| if i == 9 { b ^ 1 } else { *b }).collect();
    for bad in [&vec![0; 64], &der, &bytes[..63].to_vec(), &longer, &flipped, &vec![0xff; 64], &Vec::new()] {
        assert_eq!(verdict(&format!("{message}.{}", b64url(bad))), Err(JwtError::Signature));
    }
}

#[test]
fn jw_10_jw_11_strict_json() {
    let kid = KEY.kid();
    let header = format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#);
    for claims in [
        r#"{"a":1,"a":1}"#,
        r#"{"x":{"a":1,"a":1}}"#,
        "[]",
        "1",
        "null",
        "",
        "{}{}",
        "\"x\"",
        "{\"a\":\"\u{0}\"}",
    ] {
        assert_eq!(verdict(&raw(&KEY, &header, claims)), Err(JwtError::Claims), "{claims}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(verdict(&raw(&KEY, &header, &deep)), Err(JwtError::Claims));
    for bad in [
        format!(r#"{{"alg":"none","alg":"ES256","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"ES256","kid":"x","kid":"{kid}"}}"#),
        "[]".to_owned(),
        "null".to_owned(),
        "{".to_owned(),
    ] {
        assert_eq!(verdict(&raw(&KEY, &bad, "{}")), Err(JwtError::Header), "{bad}");
    }
    let huge = format!(r#"{{"a":"{}"}}"#, "x".repeat(1 << 20));
    assert_eq!(verdict(&raw(&KEY, &header, &huge)), Err(JwtError::Malformed));
}

#[test]
fn jw_12_only_the_canonical_form() {
    let good = with_header("");
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let standard = STANDARD.encode(b64url_decode(signature).unwrap());
    // 64 bytes leave four unused bits in the last of 86 characters, which have to be zero.
    let last = signature.chars().last().unwrap();
    let next = char::from_u32(last as u32 + 1).unwrap();
    let trailing = format!("{}{next}", &signature[..85]);
    for bad in [
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{standard}"),
        format!("{header}.{claims}.{trailing}"),
        format!("{header}.{claims}"),
        format!("{good}.{signature}"),
        format!("{good}."),
        format!(".{good}"),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{header}. {claims}.{signature}"),
        "..".to_owned(),
        String::new(),
        "\u{e9}.\u{e9}.\u{e9}".to_owned(),
    ] {
        assert!(matches!(verdict(&bad), Err(JwtError::Malformed | JwtError::Header)), "{bad}");
    }
}

#[test]
fn a_mac_takes_a_long_enough_secret_and_its_own_algorithm() {
    let make = |header: &str, secret: &str| {
        let message = format!("{}.{}", b64url(header), b64url(r#"{"sub":"x"}"#));
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
        format!("{message}.{}", b64url(mac))
    };
    let (first, second, short) = ("1".repeat(32), "2".repeat(40), "3".repeat(31));
    let secrets = [&first, &second, &short];
    let good = r#"{"alg":"HS256","typ":"JWT"}"#;
    let found = verify_mac(&make(good, &second), &secrets).unwrap();
    assert_eq!(
        (found.secret, found.typ.as_deref(), found.claims["sub"].as_str()),
        (1, Some("JWT"), Some("x"))
    );
    assert!(unverified_is_mac(&make(good, "")) && !unverified_is_mac("e30.e30.") && !unverified_is_mac(""));
    for (token, why) in [
        (make(good, &short), JwtError::Signature),
        (make(good, ""), JwtError::Signature),
        (make(r#"{"alg":"none"}"#, &first), JwtError::Algorithm),
        (make(r#"{"alg":"RS256"}"#, &first), JwtError::Algorithm),
        (make(r#"{"alg":"HS512"}"#, &first), JwtError::Algorithm),
        (make(r#"{"typ":"JWT"}"#, &first), JwtError::Algorithm),
        (make(r#"{"alg":"HS256","crit":["x"]}"#, &first), JwtError::Header),
        (format!("{}.", make(good, &first)), JwtError::Malformed),
    ] {
        assert_eq!(verify_mac(&token, &secrets), Err(why), "{token}");
    }
    // And no MAC passes for a signature.
    assert_eq!(verify(&make(good, &first), &[], Alg::ALL), Err(JwtError::Algorithm));
}

proptest! {
    #[test]
    fn never_panics(text in "[A-Za-z0-9_=. -]{0,120}", other in "\\PC{0,40}") {
        let _ = (verdict(&text), verdict(&other), peek_unverified(&text), peek_unverified(&other));
    }

    #[test]
    fn jw_25_any_changed_character_is_refused(at in any::<proptest::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let mut token = with_header("");
        let at = at.index(token.len());
        prop_assume!(token[at..=at] != to);
        token.replace_range(at..=at, &to);
        prop_assert!(verdict(&token).is_err());
        prop_assert!(verdict(&token[..at]).is_err());
    }
}
