//! `multipart/form-data` (RFC 7578), as far as a token request needs it: texts, each name once, no files.

/// Most parts of a body.
const MAX_PARTS: usize = 100;

/// The fields of a body; `None` for anything that is not quite in order.
pub(super) fn parse(content_type: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    let delimiter = [b"\r\n--", boundary(content_type)?.as_bytes()].concat();
    // The first delimiter may stand at the very beginning, without the line end before it.
    let whole = [b"\r\n", body].concat();
    let mut rest = &whole[find(&whole, &delimiter)? + delimiter.len()..];
    let mut fields: Vec<(String, String)> = Vec::new();
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, &delimiter)?;
        let (name, value) = field(&part[..end])?;
        if fields.len() >= MAX_PARTS || fields.iter().any(|(known, _)| *known == name) {
            return None;
        }
        fields.push((name, value));
        rest = &part[end + delimiter.len()..];
    }
    Some(fields)
}

fn boundary(content_type: &str) -> Option<&str> {
    let mut found = content_type.split(';').skip(1).filter_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    });
    let value = found.next().filter(|_| found.next().is_none())?;
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&b);
    ((1..=70).contains(&value.len()) && value.bytes().all(legal)).then_some(value)
}

fn field(part: &[u8]) -> Option<(String, String)> {
    let end = find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&part[..end]).ok()?;
    let value = std::str::from_utf8(&part[end + 4..]).ok()?;
    let mut names = head.split("\r\n").filter_map(|line| {
        let (name, disposition) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| disposition.trim())
    });
    let disposition = names.next().filter(|_| names.next().is_none())?;
    let mut parts = disposition.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("form-data") {
        return None;
    }
    let mut name = None;
    for parameter in parts {
        match parameter.split_once('=') {
            Some((key, value)) if key.eq_ignore_ascii_case("name") && name.is_none() => {
                name = Some(value.strip_prefix('"')?.strip_suffix('"')?);
            }
            // A file is no text, and a second name is one too many.
            _ => return None,
        }
    }
    let name = name.filter(|n| !n.is_empty() && n.len() <= 128)?;
    Some((name.to_owned(), value.to_owned()))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::parse;

    const KIND: &str = "multipart/form-data; boundary=\"AaB03x\"";

    #[test]
    fn texts_are_read() {
        let body = "--AaB03x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--AaB03x\r\n\
                    content-disposition: form-data; name=\"b\"\r\nContent-Type: text/plain\r\n\r\n\r\n--AaB03x--";
        let expected = vec![("a".to_owned(), "1\r\n2".to_owned()), ("b".to_owned(), String::new())];
        assert_eq!(parse(KIND, body.as_bytes()), Some(expected));
        assert_eq!(parse(KIND, b"--AaB03x--\r\n"), Some(Vec::new()));
    }

    #[test]
    fn anything_else_is_refused() {
        let part = |head: &str| format!("--AaB03x\r\n{head}\r\n\r\nx\r\n--AaB03x--\r\n");
        let twice =
            "--AaB03x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n".repeat(2) + "--AaB03x--";
        for body in [
            String::new(),
            "--AaB03x".into(),
            "--AaB03x\r\n".into(),
            part("Content-Disposition: attachment; name=\"a\""),
            part("Content-Disposition: form-data; name=\"a\"; filename=\"f\""),
            part("Content-Disposition: form-data"),
            part("Content-Disposition: form-data; name=a"),
            part("X: y"),
            twice,
        ] {
            assert_eq!(parse(KIND, body.as_bytes()), None, "{body}");
        }
        for kind in
            ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=a b"]
        {
            assert_eq!(parse(kind, b"--AaB03x--"), None, "{kind}");
        }
    }
}
