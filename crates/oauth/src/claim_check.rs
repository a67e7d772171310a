//! Checks of the registered claims of a verified token (RFC 7519 §4.1, RFC 8725 §3).

use crate::jwt::{JwtError, Verified};
use serde_json::{Map, Value};

/// What a token has to say to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct ClaimCheck<'a> {
    /// The exact `iss`.
    pub issuer: &'a str,
    /// The exact `aud`, as a string or as the only element of an array; `None` accepts any single audience.
    pub audience: Option<&'a str>,
    /// The `typ` of the header (RFC 8725 §3.11); `None` stands for no `typ`, or the generic `JWT`.
    pub typ: Option<&'a str>,
    /// The time, in seconds since the epoch.
    pub now: i64,
    /// How far clocks may differ, in seconds.
    pub leeway: i64,
}

impl ClaimCheck<'_> {
    /// Checks type, issuer, audience and times. `exp` and `iat` are required, `nbf` is not.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn check(&self, token: &Verified) -> Result<(), JwtError> {
        self.check_expired_ok(token)?;
        let expires = claim_seconds(&token.claims, "exp")?.ok_or(JwtError::Claims)?;
        // RFC 7519 §4.1.4: on or after the expiration time the token is not accepted.
        if self.now >= expires.saturating_add(self.leeway) { Err(JwtError::Expired) } else { Ok(()) }
    }

    /// As [`ClaimCheck::check`], but `exp` may be over: for an `id_token_hint`.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn check_expired_ok(&self, token: &Verified) -> Result<(), JwtError> {
        let claims = &token.claims;
        if !type_matches(token.header.typ.as_deref(), self.typ) {
            return Err(JwtError::Type);
        }
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer) {
            return Err(JwtError::Issuer);
        }
        let audience = single_audience(claims).ok_or(JwtError::Audience)?;
        if self.audience.is_some_and(|expected| expected != audience) {
            return Err(JwtError::Audience);
        }
        claim_seconds(claims, "exp")?.ok_or(JwtError::Claims)?;
        let issued = claim_seconds(claims, "iat")?.ok_or(JwtError::Claims)?;
        let not_before = claim_seconds(claims, "nbf")?.unwrap_or(issued).max(issued);
        if not_before > self.now.saturating_add(self.leeway) { Err(JwtError::NotYetValid) } else { Ok(()) }
    }
}

/// A `NumericDate` as whole seconds; `None` if the claim is absent.
///
/// # Errors
///
/// [`JwtError::Claims`] for a string, a fraction, a negative or a number beyond 2^53, which JSON readers
/// disagree about.
pub fn claim_seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, JwtError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value.as_i64().filter(|seconds| (0..=1 << 53).contains(seconds));
    seconds.map(Some).ok_or(JwtError::Claims)
}

fn single_audience(claims: &Map<String, Value>) -> Option<&str> {
    match claims.get("aud")? {
        Value::String(audience) => Some(audience),
        Value::Array(list) => match list.as_slice() {
            [Value::String(audience)] => Some(audience),
            _ => None,
        },
        _ => None,
    }
}

