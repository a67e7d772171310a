//! Request objects: authorization requests as signed JWTs (OpenID Connect Core §6, RFC 9101).

use crate::encoding::{b64url, b64url_decode};
use crate::error::{OAuthError, Reason};
use crate::jwk::PublicJwk;
use crate::jwt::{self, Alg, MAX_TOKEN_BYTES, claim_seconds};
use crate::params::Params;
use crate::strict_json;
use aws_lc_rs::digest;
use serde_json::{Map, Value};

/// The `typ` that a request object may name (RFC 9101 §10.8); without it, or with `JWT`, it is one as well.
pub const TYP: &str = "oauth-authz-req+jwt";

/// Seconds that a client's clock may be ahead, for `nbf` and `iat`.
const LEEWAY_SECONDS: i64 = 10;

/// Seconds for which an object that came with the request and names itself is remembered, unless it expires before.
const REMEMBERED_SECONDS: i64 = 3_600;

/// The longest `jti`, in bytes.
const MAX_JTI_BYTES: usize = 255;

/// Claims of the JWT itself, which are no parameters.
const OF_THE_TOKEN: &[&str] = &["iss", "aud", "exp", "nbf", "iat", "jti"];

/// What a request object has to agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The client, as the request beside the object names it.
    pub client_id: &'a str,
    /// The response type beside the object, if there is one.
    pub response_type: Option<&'a str>,
    /// The issuer that was asked.
    pub issuer: &'a str,
    /// The time, in seconds since the epoch.
    pub now: i64,
    /// Whether the object came with the request. One that the client publishes at a registered address is good for
    /// as long as it stands there.
    pub by_value: bool,
}

/// A request object that is good.
#[derive(Debug)]
pub struct RequestObject {
    /// The whole request.
    pub params: Params,
    /// Its `jti`, if it came with the request and names itself: it must not be answered twice; and until when, in
    /// seconds since the epoch, it is remembered for that.
    pub once: Option<(String, i64)>,
}

/// Whether a text says of itself that it is an unsigned JWT. Those are never taken, and it takes no key to say so.
#[must_use]
pub fn is_unsigned(object: &str) -> bool {
    let header =
        object.split('.').next().and_then(b64url_decode).and_then(|bytes| strict_json::object(&bytes));
    let alg = header.as_ref().and_then(|header| header.get("alg")).and_then(Value::as_str);
    alg.is_some_and(|alg| alg.eq_ignore_ascii_case("none"))
}

/// Where an object is, and the digest that its address names in the fragment (OpenID Connect Core §6.2).
#[must_use]
pub fn address(request_uri: &str) -> (&str, Option<&str>) {
    request_uri.split_once('#').map_or((request_uri, None), |(address, digest)| (address, Some(digest)))
}

/// Whether a fragment is a digest at all.
#[must_use]
pub fn is_digest(fragment: &str) -> bool {
    b64url_decode(fragment).is_some_and(|bytes| bytes.len() == digest::SHA256_OUTPUT_LEN)
}

/// Whether a digest in an address is that of what was found there.
#[must_use]
pub fn has_digest(object: &[u8], digest: &str) -> bool {
    b64url(digest::digest(&digest::SHA256, object)) == digest
}

/// Checks a request object and gives its parameters. They are the whole request: what stands beside the object
/// counts for nothing (RFC 9101 §6.3), though client and response type must not differ (OpenID Connect Core §6.1).
///
/// Both documents leave `iss`, `aud` and `exp` to the client. Whichever is there must be right.
///
/// # Errors
///
/// `invalid_request_object`. It must not be redirected: where to is for the object to say.
pub fn read(object: &str, keys: &[PublicJwk], expected: Expected<'_>) -> Result<RequestObject, OAuthError> {
    if object.len() > MAX_TOKEN_BYTES {
        return Err(invalid("it is longer than 16384 bytes"));
    }
    let verified = jwt::verify_with_sole_key(object, keys, Alg::ALL)
        .map_err(|_| invalid("it isn't a JWT that one of the client's registered keys signed"))?;
    let typ = verified.header.typ.as_deref();
    if typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT") && !typ.eq_ignore_ascii_case(TYP)) {
        return Err(invalid("its 'typ' is that of another kind of token"));
    }
    let claims = &verified.claims;
    // RFC 9101 §10.8: so that no client assertion can be taken for a request.
    if claims.contains_key("sub") {
        return Err(invalid("it has a 'sub', like a client assertion"));
    }
    if claims.get("iss").is_some_and(|iss| iss != expected.client_id) {
        return Err(invalid("its 'iss' must be the client's id"));
    }
    if claims.get("client_id").is_some_and(|id| id != expected.client_id) {
        return Err(invalid("its 'client_id' must be the one beside it"));
    }
    if claims.get("aud").is_some_and(|aud| !names(aud, expected.issuer)) {
        return Err(invalid("its 'aud' must be the issuer"));
    }
    if let (Some(beside), Some(within)) = (expected.response_type, claims.get("response_type"))
        && within != beside
    {
        return Err(invalid("its 'response_type' must be the one beside it"));
    }
    let expires = check_times(claims, expected.now)?;
    let once = if expected.by_value { mark(claims, expires, expected.now)? } else { None };
    Ok(RequestObject { params: parameters(claims, expected.client_id)?, once })
}

