//! Claims that an administrator adds to a server's tokens, and the scope `groups`.

use regex::RegexBuilder;
use serde_json::{Map, Value};
use signet_domain::app::App;
use signet_domain::claim::{ClaimRow, ClaimTarget, ClaimValueType, GroupFilter, InForce};
use signet_domain::group::Group;
use signet_domain::user::User;
use signet_oauth::{OAuthError, Reason, ScopeSet};

/// Most groups that a claim lists.
pub const MAX_GROUPS: usize = 100;
/// Most bytes that a compiled pattern takes.
const PATTERN_BYTES: usize = 64 * 1024;
/// The scope, and the claim that it gives, with the names of all groups.
const GROUPS: &str = "groups";

/// An expression that a claim's value is.
#[derive(Debug, PartialEq)]
pub enum Expression {
    /// A member of the user's profile, `user.department`.
    User(String),
    /// `app.clientId`.
    AppClientId,
    /// `app.label`.
    AppLabel,
    /// A constant in JSON: `"text"`, `7`, `true`.
    Constant(Value),
}

impl Expression {
    /// Reads an expression.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.len() <= 64
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        match text.trim() {
            "app.clientId" => Some(Self::AppClientId),
            "app.label" => Some(Self::AppLabel),
            text => match text.strip_prefix("user.") {
                Some(name) => is_name(name).then(|| Self::User(name.to_owned())),
                None => match serde_json::from_str(text).ok()? {
                    constant @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
                        Some(Self::Constant(constant))
                    }
                    _ => None,
                },
            },
        }
    }

    /// Its value; none where the user has no such member or there is no user.
    fn value(&self, app: &App, user: Option<&User>) -> Option<Value> {
        match self {
            Self::Constant(value) => Some(value.clone()),
            Self::AppClientId => Some(app.client_id.as_str().into()),
            Self::AppLabel => Some(app.label.as_str().into()),
            Self::User(name) => {
                let user = user?;
                Some(match name.as_str() {
                    // Every app would know the user by it.
                    "id" if app.is_pairwise() => return None,
                    "id" => user.id.to_string().into(),
                    "login" => user.login.as_str().into(),
                    "email" => user.email.as_str().into(),
                    "firstName" => user.first_name.as_str().into(),
                    "lastName" => user.last_name.as_str().into(),
                    other => user.profile.get(other).filter(|v| !v.is_null())?.clone(),
                })
            }
        }
    }
}

/// Compiles a pattern that names must match as a whole; in linear time and bounded memory, or not at all.
///
/// # Errors
/// Why it is no pattern, in a sentence.
pub fn pattern(text: &str) -> Result<regex::Regex, String> {
    let whole = format!("^(?:{text})$");
    RegexBuilder::new(&whole).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build().map_err(
        |error| {
            let last = error.to_string();
            last.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        },
    )
}

/// Which of a user's groups a claim lists.
#[derive(Debug)]
enum Groups {
    StartsWith(String),
    Equals(String),
    Contains(String),
    Matches(regex::Regex),
    All,
}

impl Groups {
    /// `None` for a pattern that is none.
    fn of(filter: Option<GroupFilter>, value: &str) -> Option<Self> {
        Some(match filter {
            Some(GroupFilter::StartsWith) => Self::StartsWith(value.to_owned()),
            Some(GroupFilter::Equals) => Self::Equals(value.to_owned()),
            Some(GroupFilter::Contains) => Self::Contains(value.to_owned()),
            Some(GroupFilter::Regex) => Self::Matches(pattern(value).ok()?),
            None => Self::All,
        })
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::StartsWith(value) => name.starts_with(value),
            Self::Equals(value) => name == value,
            Self::Contains(value) => name.contains(value),
            Self::Matches(pattern) => pattern.is_match(name),
            Self::All => true,
        }
    }
}

/// Whether a claim lists a group of this name, in whoever is in it.
pub(crate) fn lists_group(claim: &ClaimRow, name: &str) -> bool {
    claim.value_type == ClaimValueType::Groups
        && Groups::of(claim.group_filter, &claim.value).is_some_and(|groups| groups.has(name))
}

/// What a claim's value is made of.
#[derive(Debug)]
enum Made {
    Of(Expression),
    OfGroups(Groups),
    /// What is stored can't be read: whoever would get the claim gets an error.
    Unreadable,
}

/// A claim that is in force, read once and then ready for every token.
#[derive(Debug)]
pub struct ConfiguredClaim {
    /// The claim's name.
    pub name: String,
    /// Which tokens it is for.
    pub target: ClaimTarget,
    always_in_token: bool,
    scopes: Vec<String>,
    made: Made,
}

