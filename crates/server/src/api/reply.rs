//! Parts that answers share: links, pages, versions.

use super::error::ApiError;
use super::query::{self, Query};
use crate::App;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use signet_domain::Time;
use signet_idp::Ctx;
use signet_idp::admin::Expected;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where something is found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Link {
    /// What it is, where several have one name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    /// Absolute URL.
    href: String,
    /// The method, if it isn't GET.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
}

/// One link or several.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum LinkValue {
    /// One.
    One(Link),
    /// Several.
    Many(Vec<Link>),
}

/// Links by name.
pub(crate) type Links = BTreeMap<&'static str, LinkValue>;

/// Makes links of a tenant.
pub(crate) struct Linker<'a>(pub(crate) &'a Ctx);

impl Linker<'_> {
    /// A link to look at.
    pub(crate) fn get(&self, path: impl std::fmt::Display) -> LinkValue {
        LinkValue::One(Link { name: None, href: self.href(path), method: None })
    }

    /// A link to act on.
    pub(crate) fn act(&self, method: &'static str, path: impl std::fmt::Display) -> LinkValue {
        LinkValue::One(Link { name: None, href: self.href(path), method: Some(method) })
    }

    /// Several links under one name.
    pub(crate) fn many(&self, links: &[(&'static str, String)]) -> LinkValue {
        let link = |(name, path): &(&'static str, String)| Link {
            name: Some(name),
            href: self.href(path),
            method: None,
        };
        LinkValue::Many(links.iter().map(link).collect())
    }

    fn href(&self, path: impl std::fmt::Display) -> String {
        format!("{}{path}", self.0.tenant.url)
    }
}

/// An instant on the wire.
pub(crate) fn instant(time: Time) -> String {
    time.rfc3339()
}

/// An object that says nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Nothing {}

/// An answer with its version as `ETag`.
pub(crate) fn versioned<T: Serialize>(version: i64, value: T) -> Response {
    let mut response = Json(value).into_response();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// A page of a list, with its links: absolute, each in a header of its own. The next page keeps the query.
pub(crate) fn page<T: Serialize>(
    base: &str,
    path: &str,
    query: &Query,
    items: Vec<T>,
    next: Option<&str>,
) -> Response {
    let same = query.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let own: Vec<_> = same.clone().collect();
    let own_url = format!("{base}{path}{}", query::write(&own));
    let next_url = next.map(|cursor| {
        let mut pairs: Vec<_> = same.filter(|(name, _)| *name != "after").collect();
        pairs.push(("after", cursor));
        format!("{base}{path}{}", query::write(&pairs))
    });
    linked(Json(items).into_response(), &own_url, next_url.as_deref())
}

/// Adds `Link` headers.
pub(crate) fn linked(mut response: Response, own: &str, next: Option<&str>) -> Response {
    let links = [(Some(own), "self"), (next, "next")];
    for (url, rel) in links.into_iter().filter_map(|(url, rel)| url.map(|url| (url, rel))) {
        if let Ok(value) = HeaderValue::from_str(&format!("<{url}>; rel=\"{rel}\"")) {
            response.headers_mut().append(header::LINK, value);
        }
    }
    response
}

/// The versions that `If-Match` names (RFC 9110 §13.1.1). A weak tag or one that can't be read matches nothing.
#[derive(Debug, Default)]
pub(crate) struct IfMatch(pub(crate) Expected);

impl IfMatch {
    fn parse(headers: &HeaderMap) -> Expected {
        let mut versions = Vec::new();
        let mut any = true;
        for value in headers.get_all(header::IF_MATCH) {
            any = false;
            let text = value.to_str().unwrap_or_default();
            if text.trim() == "*" {
                return Expected::Any;
            }
            let tags = text.split(',').map(str::trim);
            let inner = tags.filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
            versions.extend(inner.filter_map(|tag| tag.parse::<i64>().ok()));
        }
        if any { Expected::Any } else { Expected::Versions(versions) }
    }
}

impl FromRequestParts<App> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        Ok(Self(Self::parse(&parts.headers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_read_version_matches() {
        let parse = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::IF_MATCH, HeaderValue::from_static(value));
            }
            IfMatch::parse(&headers)
        };
        assert!(parse(None).check(3).is_ok() && parse(Some("*")).check(3).is_ok());
        assert!(parse(Some("\"3\"")).check(3).is_ok() && parse(Some("\"2\", \"3\"")).check(3).is_ok());
        for stale in ["\"2\"", "W/\"3\"", "3", "", "\"\""] {
            assert!(parse(Some(stale)).check(3).is_err(), "{stale}");
        }
    }
}
