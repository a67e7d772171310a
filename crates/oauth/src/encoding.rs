//! Strict decoding of `application/x-www-form-urlencoded` text, and base64url.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Why a form-encoded component was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// A `%` that is not followed by two hexadecimal digits.
    Escape,
    /// Bytes that are not UTF-8 (overlong forms and surrogates included).
    Utf8,
    /// A control character, U+0000 to U+001F or U+007F.
    Control,
}

/// The value of one hexadecimal digit.
pub(crate) fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Decodes one name or value of a form body: `+` is a space, `%XX` a byte, the rest itself.
pub(crate) fn form_decode(input: &[u8]) -> Result<String, DecodeError> {
    let mut out = Vec::with_capacity(input.len());
    let mut bytes = input.iter().copied();
    while let Some(byte) = bytes.next() {
        let decoded = match byte {
            b'+' => b' ',
            b'%' => {
                let high = bytes.next().and_then(hex_value).ok_or(DecodeError::Escape)?;
                let low = bytes.next().and_then(hex_value).ok_or(DecodeError::Escape)?;
                high << 4 | low
            }
            other => other,
        };
        if decoded.is_ascii_control() {
            return Err(DecodeError::Control);
        }
        out.push(decoded);
    }
    String::from_utf8(out).map_err(|_| DecodeError::Utf8)
}

/// base64url without padding (RFC 4648 §5).
pub(crate) fn b64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url; padding, white space, `+`, `/` and non-zero trailing bits are refused.
pub(crate) fn b64url_decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Whether a byte belongs to the base64url alphabet.
pub(crate) fn is_b64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::{DecodeError, b64url_decode, form_decode};

    #[test]
    fn form_decoding_is_strict() {
        assert_eq!(form_decode(b"a+b%2Bc%c3%A9").as_deref(), Ok("a b+c\u{e9}"));
        for bad in ["%", "%a", "%zz", "%%41", "a%2"] {
            assert_eq!(form_decode(bad.as_bytes()), Err(DecodeError::Escape), "{bad}");
        }
        // Overlong slash, lone surrogate, truncated sequence.
        for bad in ["%c0%af", "%ed%a0%80", "%c3"] {
            assert_eq!(form_decode(bad.as_bytes()), Err(DecodeError::Utf8), "{bad}");
        }
        for bad in ["%00", "a%0d%0ab", "%09", "%7f"] {
            assert_eq!(form_decode(bad.as_bytes()), Err(DecodeError::Control), "{bad}");
        }
    }

    #[test]
    fn jw_12_base64url_is_canonical() {
        assert_eq!(b64url_decode("_-8"), Some(vec![0xff, 0xef]));
        for bad in ["_-8=", "_-9", "+/8", "_-8 ", "_", " _-8", "_-8\n"] {
            assert_eq!(b64url_decode(bad), None, "{bad:?}");
        }
    }
}
