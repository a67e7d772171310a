//! Base62 with a fixed width, so that ids of one kind all have one length and keep their order.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Width of a 128-bit number: 62^22 > 2^128.
pub(crate) const U128_WIDTH: usize = 22;

/// Writes a 128-bit number in 22 digits, most significant first.
pub(crate) fn encode(mut value: u128) -> String {
    let mut digits = [b'0'; U128_WIDTH];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(value % 62) as usize];
        value /= 62;
    }
    digits.iter().map(|&b| char::from(b)).collect()
}

/// Reads what [`encode`] wrote; `None` for any other text, including a number over 128 bits.
pub(crate) fn decode(text: &str) -> Option<u128> {
    if text.len() != U128_WIDTH {
        return None;
    }
    text.bytes().try_fold(0u128, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        value.checked_mul(62)?.checked_add(u128::from(digit))
    })
}

/// Writes random bytes as letters and digits, without bias: bytes of 248 and over are passed over.
pub(crate) fn letters_and_digits(bytes: impl Iterator<Item = u8>) -> impl Iterator<Item = char> {
    bytes.filter(|&b| b < 248).map(|b| char::from(DIGITS[usize::from(b % 62)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_largest_number_fits_and_one_more_does_not() {
        assert_eq!(decode(&encode(u128::MAX)), Some(u128::MAX));
        assert_eq!(decode("zzzzzzzzzzzzzzzzzzzzzz"), None);
    }

    proptest! {
        #[test]
        fn round_trip(value: u128) {
            prop_assert_eq!(decode(&encode(value)), Some(value));
        }

        #[test]
        fn order_is_kept(a: u128, b: u128) {
            prop_assert_eq!(a.cmp(&b), encode(a).cmp(&encode(b)));
        }

        #[test]
        fn strangers_never_panic(text: String) {
            let _ = decode(&text);
        }
    }
}
