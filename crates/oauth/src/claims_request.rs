//! The `claims` parameter (OpenID Connect Core §5.5): single claims, asked for beside the scopes.

use crate::error::{OAuthError, Reason};
use crate::strict_json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The longest `claims` parameter, in bytes.
pub const MAX_CLAIMS_BYTES: usize = 8192;

/// The most claims of one place.
const MAX_CLAIMS: usize = 50;

/// What is asked of one claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimWish {
    /// Whether the app says that it can't do without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The values that will do; any, if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl ClaimWish {
    /// Whether a value will do.
    #[must_use]
    pub fn takes(&self, value: &Value) -> bool {
        self.values.is_empty() || self.values.contains(value)
    }
}

/// Claims by name.
pub type ClaimWishes = BTreeMap<String, ClaimWish>;

/// A `claims` parameter. Names that nobody knows stay in it; they are passed over when claims are given out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Claims for userinfo.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: ClaimWishes,
    /// Claims for the ID token.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: ClaimWishes,
}

impl ClaimsRequest {
    /// Parses the parameter. Members that aren't understood are ignored, as the specification asks.
    ///
    /// # Errors
    ///
    /// `invalid_request`, reason `invalid_claims`, for anything but a JSON object of the specified shape.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        if text.len() > MAX_CLAIMS_BYTES {
            return Err(Reason::InvalidClaims.into());
        }
        let map = strict_json::object(text.as_bytes()).ok_or(Reason::InvalidClaims)?;
        Ok(Self { userinfo: wishes(&map, "userinfo")?, id_token: wishes(&map, "id_token")? })
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// The names of all claims that are asked for, in either place.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.userinfo.keys().chain(self.id_token.keys()).map(String::as_str)
    }

    /// What is asked of a claim, in both places.
    pub fn of<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a ClaimWish> {
        [self.userinfo.get(name), self.id_token.get(name)].into_iter().flatten()
    }
}

fn wishes(map: &Map<String, Value>, place: &str) -> Result<ClaimWishes, OAuthError> {
    let members = match map.get(place) {
        None | Some(Value::Null) => return Ok(ClaimWishes::new()),
        Some(Value::Object(members)) if members.len() <= MAX_CLAIMS => members,
        Some(_) => return Err(Reason::InvalidClaims.into()),
    };
    members.iter().map(|(name, wish)| Ok((name.clone(), parse_wish(wish)?))).collect()
}

fn parse_wish(wish: &Value) -> Result<ClaimWish, OAuthError> {
    let members = match wish {
        Value::Null => return Ok(ClaimWish::default()),
        Value::Object(members) => members,
        _ => return Err(Reason::InvalidClaims.into()),
    };
    let essential = match members.get("essential") {
        None => false,
        Some(Value::Bool(essential)) => *essential,
        Some(_) => return Err(Reason::InvalidClaims.into()),
    };
    let values = match (members.get("value"), members.get("values")) {
        (None, None) => Vec::new(),
        (Some(value), None) => vec![value.clone()],
        (None, Some(Value::Array(values))) if !values.is_empty() => values.clone(),
        _ => return Err(Reason::InvalidClaims.into()),
    };
    Ok(ClaimWish { essential, values })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn gr_19_shapes_of_the_specification() {
        let text = r#"{"userinfo":{"given_name":{"essential":true},"nickname":null,
            "http://example.info/claims/groups":null},
            "id_token":{"auth_time":{"essential":true},"acr":{"values":["a","b"]},"sub":{"value":"248"}},
            "verified":{"x":1}}"#;
        let claims = ClaimsRequest::parse(text).unwrap();
        assert!(claims.userinfo["given_name"].essential && !claims.userinfo["nickname"].essential);
        assert_eq!(claims.id_token["acr"].values, [json!("a"), json!("b")]);
        assert!(claims.id_token["sub"].takes(&json!("248")) && !claims.id_token["sub"].takes(&json!("249")));
        let kept = serde_json::to_value(&claims).unwrap();
        assert_eq!(serde_json::from_value::<ClaimsRequest>(kept).unwrap(), claims);
        assert!(ClaimsRequest::parse(r#"{"userinfo":null}"#).unwrap().is_empty());
    }

    #[test]
    fn gr_19_other_shapes_are_refused() {
        let long = format!(r#"{{"userinfo":{{"{}":null}}}}"#, "x".repeat(MAX_CLAIMS_BYTES));
        let many: Map<String, Value> = (0..=MAX_CLAIMS).map(|n| (n.to_string(), Value::Null)).collect();
        let many = json!({ "userinfo": many }).to_string();
        for bad in [
            "",
            "null",
            "[]",
            "{",
            r#"{"userinfo":[]}"#,
            r#"{"userinfo":{"name":true}}"#,
            r#"{"userinfo":{"name":{"essential":"true"}}}"#,
            r#"{"userinfo":{"name":{"values":[]}}}"#,
            r#"{"userinfo":{"name":{"values":"a"}}}"#,
            r#"{"userinfo":{"name":{"value":"a","values":["a"]}}}"#,
            r#"{"userinfo":{"name":null,"name":null}}"#,
            &long,
            &many,
        ] {
            assert_eq!(ClaimsRequest::parse(bad).unwrap_err().reason, Reason::InvalidClaims, "{bad:.60}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,60}") {
            let _ = ClaimsRequest::parse(&text);
        }
    }
}
