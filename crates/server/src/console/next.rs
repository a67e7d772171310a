//! Where a sign-in leads: back to the page of the console that asked for it, and nowhere else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Where the console begins.
pub(super) const HOME: &str = "/console";
const MAX_BYTES: usize = 2000;

/// Everything but the unreserved characters of RFC 3986.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path that may be gone to after signing in; the console's beginning for any other.
///
/// It is a plain path below `/console` with an optional query, spelled in the one way in which the console's own
/// links are: whatever a browser or a proxy might read in a second way is refused.
pub(super) fn checked(wanted: Option<&str>) -> &str {
    wanted.filter(|w| is_ours(w)).unwrap_or(HOME)
}

fn is_ours(wanted: &str) -> bool {
    let (path, query) = wanted.split_once('?').unwrap_or((wanted, ""));
    let below = path.strip_prefix(HOME).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b);
    let segments = path.split('/').skip(1).all(|s| !s.is_empty() && !s.starts_with('.'));
    below
        && wanted.len() <= MAX_BYTES
        && path.bytes().all(is_plain)
        && segments
        && !path.starts_with("/console/sign-")
        && !query.contains("//")
        && query.bytes().all(|b| is_plain(b) || b"%&=+:".contains(&b))
        && escapes_are_harmless(&query.to_ascii_lowercase())
}

/// No escape of a control character, a backslash or an escape, and no slash beside another.
fn escapes_are_harmless(query: &str) -> bool {
    let control = |hex: &str| hex.starts_with(['0', '1']) || hex == "7f";
    let mut escapes = query.match_indices('%').map(|(at, _)| query.get(at + 1..at + 3).unwrap_or_default());
    let good = escapes.all(|hex| {
        hex.len() == 2
            && hex.bytes().all(|b| b.is_ascii_hexdigit())
            && !control(hex)
            && hex != "5c"
            && hex != "25"
    });
    let plain = query.replace("%2f", "/");
    good && !plain.contains("//")
}

/// The sign-in page that leads back to a page.
pub(super) fn sign_in(then: &str) -> String {
    match checked(Some(then)) {
        HOME => "/console/sign-in".to_owned(),
        then => format!("/console/sign-in?next={}", encoded(then)),
    }
}

/// Where the form posts to that replaces an expired password on the way to a page.
pub(super) fn renewal(then: &str) -> String {
    sign_in(then).replacen("/sign-in", "/sign-in/password", 1)
}

/// A text as the value of a query parameter.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ru_24_only_the_consoles_own_pages_are_gone_to() {
        for good in [
            "/console",
            "/console/log",
            "/console/log?q=ada%40acme.test&range=7d",
            "/console/log?since=2026-11-24T13%3A00%3A00.000Z",
            "/console/users/00u4uLGkTOG5sEoBT5PbHG?done=unlock",
        ] {
            assert_eq!(checked(Some(good)), good);
        }
        for bad in [
            "",
            "/",
            "/consoles",
            "//evil.test",
            "/console//evil.test",
            "https://evil.test/console",
            "/console\\evil",
            "/console/..//evil.test",
            "/console/../login",
            "/console/%2e%2e/login",
            "/console/%2f%2fevil.test",
            "/console/log?next=//evil.test",
            "/console/log?q=%2F%2Fevil.test",
            "/console/log?q=/%2fevil.test",
            "/console/log?q=%5Cevil",
            "/console/log?q=%252f",
            "/console/log?q=%0d%0aSet-Cookie:x",
            "/console/log?q=%7F",
            "/console/log?q=%4",
            "/console/log\r\n",
            "/console/log#x",
            "/console@evil.test",
            "/console/log?q=\u{202e}",
            "/console/sign-out",
            "/console/sign-in",
            " /console",
        ] {
            assert_eq!(checked(Some(bad)), HOME, "{bad:?}");
        }
        assert_eq!(checked(Some(&format!("/console/{}", "a".repeat(2000)))), HOME);
        assert_eq!(checked(None), HOME);
    }

    #[test]
    fn the_way_back_is_one_value() {
        assert_eq!(sign_in("/console"), "/console/sign-in");
        assert_eq!(sign_in("/console/log?q=a&b=c"), "/console/sign-in?next=%2Fconsole%2Flog%3Fq%3Da%26b%3Dc");
        assert_eq!(sign_in("//evil"), "/console/sign-in");
    }
}
