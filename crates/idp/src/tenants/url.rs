//! Base URLs of tenants and deployments: parsed once, strictly.

/// A base URL: scheme, host and perhaps a port, nothing after it. In lower case, without the scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    https: bool,
    name: String,
    port: Option<u16>,
}

impl BaseUrl {
    /// Parses it; the error is a sentence that says what to change.
    ///
    /// # Errors
    /// When it is anything but `http(s)://host[:port]`, with or without one slash at its end.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("{text:?} {what}: write it like https://id.example.com"));
        let lower = text.to_ascii_lowercase();
        let (https, rest) = match (lower.strip_prefix("https://"), lower.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return wrong("does not begin with https:// or http://"),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@', '\\']) {
            return wrong("has something after its host");
        }
        let Some((name, port)) = split_authority(authority) else { return wrong("has no valid host") };
        let port = port.filter(|&p| p != if https { 443 } else { 80 });
        Ok(Self { https, name: name.to_owned(), port })
    }

    /// The `Host` that requests for it carry.
    #[must_use]
    pub fn host(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.name),
            None => self.name.clone(),
        }
    }

    /// The host name alone.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port, the scheme's own if none is written.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 443 } else { 80 })
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether it names this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let literal = self.name.trim_start_matches('[').trim_end_matches(']');
        self.name == "localhost"
            || self.name.ends_with(".localhost")
            || literal.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether the host is an address rather than a name.
    #[must_use]
    pub fn is_address(&self) -> bool {
        self.name.starts_with('[') || self.name.parse::<std::net::Ipv4Addr>().is_ok()
    }

    /// The same scheme and port at another host name.
    #[must_use]
    pub fn at(&self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self.clone() }
    }
}

impl std::fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host())
    }
}

/// Splits `host[:port]` (RFC 9110 §7.2), already in lower case; `None` unless it is a name of letters, digits,
/// hyphens and dots or an address, at most 253 characters, and a port between 1 and 65535.
#[must_use]
pub fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    let (name, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let end = rest.find(']')?;
            rest[..end].parse::<std::net::Ipv6Addr>().ok()?;
            let (name, rest) = authority.split_at(end + 2);
            match rest {
                "" => (name, None),
                rest => (name, Some(rest.strip_prefix(':')?)),
            }
        }
        None => match authority.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (authority, None),
        },
    };
    if !name.starts_with('[') && !is_name(name) {
        return None;
    }
    let Some(port) = port else { return Some((name, None)) };
    if port.is_empty() || port.starts_with('0') || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    port.parse().ok().map(|port| (name, Some(port)))
}

fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_normal() {
        for (text, wanted) in [
            ("HTTP://LocalHost:8080/", "http://localhost:8080"),
            ("https://id.example.com:443", "https://id.example.com"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().to_string(), wanted);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "localhost",
            "ftp://x",
            "http://",
            "http://a/b",
            "http://a?b",
            "http://u@a",
            "http://a:0",
            "http://a:065",
            "http://a:99999",
            "http://a..b",
            "http://-a",
            "http://a_b",
            "http://[::g]",
            "http://a//",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_is_told_by_name_and_address() {
        for (text, wanted) in [
            ("http://localhost", true),
            ("http://globex.localhost:1", true),
            ("http://127.0.0.2", true),
            ("http://[::1]", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().is_loopback(), wanted, "{text}");
        }
    }
}
