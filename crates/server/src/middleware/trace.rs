//! The span of a request, and whose trace it is part of (W3C Trace Context).

use axum::http::{HeaderMap, Request};
use axum::response::Response;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span that everything a request causes is under. Without a collector it is none, and costs nothing.
pub(super) fn span<B>(request: &Request<B>) -> Span {
    let span = tracing::info_span!(
        target: signet_metrics::TRACE,
        "http.request",
        otel.kind = "server",
        http.request.method = method(request.method().as_str()),
        http.route = Empty,
        http.response.status_code = Empty,
        signet.request = Empty,
    );
    if !span.is_disabled()
        && let Some(caller) = traceparent(request.headers())
    {
        // It fails only without the layer, and then there is no span.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(caller));
    }
    span
}

/// Adds what is known at the end.
pub(super) fn complete(span: &Span, response: &Response) {
    if !span.is_disabled() {
        span.record("http.route", super::route_of(response).unwrap_or(signet_metrics::OTHER));
        span.record("http.response.status_code", response.status().as_u16());
        if let Some(id) = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()) {
            span.record("signet.request", id);
        }
    }
}

/// A method that is known; strangers may invent others.
fn method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("_OTHER")
}

/// The caller's span, if there is exactly one well-formed `traceparent`. Whatever else there is is passed over: a
/// trace must not break a request.
fn traceparent(headers: &HeaderMap) -> Option<SpanContext> {
    let mut values = headers.get_all("traceparent").iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let mut parts = value.split('-');
    let version = hex::<2>(parts.next()?)?;
    let trace = hex::<32>(parts.next()?)?;
    let parent = hex::<16>(parts.next()?)?;
    let flags = hex::<2>(parts.next()?)?;
    // Later versions may say more; this one may not, and ff is none.
    if version == 0xff || (version == 0 && parts.next().is_some()) || trace == 0 || parent == 0 {
        return None;
    }
    let parent = SpanId::from(u64::try_from(parent).ok()?);
    let flags = TraceFlags::new(u8::try_from(flags).ok()? & 1);
    Some(SpanContext::new(TraceId::from(trace), parent, flags, true, TraceState::NONE))
}

/// A number of exactly so many lower-case hexadecimal digits.
fn hex<const DIGITS: usize>(text: &str) -> Option<u128> {
    let right = text.len() == DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    right.then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn parse(values: &[&str]) -> Option<SpanContext> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("traceparent", HeaderValue::from_str(value).unwrap());
        }
        traceparent(&headers)
    }

    #[test]
    fn a_well_formed_one_is_believed() {
        let caller = parse(&[GOOD]).unwrap();
        assert_eq!(caller.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(caller.span_id().to_string(), "00f067aa0ba902b7");
        assert!(caller.is_sampled() && caller.is_remote());
        assert!(!parse(&[&GOOD.replace("-01", "-00")]).unwrap().is_sampled());
        assert!(parse(&[&GOOD.replacen("00-", "cc-", 1)]).is_some(), "of a later version");
        assert!(parse(&[&format!("cc{}-what-comes", &GOOD[2..])]).is_some());
    }

    #[test]
    fn whatever_else_is_passed_over() {
        for wrong in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(parse(&[wrong]).is_none(), "{wrong}");
        }
        assert!(parse(&[GOOD, GOOD]).is_none(), "twice");
    }
}
