//! Login names: the one place where a spelling becomes a user's key.
//!
//! The user lookup, the throttle, the guessing guard and the log all go by [`LoginKey`]; if two of them
//! disagreed about what one user is, `ALICE` would buy four more attempts. The steps, in order:
//!
//! 1. refuse more than [`MAX_LOGIN_BYTES`] bytes;
//! 2. Unicode NFKC, so full-width forms, ligatures and decomposed accents become the plain character. Only
//!    then is `@` looked for, because NFKC can make one (U+FF20, U+FE6B);
//! 3. split at the single optional `@`; a short form gets the tenant's default domain;
//! 4. PRECIS `UsernameCaseMapped` (RFC 8265: width, lower case, NFC, bidi rule) on the local part and on
//!    every label of the domain;
//! 5. repeat until nothing changes, and refuse what doesn't settle: idempotence holds by construction.
//!
//! Nothing is stripped. White space (also NBSP and at the ends), controls, NUL, soft hyphens, zero-width
//! characters, BOMs, direction marks, unassigned code points and symbols are refused, since PRECIS doesn't
//! allow them in an identifier (ZWJ and ZWNJ stay allowed after a virama, where they are spelling).
//!
//! PRECIS lower-cases, it doesn't case-fold. So these are *different* users: `ß` and `ss`; dotless `ı` and
//! `i` (`İ` becomes `i` with U+0307, a third); `ς` and `σ`; a Cyrillic `а` and a Latin `a`.

use std::borrow::Cow;
use std::fmt;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::Profile;
use unicode_normalization::UnicodeNormalization;

/// Longest login, in bytes of UTF-8, both as typed and in canonical form (default domain included).
pub const MAX_LOGIN_BYTES: usize = 256;

/// How often the mapping is repeated before a login counts as unstable. RFC 8264 section 7 expects three
/// to suffice.
const MAX_PASSES: usize = 3;

/// A login name in canonical form, always `local@domain`: two spellings are one user if and only if their
/// keys are equal.
///
/// Made by [`canonical`]. Deserialising and reading from the store trust their source: only a key that was
/// made here is ever written.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct LoginKey(String);

impl LoginKey {
    /// The canonical text, `local@domain`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of someone whom a front end of a server names in its own words. No login has a control character,
    /// so it is nobody's login.
    #[must_use]
    pub fn vouched(server: crate::id::ServerId, authenticated_userid: &str) -> Self {
        Self(format!("{server}\u{1f}{authenticated_userid}"))
    }
}

impl fmt::Display for LoginKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for LoginKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Why a string cannot be a login. Never carries the string: people type passwords in the login field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// Nothing before the `@`, or nothing at all.
    #[error("the login is empty")]
    Empty,
    /// More than [`MAX_LOGIN_BYTES`] bytes, as typed or in canonical form.
    #[error("the login is longer than 256 bytes")]
    TooLong,
    /// A character, or an order of left-to-right and right-to-left characters, that PRECIS doesn't allow.
    #[error("the login contains a character that is not allowed")]
    Character,
    /// More than one `@`.
    #[error("the login contains more than one @")]
    ManyAt,
    /// The part after the `@` is not a domain name (letters, digits, `-` and `.`, in Unicode form).
    #[error("the part of the login after the @ is not a domain name")]
    Domain,
    /// The login has no `@`, and the tenant's default domain is missing or not a domain name.
    #[error("the login has no @ and there is no usable default domain")]
    DefaultDomain,
    /// Each mapping of the login gives something else.
    #[error("the login has no canonical form")]
    Unstable,
}

/// The key of the user that `login` names in a tenant whose default domain is `default_domain`.
///
/// `canonical(canonical(x))` is `canonical(x)`, whatever the default domain; it doesn't look at any user,
/// so a spelling of an unknown login is treated like one of a known login.
///
/// # Errors
/// [`LoginError`] if `login` cannot be a login (see the module's steps). `default_domain` is looked at only
/// if `login` is a short form.
pub fn canonical(login: &str, default_domain: &str) -> Result<LoginKey, LoginError> {
    let mut key = canonical_once(login, default_domain)?;
    for _ in 0..MAX_PASSES {
        let again = canonical_once(&key, default_domain)?;
        if again == key {
            return Ok(LoginKey(key));
        }
        key = again;
    }
    Err(LoginError::Unstable)
}

