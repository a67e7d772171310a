//! The filter language of the log: SCIM's (RFC 7644 §3.4.2.2) without value paths.
//!
//! Names and operators may be written in any case. Values are compared exactly, case and all: SCIM leaves
//! that to each attribute (`caseExact`), and those of the log are identifiers, or texts that the word search
//! `q` finds in any case. Of a list (`target`) a comparison holds if it holds of any element.

use super::attributes::{Attribute, attribute};
use super::lexer::{Token, tokens};
use signet_domain::event::bounded;
use signet_domain::id::{EventId, FlowId, GrantId, RequestId, SessionId};
use signet_store::log_query::{Condition, IdField, MAX_CLAUSES, MAX_DEPTH, TextField, TextOp};
use uuid::Uuid;

/// A filter that can't be used, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// `E0000053` or `E0000031`.
    pub code: &'static str,
    /// What is wrong, for the caller.
    pub summary: String,
    /// The character at which it is wrong, from 0.
    pub position: usize,
}

/// The message about a wrong operator has always listed these, and leaves out `ne` and `ew`, which work too.
const EXPECTED: &str = "eq,co,sw,pr,gt,ge,lt,le";

/// How much of a filter a message repeats.
const REPEATED: usize = 512;

/// Reads a filter. An empty one holds of every event.
///
/// # Errors
/// When it is not in the language, names what no event has, or is too large.
pub fn parse(text: &str) -> Result<Condition, FilterError> {
    let words = tokens(text).map_err(|e| invalid(text, e.position, e.message))?;
    if words.is_empty() {
        return Ok(Condition::Always);
    }
    let end = text.chars().count();
    let mut parser = Parser { text, words, next: 0, end, clauses: 0 };
    let condition = parser.any(0)?;
    match parser.peek() {
        None => Ok(condition),
        Some(_) => Err(parser.invalid(parser.position(), "Expected 'and', 'or' or the end")),
    }
}

fn invalid(text: &str, position: usize, message: &str) -> FilterError {
    let text = bounded(text, REPEATED);
    let summary = format!("Invalid filter '{text}': {message} at position {position}.");
    FilterError { code: "E0000053", summary, position }
}

struct Parser<'t> {
    text: &'t str,
    words: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    clauses: usize,
}

