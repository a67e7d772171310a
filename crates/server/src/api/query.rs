//! Query strings and paths, strictly: no parameter twice, no broken escape, no NUL.

use super::error::ApiError;
use crate::App;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;

/// Most parameters.
const MAX: usize = 50;

/// The parameters of a call; an empty one counts as missing.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses a query string.
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if pairs.len() >= MAX || pairs.iter().any(|(known, _)| *known == name) {
                return Err(ApiError::invalid("query", "query: each parameter may only be sent once"));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// All parameters.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// A parameter that isn't empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, name: &'static str, default: bool) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(ApiError::invalid(name, format!("{name}: must be true or false"))),
        }
    }

    /// `limit`: a number from 1; larger ones than a list gives are cut there.
    pub(crate) fn limit(&self) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(None) };
        let number = text.parse::<i64>().ok().filter(|n| *n >= 1 && !text.starts_with('+'));
        number.map(Some).ok_or_else(|| ApiError::invalid("limit", "limit: must be a number from 1"))
    }
}

impl FromRequestParts<App> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

fn decode(text: &str) -> Result<String, ApiError> {
    let fault = || ApiError::invalid("query", "query: a parameter is not UTF-8 in percent escapes");
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let digits = rest.get(at + 1..at + 3).ok_or_else(fault)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(fault());
        }
        rest = &rest[at + 3..];
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map_err(|_| fault())?.into_owned();
    if decoded.contains('\0') { Err(fault()) } else { Ok(decoded) }
}

/// What stands in the path; what can't be an id is not found.
pub(crate) struct Segment<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Segment<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if parts.uri.path().contains("%00") {
            return Err(ApiError::NoPath);
        }
        let Path(value) = Path::<T>::from_request_parts(parts, app).await.map_err(|_| ApiError::NoPath)?;
        Ok(Self(value))
    }
}

/// Writes a query string.
pub(crate) fn write(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let separator = if text.is_empty() { '?' } else { '&' };
        let [name, value] = [name, value]
            .map(|part| percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC));
        let _ = write!(text, "{separator}{name}={value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_and_reversible() {
        let query = Query::parse("filter=status+eq+%22A%22&limit=5&empty=").unwrap();
        assert_eq!(query.get("filter"), Some("status eq \"A\""));
        assert_eq!((query.limit().unwrap(), query.get("empty")), (Some(5), None));
        assert_eq!(write(&[("a", "x y&"), ("b", "1")]), "?a=x%20y%26&b=1");
        for bad in ["a=1&a=2", "a=%", "a=%zz", "a=%ff", "a=%00", "a=%2"] {
            assert!(Query::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn in_21_limits() {
        for bad in ["limit=-1", "limit=0", "limit=NaN", "limit=+5", "limit=1.5", "limit=99999999999999999999"]
        {
            assert!(Query::parse(bad).unwrap().limit().is_err(), "{bad}");
        }
        assert_eq!(Query::parse("limit=1000000000").unwrap().limit().unwrap(), Some(1_000_000_000));
    }
}
