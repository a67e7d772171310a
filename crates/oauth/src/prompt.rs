//! The `prompt` parameter (OpenID Connect Core §3.1.2.1).

use crate::error::{OAuthError, Reason};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;

/// One value of `prompt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Prompt {
    /// Show no page at all.
    None,
    /// Ask for the password even if there is a session.
    Login,
    /// Ask for consent even if it was given.
    Consent,
    /// Let the user choose an account.
    SelectAccount,
}

impl Prompt {
    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }

    fn parse(text: &str) -> Result<Self, OAuthError> {
        let all = [Self::None, Self::Login, Self::Consent, Self::SelectAccount];
        all.into_iter().find(|prompt| prompt.as_str() == text).ok_or_else(|| Reason::InvalidPrompt.into())
    }
}

/// The values of `prompt`; `none` stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PromptSet(BTreeSet<Prompt>);

impl PromptSet {
    /// Parses values with single spaces between them.
    ///
    /// # Errors
    ///
    /// `invalid_request`, reason `invalid_prompt`, for an unknown value or for `none` with another one.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let set = text.split(' ').map(Prompt::parse).collect::<Result<BTreeSet<_>, _>>()?;
        if set.contains(&Prompt::None) && set.len() > 1 {
            return Err(Reason::InvalidPrompt.into());
        }
        Ok(Self(set))
    }

    /// Whether a value was asked for.
    #[must_use]
    pub fn contains(&self, prompt: Prompt) -> bool {
        self.0.contains(&prompt)
    }

    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for PromptSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, prompt) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(prompt.as_str())?;
        }
        Ok(())
    }
}

impl Serialize for PromptSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PromptSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn gr_18_prompt_values() {
        let both = PromptSet::parse("login consent login").unwrap();
        assert!(
            both.contains(Prompt::Login) && both.contains(Prompt::Consent) && !both.contains(Prompt::None)
        );
        assert_eq!(both.to_string(), "login consent");
        for bad in ["", "none login", "Login", "login  consent", "enroll", " none"] {
            assert_eq!(PromptSet::parse(bad).unwrap_err().reason, Reason::InvalidPrompt, "{bad}");
        }
        assert_eq!(serde_json::from_str::<PromptSet>("\"\"").unwrap(), PromptSet::default());
    }
}
