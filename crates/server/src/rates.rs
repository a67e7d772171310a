//! Rate policies on the wire: the headers of every answer that they were asked about, and their refusal.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use signet_idp::rates::{RateRefusal, Rates, WindowStanding};
use std::fmt::Write;

/// Looks up a request header; several of one name are one value with commas between.
pub(crate) fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> =
        headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The answer to a refused request: one line of JSON and the headers.
pub(crate) fn refusal(refused: &RateRefusal, rates: &Rates) -> Response {
    let body = serde_json::json!({ "message": refused.message }).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = refused.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    put(headers, rates);
    response
}

/// `RateLimit-*` of the most constrained window, `X-RateLimit-*` of each, and the fields of
/// draft-ietf-httpapi-ratelimit-headers.
pub(crate) fn put(headers: &mut HeaderMap, rates: &Rates) {
    let constrained = |w: &&WindowStanding| (w.admitted, w.remaining, std::cmp::Reverse(w.reset_seconds));
    let Some(tightest) = rates.windows.iter().min_by_key(constrained) else { return };
    let mut set = |name: &str, value: HeaderValue| {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            headers.insert(name, value);
        }
    };
    set("ratelimit-limit", HeaderValue::from(tightest.limit));
    set("ratelimit-remaining", HeaderValue::from(tightest.remaining));
    set("ratelimit-reset", HeaderValue::from(tightest.reset_seconds));
    // Where two policies have a window of one length, the more constrained one is shown: it comes last.
    let mut windows: Vec<_> = rates.windows.iter().collect();
    windows.sort_by_key(|w| std::cmp::Reverse(constrained(w)));
    for window in windows {
        let name = window_name(window.window_seconds);
        set(&format!("x-ratelimit-limit-{name}"), HeaderValue::from(window.limit));
        set(&format!("x-ratelimit-remaining-{name}"), HeaderValue::from(window.remaining));
    }
    let (mut policy, mut state) = (String::new(), String::new());
    for window in &rates.windows {
        let WindowStanding { policy: id, window_seconds, limit, remaining, reset_seconds, .. } = window;
        let separator = if policy.is_empty() { "" } else { ", " };
        let _ = write!(policy, "{separator}\"{id}-{window_seconds}\";q={limit};w={window_seconds}");
        let _ = write!(state, "{separator}\"{id}-{window_seconds}\";r={remaining};t={reset_seconds}");
    }
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            set(name, value);
        }
    }
}

/// What a window is called in the names of headers: months of 30 days, years of 365.
fn window_name(seconds: u32) -> String {
    match seconds {
        1 => "second".to_owned(),
        60 => "minute".to_owned(),
        3_600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        2_592_000 => "month".to_owned(),
        31_536_000 => "year".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(window_seconds: u32, limit: u32, remaining: u32, reset_seconds: u64) -> WindowStanding {
        let policy = "rlpX".to_owned();
        WindowStanding { policy, window_seconds, limit, remaining, reset_seconds, admitted: remaining > 0 }
    }

    #[test]
    fn every_window_is_shown_and_the_most_constrained_one_stands_alone() {
        let windows = vec![window(30, 3, 2, 9), window(3_600, 10, 1, 700), window(3_600, 100, 99, 700)];
        let mut headers = HeaderMap::new();
        put(&mut headers, &Rates { windows, refused: None });
        for (name, value) in [
            ("RateLimit-Limit", "10"),
            ("RateLimit-Remaining", "1"),
            ("RateLimit-Reset", "700"),
            ("X-RateLimit-Limit-30", "3"),
            ("X-RateLimit-Remaining-30", "2"),
            ("X-RateLimit-Limit-Hour", "10"),
            ("X-RateLimit-Remaining-Hour", "1"),
            (
                "RateLimit-Policy",
                "\"rlpX-30\";q=3;w=30, \"rlpX-3600\";q=10;w=3600, \"rlpX-3600\";q=100;w=3600",
            ),
            ("RateLimit", "\"rlpX-30\";r=2;t=9, \"rlpX-3600\";r=1;t=700, \"rlpX-3600\";r=99;t=700"),
        ] {
            assert_eq!(headers.get(name).map(|v| v.to_str().unwrap()), Some(value), "{name}");
        }
    }

    #[test]
    fn no_windows_no_headers() {
        let mut headers = HeaderMap::new();
        put(&mut headers, &Rates::default());
        assert!(headers.is_empty());
    }
}