/// The canonical form of a domain name, as it stands in a [`LoginKey`]; for checking a tenant's default
/// domain when it is set.
///
/// A label is letters and digits of any script and inner `-`. One spelling only: no trailing dot, and no
/// `xn--` labels, since those would make two users of one address.
///
/// # Errors
/// [`LoginError::Domain`] if it is not a domain name, [`LoginError::TooLong`] if it fills a login by itself.
pub fn canonical_domain(domain: &str) -> Result<String, LoginError> {
    // Not a check of its own: what settles behind a local part is what settles in a login.
    let key = canonical(&format!("a@{domain}"), "").map_err(|e| match e {
        LoginError::TooLong => e,
        _ => LoginError::Domain,
    })?;
    Ok(key.as_str().split_at(2).1.to_owned())
}

fn canonical_once(login: &str, default_domain: &str) -> Result<String, LoginError> {
    // Before any work: NFKC can make eighteen characters of one.
    if login.len() > MAX_LOGIN_BYTES || default_domain.len() > MAX_LOGIN_BYTES {
        return Err(LoginError::TooLong);
    }
    let plain: String = login.nfkc().collect();
    let (local, domain) = match plain.split_once('@') {
        Some((_, rest)) if rest.contains('@') => return Err(LoginError::ManyAt),
        Some((local, domain)) => (local, map_domain(domain)?),
        None => {
            let default: String = default_domain.nfkc().collect();
            (plain.as_str(), map_domain(&default).map_err(|_| LoginError::DefaultDomain)?)
        }
    };
    if local.is_empty() {
        return Err(LoginError::Empty);
    }
    let local = map_part(local).ok_or(LoginError::Character)?;
    let key = format!("{local}@{domain}");
    if key.len() > MAX_LOGIN_BYTES { Err(LoginError::TooLong) } else { Ok(key) }
}

fn map_part(part: &str) -> Option<String> {
    UsernameCaseMapped::new().enforce(part).ok().map(Cow::into_owned)
}

fn map_domain(domain: &str) -> Result<String, LoginError> {
    let labels = domain.split('.').map(|label| map_label(label).ok_or(LoginError::Domain));
    Ok(labels.collect::<Result<Vec<_>, _>>()?.join("."))
}

fn map_label(label: &str) -> Option<String> {
    let label = map_part(label)?;
    // PRECIS has refused everything but letters, digits and marks outside ASCII; all of printable ASCII is
    // allowed by it.
    let letters = label.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-');
    let fine = letters && !label.starts_with('-') && !label.ends_with('-') && !label.starts_with("xn--");
    fine.then_some(label)
}

/// Whether `s` is so clearly a login that it may stand in a log in the clear. People type passwords in the
/// login field, so a doubtful string is not one; a login that is known to exist needs no such test.
///
/// * An address: canonicalises as it is; the local part has only letters, digits and marks (any script) and
///   `. _ + - '`; the domain has at least two labels, the last of at least two characters, none a digit.
/// * A short form: 2 to 32 lower-case ASCII letters, with at most one `.`, `_` or `-` inside. No digits and
///   no capitals, which passwords are made to have, and not several words, which pass phrases have; up to
///   32 letters, because longer ones are rarely names.
#[must_use]
pub fn looks_like_login(s: &str) -> bool {
    if !s.contains('@') {
        return is_plain_short_form(s);
    }
    // With an `@` in it the default domain is never looked at.
    let Ok(key) = canonical(s, "") else { return false };
    let Some((local, domain)) = key.as_str().split_once('@') else { return false };
    let Some((_, top)) = domain.rsplit_once('.') else { return false };
    local.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "._+-'".contains(c))
        && top.chars().count() >= 2
        && !top.chars().any(char::is_numeric)
}

fn is_plain_short_form(s: &str) -> bool {
    let is_separator = |c: char| matches!(c, '.' | '_' | '-');
    (2..=32).contains(&s.len())
        && s.chars().all(|c| c.is_ascii_lowercase() || is_separator(c))
        && s.chars().filter(|&c| is_separator(c)).count() <= 1
        && !s.starts_with(is_separator)
        && !s.ends_with(is_separator)
}

/// `s` made unreadable for a log: the first character, if it is a letter or digit and at least seven more
/// follow, and three dots, however long `s` is.
#[must_use]
pub fn masked(s: &str) -> String {
    // Of a short password even one character is a good part.
    let first = s.chars().next().filter(|c| c.is_alphanumeric() && s.chars().nth(7).is_some());
    first.map(String::from).unwrap_or_default() + "•••"
}

