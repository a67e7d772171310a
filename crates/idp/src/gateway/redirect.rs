//! Where a front end sends its browser: the redirect URI with the answer in its query.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but what RFC 3986 §2.3 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Adds parameters to a registered URI's query, which is kept; names in alphabetical order, spaces as `%20`.
pub(super) fn with_query(uri: &str, answer: &[(&str, &str)]) -> String {
    let (base, query) = uri.split_once('?').unwrap_or((uri, ""));
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .filter(|(name, _)| !answer.iter().any(|(own, _)| own == name))
        .collect();
    pairs.extend(answer.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    let escaped = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
    let query: Vec<String> = pairs.iter().map(|(n, v)| format!("{}={}", escaped(n), escaped(v))).collect();
    format!("{base}?{}", query.join("&"))
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn the_query_is_kept_and_sorted() {
        let answer = [("state", "a b&c"), ("code", "xyz")];
        assert_eq!(
            with_query("https://rp.example/cb", &answer),
            "https://rp.example/cb?code=xyz&state=a%20b%26c"
        );
        assert_eq!(
            with_query("https://rp.example/cb?z=1&b=x+y&code=old", &answer),
            "https://rp.example/cb?b=x%20y&code=xyz&state=a%20b%26c&z=1"
        );
        assert_eq!(
            with_query("com.example.app:/cb", &[("code", "x\r\ny")]),
            "com.example.app:/cb?code=x%0D%0Ay"
        );
    }
}
