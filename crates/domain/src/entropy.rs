//! Chance: ids and secrets.

use crate::base62;
use crate::time::Time;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Random characters in a generated secret: 62^43 > 2^256.
pub const SECRET_CHARS: usize = 43;

/// The source of ids and secrets.
#[derive(Debug, Clone)]
pub struct Entropy(SystemRandom);

impl Default for Entropy {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Entropy {
    /// Fills a buffer with random bytes.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing that needs a secret may go on then.
    #[expect(clippy::expect_used, reason = "without randomness no secret may be made")]
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the operating system gives randomness");
    }

    /// A new id (UUIDv7) of any type. Ids made later sort later, to the millisecond.
    #[must_use]
    pub fn id<I: From<Uuid>>(&self, now: Time) -> I {
        let mut random = [0; 10];
        self.fill(&mut random);
        let millis = u64::try_from(now.0.div_euclid(1000)).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into()
    }

    /// A secret of letters and digits after a prefix that tells what it is: at least 256 bits.
    #[must_use]
    pub fn secret(&self, prefix: &str) -> String {
        self.letters(prefix, SECRET_CHARS)
    }

    /// A generated password: 20 letters and digits (119 bits), short enough to type.
    #[must_use]
    pub fn password(&self) -> String {
        self.letters("", 20)
    }

    fn letters(&self, prefix: &str, count: usize) -> String {
        let mut text = String::with_capacity(prefix.len() + count);
        text.push_str(prefix);
        while text.len() < prefix.len() + count {
            let mut bytes = Zeroizing::new([0; 64]);
            self.fill(&mut bytes[..]);
            let missing = prefix.len() + count - text.len();
            text.extend(base62::letters_and_digits(bytes.iter().copied()).take(missing));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_its_prefix_and_43_letters_and_digits() {
        let secret = Entropy::default().secret("sgt");
        assert_eq!(secret.len(), 46);
        assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(secret, Entropy::default().secret("sgt"));
    }

    #[test]
    fn ids_sort_by_time() {
        let entropy = Entropy::default();
        let earlier: Uuid = entropy.id(Time(1_000_000));
        let later: Uuid = entropy.id(Time(2_000_000));
        assert!(earlier < later);
        assert_eq!(earlier.get_version_num(), 7);
    }
}
