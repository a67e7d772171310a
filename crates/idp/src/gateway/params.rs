//! Parameters of the gateway's endpoints, from a form, JSON, a multipart body or the query.

use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// One parameter's value.
#[derive(Clone)]
enum Value {
    Text(Zeroizing<String>),
    /// JSON that is no string.
    Other,
}

/// Parameters by name, each once. One without a value counts as missing (RFC 6749 §3.2).
#[derive(Clone, Default)]
pub struct GatewayParams(BTreeMap<String, Value>);

impl fmt::Debug for GatewayParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl GatewayParams {
    /// Puts a text in place of what had the name.
    pub fn put(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), Value::Text(Zeroizing::new(value.to_owned())));
    }

    /// Puts something that is no text.
    pub fn put_other(&mut self, name: &str) {
        self.0.insert(name.to_owned(), Value::Other);
    }

    /// A text that isn't blank.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Value::Text(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    /// Whether there is something of that name that is no text.
    #[must_use]
    pub fn is_other(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Value::Other))
    }

    /// `state`, which answers repeat.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.get("state")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_missing_and_nothing_is_printed() {
        let mut params = GatewayParams::default();
        params.put("scope", " ");
        params.put("client_secret", "hunter2hunter2");
        params.put_other("state");
        assert_eq!((params.get("scope"), params.state()), (None, None));
        assert!(params.is_other("state"));
        assert!(!format!("{params:?}").contains("hunter2"));
    }
}
