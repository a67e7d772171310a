//! The `session_state` of an answer (OpenID Connect Session Management 1.0 §3.2).

use crate::encoding::b64url;
use aws_lc_rs::digest;

/// A browser's state, seen by one client at one origin: a salted digest, and the salt. Other clients can't compare it
/// with theirs. The frame at the server makes the same from the cookie.
#[must_use]
pub fn session_state(client_id: &str, origin: &str, browser_state: &str, salt: &str) -> String {
    let text = format!("{client_id} {origin} {browser_state} {salt}");
    format!("{}.{salt}", b64url(digest::digest(&digest::SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_counts() {
        let state = session_state("client", "https://a.test", "browser", "salt");
        assert_eq!(state, "wPi-YgkuUrGC-6pr2AhjAejN8YCZsO8Qb7yK_UxZqCU.salt");
        for other in [
            session_state("other", "https://a.test", "browser", "salt"),
            session_state("client", "https://b.test", "browser", "salt"),
            session_state("client", "https://a.test", "other", "salt"),
        ] {
            assert_ne!(other, state);
            assert!(other.ends_with(".salt"));
        }
    }
}
