//! What a password must be (NIST SP 800-63B §3.1.1): long enough, not the login, not one that everybody tries.
//! No rules about digits and capitals, which only make people write passwords down.

/// Fewest characters.
pub const MIN_CHARS: usize = 8;
/// Most bytes.
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
    /// Fewer than [`MIN_CHARS`] characters.
    #[error("must have at least {MIN_CHARS} characters")]
    Short,
    /// More than [`MAX_BYTES`] bytes.
    #[error("must have at most {MAX_BYTES} bytes")]
    Long,
    /// The login is in it.
    #[error("must not contain the login")]
    HoldsLogin,
    /// Guessers begin with it.
    #[error("is one of the passwords that are guessed first")]
    Common,
}

/// What is wrong with a password for a login, if anything.
#[must_use]
pub fn fault(password: &str, login: &str) -> Option<PasswordFault> {
    if password.chars().count() < MIN_CHARS {
        return Some(PasswordFault::Short);
    }
    if password.len() > MAX_BYTES {
        return Some(PasswordFault::Long);
    }
    let folded = password.to_lowercase();
    let login = login.to_lowercase();
    let short = login.split('@').next().unwrap_or_default();
    if folded.contains(&login) || (short.chars().count() >= 4 && folded.contains(short)) {
        return Some(PasswordFault::HoldsLogin);
    }
    let first = folded.chars().next();
    if COMMON.contains(&folded.as_str()) || folded.chars().all(|c| Some(c) == first) {
        return Some(PasswordFault::Common);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn refuses_short_long_common_and_the_login() {
        let login = "alice@acme.test";
        for bad in ["", "short77", "Password123", "aaaaaaaaaa", "xxALICExx99", "my-alice@acme.test"] {
            assert!(fault(bad, login).is_some(), "{bad}");
        }
        assert!(fault(&"x1".repeat(129), login).is_some());
        for good in ["no-one-guesses", "ÄÖÜäöüßß", "tr0ub4dor&3"] {
            assert_eq!(fault(good, login), None, "{good}");
        }
        assert_eq!(fault("bob-like-words", "bob@acme.test"), None, "a short login is in many words");
    }
}
