//! Request parameters: `application/x-www-form-urlencoded` bodies and query strings (RFC 6749 appendix B).

use crate::encoding::{DecodeError, form_decode};
use crate::error::{OAuthError, Reason};
use std::collections::HashSet;
use std::fmt;
use zeroize::Zeroizing;

/// The most parameters that one request may carry.
pub const MAX_PARAMETERS: usize = 100;

/// The longest parameter name, in bytes after decoding.
pub const MAX_NAME_BYTES: usize = 128;

/// The only parameter that may be repeated (RFC 8707 §2).
const REPEATABLE: &str = "resource";

/// Parameters whose values may be printed. Everything else, known or not, is redacted.
const PRINTABLE: &[&str] = &[
    "acr_values",
    "client_assertion_type",
    "client_id",
    "code_challenge_method",
    "display",
    "dpop_jkt",
    "grant_type",
    "max_age",
    "prompt",
    "redirect_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "token_type_hint",
    "ui_locales",
];

/// The parameters of one request, decoded, each name at most once (except `resource`).
#[derive(Clone, Default)]
pub struct Params {
    pairs: Vec<(String, Zeroizing<String>)>,
}

impl Params {
    /// Parses a form body or a query string (without its `?`) in linear time.
    ///
    /// Parameters without a value are treated as absent (RFC 6749 §3.1 and §3.2), yet they still count as an
    /// occurrence of their name.
    ///
    /// # Errors
    ///
    /// `invalid_request` for a repeated name, a bad percent escape, text that is not UTF-8, a control
    /// character, more than [`MAX_PARAMETERS`] parameters or a name over [`MAX_NAME_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, OAuthError> {
        let mut seen = HashSet::new();
        let mut pairs = Vec::new();
        let parts = bytes.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
        for (index, part) in parts.enumerate() {
            if index == MAX_PARAMETERS {
                return Err(malformed("The request has too many parameters; send at most 100."));
            }
            let (raw_name, raw_value) = split_pair(part);
            let name = decode_name(raw_name)?;
            if name != REPEATABLE && !seen.insert(name.clone()) {
                return Err(repeated(&name));
            }
            let value = decode_value(&name, raw_value)?;
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter; the first one of a repeated `resource`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    ///
    /// `invalid_request`, reason `missing_token_request_parameter`, naming the parameter.
    pub fn require(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| missing(name))
    }

    /// Every value of a parameter, in order of appearance.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The parameters as a form again, without some and with some more: [`Params::parse`] reads it.
    #[must_use]
    pub fn encode(&self, without: &[&str], with: &[(&str, &str)]) -> String {
        let dropped = |name: &str| without.contains(&name) || with.iter().any(|(new, _)| *new == name);
        let kept = self.pairs.iter().filter(|(name, _)| !dropped(name));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(with)
            .extend_pairs(kept.map(|(name, value)| (name.as_str(), value.as_str())))
            .finish()
    }

    /// Whether a parameter is present with a value.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether no parameter has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.pairs.iter().map(|(name, value)| {
            let printable = PRINTABLE.contains(&name.as_str());
            (name, if printable { value.as_str() } else { "[redacted]" })
        });
        f.debug_map().entries(shown).finish()
    }
}

fn split_pair(part: &[u8]) -> (&[u8], &[u8]) {
    match part.iter().position(|byte| *byte == b'=') {
        Some(at) => (&part[..at], &part[at + 1..]),
        None => (part, &[]),
    }
}

fn decode_name(raw: &[u8]) -> Result<String, OAuthError> {
    // Each byte of a name takes at most three bytes on the wire.
    let name = if raw.len() <= MAX_NAME_BYTES * 3 { form_decode(raw).ok() } else { None };
    match name {
        Some(name) if !name.is_empty() && name.len() <= MAX_NAME_BYTES => Ok(name),
        _ => Err(malformed("A parameter name is empty, too long or not valid form-encoded UTF-8.")),
    }
}

fn decode_value(name: &str, raw: &[u8]) -> Result<Zeroizing<String>, OAuthError> {
    form_decode(raw).map(Zeroizing::new).map_err(|error| {
        if name == "scope" && matches!(error, DecodeError::Control) {
            // RFC 6749 §3.3 has a grammar of its own for it, and §5.2 an error.
            return Reason::InvalidScope.into();
        }
        let problem = match error {
            DecodeError::Escape => "has a '%' without two hexadecimal digits after it",
            DecodeError::Utf8 => "is not valid UTF-8",
            DecodeError::Control => "contains a control character",
        };
        malformed(format!("The parameter '{name}' {problem}."))
    })
}

