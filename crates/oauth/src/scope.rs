//! Scopes (RFC 6749 §3.3).

use crate::error::{OAuthError, Reason};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;

/// The longest `scope` parameter, in bytes.
pub const MAX_SCOPE_BYTES: usize = 4096;

/// One `scope-token` of RFC 6749 §3.3: one or more of `%x21 / %x23-5B / %x5D-7E`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Scope(String);

impl Scope {
    /// Parses a single scope.
    ///
    /// # Errors
    ///
    /// `invalid_scope` if the text is empty or has a character outside of the grammar.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let legal = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if text.is_empty() || text.len() > MAX_SCOPE_BYTES || !text.bytes().all(legal) {
            return Err(Reason::InvalidScope.into());
        }
        Ok(Self(text.to_owned()))
    }

    /// The text of the scope.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Scope {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Scope {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Scope {
    type Err = OAuthError;

    fn from_str(text: &str) -> Result<Self, OAuthError> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A set of scopes. Order and repetition carry no meaning (RFC 6749 §3.3); it prints in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScopeSet(BTreeSet<Scope>);

impl ScopeSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeSet::new())
    }

    /// Parses a `scope` parameter: scopes with exactly one space between them, at most
    /// [`MAX_SCOPE_BYTES`] in all. A repeated scope counts once.
    ///
    /// # Errors
    ///
    /// `invalid_scope` for anything else, an empty text included.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        if text.len() > MAX_SCOPE_BYTES {
            let words = "The parameter 'scope' is too long; send at most 4096 bytes.";
            return Err(OAuthError::new(Reason::InvalidScope).describe(words));
        }
        text.split(' ').map(Scope::parse).collect()
    }

    /// Whether the set has this scope.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether every scope of this set is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.0.intersection(&other.0).cloned().collect()
    }

    /// The scopes of this set that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.0.difference(&other.0).cloned().collect()
    }

    /// The scopes that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.0.union(&other.0).cloned().collect()
    }

    /// Adds a scope; says whether it was new.
    pub fn insert(&mut self, scope: Scope) -> bool {
        self.0.insert(scope)
    }

    /// Removes a scope; says whether it was there.
    pub fn remove(&mut self, scope: &str) -> bool {
        self.0.remove(scope)
    }

    /// The scopes in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// The scopes as an array, the form of the `scp` claim.
    #[must_use]
    pub fn to_vec(&self) -> Vec<String> {
        self.0.iter().map(|scope| scope.0.clone()).collect()
    }

    /// How many scopes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no scope.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&scope.0)?;
        }
        Ok(())
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl IntoIterator for ScopeSet {
    type Item = Scope;
    type IntoIter = std::collections::btree_set::IntoIter<Scope>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl std::str::FromStr for ScopeSet {
    type Err = OAuthError;

    fn from_str(text: &str) -> Result<Self, OAuthError> {
        Self::parse(text)
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Unlike [`ScopeSet::parse`] this takes an empty text for the empty set, so that every set comes back.
impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::new());
        }
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn in_08_scope_grammar() {
        for bad in ["", " ", "a  b", " a", "a ", "a\"b", "a\\b", "a\nb", "a\tb", "\u{e9}", "a\u{a0}b"] {
            assert_eq!(ScopeSet::parse(bad).unwrap_err().reason, Reason::InvalidScope, "{bad:?}");
        }
        assert!(ScopeSet::parse(&"a".repeat(4096)).is_ok());
        assert!(ScopeSet::parse(&"a".repeat(4097)).is_err());
        assert!(ScopeSet::parse(&"a ".repeat(5000)).is_err());
    }

    #[test]
    fn in_08_set_semantics() {
        let set = ScopeSet::parse("openid email openid").unwrap();
        assert_eq!((set.len(), set.to_string().as_str()), (2, "email openid"));
        assert_eq!(set, ScopeSet::parse("email openid").unwrap());
        let wide = ScopeSet::parse("email openid profile").unwrap();
        assert!(set.is_subset(&wide) && !wide.is_subset(&set) && set.contains("email"));
        assert_eq!(set.intersection(&wide), set);
        assert_eq!(wide.difference(&set).to_vec(), ["profile"]);
        assert!(!set.contains("Email"));
    }

    #[test]
    fn serde_is_a_string_and_strict() {
        let set = ScopeSet::parse("b a").unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), r#""a b""#);
        assert_eq!(serde_json::from_str::<ScopeSet>(r#""a b""#).unwrap(), set);
        assert_eq!(serde_json::from_str::<ScopeSet>(r#""""#).unwrap(), ScopeSet::new());
        assert!(serde_json::from_str::<ScopeSet>(r#""a  b""#).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_prints_what_it_parses(text in "\\PC{0,40}") {
            if let Ok(set) = ScopeSet::parse(&text) {
                prop_assert_eq!(ScopeSet::parse(&set.to_string()).unwrap(), set);
            }
        }
    }
}
