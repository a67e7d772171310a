//! Proof key for code exchange (RFC 7636), S256 only.

use crate::compare::ct_eq;
use crate::encoding::{b64url, is_b64url};
use crate::error::{OAuthError, Reason};
use crate::secret::Secret;
use aws_lc_rs::digest;
use serde::{Deserialize, Deserializer, Serialize};

/// Length of a challenge: the base64url form of a SHA-256 digest.
const CHALLENGE_CHARS: usize = 43;

/// A `code_challenge` of method S256 (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Challenge(String);

impl Challenge {
    /// Checks the two parameters of the authorization request. An omitted method would mean `plain`
    /// (RFC 7636 §4.3) and is refused like it.
    ///
    /// # Errors
    ///
    /// `invalid_request` for another method, or for anything but 43 base64url characters.
    pub fn parse(code_challenge: &str, code_challenge_method: Option<&str>) -> Result<Self, OAuthError> {
        if code_challenge_method != Some("S256") {
            return Err(Reason::PkceUnsupportedCodeChallengeMethod.into());
        }
        if code_challenge.len() != CHALLENGE_CHARS || !code_challenge.bytes().all(is_b64url) {
            return Err(Reason::PkceInvalidChallenge.into());
        }
        Ok(Self(code_challenge.to_owned()))
    }

    /// The challenge that belongs to a verifier (RFC 7636 §4.2).
    #[must_use]
    pub fn of(verifier: &Verifier) -> Self {
        Self(b64url(digest::digest(&digest::SHA256, verifier.0.expose().as_bytes())))
    }

    /// Whether the verifier belongs to this challenge, compared in constant time.
    #[must_use]
    pub fn verify(&self, verifier: &Verifier) -> bool {
        ct_eq(&Self::of(verifier).0, &self.0)
    }

    /// The text of the challenge.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Challenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text, Some("S256")).map_err(serde::de::Error::custom)
    }
}

/// A `code_verifier`: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier(Secret);

impl Verifier {
    /// Checks the parameter of the token request, before anything is hashed.
    ///
    /// # Errors
    ///
    /// `invalid_grant`, reason `pkce_verification_failed`, for a wrong length or character.
    pub fn parse(code_verifier: &str) -> Result<Self, OAuthError> {
        let legal = |byte: u8| is_b64url(byte) || byte == b'.' || byte == b'~';
        if !(43..=128).contains(&code_verifier.len()) || !code_verifier.bytes().all(legal) {
            let words =
                "The parameter 'code_verifier' must be 43 to 128 letters, digits, '-', '.', '_' or '~'.";
            return Err(OAuthError::new(Reason::PkceVerificationFailed).describe(words));
        }
        Ok(Self(Secret::from(code_verifier)))
    }
}

/// The whole decision at the token endpoint (RFC 7636 §4.6): a challenge needs its verifier, and a verifier
/// without a challenge is a downgrade.
///
/// # Errors
///
/// `invalid_grant` whenever the two do not belong together.
pub fn check(challenge: Option<&Challenge>, code_verifier: Option<&str>) -> Result<(), OAuthError> {
    match (challenge, code_verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Reason::PkceMissingChallengeVerifierPresent.into()),
        (Some(_), None) => Err(Reason::PkceMissingVerifier.into()),
        (Some(challenge), Some(text)) if challenge.verify(&Verifier::parse(text)?) => Ok(()),
        (Some(_), Some(_)) => Err(Reason::PkceVerificationFailed.into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::ErrorCode;
    use proptest::prelude::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge() -> Challenge {
        Challenge::parse(CHALLENGE, Some("S256")).unwrap()
    }

    #[test]
    fn rfc_7636_appendix_b() {
        assert!(challenge().verify(&Verifier::parse(VERIFIER).unwrap()));
        assert_eq!(check(Some(&challenge()), Some(VERIFIER)), Ok(()));
    }

    #[test]
    fn pk_02_only_s256() {
        for method in [None, Some("plain"), Some("s256"), Some("S512"), Some("S256 "), Some("none")] {
            let error = Challenge::parse(CHALLENGE, method).unwrap_err();
            assert_eq!(error.reason, Reason::PkceUnsupportedCodeChallengeMethod, "{method:?}");
            assert_eq!(error.code(), ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn pk_03_challenge_shape() {
        let long = "a".repeat(129);
        let (short, over) = (&CHALLENGE[..42], format!("{CHALLENGE}A"));
        let padded = format!("{}=", &CHALLENGE[..42]);
        let plus = format!("{}+", &CHALLENGE[..42]);
        let slash = format!("{}/", &CHALLENGE[..42]);
        let foreign = format!("{}\u{e9}", &CHALLENGE[..41]);
        for bad in ["", short, &over, &long, &padded, &plus, &slash, &foreign] {
            let error = Challenge::parse(bad, Some("S256")).unwrap_err();
            assert_eq!(error.reason, Reason::PkceInvalidChallenge, "{bad}");
        }
    }

    #[test]
    fn pk_05_to_pk_09_verifiers() {
        let (short, long) = (&VERIFIER[..42], "a".repeat(129));
        let illegal = format!("{}+", &VERIFIER[..42]);
        for bad in [CHALLENGE, short, &long, &illegal, "null", "undefined", "[]", "0", "", &"a".repeat(43)] {
            let error = check(Some(&challenge()), Some(bad)).unwrap_err();
            assert_eq!(error.reason, Reason::PkceVerificationFailed, "{bad}");
            assert_eq!(error.code(), ErrorCode::InvalidGrant, "{bad}");
        }
        assert!(Verifier::parse(&"a".repeat(128)).is_ok());
        assert!(Verifier::parse(&"~._-".repeat(11)).is_ok());
    }

    #[test]
    fn pk_06_missing_and_pk_07_unexpected_verifier_are_invalid_grant() {
        let missing = check(Some(&challenge()), None).unwrap_err();
        assert_eq!((missing.reason, missing.code()), (Reason::PkceMissingVerifier, ErrorCode::InvalidGrant));
        let extra = check(None, Some(VERIFIER)).unwrap_err();
        assert_eq!(extra.reason, Reason::PkceMissingChallengeVerifierPresent);
        assert_eq!(extra.code(), ErrorCode::InvalidGrant);
        assert_eq!(check(None, None), Ok(()));
    }

    proptest! {
        #[test]
        fn own_challenge_verifies_and_no_other(text in "[A-Za-z0-9._~-]{43,128}", other in "[a-z]{43}") {
            let verifier = Verifier::parse(&text).unwrap();
            let own = Challenge::of(&verifier);
            prop_assert!(own.verify(&verifier));
            prop_assume!(other != text);
            prop_assert!(!own.verify(&Verifier::parse(&other).unwrap()));
        }

        #[test]
        fn never_panics(a in "\\PC{0,60}", b in proptest::option::of("\\PC{0,9}")) {
            let _ = Challenge::parse(&a, b.as_deref());
            let _ = Verifier::parse(&a);
        }
    }
}
