//! Secrets that must never turn up in what the server writes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use aho_corasick::AhoCorasick;

/// Shorter strings turn up by chance.
const SHORTEST: usize = 12;

/// This much of a secret is looked for: who writes more writes this too, and some tests send a megabyte.
const LONGEST: usize = 64;

/// Every secret that a test sent or received.
#[derive(Default)]
pub struct Canaries {
    secrets: Mutex<BTreeSet<String>>,
}

impl Canaries {
    /// Remembers a secret; anything shorter than 12 bytes is ignored. Of a JWT the signature counts by itself.
    pub fn add(&self, secret: &str) {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keep = |part: &str| {
            if part.len() >= SHORTEST {
                secrets.insert(part.chars().take(LONGEST).collect());
            }
        };
        // The beginnings of JWTs are alike: the signature tells one from another.
        let parts: Vec<&str> = secret.splitn(4, '.').collect();
        match parts[..] {
            [_, _, signature] => keep(signature),
            _ => keep(secret),
        }
    }

    /// How many secrets are watched for.
    pub fn len(&self) -> usize {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lines of `text` that hold a secret.
    pub fn found_in(&self, text: &[u8]) -> Vec<String> {
        let secrets: Vec<String> =
            self.secrets.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
        if secrets.is_empty() || text.is_empty() {
            return Vec::new();
        }
        let finder = AhoCorasick::new(&secrets).expect("plain strings to search for");
        finder.find_iter(text).take(5).map(|hit| line_around(text, hit.start(), hit.end())).collect()
    }

    /// Fails the test when `text`, which came from `place`, holds a secret.
    pub fn assert_none_in(&self, place: &str, text: &[u8]) {
        let found = self.found_in(text);
        assert!(found.is_empty(), "{place} holds a secret:\n{}", found.join("\n"));
    }

    pub(crate) fn found_in_file(&self, file: &Path) -> Vec<String> {
        self.found_in(&std::fs::read(file).unwrap_or_default())
    }
}

fn line_around(text: &[u8], start: usize, end: usize) -> String {
    let from =
        text[..start].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1).max(start.saturating_sub(200));
    let to = text[end..].iter().position(|b| *b == b'\n').map_or(text.len(), |at| end + at).min(end + 200);
    format!(
        "  {}»{}«{}",
        String::from_utf8_lossy(&text[from..start]),
        String::from_utf8_lossy(&text[start..end]),
        String::from_utf8_lossy(&text[end..to])
    )
}

#[cfg(test)]
mod tests {
    use super::Canaries;

    #[test]
    fn finds_a_secret_and_the_signature_of_a_jwt_but_no_short_word() {
        let canaries = Canaries::default();
        canaries.add("short");
        canaries.add("correcthorsebattery");
        canaries.add("eyJhbGciOiJF.eyJpc3MiOiJo.c2lnbmF0dXJlYnl0ZXM");
        assert_eq!(canaries.len(), 2);
        assert!(canaries.found_in(b"short lines are fine").is_empty());
        let found = canaries.found_in(b"one\ntwo correcthorsebattery staple\nthree c2lnbmF0dXJlYnl0ZXM");
        assert_eq!(found, ["  two »correcthorsebattery« staple", "  three »c2lnbmF0dXJlYnl0ZXM«"]);
    }
}
