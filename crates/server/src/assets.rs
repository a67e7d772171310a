//! Style sheets, scripts and fonts as responses, compressed for whoever takes that.
//!
//! Only these are: they are the same for everybody. A page is not, because it holds secrets beside what a stranger may
//! have put into it, and its compressed length would tell them apart (see docs/SECURITY.md).

use crate::html::FOR_EVER;
use axum::extract::OriginalUri;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

/// A file of ours, under a name that changes with its content.
pub(crate) async fn asset(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    serve(&uri, &headers)
}

fn serve(uri: &Uri, asked: &HeaderMap) -> Response {
    let Some(asset) = signet_web::asset(uri.path()) else {
        return (StatusCode::NOT_FOUND, "Not found").into_response();
    };
    let gzip = asset.gzip.filter(|_| takes_gzip(asked));
    let sent = gzip.unwrap_or(asset.plain);
    let mut response = if has_already(asked, sent.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.content_type)], sent.bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    headers.insert(header::ETAG, HeaderValue::from_static(sent.etag));
    if asset.gzip.is_some() {
        headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if gzip.is_some() && response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether gzip is welcome, and no less so than the file as it is.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut plain) = (None, None, None);
    for (coding, weight) in items(asked, header::ACCEPT_ENCODING).map(weighed) {
        match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "*" => any = Some(weight),
            "identity" => plain = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= plain.unwrap_or(0.0)
}

/// `gzip;q=0.5` in its two parts. A weight that can't be read counts as a no.
fn weighed(item: &str) -> (&str, f32) {
    let mut parts = item.split(';').map(str::trim);
    let coding = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (coding, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

/// Whether the asker holds this very form. Compared weakly, as RFC 9110 has it for `If-None-Match`.
fn has_already(asked: &HeaderMap, etag: &str) -> bool {
    items(asked, header::IF_NONE_MATCH).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The items of a list, which may be spread over several headers.
fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
    }

    #[test]
    fn gzip_goes_to_who_takes_it() {
        for value in
            ["gzip", "br, gzip", "GZIP", "x-gzip", "*", "gzip;q=0.1", "gzip ; q=1, identity", "gzip, *;q=0"]
        {
            assert!(takes_gzip(&accepting(value)), "{value}");
        }
    }

    #[test]
    fn who_does_not_take_gzip_gets_the_file_as_it_is() {
        for value in
            ["", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "identity", "identity, gzip;q=0.5", "gzip;q=x"]
        {
            assert!(!takes_gzip(&accepting(value)), "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
