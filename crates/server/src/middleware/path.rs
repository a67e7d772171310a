//! One spelling per path: what another program might read as a different path is no path here.

use super::refusal::Refusal;
use axum::http::{Method, StatusCode, Uri};

/// Refuses methods that nothing here has, and paths with a second reading.
pub(super) fn check(method: &Method, uri: &Uri) -> Result<(), Refusal> {
    if *method == Method::TRACE || *method == Method::CONNECT {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This method is not allowed").closing());
    }
    if is_plain(uri.path()) { Ok(()) } else { Err(super::not_found()) }
}

fn is_plain(path: &str) -> bool {
    let segments_plain = path
        .strip_prefix('/')
        .is_some_and(|rest| rest.is_empty() || rest.split('/').all(|s| !matches!(s, "" | "." | "..")));
    // A slash at the end stays what it is: no route has one.
    let segments_plain = segments_plain || is_plain_but_for_its_end(path);
    segments_plain && !path.contains([';', '\\']) && escapes_are_needed(path.as_bytes())
}

fn is_plain_but_for_its_end(path: &str) -> bool {
    path.len() > 1 && path.strip_suffix('/').is_some_and(|head| !head.ends_with('/') && is_plain(head))
}

/// Whether every `%XX` stands for a character that could not be written as itself, and none for one that
/// separates.
fn escapes_are_needed(path: &[u8]) -> bool {
    let mut rest = path;
    while let Some(at) = rest.iter().position(|&b| b == b'%') {
        let digit = |i: usize| rest.get(at + i).and_then(|&b| char::from(b).to_digit(16));
        let (Some(high), Some(low)) = (digit(1), digit(2)) else { return false };
        let byte = u8::try_from(high * 16 + low).unwrap_or(0);
        let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if unreserved || byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b';' | b'%') {
            return false;
        }
        rest = &rest[at + 3..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn in_17_second_readings_are_no_paths() {
        for path in [
            "//token",
            "/oauth2//v1/token",
            "/oauth2/v1/%74oken",
            "/x/..;/api",
            "/x/../api",
            "/./api",
            "/a/%2e%2e/b",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/a%00",
            "/a%zz",
            "/a%2",
            "/a%252e",
            "*",
            "",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn ordinary_paths_pass() {
        for path in ["/", "/oauth2/default/v1/token", "/api/v1/users/ada%40acme.test", "/token/", "/x/%C3%A9"]
        {
            assert!(is_plain(path), "{path}");
        }
    }
}
