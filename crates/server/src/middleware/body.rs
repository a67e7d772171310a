//! Bodies: bounded in size and time, and read before anything else is done.

use super::refusal::Refusal;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use std::time::Duration;

/// The most that a request may carry.
const MOST_BYTES: usize = 1 << 20;

/// How long it may take to carry it.
const LONGEST: Duration = Duration::from_secs(30);

/// Reads the body.
pub(super) async fn read(request: hyper::Request<Incoming>) -> Result<Request, Refusal> {
    let too_large =
        || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than 1 MiB").closing();
    let encoded = request.headers().get(header::CONTENT_ENCODING);
    if encoded.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let sentence = "Compressed requests are not accepted: send the body as it is";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence).closing());
    }
    if request.body().size_hint().lower() > MOST_BYTES as u64 {
        return Err(too_large());
    }
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(Request::from_parts(parts, Body::empty()));
    }
    match tokio::time::timeout(LONGEST, Limited::new(body, MOST_BYTES).collect()).await {
        Ok(Ok(collected)) => Ok(Request::from_parts(parts, Body::from(collected.to_bytes()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::new(StatusCode::BAD_REQUEST, "The body could not be read").closing()),
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "The body took too long").closing()),
    }
}