type Parsed = Result<Condition, FilterError>;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.words.get(self.next).map(|(_, token)| token)
    }

    /// Where the next word begins, or the filter ends.
    fn position(&self) -> usize {
        self.words.get(self.next).map_or(self.end, |(position, _)| *position)
    }

    fn invalid(&self, position: usize, message: &str) -> FilterError {
        invalid(self.text, position, message)
    }

    /// Takes the next word if it is this keyword.
    fn keyword(&mut self, keyword: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(is);
        is
    }

    fn take(&mut self, token: &Token) -> bool {
        let is = self.peek() == Some(token);
        self.next += usize::from(is);
        is
    }

    fn any(&mut self, depth: usize) -> Parsed {
        let first = self.all(depth)?;
        let mut parts = vec![first];
        while self.keyword("or") {
            parts.push(self.all(depth)?);
        }
        Ok(only(parts, Condition::Any))
    }

    fn all(&mut self, depth: usize) -> Parsed {
        let first = self.one(depth)?;
        let mut parts = vec![first];
        while self.keyword("and") {
            parts.push(self.one(depth)?);
        }
        Ok(only(parts, Condition::All))
    }

    fn one(&mut self, depth: usize) -> Parsed {
        let start = self.position();
        if depth >= MAX_DEPTH {
            return Err(self.invalid(start, "The filter is nested too deeply"));
        }
        if self.take(&Token::Open) {
            let inside = self.any(depth + 1)?;
            return if self.take(&Token::Close) {
                Ok(inside)
            } else {
                Err(self.invalid(self.position(), "Expected ')'"))
            };
        }
        self.clauses += 1;
        if self.clauses > MAX_CLAUSES {
            return Err(self.invalid(start, "The filter has too many comparisons"));
        }
        if self.keyword("not") {
            return self.one(depth + 1).map(|inside| Condition::Not(Box::new(inside)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed {
        let start = self.position();
        let Some(Token::Word(name)) = self.peek().cloned() else {
            return Err(self.invalid(start, "Expected an attribute"));
        };
        let Some(attribute) = attribute(&name) else {
            let summary = format!("field is not valid: {}", bounded(&name, REPEATED));
            return Err(FilterError { code: "E0000053", summary, position: start });
        };
        self.next += 1;
        let (at, operator) = (self.position(), self.operator()?);
        let Some(op) = operator else {
            return self.meaning(&name, at, attribute, None, Value::Null);
        };
        let value = self.value(op)?;
        self.meaning(&name, at, attribute, Some(op), value)
    }

    /// The operator; `None` is `pr`.
    fn operator(&mut self) -> Result<Option<TextOp>, FilterError> {
        let position = self.position();
        let word = match self.peek() {
            Some(Token::Word(word)) => word.clone(),
            _ => return Err(self.invalid(position, "Expected an operator")),
        };
        self.next += 1;
        Ok(Some(match word.to_ascii_lowercase().as_str() {
            "pr" => return Ok(None),
            "eq" => TextOp::Equal,
            "ne" => TextOp::NotEqual,
            "co" => TextOp::Contains,
            "sw" => TextOp::StartsWith,
            "ew" => TextOp::EndsWith,
            "gt" => TextOp::Greater,
            "ge" => TextOp::GreaterOrEqual,
            "lt" => TextOp::Less,
            "le" => TextOp::LessOrEqual,
            _ => {
                let message = format!("Unrecognized attribute operator '{word}'");
                let mut error = self.invalid(position, &message);
                error.summary.push_str(" Expected: ");
                error.summary.push_str(EXPECTED);
                return Err(error);
            }
        }))
    }

    fn value(&mut self, op: TextOp) -> Result<Value, FilterError> {
        let position = self.position();
        let value = match self.peek() {
            Some(Token::Text(text)) => Value::Text(text.clone()),
            Some(Token::Word(word)) if word == "null" && matches!(op, TextOp::Equal | TextOp::NotEqual) => {
                Value::Null
            }
            Some(Token::Word(word)) if word == "true" || word == "false" || is_number(word) => {
                Value::Text(word.clone())
            }
            Some(Token::Word(_)) => return Err(self.invalid(position, "Put the text between double quotes")),
            _ => return Err(self.invalid(position, "Expected a value")),
        };
        self.next += 1;
        Ok(value)
    }

    /// What a comparison asks of the store; no operator is `pr`.
    fn meaning(
        &self,
        name: &str,
        at: usize,
        attribute: Attribute,
        op: Option<TextOp>,
        value: Value,
    ) -> Parsed {
        let unsupported = |op: &str| FilterError {
            code: "E0000031",
            summary: format!(
                "The supplied combination of operator and field is not currently supported. \
                 Operator: {op}, Field: {name}"
            ),
            position: at,
        };
        let (op, value) = match (op, value) {
            (None, _) => return present(attribute).ok_or_else(|| unsupported("pr")),
            (Some(op), Value::Text(value)) => (op, value),
            (Some(op), Value::Null) => {
                let there = present(attribute).ok_or_else(|| unsupported(operator_name(op)))?;
                return Ok(if op == TextOp::Equal { Condition::Not(Box::new(there)) } else { there });
            }
        };
        let unequal = matches!(op, TextOp::NotEqual);
        match attribute {
            Attribute::Text(TextField::Url | TextField::Path) if op == TextOp::Contains => {
                Err(unsupported("co"))
            }
            Attribute::Text(field) => Ok(Condition::Text { field, op, value }),
            Attribute::Id(field) if matches!(op, TextOp::Equal | TextOp::NotEqual) => {
                let is = id(field, &value).map_or(Condition::Never, |value| Condition::Id { field, value });
                Ok(if unequal { Condition::Not(Box::new(is)) } else { is })
            }
            Attribute::Id(_) | Attribute::Derived => Err(unsupported(operator_name(op))),
            Attribute::Constant(text) => Ok(constant(compare(text, op, &value))),
            Attribute::Absent => Ok(constant(unequal)),
        }
    }
}

/// What a comparison compares with.
enum Value {
    Text(String),
    Null,
}

fn only(mut parts: Vec<Condition>, list: fn(Vec<Condition>) -> Condition) -> Condition {
    if parts.len() == 1 { parts.swap_remove(0) } else { list(parts) }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == '-') && word.parse::<f64>().is_ok()
}

fn present(attribute: Attribute) -> Option<Condition> {
    match attribute {
        Attribute::Text(field) => Some(Condition::TextPresent(field)),
        Attribute::Id(field) => Some(Condition::IdPresent(field)),
        Attribute::Constant(_) => Some(Condition::Always),
        Attribute::Absent => Some(Condition::Never),
        Attribute::Derived => None,
    }
}

fn id(field: IdField, wire: &str) -> Option<Uuid> {
    match field {
        IdField::Event => EventId::parse(wire).map(|id| id.0),
        IdField::Request => RequestId::parse(wire).map(|id| id.0),
        IdField::Session => SessionId::parse(wire).map(|id| id.0),
        IdField::Flow => FlowId::parse(wire).map(|id| id.0),
        IdField::Grant => GrantId::parse(wire).map(|id| id.0),
    }
}

fn constant(holds: bool) -> Condition {
    if holds { Condition::Always } else { Condition::Never }
}

fn compare(text: &str, op: TextOp, value: &str) -> bool {
    match op {
        TextOp::Equal => text == value,
        TextOp::NotEqual => text != value,
        TextOp::Contains => text.contains(value),
        TextOp::StartsWith => text.starts_with(value),
        TextOp::EndsWith => text.ends_with(value),
        TextOp::Greater => text > value,
        TextOp::GreaterOrEqual => text >= value,
        TextOp::Less => text < value,
        TextOp::LessOrEqual => text <= value,
    }
}

fn operator_name(op: TextOp) -> &'static str {
    match op {
        TextOp::Equal => "eq",
        TextOp::NotEqual => "ne",
        TextOp::Contains => "co",
        TextOp::StartsWith => "sw",
        TextOp::EndsWith => "ew",
        TextOp::Greater => "gt",
        TextOp::GreaterOrEqual => "ge",
        TextOp::Less => "lt",
        TextOp::LessOrEqual => "le",
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
