//! The check itself: a byte at a time through every head, past every body.

/// What opens an HTTP/2 connection without TLS.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// More than the parser accepts; it says 431 long before.
const LONGEST_HEAD: usize = 128 * 1024;

/// Where in the connection the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In what may be HTTP/2's preface: so many bytes agree.
    Start(usize),
    /// In a head.
    Head,
    /// In a body with so many bytes to come.
    Body(u64),
    /// Where nothing is checked: HTTP/2, or the last request of the connection.
    Free,
    /// Behind a violation.
    Over,
}

/// The heads of one connection.
pub(super) struct Heads {
    at: At,
    head: Head,
    had_one: bool,
}

#[derive(Default)]
struct Head {
    line: Vec<u8>,
    bytes: usize,
    has_request_line: bool,
    has_host: bool,
    length: Option<u64>,
    chunked: bool,
}

impl Default for Heads {
    fn default() -> Self {
        Self { at: At::Start(0), head: Head::default(), had_one: false }
    }
}

struct Violation;

impl Heads {
    /// Whether a violation was found, so that nothing more is to be read.
    pub(super) fn are_over(&self) -> bool {
        self.at == At::Over
    }

    /// Whether a first head, or a preface, is complete.
    pub(super) fn had_one(&self) -> bool {
        self.had_one
    }

    /// Looks at the next bytes. At a violation the byte there is spoilt and its index given.
    pub(super) fn check(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let mut i = 0;
        while i < bytes.len() {
            match self.at {
                At::Free | At::Over => return None,
                At::Body(left) => {
                    let here =
                        usize::try_from(left).map_or(bytes.len() - i, |left| left.min(bytes.len() - i));
                    i += here;
                    let left = left - here as u64;
                    self.at = if left == 0 { At::Head } else { At::Body(left) };
                    continue;
                }
                At::Start(_) | At::Head => {}
            }
            if self.byte(bytes[i]).is_err() {
                bytes[i] = 0;
                self.at = At::Over;
                return Some(i);
            }
            i += 1;
        }
        None
    }

    fn byte(&mut self, byte: u8) -> Result<(), Violation> {
        if let At::Start(agreed) = self.at {
            if byte == PREFACE[agreed] {
                self.at = At::Start(agreed + 1);
                if agreed + 1 == PREFACE.len() {
                    self.at = At::Free;
                    self.had_one = true;
                }
                return Ok(());
            }
            self.at = At::Head;
            // What agreed so far belongs to a head, after all.
            for &early in &PREFACE[..agreed] {
                self.head_byte(early)?;
            }
        }
        self.head_byte(byte)
    }

    fn head_byte(&mut self, byte: u8) -> Result<(), Violation> {
        if let Some(next) = self.head.byte(byte)? {
            self.at = next;
            self.head = Head::default();
            self.had_one = true;
        }
        Ok(())
    }
}

impl Head {
    /// Takes a byte; where the connection is once the head is complete.
    fn byte(&mut self, byte: u8) -> Result<Option<At>, Violation> {
        self.bytes += 1;
        let after_return = self.line.last() == Some(&b'\r');
        match (byte, after_return) {
            (b'\n', true) => {
                self.line.pop();
                let line = std::mem::take(&mut self.line);
                let ended = self.line(&line);
                self.line = line;
                self.line.clear();
                ended
            }
            (b'\n', false) | (_, true) | (0, _) => Err(Violation),
            _ if self.bytes > LONGEST_HEAD => Err(Violation),
            _ => {
                self.line.push(byte);
                Ok(None)
            }
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<At>, Violation> {
        if !self.has_request_line {
            // RFC 9112 §2.2: an empty line before a request is passed over.
            self.has_request_line = !line.is_empty();
            return Ok(None);
        }
        if line.is_empty() {
            return match (self.length, self.chunked) {
                (Some(_), true) => Err(Violation),
                (None, true) => Ok(Some(At::Free)),
                (None | Some(0), false) => Ok(Some(At::Head)),
                (Some(length), false) => Ok(Some(At::Body(length))),
            };
        }
        let colon = line.iter().position(|&b| b == b':').ok_or(Violation)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().all(|&b| is_token(b)) {
            return Err(Violation);
        }
        self.field(name, value).map(|()| None)
    }

    fn field(&mut self, name: &[u8], value: &[u8]) -> Result<(), Violation> {
        if name.eq_ignore_ascii_case(b"host") {
            if std::mem::replace(&mut self.has_host, true) {
                return Err(Violation);
            }
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if self.chunked || self.length.replace(length(value).ok_or(Violation)?).is_some() {
                return Err(Violation);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let twice = std::mem::replace(&mut self.chunked, true);
            if twice || self.length.is_some() || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Violation);
            }
        }
        Ok(())
    }
}

/// RFC 9110 §8.6: digits, nothing else.
fn length(value: &[u8]) -> Option<u64> {
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
