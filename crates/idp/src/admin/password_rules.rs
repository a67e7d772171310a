//! What a new password must be (NIST SP 800-63B-4 §3.1.1.2): long enough, not the login, not one that everybody tries,
//! without the tenant's forbidden words. No rules about digits and capitals and no end after some months: both only
//! make people write passwords down, and verifiers shall have neither.

use super::AdminError;
use crate::{Ctx, Idp, IdpError};
use signet_domain::security::SecuritySettings;
use signet_oauth::Secret;

/// Most bytes: 64 characters, whatever they are.
pub const MAX_BYTES: usize = 256;

/// Passwords that guessers try first, folded.
const COMMON: &[&str] = &[
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "11111111",
    "00000000",
    "password",
    "password1",
    "password12",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyui",
    "qwertyuiop",
    "qwerty123",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "abc12345",
    "abcd1234",
    "abcdefgh",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "welcome1",
    "welcome123",
    "letmein1",
    "letmein123",
    "trustno1",
    "superman",
    "changeme",
    "changeme1",
    "changeme123",
    "admin123",
    "administrator",
    "asdfghjk",
    "asdfghjkl",
    "zxcvbnm1",
    "a1b2c3d4",
    "monkey123",
    "dragon123",
    "master123",
    "starwars",
    "computer",
    "whatever",
    "michelle",
    "jennifer",
    "summer2024",
    "summer2025",
    "winter2024",
    "winter2025",
    "spring2025",
    "autumn2025",
    "company123",
    "test1234",
    "testtest",
    "secret123",
    "internet",
    "samsung1",
    "corvette",
    "mercedes",
    "blink182",
    "liverpool",
    "charlie1",
    "correcthorse",
    "correct horse battery staple",
    "correcthorsebatterystaple",
];

/// What is wrong with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than so many characters.
    #[error("must have at least {0} characters")]
    Short(i64),
    /// More than [`MAX_BYTES`] bytes.
    #[error("must have at most {MAX_BYTES} bytes")]
    Long,
    /// The login is in it.
    #[error("must not contain the login")]
    HoldsLogin,
    /// A word that the tenant forbids is in it. Which one isn't said: it is a piece of what was typed.
    #[error("must not contain a word that the organization forbids")]
    Forbidden,
    /// Guessers begin with it.
    #[error("is one of the passwords that are guessed first")]
    Common,
    /// It is the one that has to be replaced.
    #[error("must not be the one before")]
    Same,
}

/// What is wrong with a password for a login, if anything.
#[must_use]
pub fn fault(password: &str, login: &str, rules: &SecuritySettings) -> Option<PasswordFault> {
    if i64::try_from(password.chars().count()).is_ok_and(|count| count < rules.min_length) {
        return Some(PasswordFault::Short(rules.min_length));
    }
    if password.len() > MAX_BYTES {
        return Some(PasswordFault::Long);
    }
    let folded = password.to_lowercase();
    let login = login.to_lowercase();
    let short = login.split('@').next().unwrap_or_default();
    let holds = !login.is_empty() && folded.contains(&login);
    if holds || (short.chars().count() >= 4 && folded.contains(short)) {
        return Some(PasswordFault::HoldsLogin);
    }
    if rules.forbidden_words.iter().any(|word| folded.contains(word)) {
        return Some(PasswordFault::Forbidden);
    }
    let first = folded.chars().next();
    if COMMON.contains(&folded.as_str()) || folded.chars().all(|c| Some(c) == first) {
        return Some(PasswordFault::Common);
    }
    None
}

impl Idp {
    /// Checks a new password against the tenant's rules and hashes it.
    pub(crate) async fn hash_new_password(
        &self,
        ctx: &Ctx,
        password: &Secret,
        login: &str,
    ) -> Result<String, AdminError> {
        if let Some(fault) = fault(password.expose(), login, &*self.security(ctx).await?) {
            return Err(fault.into());
        }
        Ok(self.hasher().hash(password.expose()).await?)
    }

    /// Makes a password that the tenant's rules let through.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn new_password(&self, ctx: &Ctx, login: &str) -> Result<String, IdpError> {
        let rules = self.security(ctx).await?;
        let length = usize::try_from(rules.min_length).unwrap_or(usize::MAX);
        // A word of four letters is in one of some thousands; a hundred times in a row is no chance.
        for _ in 0..100 {
            let mut made = self.entropy().password();
            while made.len() < length {
                made.push_str(&self.entropy().password());
            }
            if fault(&made, login, &rules).is_none() {
                return Ok(made);
            }
        }
        Err(IdpError::Internal("no password passes the tenant's rules".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_domain::Time;
    use signet_domain::id::TenantId;

    fn rules() -> SecuritySettings {
        SecuritySettings::usual(TenantId(uuid::Uuid::nil()), Time(0))
    }

    #[test]
    fn refuses_short_long_common_and_the_login() {
        let login = "alice@acme.test";
        let fault = |password: &str, login| fault(password, login, &rules());
        for bad in ["", "short77", "Password123", "aaaaaaaaaa", "xxALICExx99", "my-alice@acme.test"] {
            assert!(fault(bad, login).is_some(), "{bad}");
        }
        assert!(fault(&"x1".repeat(129), login).is_some());
        for good in ["no-one-guesses", "ÄÖÜäöüßß", "tr0ub4dor&3"] {
            assert_eq!(fault(good, login), None, "{good}");
        }
        assert_eq!(fault("bob-like-words", "bob@acme.test"), None, "a short login is in many words");
    }

    #[test]
    fn a_tenant_asks_for_more() {
        let mut rules = rules();
        rules.min_length = 15;
        rules.forbidden_words.0 = vec!["acme".to_owned(), "straße".to_owned()];
        let fault = |password| fault(password, "bob@globex.test", &rules);
        assert_eq!(fault("fourteen chars"), Some(PasswordFault::Short(15)));
        assert_eq!(fault("fifteen letters"), None);
        for bad in ["my favourite ACME shop", "in der Straße vorn"] {
            assert_eq!(fault(bad), Some(PasswordFault::Forbidden), "{bad}");
        }
    }
}
