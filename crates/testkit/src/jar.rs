//! Cookies as a browser keeps them, kept where a test can look.

use std::collections::BTreeMap;

/// One `Set-Cookie` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its attributes, names in lower case; empty values for flags.
    pub attributes: BTreeMap<String, String>,
}

impl Cookie {
    /// Reads a `Set-Cookie` line.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let attributes = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Some(Self { name: name.trim().to_owned(), value: value.trim().to_owned(), attributes })
    }

    /// Whether the flag or attribute is there.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }

    fn deletes(&self) -> bool {
        self.attributes.get("max-age").is_some_and(|age| age.parse().is_ok_and(|age: i64| age <= 0))
            || (self.value.is_empty() && self.has("expires"))
    }
}

/// The cookies of one browser, by host. Ports share cookies, as in browsers.
#[derive(Clone, Debug, Default)]
pub struct Jar {
    hosts: BTreeMap<String, BTreeMap<String, Cookie>>,
}

impl Jar {
    /// Takes a `Set-Cookie` from this host.
    pub fn store(&mut self, host: &str, cookie: Cookie) {
        let cookies = self.hosts.entry(host.to_owned()).or_default();
        if cookie.deletes() {
            cookies.remove(&cookie.name);
        } else {
            cookies.insert(cookie.name.clone(), cookie);
        }
    }

    /// The `Cookie` header for a request to this host and path.
    pub fn header(&self, host: &str, path: &str) -> Option<String> {
        let line: Vec<String> = self
            .cookies(host)
            .filter(|cookie| path_matches(cookie, path))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!line.is_empty()).then(|| line.join("; "))
    }

    /// All cookies of a host.
    pub fn cookies(&self, host: &str) -> impl Iterator<Item = &Cookie> {
        self.hosts.get(host).into_iter().flat_map(BTreeMap::values)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.hosts.clear();
    }
}

fn path_matches(cookie: &Cookie, path: &str) -> bool {
    let Some(scope) = cookie.attributes.get("path") else { return true };
    path == scope
        || (path.starts_with(scope.as_str())
            && (scope.ends_with('/') || path.as_bytes().get(scope.len()) == Some(&b'/')))
}

#[cfg(test)]
mod tests {
    use super::{Cookie, Jar};

    #[test]
    fn keeps_sends_and_deletes() {
        let mut jar = Jar::default();
        let set = |jar: &mut Jar, line| jar.store("localhost", Cookie::parse(line).expect("a cookie"));
        set(&mut jar, "signet=abc; Path=/; HttpOnly; SameSite=Lax");
        set(&mut jar, "step=1; Path=/login");
        assert_eq!(jar.header("localhost", "/"), Some("signet=abc".into()));
        assert_eq!(jar.header("localhost", "/login/x"), Some("signet=abc; step=1".into()));
        assert_eq!(jar.header("localhost", "/loginx"), Some("signet=abc".into()));
        assert_eq!(jar.header("globex.localhost", "/"), None);
        assert!(jar.cookies("localhost").next().is_some_and(|cookie| cookie.has("httponly")));
        set(&mut jar, "signet=; Max-Age=0; Path=/");
        assert_eq!(jar.header("localhost", "/"), None);
    }
}
