//! A strict reading of the URIs that clients register; nothing is normalised.

use crate::encoding::hex_value;
use crate::redirect::RedirectUriError as Error;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The pieces of a URI, each as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// Lower-case scheme, without the colon.
    pub(crate) scheme: &'a str,
    /// What stands between `//` and the path, if there is a `//`.
    pub(crate) authority: Option<&'a str>,
    /// Path and query.
    pub(crate) rest: &'a str,
}

/// Characters that RFC 3986 has no place for, and the asterisk of patterns.
const FORBIDDEN: &[u8] = b"\\\"<>^`{|}*";

/// Splits a URI, refusing what no redirect URI may contain, whatever its scheme.
pub(crate) fn split(uri: &str) -> Result<Parts<'_>, Error> {
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::NotAscii);
    }
    if uri.contains('#') {
        return Err(Error::Fragment);
    }
    if uri.bytes().any(|byte| FORBIDDEN.contains(&byte)) {
        return Err(Error::Character);
    }
    let (scheme, after) = uri.split_once(':').ok_or(Error::NotAbsolute)?;
    if !is_scheme(scheme) {
        return Err(Error::NotAbsolute);
    }
    let (authority, rest) = match after.strip_prefix("//") {
        Some(tail) => {
            let end = tail.find(['/', '?']).unwrap_or(tail.len());
            (Some(&tail[..end]), &tail[end..])
        }
        None => (None, after),
    };
    if authority.is_some_and(|text| text.contains('@')) {
        return Err(Error::UserInfo);
    }
    let parts = Parts { scheme, authority, rest };
    check_escapes(uri)?;
    check_path(parts.path())?;
    Ok(parts)
}

impl<'a> Parts<'a> {
    /// The path, without the query.
    pub(crate) fn path(&self) -> &'a str {
        self.rest.split_once('?').map_or(self.rest, |(path, _)| path)
    }

    /// Whether nothing follows the scheme.
    pub(crate) fn is_bare(&self) -> bool {
        self.rest.is_empty() && self.authority.is_none_or(str::is_empty)
    }

    /// Host and port of the authority, both as written.
    pub(crate) fn host_port(&self) -> Option<(&'a str, Option<&'a str>)> {
        split_host_port(self.authority?)
    }
}

/// Splits `host[:port]`, where the host may be an IPv6 literal in brackets.
pub(crate) fn split_host_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let host_end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, tail) = authority.split_at(host_end);
    match tail.strip_prefix(':') {
        Some(port) => Some((host, Some(port))),
        None if tail.is_empty() => Some((host, None)),
        None => None,
    }
}

/// A port from 1 to 65535 in its only canonical form.
pub(crate) fn is_port(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && !text.starts_with('0') && text.parse::<u16>().is_ok()
}

/// Whether a host is one that can be written in one way only: lower-case name, IPv4 or IPv6 literal.
pub(crate) fn is_host(host: &str) -> bool {
    if let Some(literal) = host.strip_prefix('[') {
        return literal.strip_suffix(']').is_some_and(|text| {
            // The canonical form only, so that text comparison is address comparison.
            text.parse::<Ipv6Addr>().is_ok_and(|address| address.to_string() == text)
        });
    }
    let label = |label: &str| {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        (1..=63).contains(&label.len())
            && label.bytes().all(legal)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return false;
    }
    // A last label of digits (or 0x…) makes browsers read an IPv4 address: only the plain form is one.
    let last = host.rsplit('.').next().unwrap_or(host);
    let numeric = last.bytes().all(|b| b.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    !numeric || host.parse::<Ipv4Addr>().is_ok()
}

fn is_scheme(scheme: &str) -> bool {
    scheme.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'))
}

/// Every escape has two digits and does not hide a control character.
fn check_escapes(uri: &str) -> Result<(), Error> {
    for value in escapes(uri) {
        if value.ok_or(Error::Escape)?.is_ascii_control() {
            return Err(Error::Escape);
        }
    }
    Ok(())
}

/// The bytes that the percent escapes of a text stand for; `None` for a broken escape.
fn escapes(text: &str) -> impl Iterator<Item = Option<u8>> {
    text.split('%').skip(1).map(|after| match after.as_bytes() {
        [high, low, ..] => Some(hex_value(*high)? << 4 | hex_value(*low)?),
        _ => None,
    })
}

/// No dot segments (also with a `;parameter`), no escaped dot, slash or backslash.
fn check_path(path: &str) -> Result<(), Error> {
    if escapes(path).any(|value| matches!(value, Some(b'.' | b'/' | b'\\'))) {
        return Err(Error::Path);
    }
    let dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    if path.split('/').any(dots) { Err(Error::Path) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ru_08_ru_12_hosts() {
        for good in [
            "app.example",
            "a",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "xn--80ak6aa92e.com",
            "a-b.c0",
            "[2001:db8::1]",
        ] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "127.0.0.1.",
            "127.0.0.256",
            "0177.0.0.1",
            "APP.example",
            "a..b",
            "a.",
            "-a",
            "a-",
            "a b",
            "[::1",
            "[::01]",
            "[::1%25lo]",
            "[::FFFF:1]",
            "a%40b",
            "[0:0:0:0:0:0:0:1]",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
        assert!(!is_host(&"a.".repeat(200)));
    }

    #[test]
    fn ports_have_one_form() {
        assert!(is_port("1") && is_port("65535") && is_port("443"));
        for bad in ["", "0", "00", "0443", "65536", "-1", "+1", "4 3", "99999999999"] {
            assert!(!is_port(bad), "{bad}");
        }
    }

    #[test]
    fn splitting() {
        let parts = split("https://h:1/p?q=%2F").map(|p| (p.scheme, p.authority, p.path(), p.host_port()));
        assert_eq!(parts, Ok(("https", Some("h:1"), "/p", Some(("h", Some("1"))))));
        assert_eq!(split_host_port("[::1]:5"), Some(("[::1]", Some("5"))));
        assert_eq!(split_host_port("[::1]x"), None);
        assert_eq!(split_host_port("h:1:2"), Some(("h", Some("1:2"))));
    }
}
