//! `multipart/form-data` (RFC 7578), strictly.

/// Most parts of a body.
const MAX_PARTS: usize = 100;

/// One field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Whether it is a file: it says a file's name, which nobody needs.
    pub(crate) is_file: bool,
    /// What it holds.
    pub(crate) value: &'a [u8],
}

/// The fields of a body; `None` for anything that is not quite in order.
pub(crate) fn parse<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let delimiter = [b"\r\n--", boundary(content_type)?.as_bytes()].concat();
    // The first delimiter may stand at the very beginning, without the line end before it.
    let mut rest = match body.strip_prefix(&delimiter[2..]) {
        Some(rest) => rest,
        None => &body[find(body, &delimiter)? + delimiter.len()..],
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, &delimiter)?;
        if parts.len() >= MAX_PARTS {
            return None;
        }
        parts.push(field(&part[..end])?);
        rest = &part[end + delimiter.len()..];
    }
    Some(parts)
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut found = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    });
    let value = found.next().filter(|_| found.next().is_none())?;
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&b);
    ((1..=70).contains(&value.len()) && value.bytes().all(legal)).then_some(value)
}

fn field(part: &[u8]) -> Option<Part<'_>> {
    let end = find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&part[..end]).ok()?;
    let mut names = head.split("\r\n").filter_map(|line| {
        let (name, disposition) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| disposition.trim())
    });
    let disposition = names.next().filter(|_| names.next().is_none())?;
    let (kind, mut parameters) = disposition.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut name, mut is_file) = (None, false);
    while !parameters.trim().is_empty() {
        let (key, value, rest) = parameter(parameters)?;
        match key {
            key if key.eq_ignore_ascii_case("name") && name.is_none() => name = Some(value),
            key if key.eq_ignore_ascii_case("filename") && !is_file => is_file = true,
            // A second name is one too many.
            _ => return None,
        }
        parameters = rest;
    }
    let name = name.filter(|n| !n.is_empty() && n.len() <= 128)?;
    Some(Part { name, is_file, value: &part[end + 4..] })
}

/// Key and value of the first parameter, and what follows. Browsers write a quote inside a value as `%22`.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (key, rest) = text.trim_start().split_once("=\"")?;
    let (value, rest) = rest.split_once('"')?;
    let rest = rest.trim_start();
    Some((key, value, rest.strip_prefix(';').or_else(|| rest.is_empty().then_some(""))?))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=\"AaB03x\"";

    #[test]
    fn texts_and_files_are_read() {
        let body = "--AaB03x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--AaB03x\r\n\
                    content-disposition: form-data; name=\"b\"; filename=\"x;y=%22.png\"\r\nContent-Type: image/png\
                    \r\n\r\n\r\n--AaB03x--";
        let expected = vec![
            Part { name: "a", is_file: false, value: b"1\r\n2" },
            Part { name: "b", is_file: true, value: b"" },
        ];
        assert_eq!(parse(KIND, body.as_bytes()), Some(expected));
        assert_eq!(parse(KIND, b"--AaB03x--\r\n"), Some(Vec::new()));
        assert_eq!(parse(KIND, b"preamble\r\n--AaB03x--\r\n"), Some(Vec::new()));
    }

    #[test]
    fn anything_else_is_refused() {
        let part = |head: &str| format!("--AaB03x\r\n{head}\r\n\r\nx\r\n--AaB03x--\r\n");
        for body in [
            String::new(),
            "--AaB03x".into(),
            "--AaB03x\r\n".into(),
            part("Content-Disposition: attachment; name=\"a\""),
            part("Content-Disposition: form-data"),
            part("Content-Disposition: form-data; name=a"),
            part("Content-Disposition: form-data; name=\"a\"; name=\"b\""),
            part("Content-Disposition: form-data; name=\"a\" filename=\"b\""),
            part("Content-Disposition: form-data; name=\"a"),
            part("X: y"),
        ] {
            assert_eq!(parse(KIND, body.as_bytes()), None, "{body}");
        }
        for kind in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a b",
            "multipart/mixed; boundary=AaB03x",
        ] {
            assert_eq!(parse(kind, b"--AaB03x--"), None, "{kind}");
        }
    }
}