impl ConfiguredClaim {
    /// Reads a stored claim; none if it isn't in force.
    #[must_use]
    pub fn of(row: ClaimRow) -> Option<Self> {
        if row.status == InForce::Inactive {
            return None;
        }
        let made = match row.value_type {
            ClaimValueType::Expression => Expression::parse(&row.value).map(Made::Of),
            ClaimValueType::Groups => Groups::of(row.group_filter, &row.value).map(Made::OfGroups),
        };
        Some(Self {
            name: row.name,
            target: row.target,
            always_in_token: row.always_in_token,
            scopes: row.scopes.0,
            made: made.unwrap_or(Made::Unreadable),
        })
    }

    /// Whether it goes there with these scopes.
    fn goes(&self, into: Into, scopes: &ScopeSet) -> bool {
        let for_it = match (self.target, into) {
            (ClaimTarget::Resource, Into::AccessToken) | (ClaimTarget::Identity, Into::Userinfo) => true,
            (ClaimTarget::Identity, Into::IdToken) => self.always_in_token,
            _ => false,
        };
        for_it && self.applies(scopes)
    }

    fn applies(&self, scopes: &ScopeSet) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|name| scopes.contains(name))
    }
}

/// Whether the claims of some scopes are made of the user's groups.
pub(crate) fn ask_for_groups(claims: &[ConfiguredClaim], scopes: &ScopeSet) -> bool {
    scopes.contains(GROUPS) || claims.iter().any(|c| matches!(c.made, Made::OfGroups(_)) && c.applies(scopes))
}

/// For whom claims are made.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) app: &'a App,
    pub(crate) user: Option<&'a User>,
    pub(crate) groups: &'a [Group],
    pub(crate) scopes: &'a ScopeSet,
}

/// Where claims go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    AccessToken,
    IdToken,
    Userinfo,
}

impl About<'_> {
    /// The claims that a server's configuration adds.
    ///
    /// # Errors
    /// `server_error` when a claim of groups would list too many.
    pub(crate) fn claims(
        &self,
        configured: &[ConfiguredClaim],
        into: Into,
    ) -> Result<Map<String, Value>, OAuthError> {
        let mut claims = Map::new();
        if into != Into::AccessToken && self.user.is_some() && self.scopes.contains(GROUPS) {
            claims.insert(GROUPS.to_owned(), self.group_names(&Groups::All)?);
        }
        for claim in configured.iter().filter(|claim| claim.goes(into, self.scopes)) {
            let value = match &claim.made {
                Made::Of(expression) => expression.value(self.app, self.user),
                Made::OfGroups(_) if self.user.is_none() => None,
                Made::OfGroups(groups) => Some(self.group_names(groups)?),
                Made::Unreadable => return Err(Reason::SystemClaimEvaluationFailure.into()),
            };
            if let Some(value) = value {
                claims.insert(claim.name.clone(), value);
            }
        }
        Ok(claims)
    }

    fn group_names(&self, wanted: &Groups) -> Result<Value, OAuthError> {
        let names = self.groups.iter().map(|group| group.name.as_str());
        let names: Vec<&str> = names.filter(|name| wanted.has(name)).collect();
        if names.len() > MAX_GROUPS {
            return Err(Reason::TooManyGroupsInGroupsClaim.into());
        }
        Ok(names.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_a_member_or_a_constant() {
        assert_eq!(Expression::parse("user.department"), Some(Expression::User("department".into())));
        assert_eq!(Expression::parse(" app.clientId "), Some(Expression::AppClientId));
        assert_eq!(Expression::parse("\"gold\""), Some(Expression::Constant("gold".into())));
        assert_eq!(Expression::parse("true"), Some(Expression::Constant(true.into())));
        for bad in
            ["", "user.", "user.a.b", "user.a b", "department", "null", "[1]", "{}", "a + b", "app.secret"]
        {
            assert_eq!(Expression::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn in_24_a_pattern_matches_the_whole_name_and_stays_small() {
        let admins = pattern("admins|ops-.*").unwrap();
        assert!(admins.is_match("admins") && admins.is_match("ops-eu") && !admins.is_match("no admins"));
        let began = "a".repeat(60_000);
        assert!(!pattern("(a+)+b").unwrap().is_match(&began), "in linear time");
        for bad in ["(", "a{1000}{1000}", "(?=a)", r"(a)\1"] {
            assert!(pattern(bad).is_err(), "{bad}");
        }
    }
}
