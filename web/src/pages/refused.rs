//! Since when nodes refuse a user.

use crate::parts::TimeText;

/// Since when each node refuses a user who was shut out or signed out everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// `Refused on every node`.
    pub title: String,
    /// The nodes, those that said so first in front.
    pub nodes: Vec<RefusalRow>,
    /// What is refused.
    pub what: String,
    /// Some node hasn't said so yet.
    pub waits: bool,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalRow {
    /// `This node`, `Node 7f3a90c1`.
    pub node: String,
    /// Since when at the latest, if it said so.
    pub since: Option<TimeText>,
    /// `38 ms after the change`, `not yet`.
    pub note: String,
}
