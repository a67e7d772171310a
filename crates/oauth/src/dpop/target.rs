//! Comparing `htu` with the address of a request (RFC 9449 §4.3, the ninth check): without query and fragment, after
//! the normalisations of RFC 3986 §6.2.2 and §6.2.3.

use crate::encoding::hex_value;
use crate::uri::split_host_port;

/// Whether both are the same address. What can't be read is the same as nothing.
#[must_use]
pub fn is_same_address(htu: &str, url: &str) -> bool {
    normal(htu).is_some_and(|htu| normal(url).as_ref() == Some(&htu))
}

/// An http or https address in its one form: lower-case scheme and host, no default port, no needless escape, no dot
/// segment.
fn normal(uri: &str) -> Option<String> {
    let bare = uri.split(['?', '#']).next()?;
    if !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let (scheme, rest) = bare.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.to_ascii_lowercase();
    let (host, port) = split_host_port(&authority)?;
    if host.is_empty() || host.contains('@') || !port.is_none_or(|p| p.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let port = port.filter(|port| !port.is_empty() && *port != default_port);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{host}{port}{}", without_dots(&unescaped(path)?)))
}

/// A path without escapes of what needn't be escaped (RFC 3986 §2.3), and the others in upper case.
fn unescaped(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let [high, low] = digits.as_bytes() else { return None };
        let byte = hex_value(*high)? << 4 | hex_value(*low)?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&digits.to_ascii_uppercase());
        }
        out.push_str(rest);
    }
    Some(out)
}

/// RFC 3986 §5.2.4, for a path that is empty or begins with a slash.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
        if is_last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::is_same_address as is_same;

    const URL: &str = "https://acme.id.example/oauth2/default/v1/token";

    #[test]
    fn one_address_has_many_spellings() {
        for same in [
            URL,
            "HTTPS://ACME.id.Example/oauth2/default/v1/token",
            "https://acme.id.example:443/oauth2/default/v1/token",
            "https://acme.id.example:/oauth2/default/v1/token",
            "https://acme.id.example/oauth2/default/v1/token?a=b#c",
            "https://acme.id.example/oauth2/default/v1/token#",
            "https://acme.id.example/oauth2/%64efault/v1/%74oken",
            "https://acme.id.example/oauth2/./x/../default/v1/token",
            "https://acme.id.example/../oauth2/default/v1/token",
        ] {
            assert!(is_same(same, URL), "{same}");
        }
        assert!(is_same("http://h", "http://h/") && is_same("http://h:80/?x", "HTTP://H"));
        assert!(is_same("http://h/a/.", "http://h/a/") && is_same("http://h/a/b/..", "http://h/a/"));
        assert!(is_same("http://h/%c3%a9", "http://h/%C3%A9"));
        assert!(is_same("http://[::1]:8080/a", "http://[::1]:8080/a"));
    }

    #[test]
    fn another_address_is_another() {
        for other in [
            "",
            "token",
            "/oauth2/default/v1/token",
            "http://acme.id.example/oauth2/default/v1/token",
            "https://acme.id.example:8443/oauth2/default/v1/token",
            "https://globex.id.example/oauth2/default/v1/token",
            "https://acme.id.example/oauth2/default/v1/token/",
            "https://acme.id.example/oauth2/default/v1/Token",
            "https://acme.id.example//oauth2/default/v1/token",
            "https://acme.id.example/oauth2%2Fdefault/v1/token",
            "https://acme.id.example/oauth2/default/v1/token%",
            "https://acme.id.example/oauth2/default/v1/token%2",
            "https://acme.id.example/oauth2/default/v1/token ",
            "https://me@acme.id.example/oauth2/default/v1/token",
            "https://acme.id.example:44x/oauth2/default/v1/token",
            "https:///oauth2/default/v1/token",
            "ftp://acme.id.example/oauth2/default/v1/token",
            "https://acme.id.ex\u{e4}mple/oauth2/default/v1/token",
            "https://acme.id.example/oauth2/default/v1/to%\u{e9}",
        ] {
            assert!(!is_same(other, URL), "{other}");
        }
        // What can't be read is no address, not even the same one.
        assert!(!is_same("mailto:a@b", "mailto:a@b"));
    }
}