fn names(audience: &Value, issuer: &str) -> bool {
    match audience {
        Value::Array(list) => list.iter().any(|one| one == issuer),
        one => one == issuer,
    }
}

/// `exp`, if there is one.
fn check_times(claims: &Map<String, Value>, now: i64) -> Result<Option<i64>, OAuthError> {
    let seconds =
        |name: &str| claim_seconds(claims, name).map_err(|_| invalid("its times must be whole seconds"));
    let expires = seconds("exp")?;
    if expires.is_some_and(|exp| now >= exp) {
        return Err(invalid("it has expired"));
    }
    for name in ["nbf", "iat"] {
        if seconds(name)?.is_some_and(|at| at > now + LEEWAY_SECONDS) {
            return Err(invalid("it isn't valid yet"));
        }
    }
    Ok(expires)
}

/// What an object that can be copied is remembered by.
fn mark(
    claims: &Map<String, Value>,
    expires: Option<i64>,
    now: i64,
) -> Result<Option<(String, i64)>, OAuthError> {
    let until = now + REMEMBERED_SECONDS;
    match claims.get("jti") {
        None => Ok(None),
        Some(Value::String(jti)) if (1..=MAX_JTI_BYTES).contains(&jti.len()) => {
            Ok(Some((jti.clone(), expires.map_or(until, |exp| exp.min(until)))))
        }
        Some(_) => Err(invalid("its 'jti' must be a text of at most 255 bytes")),
    }
}

/// The claims as a form, which is read like any other.
fn parameters(claims: &Map<String, Value>, client_id: &str) -> Result<Params, OAuthError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", client_id);
    for (name, value) in claims {
        match (name.as_str(), value) {
            ("request" | "request_uri", _) => return Err(invalid("it must not hold another one")),
            ("client_id", _) => {}
            (name, _) if OF_THE_TOKEN.contains(&name) => {}
            (name, Value::String(text)) => {
                form.append_pair(name, text);
            }
            (name, Value::Number(number)) if number.is_u64() => {
                form.append_pair(name, &number.to_string());
            }
            ("claims", Value::Object(_)) => {
                form.append_pair("claims", &value.to_string());
            }
            ("resource", Value::Array(list)) => {
                for one in list {
                    let text = one
                        .as_str()
                        .ok_or_else(|| invalid("its 'resource' must be a URI, or a list of them"))?;
                    form.append_pair("resource", text);
                }
            }
            // No parameter that is known here.
            (_, Value::Array(_) | Value::Object(_)) => {}
            (_, Value::Null | Value::Bool(_) | Value::Number(_)) => {
                return Err(invalid("its parameters must be texts or whole numbers"));
            }
        }
    }
    Params::parse(form.finish().as_bytes())
}

