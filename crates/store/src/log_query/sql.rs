//! The text of a search: constants and placeholders, nothing else. What someone typed can only be bound.

use super::Position;
use crate::dialect::Text;
use uuid::Uuid;

/// A value to bind.
#[derive(Debug)]
pub(super) enum Arg {
    Text(String),
    Int(i64),
    Uuid(Uuid),
}

/// A statement under construction.
#[derive(Debug)]
pub(super) struct Sql {
    text: String,
    args: Vec<Arg>,
    sqlite: bool,
}

impl Sql {
    pub(super) fn new(sqlite: bool) -> Self {
        Self { text: String::with_capacity(1024), args: Vec::new(), sqlite }
    }

    /// The text and what to bind, in order.
    pub(super) fn into_parts(self) -> (String, Vec<Arg>) {
        (self.text, self.args)
    }

    /// Whether it is for SQLite.
    pub(super) fn is_sqlite(&self) -> bool {
        self.sqlite
    }

    /// Adds a constant.
    pub(super) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a constant that is another one on each engine.
    pub(super) fn push_for_engine(&mut self, text: Text) -> &mut Self {
        let text = if self.sqlite { text.sqlite } else { text.postgres };
        self.push(text)
    }

    /// Adds a placeholder for a value.
    pub(super) fn bind(&mut self, arg: Arg) -> &mut Self {
        self.args.push(arg);
        self.text.push('$');
        self.text.push_str(&self.args.len().to_string());
        self
    }

    /// Adds placeholders for a place in the order of commits.
    pub(super) fn place(&mut self, p: Position) -> &mut Self {
        self.bind(Arg::Int(p.epoch)).push(", ").bind(Arg::Int(p.txid)).push(", ").bind(Arg::Int(p.seq))
    }

    /// Adds that a text column holds a part.
    pub(super) fn holds(&mut self, column: &'static str, part: String) -> &mut Self {
        self.push_for_engine(SEARCH).push(column).push(", ").bind(Arg::Text(part)).push(") > 0")
    }
}

/// Where a text begins in another: the engines have a function each, with the same arguments.
pub(super) const SEARCH: Text = Text { sqlite: "instr(", postgres: "strpos(" };