/// Media types compare without case, and `application/` may be left out (RFC 7515 §4.1.9).
fn type_matches(actual: Option<&str>, expected: Option<&str>) -> bool {
    let actual = actual.map(|typ| match typ.split_at_checked(12) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => typ,
    });
    match (actual, expected) {
        (Some(actual), Some(expected)) => actual.eq_ignore_ascii_case(expected),
        (Some(actual), None) => actual.eq_ignore_ascii_case("JWT"),
        (None, expected) => expected.is_none(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::jwt::{Alg, Header};
    use serde_json::json;

    const ISS: &str = "https://acme.idp.test/oauth2/default";

    fn token(typ: Option<&str>, claims: Value) -> Verified {
        let Value::Object(claims) = claims else { unreachable!() };
        Verified { header: Header { alg: Alg::ES256, typ: typ.map(str::to_owned), kid: None }, claims }
    }

    fn check() -> ClaimCheck<'static> {
        ClaimCheck { issuer: ISS, audience: Some("api"), typ: Some("at+jwt"), now: 1000, leeway: 5 }
    }

    fn with(name: &str, value: Value) -> Result<(), JwtError> {
        let mut claims = json!({"iss": ISS, "aud": "api", "exp": 2000, "iat": 900});
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        check().check(&token(Some("at+jwt"), claims))
    }

    #[test]
    fn jw_16_times_are_whole_positive_numbers() {
        for name in ["exp", "nbf", "iat"] {
            for bad in [
                json!("2000"),
                json!(2000.0),
                json!(2000.5),
                json!(-1),
                json!(1e308),
                json!([1]),
                json!(true),
            ] {
                assert_eq!(with(name, bad.clone()), Err(JwtError::Claims), "{name} {bad}");
            }
            assert_eq!(with(name, json!(u64::MAX)), Err(JwtError::Claims), "{name}");
        }
        assert_eq!(with("exp", Value::Null), Err(JwtError::Claims));
        assert_eq!(with("iat", Value::Null), Err(JwtError::Claims));
        assert_eq!(with("nbf", Value::Null), Ok(()));
    }

    #[test]
    fn times_at_their_edges() {
        assert_eq!(with("exp", json!(996)), Ok(()));
        assert_eq!(with("exp", json!(995)), Err(JwtError::Expired));
        for name in ["nbf", "iat"] {
            assert_eq!(with(name, json!(1005)), Ok(()), "{name}");
            assert_eq!(with(name, json!(1006)), Err(JwtError::NotYetValid), "{name}");
        }
        let old = token(Some("at+jwt"), json!({"iss": ISS, "aud": "api", "exp": 1, "iat": 0}));
        assert_eq!(check().check(&old), Err(JwtError::Expired));
        assert_eq!(check().check_expired_ok(&old), Ok(()));
    }

    #[test]
    fn jw_17_audiences() {
        for bad in [
            Value::Null,
            json!("ap"),
            json!("API"),
            json!("api2"),
            json!(["api", "x"]),
            json!([]),
            json!([1]),
            json!(1),
        ] {
            assert_eq!(with("aud", bad.clone()), Err(JwtError::Audience), "{bad}");
        }
        assert_eq!(with("aud", json!(["api"])), Ok(()));
        let any = ClaimCheck { audience: None, ..check() };
        let other = token(Some("at+jwt"), json!({"iss": ISS, "aud": "x", "exp": 2000, "iat": 900}));
        assert_eq!(any.check(&other), Ok(()));
    }

    #[test]
    fn jw_18_issuers() {
        for bad in [Value::Null, json!(format!("{ISS}/")), json!(ISS.to_uppercase()), json!([ISS]), json!("")]
        {
            assert_eq!(with("iss", bad.clone()), Err(JwtError::Issuer), "{bad}");
        }
    }

    #[test]
    fn jw_19_types_do_not_mix() {
        let claims = json!({"iss": ISS, "aud": "api", "exp": 2000, "iat": 900});
        let run = |actual, typ| ClaimCheck { typ, ..check() }.check(&token(actual, claims.clone()));
        for (actual, expected) in [
            (Some("AT+JWT"), Some("at+jwt")),
            (Some("application/at+jwt"), Some("at+jwt")),
            (None, None),
            (Some("JWT"), None),
        ] {
            assert_eq!(run(actual, expected), Ok(()), "{actual:?}");
        }
        for (actual, expected) in [
            (None, Some("at+jwt")),
            (Some("JWT"), Some("at+jwt")),
            (Some("at+jwt"), None),
            (Some("logout+jwt"), None),
        ] {
            assert_eq!(run(actual, expected), Err(JwtError::Type), "{actual:?}");
        }
    }
}
