//! Comparison whose time does not depend on where two values differ.

use subtle::ConstantTimeEq;

/// Whether `a` and `b` are equal, in time that depends only on their lengths.
///
/// The length itself is not hidden: compare digests when the length is a secret too.
#[must_use]
pub fn ct_eq(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> bool {
    a.as_ref().ct_eq(b.as_ref()).into()
}

#[cfg(test)]
mod tests {
    use super::ct_eq;

    #[test]
    fn equal_only_when_every_byte_is() {
        assert!(ct_eq("abc", b"abc"));
        assert!(ct_eq("", ""));
        for other in ["abd", "xbc", "ab", "abcd", ""] {
            assert!(!ct_eq("abc", other), "{other}");
        }
    }
}
