//! One line per request: never its query, headers or body.

use crate::config::Mode;
use axum::extract::MatchedPath;
use axum::http::{Method, Request};
use axum::response::Response;
use signet_domain::event::RequestFacts;
use signet_domain::id::RequestId;
use std::time::Instant;

/// What the line will say.
pub(super) struct Line {
    method: Method,
    id: RequestId,
    tenant: String,
    started: Instant,
}

impl Line {
    pub(super) fn new<B>(request: &Request<B>, facts: &RequestFacts, started: Instant) -> Self {
        Self { method: request.method().clone(), id: facts.id, tenant: String::new(), started }
    }

    pub(super) fn tenant(&mut self, name: &str) {
        name.clone_into(&mut self.tenant);
    }

    /// Writes it: in production always, in dev for whoever asks. The path is the route's, for a real one may
    /// hold a login.
    pub(super) fn write(&self, response: &Response, mode: Mode) {
        let route = response.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
        let status = response.status().as_u16();
        let ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (method, id, tenant) = (&self.method, &self.id, &self.tenant);
        match mode {
            Mode::Serve => tracing::info!(%method, route, status, ms, request = %id, tenant, "request"),
            Mode::Dev | Mode::Tool => {
                tracing::debug!(%method, route, status, ms, request = %id, tenant, "request")
            }
        }
    }
}
