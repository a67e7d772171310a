//! What came back.

use http::HeaderMap;
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Cookie, Page, TokenSet};

/// A whole response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What was asked, for messages.
    pub asked: String,
    /// Where it was asked.
    pub url: Url,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        self.parse()
    }

    /// The body as a type.
    pub fn parse<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}\nin the reply to {}", self.describe()))
    }

    /// The body as a page.
    pub fn page(&self) -> Page {
        Page::parse(&self.text())
    }

    /// One header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All values of a header.
    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
    }

    /// The cookies that were set.
    pub fn cookies(&self) -> Vec<Cookie> {
        self.headers_named("set-cookie").into_iter().filter_map(Cookie::parse).collect()
    }

    /// Where a redirect leads, made absolute.
    pub fn location(&self) -> Url {
        let to = self.header("location").unwrap_or_else(|| panic!("no Location: {}", self.describe()));
        self.url.join(to).unwrap_or_else(|error| panic!("Location {to}: {error}"))
    }

    /// Whether it is a redirect.
    pub fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status) && self.headers.contains_key("location")
    }

    /// Demands this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "wanted {status} of {}", self.describe());
        self
    }

    /// Demands an OAuth error: its status, its code, JSON, and no store.
    #[track_caller]
    pub fn expect_oauth_error(self, status: u16, error: &str) -> Self {
        let reply = self.expect(status);
        let found = reply.json();
        assert_eq!(found["error"], error, "wanted {error} of {}", reply.describe());
        let kind = reply.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "content type {kind} of {}", reply.describe());
        let cache = reply.header("cache-control").unwrap_or_default();
        assert!(cache.contains("no-store"), "cache control {cache} of {}", reply.describe());
        reply
    }

    /// Demands our own error page: 400, HTML, and no redirect.
    #[track_caller]
    pub fn expect_page_error(self) -> Self {
        let reply = self.expect(400);
        assert!(reply.header("location").is_none(), "a redirect: {}", reply.describe());
        let kind = reply.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("text/html"), "content type {kind} of {}", reply.describe());
        reply
    }

    /// The tokens of a 200 from a token endpoint.
    #[track_caller]
    pub fn tokens(self) -> TokenSet {
        self.expect(200).parse()
    }

    /// Everything, for a failed assertion.
    pub fn describe(&self) -> String {
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("  {name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let body: String = self.text().chars().take(3_000).collect();
        format!("{}\n  {}\n{}\n\n{body}", self.asked, self.status, headers.join("\n"))
    }
}
