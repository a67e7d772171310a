//! Reading an address that somebody registered.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// The longest address, in bytes.
pub const MAX_BYTES: usize = 2_048;

/// Why an address can't be called, whatever is behind it. Safe to show to whoever wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// No absolute URL, or one with characters that readers disagree about.
    #[error("must be an absolute https URL of visible ASCII characters, at most 2048 of them")]
    Malformed,
    /// Another scheme.
    #[error("must begin with https://")]
    Scheme,
    /// It names a user or a password.
    #[error("must not name a user or a password")]
    UserInfo,
    /// It has a fragment.
    #[error("must not have a fragment")]
    Fragment,
    /// A port that isn't called.
    #[error("must not name this port: the operator allows others only")]
    Port,
    /// An IP address that isn't public.
    #[error("must not name an address outside the public internet")]
    Address,
}

/// An address that may be called, as far as that can be told by looking at it.
#[derive(Debug, Clone)]
pub struct Target {
    pub(crate) url: Url,
    pub(crate) port: u16,
}

/// What stands for the host.
pub(crate) enum Place<'a> {
    Name(&'a str),
    Address(IpAddr),
}

impl Target {
    /// Reads an address; policies look at it afterwards. Addresses in any spelling that a resolver would take for
    /// an IPv4 address (`127.1`, `0x7f000001`, `2130706433`, `0177.0.0.1`) are read as that address.
    pub(crate) fn parse(text: &str) -> Result<Self, BadTarget> {
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`');
        if text.is_empty() || text.len() > MAX_BYTES || !text.bytes().all(plain) {
            return Err(BadTarget::Malformed);
        }
        let url = Url::parse(text).map_err(|_| BadTarget::Malformed)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(BadTarget::Scheme);
        }
        // `https:host` and `https:/host` are read like `https://host` by some and not by others.
        if !text[url.scheme().len()..].starts_with("://") {
            return Err(BadTarget::Malformed);
        }
        let authority = text[url.scheme().len() + 3..].split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() {
            return Err(BadTarget::Malformed);
        }
        if authority.contains('@') {
            return Err(BadTarget::UserInfo);
        }
        if text.contains('#') {
            return Err(BadTarget::Fragment);
        }
        let port = url.port_or_known_default().ok_or(BadTarget::Malformed)?;
        match url.host() {
            Some(Host::Domain(name)) if is_name(name) => {}
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => {}
            _ => return Err(BadTarget::Malformed),
        }
        Ok(Self { url, port })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(crate) fn place(&self) -> Place<'_> {
        match self.url.host() {
            Some(Host::Domain(name)) => Place::Name(name),
            Some(Host::Ipv4(v4)) => Place::Address(IpAddr::V4(v4)),
            Some(Host::Ipv6(v6)) => Place::Address(IpAddr::V6(v6)),
            // `parse` lets nothing else through.
            None => Place::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        }
    }

    /// The host, for budgets and messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Path and query, for the request line.
    pub(crate) fn path_and_query(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// `Host`, with its port unless that is the scheme's own.
    pub(crate) fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// Whether it names this machine, in the ways that browsers know for certain.
    pub(crate) fn names_loopback(&self) -> bool {
        match self.place() {
            Place::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Place::Address(address) => is_loopback(address),
        }
    }
}

/// `127.0.0.0/8` and `::1`.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => v6 == Ipv6Addr::LOCALHOST,
    }
}

/// Letters, digits, hyphens and underscores in labels of at most 63, not more than 253 in all.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.strip_suffix('.').unwrap_or(name).split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ss_01_spellings_of_an_address_are_that_address() {
        for spelled in
            ["127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1"]
        {
            let target = Target::parse(&format!("https://{spelled}/x")).expect("a URL");
            assert!(
                matches!(target.place(), Place::Address(IpAddr::V4(v4)) if v4.is_loopback()),
                "{spelled}"
            );
        }
        let mapped = Target::parse("https://[::ffff:7f00:1]/").expect("a URL");
        assert!(matches!(mapped.place(), Place::Address(address) if !crate::address::is_public(address)));
    }

    #[test]
    fn ss_05_only_plain_web_addresses() {
        for (bad, why) in [
            ("gopher://a.example/", BadTarget::Scheme),
            ("file:///etc/passwd", BadTarget::Scheme),
            ("ftp://a.example/", BadTarget::Scheme),
            ("javascript:alert(1)", BadTarget::Scheme),
            ("data:text/plain,x", BadTarget::Scheme),
            ("https:a.example", BadTarget::Malformed),
            ("https:/a.example", BadTarget::Malformed),
            ("https:///a.example", BadTarget::Malformed),
            ("https:\\\\a.example", BadTarget::Malformed),
            ("//a.example/", BadTarget::Malformed),
            ("a.example", BadTarget::Malformed),
            ("", BadTarget::Malformed),
            ("https://", BadTarget::Malformed),
            (" https://a.example/", BadTarget::Malformed),
            ("https://a.example/\u{e9}", BadTarget::Malformed),
            ("https://a.exam\tple/", BadTarget::Malformed),
            ("https://a.example/\r\nX: y", BadTarget::Malformed),
            ("https://a..example/", BadTarget::Malformed),
            ("https://a.example:99999/", BadTarget::Malformed),
            ("https://user@a.example/", BadTarget::UserInfo),
            ("https://u:p@a.example/", BadTarget::UserInfo),
            ("https://@a.example/", BadTarget::UserInfo),
            ("https://a.example/#x", BadTarget::Fragment),
            ("https://a.example#", BadTarget::Fragment),
        ] {
            assert_eq!(Target::parse(bad).map(|t| t.url.to_string()), Err(why), "{bad}");
        }
        assert_eq!(
            Target::parse(&format!("https://a.example/{}", "x".repeat(2_048))).err(),
            Some(BadTarget::Malformed)
        );
    }

    #[test]
    fn what_goes_on_the_wire() {
        let target = Target::parse("https://A.example:8443/p/q?r=s").expect("a URL");
        assert_eq!((target.authority().as_str(), target.port), ("a.example:8443", 8443));
        assert_eq!(target.path_and_query(), "/p/q?r=s");
        let plain = Target::parse("https://a.example:443").expect("a URL");
        assert_eq!((plain.authority().as_str(), plain.path_and_query().as_str()), ("a.example", "/"));
    }
}
