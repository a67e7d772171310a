//! The SQL that the store's source holds, as both engines get it.

use std::collections::HashMap;

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) sqlite: String,
    pub(crate) postgres: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

type Tokens = Vec<(Token, usize)>;

/// Both engines' text of one expression, and the index behind it.
type Read = (String, String, usize);

const VERBS: &[&str] = &["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

/// The statements of a file.
pub(crate) fn statements(file: &str, source: &str) -> Vec<Statement> {
    let source = source.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let (tokens, macros) = without_macros(tokens(source));
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((sqlite, postgres, next)) = expression(&tokens, at, &macros) else {
            at += 1;
            continue;
        };
        if VERBS.iter().any(|verb| postgres.trim_start().starts_with(verb)) {
            found.push(Statement { file: file.to_owned(), line: tokens[at].1, sqlite, postgres });
        }
        at = next;
    }
    found
}

/// Takes macro definitions out; of one that puts text before its arguments, that text is kept.
fn without_macros(tokens: Tokens) -> (Tokens, HashMap<String, String>) {
    let (mut rest, mut macros, mut at) = (Vec::new(), HashMap::new(), 0);
    while at < tokens.len() {
        if !word(&tokens, at, "macro_rules") {
            rest.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let name = match &tokens[at + 2].0 {
            Token::Word(name) => name.clone(),
            other => panic!("macro_rules! {other:?}"),
        };
        let end = closing(&tokens, at + 3);
        let concat = (at..end).find(|&i| word(&tokens, i, "concat"));
        if let Some((Token::Text(prefix), _)) = concat.and_then(|i| tokens.get(i + 3)) {
            macros.insert(name, prefix.clone());
        }
        at = end + 1;
    }
    (rest, macros)
}

fn expression(tokens: &Tokens, at: usize, macros: &HashMap<String, String>) -> Option<Read> {
    match &tokens.get(at)?.0 {
        Token::Text(text) => Some((text.clone(), text.clone(), at + 1)),
        Token::Word(name) if name == "Text" && sign(tokens, at + 1, '{') => pair(tokens, at, macros),
        Token::Word(name) if sign(tokens, at + 1, '!') && opens(tokens, at + 2) => {
            let end = closing(tokens, at + 2);
            let inside = &tokens[at + 3..end];
            let (sqlite, postgres) = match (name.as_str(), macros.get(name)) {
                ("with_now", _) => with_now(inside),
                ("sweep", _) => same(sweep(inside)),
                ("concat", _) => same(texts(inside).concat()),
                // Of the built statements there are only parts here.
                (_, Some(prefix)) if name == "read_events" => {
                    same(format!("{prefix}{}", texts(inside).concat()))
                }
                _ => return None,
            };
            Some((sqlite, postgres, end + 1))
        }
        _ => None,
    }
}

fn same(text: String) -> (String, String) {
    (text.clone(), text)
}

/// `Text { sqlite: …, postgres: … }`.
fn pair(tokens: &Tokens, at: usize, macros: &HashMap<String, String>) -> Option<Read> {
    if !word(tokens, at + 2, "sqlite") {
        return None;
    }
    let (sqlite, _, next) = expression(tokens, at + 4, macros)?;
    let next = if sign(tokens, next, ',') { next + 1 } else { next };
    let (_, postgres, _) = expression(tokens, next + 2, macros)?;
    Some((sqlite, postgres, closing(tokens, at + 1) + 1))
}

/// `with_now!("$3": "…"; now "…")`, as the macro expands it.
fn with_now(inside: &[(Token, usize)]) -> (String, String) {
    let texts = texts(inside);
    let parameter = &texts[0];
    let clock =
        format!("COALESCE({parameter}, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT))");
    let (mut sqlite, mut postgres) = (String::new(), String::new());
    for (token, _) in &inside[2..] {
        match token {
            Token::Word(now) if now == "now" => {
                sqlite.push_str(parameter);
                postgres.push_str(&clock);
            }
            Token::Text(text) => {
                sqlite.push_str(text);
                postgres.push_str(text);
            }
            _ => {}
        }
    }
    (sqlite, postgres)
}

/// `sweep!("table", ("key"), "time", keep …, only "condition")`, as the macro expands it.
fn sweep(inside: &[(Token, usize)]) -> String {
    let texts = texts(inside);
    let (table, key, time) = (&texts[0], &texts[1], &texts[2]);
    let only = texts.get(3).map(|condition| format!(" AND {condition}")).unwrap_or_default();
    format!(
        "DELETE FROM {table} WHERE {time} < $1{only} AND ({key}) IN (SELECT {key} FROM {table} WHERE {time} < $1{only} \
         ORDER BY {time} LIMIT $2)"
    )
}

fn texts(tokens: &[(Token, usize)]) -> Vec<String> {
    let text = |(token, _): &(Token, usize)| match token {
        Token::Text(text) => Some(text.clone()),
        _ => None,
    };
    tokens.iter().filter_map(text).collect()
}

fn word(tokens: &Tokens, at: usize, wanted: &str) -> bool {
    matches!(tokens.get(at), Some((Token::Word(word), _)) if word == wanted)
}

fn sign(tokens: &Tokens, at: usize, wanted: char) -> bool {
    matches!(tokens.get(at), Some((Token::Sign(sign), _)) if *sign == wanted)
}

fn opens(tokens: &Tokens, at: usize) -> bool {
    ['(', '[', '{'].into_iter().any(|bracket| sign(tokens, at, bracket))
}

/// Where the bracket at an index is closed.
fn closing(tokens: &Tokens, open: usize) -> usize {
    let mut depth = 0_i32;
    for (at, (token, _)) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    panic!("a bracket on line {} is never closed", tokens[open].1);
}

/// Rust's tokens, as far as it takes to find strings: comments, characters and lifetimes are passed over.
fn tokens(source: &str) -> Tokens {
    let chars: Vec<char> = source.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let began = line;
        let next = chars.get(at + 1).copied();
        match chars[at] {
            '\n' => line += 1,
            '/' if next == Some('/') => {
                while at + 1 < chars.len() && chars[at + 1] != '\n' {
                    at += 1;
                }
            }
            '\'' if next == Some('\\') || chars.get(at + 2) == Some(&'\'') => {
                at += if next == Some('\\') { 3 } else { 2 };
                while chars[at] != '\'' {
                    at += 1;
                }
            }
            '\'' => {}
            '"' => {
                let (text, end) = string(&chars, at + 1);
                line += chars[at..end].iter().filter(|c| **c == '\n').count();
                tokens.push((Token::Text(text), began));
                at = end;
            }
            c if c.is_alphanumeric() || c == '_' => {
                let start = at;
                while chars.get(at + 1).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                    at += 1;
                }
                tokens.push((Token::Word(chars[start..=at].iter().collect()), began));
            }
            c if c.is_whitespace() => {}
            c => tokens.push((Token::Sign(c), began)),
        }
        at += 1;
    }
    tokens
}

/// A string's value, and where its closing quote is.
fn string(chars: &[char], mut at: usize) -> (String, usize) {
    let mut text = String::new();
    while chars[at] != '"' {
        if chars[at] != '\\' {
            text.push(chars[at]);
            at += 1;
            continue;
        }
        at += 1;
        match chars[at] {
            '\n' => {
                while chars[at].is_whitespace() {
                    at += 1;
                }
                continue;
            }
            'n' => text.push('\n'),
            other => text.push(other),
        }
        at += 1;
    }
    (text, at)
}
