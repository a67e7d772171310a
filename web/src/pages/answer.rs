//! What a form that only asks was answered with.

use crate::pages::Snippet;
use crate::parts::{Action, Fact, Link, Status};

/// One thing that was asked on the way to the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerStep {
    /// Its name and its page.
    pub what: Link,
    /// What it lies in, if anything.
    pub within: String,
    /// What came of it.
    pub status: Status,
    /// Why.
    pub why: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Yes or no, in a word.
    pub status: Status,
    /// `The rule staff decides: tokens are issued.`
    pub sentence: String,
    /// What else there is to know.
    pub note: Option<String>,
    /// What was found.
    pub facts: Vec<Fact>,
    /// What was asked, in order.
    pub steps: Vec<AnswerStep>,
    /// What would be issued.
    pub blocks: Vec<Snippet>,
    /// Where to go on.
    pub links: Vec<Link>,
    /// What can be done about it.
    pub actions: Vec<Action>,
}

impl Answer {
    /// An answer of one sentence.
    pub fn new(status: Status, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
            note: None,
            facts: Vec::new(),
            steps: Vec::new(),
            blocks: Vec::new(),
            links: Vec::new(),
            actions: Vec::new(),
        }
    }
}