fn invalid(why: &str) -> OAuthError {
    OAuthError::new(Reason::InvalidRequestObject)
        .describe(format!("The request object can't be used: {why}; sign a new one with a registered key."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::jwt::SigningKey;
    use proptest::prelude::*;
    use serde_json::json;

    const EXPECTED: Expected<'static> = Expected {
        client_id: "c",
        response_type: Some("code"),
        issuer: "https://i.test",
        now: 1_000,
        by_value: true,
    };

    /// Claims that suffice, with some changed; `null` takes one away, and `{}` stands for `null` itself.
    fn claims(changes: &Value) -> Value {
        let mut claims = json!({ "iss": "c", "aud": "https://i.test", "exp": 1_001 });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value if *value == json!({}) => claims[name] = Value::Null,
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    fn read_claims(typ: Option<&str>, changes: &Value) -> Result<RequestObject, OAuthError> {
        read_as(EXPECTED, typ, changes)
    }

    fn read_as(
        expected: Expected<'_>,
        typ: Option<&str>,
        changes: &Value,
    ) -> Result<RequestObject, OAuthError> {
        let key = SigningKey::generate(Alg::ES256).unwrap();
        let token = jwt::sign(&key, typ, &claims(changes)).unwrap();
        read(&token, std::slice::from_ref(key.public_jwk()), expected)
    }

    #[test]
    fn the_claims_are_the_parameters() {
        let object = read_claims(
            Some(TYP),
            &json!({
                "aud": ["x", "https://i.test"], "iat": 1_010, "jti": "j", "client_id": "c",
                "response_type": "code", "redirect_uri": "https://a.test/cb?x=y&z", "scope": "openid a",
                "max_age": 7, "claims": { "userinfo": { "email": null } },
                "resource": ["https://r.test", "https://s.test"],
                "authorization_details": [{}], "ui": { "a": "b" },
            }),
        )
        .unwrap();
        let params = object.params;
        assert_eq!(params.get("redirect_uri"), Some("https://a.test/cb?x=y&z"));
        assert_eq!((params.get("client_id"), params.get("max_age")), (Some("c"), Some("7")));
        assert_eq!(params.get("claims"), Some(r#"{"userinfo":{"email":null}}"#));
        assert_eq!(params.all("resource").count(), 2);
        assert_eq!(params.len(), 8, "{params:?}");
        assert_eq!(object.once, Some(("j".to_owned(), 1_001)));
        assert!(read_claims(None, &json!({})).unwrap().once.is_none());
    }

    #[test]
    fn what_the_client_may_leave_out() {
        for changes in [json!({ "iss": null }), json!({ "aud": null }), json!({ "exp": null })] {
            assert!(read_claims(Some("jwt"), &changes).unwrap().once.is_none(), "{changes}");
        }
        // Whatever it says, it is remembered for an hour at the longest.
        for (exp, until) in [(Value::Null, 4_600), (json!(1_000_000), 4_600), (json!(4_599), 4_599)] {
            let object = read_claims(None, &json!({ "exp": exp, "jti": "j" })).unwrap();
            assert_eq!(object.once, Some(("j".to_owned(), until)), "{exp}");
        }
    }

    #[test]
    fn an_address_may_name_the_digest_of_what_is_there() {
        let digest = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        assert_eq!(address("https://a.test/r"), ("https://a.test/r", None));
        assert_eq!(address(&format!("https://a.test/r#{digest}")), ("https://a.test/r", Some(digest)));
        assert!(is_digest(digest) && has_digest(b"", digest) && !has_digest(b"x", digest));
        for other in ["", "x", &digest[1..], "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", "v2#x"] {
            assert!(!is_digest(other) && !has_digest(b"", other), "{other}");
        }
    }

    #[test]
    fn what_is_no_request_object() {
        for changes in [
            json!({ "sub": "c" }),
            json!({ "iss": "d" }),
            json!({ "client_id": "d" }),
            json!({ "client_id": ["c"] }),
            json!({ "response_type": "token" }),
            json!({ "response_type": ["code"] }),
            json!({ "aud": "https://i.test/" }),
            json!({ "aud": [] }),
            json!({ "exp": 1_000 }),
            json!({ "exp": "2000" }),
            json!({ "nbf": 1_011 }),
            json!({ "iat": 1_011 }),
            json!({ "jti": "" }),
            json!({ "jti": 7 }),
            json!({ "jti": "x".repeat(256) }),
            json!({ "request": "x.y.z" }),
            json!({ "request_uri": "https://a.test/" }),
            json!({ "scope": true }),
            json!({ "scope": {} }),
            json!({ "max_age": 1.5 }),
            json!({ "resource": [1] }),
            json!({ "state": "a\u{0}b" }),
        ] {
            assert!(read_claims(None, &changes).is_err(), "{changes}");
        }
        assert!(read_claims(Some("logout+jwt"), &json!({})).is_err());
        assert!(read_claims(Some("at+jwt"), &json!({})).is_err());
    }

    #[test]
    fn an_object_at_an_address_is_good_for_as_long_as_it_stands_there() {
        let expected = Expected { by_value: false, response_type: None, ..EXPECTED };
        for changes in [json!({ "exp": null }), json!({ "exp": 1_000_000 }), json!({ "jti": "j" })] {
            assert!(read_as(expected, None, &changes).unwrap().once.is_none(), "{changes}");
        }
        assert!(read_as(expected, None, &json!({ "exp": 1_000 })).is_err());
    }

    #[test]
    fn unsigned_ones_are_known_by_their_header() {
        assert!(is_unsigned("eyJhbGciOiJub25lIn0.e30."));
        assert!(!is_unsigned("eyJhbGciOiJFUzI1NiJ9.e30.AAAA"));
        for text in ["", ".", "x", "e30.e30.", "bm9uZQ.."] {
            assert!(!is_unsigned(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,80}") {
            let _ = is_unsigned(&text);
            let _ = read(&text, &[], EXPECTED);
        }
    }
}
