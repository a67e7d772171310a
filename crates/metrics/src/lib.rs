//! What a node counts and times, and the spans that tell how long each part of a request took.
//!
//! Every metric is a static, and the values of every label are listed beside it, so no stranger can make a series:
//! that, and that there is nothing to depend on, is why this is not a crate from elsewhere. Routes are the one label
//! that is not listed; they are the router's own templates, and [`MOST_ROUTES`] bounds them all the same.

mod histogram;
mod text;

pub use histogram::Histogram;
pub use text::{Gauge, render};

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The target of spans that are for traces. Nothing else is exported, and the log leaves them out.
pub const TRACE: &str = "signet::trace";

/// Tokens by the grant that gave them.
pub static TOKENS: Family<4> =
    Family::new(["authorization_code", "client_credentials", "password", "refresh_token"]);

/// Refusals by the rule that refused.
pub static REFUSALS: Family<8> = Family::new([
    "throttle",
    "quota",
    "status_calls",
    "lockout",
    "overload",
    "policy",
    "client_secret",
    "registration",
]);

/// Password hashes that wait or are computed.
pub static HASHES: AtomicI64 = AtomicI64::new(0);

/// Statements of the store.
pub static STORE: Histogram = Histogram::new();

/// Questions to Redis, answered or not.
pub static REDIS: Histogram = Histogram::new();

/// Requests.
pub static REQUESTS: Requests = Requests(Mutex::new(BTreeMap::new()));

/// Most routes that are told apart; the rest count as [`OTHER`].
pub const MOST_ROUTES: usize = 500;

/// What is no known route.
pub const OTHER: &str = "other";

/// A counter for each of a fixed list of labels.
pub struct Family<const N: usize> {
    labels: [&'static str; N],
    counts: [AtomicU64; N],
}

impl<const N: usize> Family<N> {
    const fn new(labels: [&'static str; N]) -> Self {
        Self { labels, counts: [const { AtomicU64::new(0) }; N] }
    }

    /// Counts one. A label that isn't in the list is nobody's.
    pub fn add(&self, label: &str) {
        if let Some(n) = self.labels.iter().position(|known| *known == label) {
            self.counts[n].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.labels.iter().zip(&self.counts).map(|(label, count)| (*label, count.load(Ordering::Relaxed)))
    }
}

/// Requests by route and class of status.
pub struct Requests(Mutex<BTreeMap<String, [u64; 5]>>);

impl Requests {
    /// Counts one. `route` is the template that matched, never a path.
    pub fn add(&self, route: Option<&str>, status: u16) {
        let class = usize::from((status / 100).clamp(1, 5)) - 1;
        let mut routes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |route: &&str| routes.len() < MOST_ROUTES || routes.contains_key(*route);
        let route = route.filter(known).unwrap_or(OTHER);
        if let Some(classes) = routes.get_mut(route) {
            classes[class] += 1;
        } else {
            routes.entry(route.to_owned()).or_default()[class] += 1;
        }
    }
}

/// Times one statement from now until it is dropped; inside a trace it is a span of it.
pub struct Statement {
    started: Instant,
    /// Closed when it is dropped.
    _span: tracing::Span,
}

/// Begins to time a statement. Only its first word is told: a span holds nobody's data.
#[must_use]
pub fn statement(sql: &'static str) -> Statement {
    let span = if tracing::Span::current().is_none() {
        // What is no part of a request (polling, sweeping) is no trace either.
        tracing::Span::none()
    } else {
        let operation = sql.trim_start().split(' ').next().unwrap_or_default();
        tracing::info_span!(target: TRACE, "store.statement", otel.kind = "client", db.operation.name = operation)
    };
    Statement { started: Instant::now(), _span: span }
}

impl Drop for Statement {
    fn drop(&mut self) {
        STORE.record(self.started.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_make_no_series() {
        let requests = Requests(Mutex::default());
        for n in 0..10_000 {
            requests.add(Some(&format!("/{n}")), 404);
        }
        requests.add(None, 999);
        assert!(requests.0.lock().unwrap().len() <= MOST_ROUTES + 1);
        let family = Family::new(["a"]);
        family.add("a");
        family.add("invented");
        assert_eq!(family.counts().collect::<Vec<_>>(), [("a", 1)]);
    }
}
