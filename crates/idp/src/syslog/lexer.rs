//! The words of a filter. Positions are counted in characters, as a person would point at them.

/// One word of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    /// An attribute, an operator, `true`, `null`, a number: whatever stands bare.
    Word(String),
    /// A text in quotes, unescaped.
    Text(String),
}

/// A text that has no words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LexError {
    pub(super) position: usize,
    pub(super) message: &'static str,
}

/// Takes a filter apart, in one pass. Each word comes with the position of its first character.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, LexError> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().enumerate().peekable();
    while let Some((position, (start, c))) = chars.next() {
        let token = match c {
            ' ' => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '"' => {
                let mut escaped = false;
                let end = chars.find_map(|(_, (at, c))| {
                    let closes = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    closes.then_some(at)
                });
                let end = end.ok_or(LexError { position, message: "The text is not closed with a '\"'" })?;
                let value: Result<String, _> = serde_json::from_str(&text[start..=end]);
                let message = "The text between quotes is not a JSON string";
                let value = value.map_err(|_| LexError { position, message })?;
                if value.contains('\0') {
                    return Err(LexError {
                        position,
                        message: "The text holds a character that no event has",
                    });
                }
                Token::Text(value)
            }
            c if is_bare(c) => {
                let mut end = start + c.len_utf8();
                while let Some((_, (at, c))) = chars.next_if(|(_, (_, c))| is_bare(*c)) {
                    end = at + c.len_utf8();
                }
                Token::Word(text[start..end].to_owned())
            }
            _ => return Err(LexError { position, message: "Unexpected character" }),
        };
        found.push((position, token));
    }
    Ok(found)
}

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || "._-:+$".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_characters() {
        let words = tokens("é eq (\"ü\\\"\\u00e9\") ").expect("words");
        let positions: Vec<usize> = words.iter().map(|w| w.0).collect();
        assert_eq!(positions, [0, 2, 5, 6, 17]);
        assert_eq!(words[3].1, Token::Text("ü\"é".into()));
    }

    #[test]
    fn what_has_no_words_is_pointed_at() {
        for (text, position) in [
            ("a eq \"b", 5),
            ("a eq \"b\\\"", 5),
            ("a[b eq 1]", 1),
            ("a eq \"\\x\"", 5),
            ("a eq \"\\ud800\"", 5),
            ("a eq \"\\u0000\"", 5),
            ("a eq \"\n\"", 5),
            ("a\teq 1", 1),
        ] {
            assert_eq!(tokens(text).map_err(|e| e.position), Err(position), "{text}");
        }
    }
}
