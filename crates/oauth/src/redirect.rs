//! Redirect URIs: what may be registered, and when a presented one is the registered one.
//!
//! The same rules serve `redirect_uri` (RFC 6749 §3.1.2) and `post_logout_redirect_uri` (OpenID Connect
//! RP-Initiated Logout 1.0 §3).

use crate::uri::{self, Parts};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest redirect URI, in bytes.
pub const MAX_URI_BYTES: usize = 2048;

/// Schemes that run or read something where they are opened; named only for a better message.
const DANGEROUS: &[&str] = &[
    "javascript",
    "data",
    "vbscript",
    "blob",
    "file",
    "filesystem",
    "about",
    "view-source",
    "ftp",
    "ws",
    "wss",
];

/// Whether an application runs at a place of its own on the web or on the device of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// Web application, single-page application or service.
    Web,
    /// Application on a device (RFC 8252): private-use schemes, and any port on a loopback address.
    Native,
}

/// Why a URI cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Over [`MAX_URI_BYTES`], or empty.
    #[error("the URI must have 1 to 2048 characters")]
    Length,
    /// Something else than printable ASCII.
    #[error("the URI must be printable ASCII without spaces; write host names in their punycode form")]
    NotAscii,
    /// No lower-case scheme, or no host.
    #[error("the URI must be absolute, with a lower-case scheme")]
    NotAbsolute,
    /// RFC 6749 §3.1.2: no fragment.
    #[error("the URI must not have a fragment")]
    Fragment,
    /// Name or password before the host.
    #[error("the URI must not have a user name or password")]
    UserInfo,
    /// A wildcard, or a character that RFC 3986 does not allow.
    #[error("the URI must not have a wildcard or any of \\ \" < > ^ ` {{ | }}")]
    Character,
    /// A broken escape, or one that hides a control character.
    #[error("the URI has a broken percent escape or an escaped control character")]
    Escape,
    /// Dot segments, or an escaped dot, slash or backslash.
    #[error("the path must not have '.' or '..' segments or an escaped '.', '/' or '\\'")]
    Path,
    /// The host is not a lower-case name or a plain address, or the port is no port.
    #[error("the host must be a lower-case name or a plain address, with a port from 1 to 65535")]
    Host,
    /// http elsewhere than on the own device.
    #[error("http is only allowed for 127.0.0.1, [::1] and localhost; use https")]
    Insecure,
    /// A scheme that is not allowed (for this kind of application).
    #[error(
        "the URI must begin with https://, or http:// for 127.0.0.1, [::1] and localhost; native applications may use a reverse domain name such as com.example.app"
    )]
    Scheme,
}

/// A registered redirect URI, kept exactly as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RedirectUri {
    uri: String,
    /// Whether any port of the loopback address matches (RFC 8252 §7.3).
    loopback_port: bool,
}

impl RedirectUri {
    /// Checks a URI that an administrator wants to register. https everywhere; http only to the own device;
    /// private-use schemes with a dot in their name (RFC 8252 §7.1) only for native applications.
    ///
    /// # Errors
    ///
    /// Says which rule the URI breaks.
    pub fn register(uri: &str, kind: AppKind) -> Result<Self, RedirectUriError> {
        if uri.is_empty() || uri.len() > MAX_URI_BYTES {
            return Err(RedirectUriError::Length);
        }
        let parts = uri::split(uri)?;
        let mut loopback_port = false;
        match parts.scheme {
            "https" => {
                checked_host(&parts)?;
            }
            "http" => {
                let host = checked_host(&parts)?;
                if !is_loopback(host) && host != "localhost" {
                    return Err(RedirectUriError::Insecure);
                }
                loopback_port = kind == AppKind::Native && is_loopback(host);
            }
            scheme if is_private_use(scheme) && kind == AppKind::Native => {
                if parts.is_bare() {
                    return Err(RedirectUriError::NotAbsolute);
                }
            }
            _ => return Err(RedirectUriError::Scheme),
        }
        Ok(Self { uri: uri.to_owned(), loopback_port })
    }

    /// A URI that was registered earlier and comes from our own storage; it is not checked again.
    #[must_use]
    pub fn stored(uri: impl Into<String>, loopback_port: bool) -> Self {
        Self { uri: uri.into(), loopback_port }
    }

    /// The URI as registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// Whether any port of the loopback address matches.
    #[must_use]
    pub const fn loopback_port(&self) -> bool {
        self.loopback_port
    }

    /// Whether a presented URI is this one: simple string comparison (RFC 6749 §3.1.2.3, RFC 3986 §6.2.1).
    ///
    /// The one exception is the port of `http://127.0.0.1` and `http://[::1]` of a native application
    /// (RFC 8252 §7.3). `localhost` is a name and has no exception.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        if presented == self.uri {
            return true;
        }
        if !self.loopback_port {
            return false;
        }
        match (split_loopback(&self.uri), split_loopback(presented)) {
            (Some(registered), Some(presented)) => registered == presented,
            _ => false,
        }
    }

    /// The web origin (RFC 6454 §6.2) that a browser would send from this URI; `None` for private-use schemes.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let parts = uri::split(&self.uri).ok()?;
        let default_port = match parts.scheme {
            "https" => "443",
            "http" => "80",
            _ => return None,
        };
        let (host, port) = parts.host_port()?;
        Some(match port.filter(|port| *port != default_port) {
            Some(port) => format!("{}://{host}:{port}", parts.scheme),
            None => format!("{}://{host}", parts.scheme),
        })
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

/// A URI that was presented, as a log may keep it: without user information, query and fragment, which can hold
/// anything. The second value says whether that is all of it.
#[must_use]
pub fn for_the_log(presented: &str) -> (String, bool) {
    let bare = presented.split(['?', '#']).next().unwrap_or_default();
    let kept = match bare.split_once("//") {
        Some((scheme, after)) => {
            let (authority, path) = after.split_at(after.find(['/', '\\']).unwrap_or(after.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}//{host}{path}")
        }
        None => bare.to_owned(),
    };
    let whole = kept == presented;
    (kept, whole)
}

/// Where answers to a redirect URI arrive: the host of a web address, the scheme of a private-use one.
#[must_use]
pub fn place(uri: &str) -> Option<&str> {
    let parts = uri::split(uri).ok()?;
    match parts.scheme {
        "http" | "https" => parts.host_port().map(|(host, _)| host),
        scheme => Some(scheme),
    }
}

fn checked_host<'a>(parts: &Parts<'a>) -> Result<&'a str, RedirectUriError> {
    let (host, port) = parts.host_port().ok_or(RedirectUriError::NotAbsolute)?;
    if host.is_empty() {
        return Err(RedirectUriError::NotAbsolute);
    }
    if !uri::is_host(host) || port.is_some_and(|port| !uri::is_port(port)) {
        return Err(RedirectUriError::Host);
    }
    Ok(host)
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]")
}

fn is_private_use(scheme: &str) -> bool {
    // Defence in depth: none of the dangerous schemes has a dot.
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty()) && !DANGEROUS.contains(&scheme)
}

/// Address, path and query of an http loopback URI: everything but a valid port.
fn split_loopback(uri: &str) -> Option<(&str, &str)> {
    let after = uri.strip_prefix("http://")?;
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    let (host, port) = uri::split_host_port(authority)?;
    let port_ok = port.is_none_or(uri::is_port);
    (is_loopback(host) && port_ok).then_some((host, rest))
}

#[cfg(test)]
#[path = "redirect_tests.rs"]
mod tests;
