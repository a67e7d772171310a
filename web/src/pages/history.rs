//! What was changed of a thing, on its page.

use crate::parts::{Fact, TimeText};

/// The newest changes of a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Newest first.
    pub rows: Vec<HistoryRow>,
    /// All of its changes in the log, for who may read it.
    pub log_url: Option<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The event's own page.
    pub url: String,
    /// When.
    pub time: TimeText,
    /// Who did what.
    pub sentence: String,
    /// Of each field what it was and what it is.
    pub facts: Vec<Fact>,
}
