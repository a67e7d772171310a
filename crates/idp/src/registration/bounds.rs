//! What an app that registers itself may have at most.

use signet_domain::registration::{Registration, RegistrationPolicy, RegistrationToken};
use signet_oauth::registration::fault;
use signet_oauth::{OAuthError, ScopeSet};

/// The most that an app may have. Empty means nothing here, never everything.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) grant_types: Vec<String>,
    pub(super) scopes: Vec<String>,
    /// Whether confidential apps must use PKCE, too.
    pub(super) pkce_required: bool,
}

/// What is in both lists, in the order of the first.
fn both(some: &[String], others: &[String]) -> Vec<String> {
    some.iter().filter(|one| others.contains(one)).cloned().collect()
}

impl Bounds {
    /// Of a new app: what the policy allows, as far as its initial access token does.
    pub(super) fn new(policy: &RegistrationPolicy, token: Option<&RegistrationToken>) -> Self {
        let within = |allowed: &[String], by_token: Option<&Vec<String>>| match by_token {
            Some(list) if !list.is_empty() => both(allowed, list),
            _ => allowed.to_vec(),
        };
        Self {
            grant_types: within(&policy.grant_types, token.map(|t| &t.grant_types.0)),
            scopes: within(&policy.scopes, token.map(|t| &t.scopes.0)),
            pkce_required: policy.pkce_required,
        }
    }

    /// Of an app that is there: what it might have had when it registered, as far as the policy allows it today.
    pub(super) fn of(policy: &RegistrationPolicy, registration: &Registration) -> Self {
        Self {
            grant_types: both(&policy.grant_types, &registration.grant_types),
            scopes: both(&policy.scopes, &registration.scopes),
            pkce_required: policy.pkce_required,
        }
    }

    /// The grants of an app that names these.
    pub(super) fn grants(&self, named: Vec<String>) -> Result<Vec<String>, OAuthError> {
        match named.iter().find(|grant| !self.grant_types.contains(grant)) {
            Some(grant) => {
                let grant = signet_domain::event::bounded(grant, 64);
                let allowed = self.grant_types.join(", ");
                Err(fault(
                    "grant_types",
                    format_args!("has '{grant}', which isn't for apps that register here; use {allowed}"),
                ))
            }
            None => Ok(named),
        }
    }

    /// The scopes of an app that names these, or none.
    pub(super) fn scopes(&self, named: Option<&ScopeSet>) -> Result<Vec<String>, OAuthError> {
        let scopes = named.map_or_else(|| self.scopes.clone(), ScopeSet::to_vec);
        if let Some(scope) = scopes.iter().find(|scope| !self.scopes.contains(scope)) {
            let allowed = signet_domain::event::bounded(&self.scopes.join(" "), 200);
            return Err(fault(
                "scope",
                format_args!("has '{scope}', which isn't for apps that register here; use of {allowed}"),
            ));
        }
        // An app without scopes may have all of them.
        if scopes.is_empty() {
            return Err(fault("scope", "leaves nothing that apps which register here may have"));
        }
        Ok(scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(scopes: &[&str]) -> Bounds {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Bounds { grant_types: texts(&["authorization_code"]), scopes: texts(scopes), pkce_required: true }
    }

    #[test]
    fn nothing_is_not_everything() {
        assert!(bounds(&[]).scopes(None).is_err());
        assert_eq!(bounds(&["a"]).scopes(None).unwrap(), ["a"]);
        let named = ScopeSet::parse("a b").unwrap();
        assert!(bounds(&["a"]).scopes(Some(&named)).unwrap_err().description.contains("'b'"));
        assert!(
            bounds(&["a"]).grants(vec!["password".into()]).unwrap_err().description.contains("'password'")
        );
    }
}
