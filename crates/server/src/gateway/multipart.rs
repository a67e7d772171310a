//! `multipart/form-data` (RFC 7578), as far as a token request needs it: texts, each name once, no files.

/// The fields of a body; `None` for anything that is not quite in order.
pub(super) fn parse(content_type: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for part in crate::multipart::parse(content_type, body)? {
        // A file is no text.
        if part.is_file || fields.iter().any(|(known, _)| known == part.name) {
            return None;
        }
        fields.push((part.name.to_owned(), std::str::from_utf8(part.value).ok()?.to_owned()));
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::parse;

    const KIND: &str = "multipart/form-data; boundary=AaB03x";

    #[test]
    fn texts_are_read_and_nothing_else() {
        let part = |head: &str, value: &str| {
            format!("--AaB03x\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
        };
        let body = |parts: &[String]| parts.concat() + "--AaB03x--";
        let (a, b) = (part("name=\"a\"", "1\r\n2"), part("name=\"b\"", ""));
        let expected = vec![("a".to_owned(), "1\r\n2".to_owned()), ("b".to_owned(), String::new())];
        assert_eq!(parse(KIND, body(&[a.clone(), b]).as_bytes()), Some(expected));
        for bad in [body(&[a.clone(), a]), body(&[part("name=\"a\"; filename=\"f\"", "x")])] {
            assert_eq!(parse(KIND, bad.as_bytes()), None, "{bad}");
        }
        let no_text = b"--AaB03x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--AaB03x--";
        assert_eq!(parse(KIND, no_text), None);
    }
}