/// What a log may say of a login as it was typed: the string itself if it [`looks_like_login`], else
/// [`masked`].
#[must_use]
pub fn for_log(s: &str) -> Cow<'_, str> {
    if looks_like_login(s) { Cow::Borrowed(s) } else { Cow::Owned(masked(s)) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const D: &str = "acme.test";

    fn key(login: &str) -> String {
        canonical(login, D).unwrap_or_else(|e| panic!("{login:?}: {e}")).as_str().to_owned()
    }

    fn error(login: &str) -> LoginError {
        canonical(login, D).expect_err(login)
    }

    #[test]
    fn rl_06_short_form_is_the_address_in_the_default_domain() {
        assert_eq!(key("alice"), "alice@acme.test");
        assert_eq!(key("alice@acme.test"), "alice@acme.test");
        assert_eq!(canonical("alice", "ACME.Test").unwrap().as_str(), "alice@acme.test");
        assert_ne!(key("alice@other.test"), key("alice"));
        assert_eq!(key("alice@corp"), "alice@corp");
    }

    #[test]
    fn rl_07_case_is_one_user_and_special_letters_are_others() {
        for same in ["ALICE", "Alice", "aLiCe", "Alice@ACME.TEST", "alice@Acme.Test"] {
            assert_eq!(key(same), "alice@acme.test");
        }
        assert_eq!(key("STRAẞE"), key("straße"));
        assert_ne!(key("straße"), key("strasse"));
        let [i, dotless, dotted] = ["mini", "mını", "mİni"].map(key);
        assert!(i != dotless && dotless != dotted && i != dotted);
        assert_eq!(key("MINI"), i, "the mapping knows no locale");
        assert_ne!(key("οδος"), key("οδοσ"));
        assert_eq!(key("ΟΔΟΣ"), key("οδοσ"));
    }

    #[test]
    fn rl_08_other_encodings_of_the_same_text_are_one_user() {
        assert_eq!(key("zoe\u{308}"), key("zo\u{eb}"));
        assert_eq!(key("ZOE\u{308}@a\u{30a}.test"), key("zo\u{eb}@\u{e5}.test"));
        assert_eq!(key("ａｌｉｃｅ"), "alice@acme.test");
        assert_eq!(key("ＡＬＩＣＥ＠acme．test"), "alice@acme.test");
        assert_eq!(key("alice\u{fe6b}acme.test"), "alice@acme.test");
        assert_eq!(key("o\u{fb03}ce"), key("office"));
        assert_eq!(key("\u{212a}elvin"), key("kelvin"));
    }

    #[test]
    fn rl_08_homoglyphs_are_other_users() {
        assert_ne!(key("\u{430}lice"), key("alice"));
        assert_ne!(key("alice@\u{430}cme.test"), key("alice@acme.test"));
    }

    #[test]
    fn rl_08_invisible_characters_are_refused_wherever_they_stand() {
        let invisible = "\0\t\n\r\u{7f}\u{85} \u{a0}\u{3000}\u{2028}\u{200b}\u{200c}\u{200d}\u{2060}\u{ad}\u{feff}\
            \u{200e}\u{200f}\u{202e}\u{2066}\u{61c}\u{34f}\u{fe0f}\u{e0041}\u{378}\u{e000}\u{fdd0}";
        for c in invisible.chars() {
            for login in [format!("{c}alice"), format!("al{c}ice"), format!("alice{c}")] {
                assert_eq!(error(&login), LoginError::Character, "{login:?}");
            }
            for login in [format!("alice@{c}acme.test"), format!("alice@acme.test{c}")] {
                assert_eq!(error(&login), LoginError::Domain, "{login:?}");
            }
        }
        assert_eq!(error("alice\u{5d0}"), LoginError::Character, "mixed directions");
        assert_eq!(key("\u{5d0}\u{5d1}"), "\u{5d0}\u{5d1}@acme.test");
    }

    #[test]
    fn shape() {
        assert_eq!(error(""), LoginError::Empty);
        assert_eq!(error("@acme.test"), LoginError::Empty);
        assert_eq!(error("a@b@c"), LoginError::ManyAt);
        assert_eq!(error("a@@c"), LoginError::ManyAt);
        for bad in "a@ a@. a@x. a@.x a@x..y a@-x a@x- a@x_y a@x/y a@xn--bcher-kva.de".split(' ') {
            assert_eq!(error(bad), LoginError::Domain, "{bad}");
        }
        for bad in ["", "x y", "x@y", ".", "-x"] {
            assert_eq!(canonical("a", bad), Err(LoginError::DefaultDomain), "{bad:?}");
            assert_eq!(canonical("a@b.test", bad).unwrap().as_str(), "a@b.test");
        }
        assert_eq!(canonical_domain("BÜCHER.test").as_deref(), Ok("bücher.test"));
        assert_eq!(canonical_domain("x@y"), Err(LoginError::Domain));
        assert_eq!(canonical_domain(""), Err(LoginError::Domain));
    }

    #[test]
    fn length_counts_as_typed_and_in_canonical_form() {
        let longest = "a".repeat(MAX_LOGIN_BYTES - D.len() - 1);
        assert_eq!(key(&longest).len(), MAX_LOGIN_BYTES);
        assert_eq!(error(&(longest + "a")), LoginError::TooLong);
        assert_eq!(error(&"\u{fdfa}".repeat(100)), LoginError::TooLong);
    }

    #[test]
    fn keys_travel_as_plain_strings() {
        let key = canonical("Alice", D).unwrap();
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(json, "\"alice@acme.test\"");
        assert_eq!(serde_json::from_str::<LoginKey>(&json).unwrap(), key);
        assert_eq!(key.to_string(), "alice@acme.test");
    }

    #[test]
    fn only_what_is_shaped_like_a_login_is_logged_in_the_clear() {
        let clear = "alice j.doe alice@acme.test Alice+x@Acme.test zoë@bücher.example o'neil@a.ie";
        for login in clear.split(' ') {
            assert!(looks_like_login(login), "{login}");
            assert_eq!(for_log(login), login);
        }
        let secret = "|x|hunter2|Summer|P@ssw0rd!|p@ssw0rd|correct-horse-battery-staple|Tr0ub4dor&3|-alice|alice.|\
            alice@corp|alice@acme.test\n|a b@acme.test|pa$$@x.com|s@1.23|a@b@c.de";
        for s in secret.split('|') {
            assert!(!looks_like_login(s), "{s}");
            assert!(for_log(s).ends_with("•••") && for_log(s).chars().count() <= 4);
        }
        assert_eq!(masked("hunter2"), "•••");
        assert_eq!(masked("Tr0ub4dor&3"), "T•••");
        assert_eq!(masked("\u{202e}12345678"), "•••");
    }

    /// Strings that are near to logins: letters that map in odd ways, marks, separators, invisible ones.
    fn near_login() -> impl Strategy<Value = String> {
        let odd = "aZ9.@-_ßẞİıΣςée\u{301}\u{308}ＡＺ＠．ﬁǅ\u{200d}\u{94d}\u{915}\u{5d0}\u{661}\u{6f1}·l\u{ad}Ꭰꭰ\u{345}ᾳ";
        let odd: Vec<char> = odd.chars().collect();
        proptest::collection::vec(prop_oneof![4 => proptest::sample::select(odd), 1 => any::<char>()], 0..24)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2048, ..Default::default() })]

        #[test]
        fn canonical_is_idempotent(s in prop_oneof![near_login(), any::<String>()], other in near_login()) {
            if let Ok(key) = canonical(&s, D) {
                prop_assert_eq!(canonical(key.as_str(), D), Ok(key.clone()));
                prop_assert_eq!(canonical(key.as_str(), &other), Ok(key.clone()));
                prop_assert!(key.as_str().len() <= MAX_LOGIN_BYTES);
                prop_assert_eq!(key.as_str().matches('@').count(), 1);
                prop_assert!(!key.as_str().contains(char::is_control));
                let nfd: String = s.nfd().collect();
                if nfd.len() <= MAX_LOGIN_BYTES {
                    prop_assert_eq!(canonical(&nfd, D), Ok(key));
                }
            }
        }

        #[test]
        fn nothing_panics(s in any::<String>(), domain in any::<String>()) {
            let _ = canonical(&s, &domain);
            let _ = canonical_domain(&domain);
            let clear = looks_like_login(&s);
            prop_assert_eq!(for_log(&s) == s.as_str(), clear || s == "•••");
        }
    }

    #[test]
    fn every_character_that_any_step_changes_is_idempotent() {
        let changes = |c: &char| !c.nfkc().eq([*c]) || !c.to_lowercase().eq([*c]);
        for c in ('\0'..=char::MAX).filter(changes) {
            let login = format!("a{c}@x{c}");
            if let Ok(key) = canonical(&login, D) {
                assert_eq!(canonical(key.as_str(), D).as_ref(), Ok(&key), "{login:?}");
            }
        }
    }
}
