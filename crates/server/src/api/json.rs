//! JSON bodies, strictly: one object, no repeated names, no great depth, no NUL, nothing behind it, and no
//! member that isn't known.

use super::error::ApiError;
use crate::App;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Most bytes of a body.
const MAX_BYTES: usize = 256 * 1024;
/// How deep objects and arrays may nest.
const MAX_DEPTH: u8 = 16;

/// A JSON object, not yet looked at.
#[derive(Debug)]
pub(crate) struct Document(Map<String, Value>);

/// A JSON object of a type.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl Document {
    /// Forgets members that may be sent back as they were read. Another id than the path's is refused, and so is
    /// another status, which only the lifecycle changes.
    pub(crate) fn for_update(mut self, id: &str, status: &str, read_only: &[&str]) -> Result<Self, ApiError> {
        if self.0.remove("status").is_some_and(|sent| sent.as_str() != Some(status)) {
            return Err(ApiError::invalid("status", "status: can't be set; use the lifecycle operations"));
        }
        self.for_replacement(id, read_only)
    }

    /// The same of what has no lifecycle operations: its status is a member like others.
    pub(crate) fn for_replacement(mut self, id: &str, read_only: &[&str]) -> Result<Self, ApiError> {
        if self.0.remove("id").is_some_and(|sent| sent.as_str() != Some(id)) {
            return Err(ApiError::invalid("id", "id: must be the id in the path"));
        }
        read_only.iter().for_each(|name| {
            self.0.remove(*name);
        });
        Ok(self)
    }

    /// Reads it as a type.
    pub(crate) fn read<T: DeserializeOwned>(self, subject: &'static str) -> Result<T, ApiError> {
        serde_json::from_value(Value::Object(self.0)).map_err(|error| {
            ApiError::invalid(subject, signet_domain::event::bounded(&error.to_string(), 300))
        })
    }
}

impl FromRequest<App> for Document {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::MediaType("application/json"));
        }
        let bytes = axum::body::to_bytes(request.into_body(), MAX_BYTES).await;
        object(&bytes.map_err(|_| ApiError::TooLarge)?).map(Document).ok_or(ApiError::Malformed)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        Document::from_request(request, app).await?.read("body").map(Self)
    }
}

/// Reads a member that is an object: derived readers would take a list for one.
pub(crate) fn member<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let map = Map::deserialize(deserializer)?;
    serde_json::from_value(Value::Object(map)).map_err(Error::custom)
}

/// The same of a member that may be missing or null.
pub(crate) fn optional_member<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let map = Option::<Map<String, Value>>::deserialize(deserializer)?;
    map.map(|map| serde_json::from_value(Value::Object(map))).transpose().map_err(Error::custom)
}

/// Whether exactly one Content-Type says JSON, in UTF-8 if it says a charset.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(kind), None) = (types.next(), types.next()) else { return false };
    let Ok(kind) = kind.to_str() else { return false };
    let mut parts = kind.split(';').map(str::trim);
    parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        && parts.all(|part| {
            let part = part.to_ascii_lowercase();
            !part.starts_with("charset=") || matches!(&part[8..], "utf-8" | "\"utf-8\"")
        })
}

/// Parses a JSON object.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(MAX_DEPTH).deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

#[derive(Clone, Copy)]
struct Strict(u8);

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("too deep"))
    }
}

fn text<E: Error>(text: &str) -> Result<&str, E> {
    if text.contains('\0') { Err(E::custom("NUL")) } else { Ok(text) }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        text(value).map(Into::into)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            text(&name)?;
            let value = entries.next_value_seed(inner)?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated name"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_09_what_is_no_plain_object() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        for bad in [
            "",
            "[]",
            "null",
            "{} {}",
            "{}x",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":1}}",
            "{\"a\":1e400}",
            "{\"a\":\"\\u0000\"}",
            "{\"\\u0000\":1}",
            "{\"a\":\"\\ud800\"}",
            deep.as_str(),
        ] {
            assert!(object(bad.as_bytes()).is_none(), "{bad:.60}");
        }
        assert!(object(br#"{"a":[1,-1,1.5,true,null,"x",{"a":1}]}"#).is_some());
    }

    #[test]
    fn tx_08_another_id_is_refused_and_read_only_members_are_forgotten() {
        let document = |text: &str| Document(object(text.as_bytes()).unwrap());
        for bad in [r#"{"id":"b"}"#, r#"{"id":7}"#, r#"{"id":"a","status":"INACTIVE"}"#] {
            assert!(document(bad).for_update("a", "ACTIVE", &[]).is_err(), "{bad}");
        }
        let sent = document(r#"{"id":"a","status":"ACTIVE","created":"x","profile":{}}"#);
        let rest = sent.for_update("a", "ACTIVE", &["created"]).unwrap();
        assert_eq!(rest.0.keys().collect::<Vec<_>>(), ["profile"]);
    }

    #[test]
    fn content_types() {
        let is = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            is_json(&headers)
        };
        assert!(is("application/json") && is("Application/JSON; charset=UTF-8"));
        assert!(!is("application/json; charset=utf-16") && !is("text/plain") && !is("application/jsonp"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