fn malformed(description: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(Reason::InvalidRequest).describe(description)
}

fn repeated(name: &str) -> OAuthError {
    OAuthError::new(Reason::IllegalDuplicatedParameters)
        .describe(format!("The parameter '{name}' appears more than once; send it once."))
}

fn missing(name: &str) -> OAuthError {
    OAuthError::new(Reason::MissingTokenRequestParameter)
        .describe(format!("The parameter '{name}' is missing; add it to the request."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn reason(text: &[u8]) -> Reason {
        Params::parse(text).unwrap_err().reason
    }

    #[test]
    fn in_03_every_parameter_only_once() {
        for name in ["client_id", "code", "scope", "state", "redirect_uri", "unknown", "code_verifier"] {
            for body in [format!("{name}=a&{name}=b"), format!("{name}=&{name}=b"), format!("{name}&{name}")]
            {
                assert_eq!(reason(body.as_bytes()), Reason::IllegalDuplicatedParameters, "{body}");
            }
        }
        assert_eq!(reason(b"code=a&c%6fde=b"), Reason::IllegalDuplicatedParameters);
        let ok = Params::parse(b"resource=a&resource=b&Code=1&code=2").unwrap();
        assert_eq!(ok.all("resource").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(ok.get("code"), Some("2"));
    }

    #[test]
    fn in_04_too_many_or_too_long_names() {
        let many = |n: usize| (0..n).map(|i| format!("p{i}=1&")).collect::<String>();
        assert_eq!(Params::parse(many(100).as_bytes()).unwrap().len(), 100);
        assert_eq!(reason(many(101).as_bytes()), Reason::InvalidRequest);
        assert_eq!(reason(many(100_000).as_bytes()), Reason::InvalidRequest);
        let name = |n: usize| format!("{}=1", "n".repeat(n));
        assert!(Params::parse(name(128).as_bytes()).is_ok());
        assert_eq!(reason(name(129).as_bytes()), Reason::InvalidRequest);
        assert_eq!(reason(name(100_000).as_bytes()), Reason::InvalidRequest);
    }

    #[test]
    fn in_06_bytes_that_are_no_text() {
        for bad in
            ["a=%00", "a=%0a", "a=%09", "a=%c0%af", "a=%ed%a0%80", "a=%ff", "a=%4", "%00=a", "=a", "a=%7f"]
        {
            assert_eq!(reason(bad.as_bytes()), Reason::InvalidRequest, "{bad}");
        }
        assert_eq!(reason(b"a=\xff"), Reason::InvalidRequest);
        assert_eq!(reason(b"a=\0"), Reason::InvalidRequest);
    }

    #[test]
    fn in_07_empty_value_is_absent() {
        let params = Params::parse(b"a=&b&&c=1&").unwrap();
        assert!(!params.contains("a") && !params.contains("b"));
        assert_eq!((params.len(), params.require("c").unwrap()), (1, "1"));
        let error = params.require("code").unwrap_err();
        assert_eq!(error.reason, Reason::MissingTokenRequestParameter);
        assert!(error.description.contains("'code'"));
    }

    #[test]
    fn debug_prints_no_secret() {
        for name in [
            "client_secret",
            "password",
            "code",
            "code_verifier",
            "refresh_token",
            "token",
            "client_assertion",
            "id_token_hint",
            "state",
            "username",
            "something_new",
        ] {
            let text = format!("{:?}", Params::parse(format!("{name}=hunter2").as_bytes()).unwrap());
            assert!(text.contains(name) && !text.contains("hunter2"), "{text}");
        }
        assert!(format!("{:?}", Params::parse(b"scope=openid").unwrap()).contains("openid"));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = Params::parse(&bytes);
        }

        #[test]
        fn round_trip(value in "[^\\x00-\\x1f\\x7f]{1,60}") {
            let body: String = form_urlencoded::Serializer::new(String::new()).append_pair("k", &value).finish();
            let params = Params::parse(body.as_bytes()).unwrap();
            prop_assert_eq!(params.get("k"), Some(value.as_str()));
        }
    }
}
