//! Access policies: whether a server issues tokens to an app and a user, and how long they live.
//!
//! Policies are asked in the order of their priority, and in each of them its rules. A policy that doesn't name the
//! app is passed over; the first rule that lets through grant type, user and scopes decides. A server without an
//! active policy serves whatever its apps may do, on its own terms; one with policies refuses what no rule allows.

use serde::Serialize;
use signet_domain::access_policy::{ALL_CLIENTS, ANY_SCOPE, AccessPolicy, AccessRule, EVERYONE};
use signet_domain::claim::InForce;
use signet_oauth::{OAuthError, Reason, ScopeSet};

/// A policy with its rules, in the order in which they are asked.
#[derive(Debug, Clone)]
pub struct PolicyWithRules {
    /// The policy.
    pub policy: AccessPolicy,
    /// Its rules.
    pub rules: Vec<AccessRule>,
}

impl PolicyWithRules {
    /// Puts rules to their policies; both come in the order in which they are asked.
    #[must_use]
    pub fn join(policies: Vec<AccessPolicy>, rules: &[AccessRule]) -> Vec<Self> {
        let of = |policy: &AccessPolicy| rules.iter().filter(|r| r.policy_id == policy.id).cloned().collect();
        policies.into_iter().map(|policy| Self { rules: of(&policy), policy }).collect()
    }
}

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The app.
    pub client_id: &'a str,
    /// The wire ids of the user and of the user's groups; none when the app acts for itself.
    pub user: Option<(&'a str, &'a [String])>,
    /// The grant type that the tokens come from; refreshing is asked about as the grant that it goes on.
    pub grant_type: &'a str,
    /// The scopes.
    pub scopes: &'a ScopeSet,
}

/// What became of a policy or a rule that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It isn't active.
    Inactive,
    /// The policy doesn't name the app.
    OtherApp,
    /// None of the policy's rules let the request through.
    NoRule,
    /// The rule doesn't allow the grant type.
    GrantType,
    /// The rule allows neither the user nor one of the user's groups.
    User,
    /// The rule doesn't allow one of the scopes.
    Scope,
    /// It decided.
    Allowed,
}

/// One policy or rule that was asked, and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Step<'p> {
    /// The policy.
    pub policy: &'p AccessPolicy,
    /// The rule; none for the policy as a whole.
    pub rule: Option<&'p AccessRule>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What the policies say.
#[derive(Debug, Clone, Copy)]
pub enum Verdict<'p> {
    /// There is no active policy: the server's own terms hold.
    Open,
    /// This rule decided.
    Allowed(&'p AccessPolicy, &'p AccessRule),
    /// No rule lets it through.
    Refused {
        /// One would have with other scopes.
        for_its_scopes: bool,
    },
}

/// Asks the policies, and tells each step.
pub fn decide<'p>(
    policies: &'p [PolicyWithRules],
    asked: &Asked<'_>,
    mut tell: impl FnMut(Step<'p>),
) -> Verdict<'p> {
    let (mut any, mut for_its_scopes) = (false, false);
    for PolicyWithRules { policy, rules } in policies {
        if policy.status == InForce::Inactive {
            tell(Step { policy, rule: None, outcome: Outcome::Inactive });
            continue;
        }
        any = true;
        if !names(&policy.clients.0, ALL_CLIENTS, asked.client_id) {
            tell(Step { policy, rule: None, outcome: Outcome::OtherApp });
            continue;
        }
        for rule in rules {
            let outcome = ask(rule, asked);
            tell(Step { policy, rule: Some(rule), outcome });
            for_its_scopes |= outcome == Outcome::Scope;
            if outcome == Outcome::Allowed {
                return Verdict::Allowed(policy, rule);
            }
        }
        tell(Step { policy, rule: None, outcome: Outcome::NoRule });
    }
    if any { Verdict::Refused { for_its_scopes } } else { Verdict::Open }
}

fn ask(rule: &AccessRule, asked: &Asked<'_>) -> Outcome {
    if rule.status == InForce::Inactive {
        return Outcome::Inactive;
    }
    if !rule.grant_types.0.iter().any(|g| g == asked.grant_type) {
        return Outcome::GrantType;
    }
    // An app that acts for itself is nobody's member; the policy has named it.
    if let Some((user, groups)) = asked.user {
        let allowed = rule.user_ids.0.iter().any(|id| id == user)
            || rule.group_ids.0.iter().any(|id| id == EVERYONE || groups.contains(id));
        if !allowed {
            return Outcome::User;
        }
    }
    if asked.scopes.iter().all(|scope| names(&rule.scopes.0, ANY_SCOPE, scope.as_str())) {
        Outcome::Allowed
    } else {
        Outcome::Scope
    }
}

fn names(list: &[String], all: &str, one: &str) -> bool {
    list.iter().any(|name| name == all || name == one)
}

impl Verdict<'_> {
    /// The rule's say, if there is one.
    ///
    /// # Errors
    /// `access_denied` when no rule lets the request through.
    pub fn allowed(&self) -> Result<Option<(&AccessPolicy, &AccessRule)>, OAuthError> {
        match self {
            Self::Open => Ok(None),
            Self::Allowed(policy, rule) => Ok(Some((policy, rule))),
            Self::Refused { for_its_scopes: false } => Err(Reason::NoMatchingPolicy.into()),
            Self::Refused { for_its_scopes: true } => Err(Reason::ScopeDenied.into()),
        }
    }
}
