//! Prometheus' text format.

use crate::{HASHES, REDIS, REFUSALS, REQUESTS, STORE, TOKENS};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// A value that is looked up when it is asked for.
pub struct Gauge {
    /// Its name.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// A label and its value, if it has one.
    pub label: Option<(&'static str, &'static str)>,
    /// The value.
    pub value: f64,
}

/// Everything that this process counted, and these. Gauges of one name follow each other.
#[must_use]
pub fn render(gauges: &[Gauge]) -> String {
    let mut text = String::new();
    head(&mut text, "signet_http_requests_total", "counter", "Requests by route and class of status.");
    for (route, classes) in &*REQUESTS.0.lock().unwrap_or_else(PoisonError::into_inner) {
        for (class, count) in classes.iter().enumerate().filter(|(_, count)| **count > 0) {
            let route = route.replace('\\', "\\\\").replace('"', "\\\"");
            text.push_str(&format!(
                "signet_http_requests_total{{route=\"{route}\",status=\"{}xx\"}} {count}\n",
                class + 1
            ));
        }
    }
    head(&mut text, "signet_tokens_total", "counter", "Token responses by grant.");
    for (grant, count) in TOKENS.counts() {
        text.push_str(&format!("signet_tokens_total{{grant=\"{grant}\"}} {count}\n"));
    }
    head(&mut text, "signet_refusals_total", "counter", "Refusals by the rule that refused.");
    for (rule, count) in REFUSALS.counts() {
        text.push_str(&format!("signet_refusals_total{{rule=\"{rule}\"}} {count}\n"));
    }
    head(&mut text, "signet_password_hashes", "gauge", "Password hashes that wait or are computed.");
    text.push_str(&format!("signet_password_hashes {}\n", HASHES.load(Ordering::Relaxed)));
    head(&mut text, "signet_store_seconds", "histogram", "How long statements took.");
    text.push_str(&STORE.lines("signet_store_seconds"));
    head(&mut text, "signet_redis_seconds", "histogram", "How long questions to Redis took.");
    text.push_str(&REDIS.lines("signet_redis_seconds"));
    let mut last = "";
    for gauge in gauges {
        if gauge.name != last {
            head(&mut text, gauge.name, "gauge", gauge.help);
            last = gauge.name;
        }
        let label = gauge.label.map_or(String::new(), |(name, value)| format!("{{{name}=\"{value}\"}}"));
        text.push_str(&format!("{}{label} {}\n", gauge.name, gauge.value));
    }
    text
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
}
