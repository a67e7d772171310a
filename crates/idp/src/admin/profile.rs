//! A user's profile, as it is sent: known members only, texts only, bounded.

use super::AdminError;
use super::change::Facts;
use super::error::Causes;
use serde_json::{Map, Value};
use signet_domain::login;
use signet_domain::user::User;

/// Members beside login, e-mail and names that a profile may have.
pub const OTHER_MEMBERS: &[&str] = &[
    "birthdate",
    "city",
    "costCenter",
    "countryCode",
    "department",
    "displayName",
    "division",
    "employeeNumber",
    "gender",
    "honorificPrefix",
    "honorificSuffix",
    "locale",
    "manager",
    "managerId",
    "middleName",
    "mobilePhone",
    "nickName",
    "organization",
    "picture",
    "postalAddress",
    "preferredLanguage",
    "primaryPhone",
    "profileUrl",
    "secondEmail",
    "state",
    "streetAddress",
    "timezone",
    "title",
    "userType",
    "website",
    "zipCode",
];

/// Most characters of a member.
const MAX_CHARS: usize = 256;

/// A profile that was checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// The login as written.
    pub login: String,
    /// Its canonical form.
    pub login_key: String,
    /// E-mail address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Everything else.
    pub other: Map<String, Value>,
}

impl Profile {
    /// The profile of a user.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            login: user.login.clone(),
            login_key: user.login_key.clone(),
            email: user.email.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            other: user.profile.0.clone(),
        }
    }

    /// This profile with members that were sent: a text sets, `null` clears, what was not sent stays.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] naming every broken rule.
    pub fn with(mut self, sent: &Map<String, Value>, default_domain: &str) -> Result<Self, AdminError> {
        let mut causes = Causes::default();
        for (name, value) in sent {
            let text = match value {
                Value::Null => "",
                Value::String(text) => text.as_str(),
                _ => {
                    causes.add(name, "must be a text");
                    continue;
                }
            };
            let cause_name = signet_domain::event::bounded(name, 100);
            causes.text(&cause_name, text, 0..=MAX_CHARS);
            match name.as_str() {
                "login" => text.clone_into(&mut self.login),
                "email" => text.clone_into(&mut self.email),
                "firstName" => text.clone_into(&mut self.first_name),
                "lastName" => text.clone_into(&mut self.last_name),
                known if OTHER_MEMBERS.contains(&known) => {
                    if text.is_empty() {
                        self.other.remove(known);
                    } else {
                        self.other.insert(known.to_owned(), text.into());
                    }
                }
                _ => return Err(AdminError::invalid("profile", undefined(&cause_name))),
            }
        }
        match login::canonical(&self.login, default_domain) {
            Ok(key) => key.as_str().clone_into(&mut self.login_key),
            Err(error) => causes.add("login", error),
        }
        if !is_email(&self.email) {
            causes.add("email", "must be an e-mail address");
        }
        causes.check("profile")?;
        Ok(self)
    }

    /// Puts the profile into a user.
    pub fn put(self, user: &mut User) {
        user.login = self.login;
        user.login_key = self.login_key;
        user.email = self.email;
        user.first_name = self.first_name;
        user.last_name = self.last_name;
        user.profile.0 = self.other;
    }
}

/// What the log shows of a profile.
pub(crate) fn facts(user: &User) -> Facts {
    let member = |name: &'static str| (name, user.profile.get(name).cloned().unwrap_or_default());
    let mut facts = vec![
        ("login", user.login.as_str().into()),
        ("email", user.email.as_str().into()),
        ("firstName", user.first_name.as_str().into()),
        ("lastName", user.last_name.as_str().into()),
    ];
    facts.extend(OTHER_MEMBERS.iter().copied().map(member));
    facts
}

fn undefined(name: &str) -> String {
    format!("Property name '{name}' is not defined in profile")
}

/// One `@` with something on both sides, no spaces: who can read mail there is not asked.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |part: &str| !part.is_empty() && !part.contains(['@', ' ', '<', '>', ',', ';', '"']);
    plain(local) && plain(domain) && !domain.starts_with('.') && !domain.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(base: Profile, sent: Value) -> Result<Profile, AdminError> {
        let Value::Object(sent) = sent else { panic!("an object") };
        base.with(&sent, "acme.test")
    }

    #[test]
    fn merges_and_clears() {
        let base = with(
            Profile::default(),
            json!({"login": "Alice", "email": "a@b.test", "firstName": "A", "title": "x"}),
        )
        .unwrap();
        assert_eq!((base.login.as_str(), base.login_key.as_str()), ("Alice", "alice@acme.test"));
        let next = with(base, json!({"lastName": "L", "title": null})).unwrap();
        assert_eq!((next.first_name.as_str(), next.last_name.as_str()), ("A", "L"));
        assert!(next.other.is_empty());
    }

    #[test]
    fn tx_09_unknown_members_are_refused() {
        for name in ["role", "tenant_id", "email_verified", "password_hash", "created_at"] {
            let sent = json!({"login": "a", "email": "a@b.test", name: "x"});
            let Err(AdminError::Invalid { causes, .. }) = with(Profile::default(), sent) else {
                panic!("{name}")
            };
            assert_eq!(causes, [format!("Property name '{name}' is not defined in profile")]);
        }
    }

    #[test]
    fn every_fault_is_named() {
        let sent = json!({"login": "a b", "email": "nobody", "firstName": 7, "lastName": "x\u{0}"});
        let Err(AdminError::Invalid { causes, .. }) = with(Profile::default(), sent) else {
            panic!("refused")
        };
        assert_eq!(causes.len(), 4, "{causes:?}");
    }
}
