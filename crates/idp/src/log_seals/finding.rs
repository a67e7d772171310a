//! What a check of the log found.

use serde::{Deserialize, Serialize};

/// What was done to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An event is not what it was when it was sealed.
    Altered,
    /// Events are gone, and others after them are there.
    Removed,
    /// The last events are gone.
    CutOff,
    /// All events of a tenant are gone that was not deleted.
    Emptied,
    /// An event lies among sealed ones that was not there when they were sealed.
    Inserted,
    /// A seal or link was made without the deployment's key.
    Forged,
    /// Links or seals are gone.
    ChainBroken,
}

impl Kind {
    /// Its name: `altered`, `cut-off`, ….
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Removed => "removed",
            Self::CutOff => "cut-off",
            Self::Emptied => "emptied",
            Self::Inserted => "inserted",
            Self::Forged => "forged",
            Self::ChainBroken => "chain-broken",
        }
    }
}

/// Something that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// Where, in a sentence.
    pub sentence: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.sentence)
    }
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Links that were looked at.
    pub links: u64,
    /// Events that are as they were sealed.
    pub events: u64,
    /// Events that no link covers yet.
    pub unsealed: i64,
    /// The end of the chain, to be noted elsewhere; none where nothing was sealed yet.
    pub head: Option<String>,
    /// What is wrong, at most [`Report::MOST`] of them.
    pub findings: Vec<Finding>,
    /// How much else is wrong.
    pub more: u64,
    /// What an honest reader should know: what was removed in the ordinary way, and what could not be looked at.
    pub notes: Vec<String>,
}

impl Report {
    /// Most findings and most notes that are told one by one.
    pub const MOST: usize = 100;

    pub(super) fn find(&mut self, kind: Kind, sentence: String) {
        if self.findings.len() < Self::MOST {
            self.findings.push(Finding { kind, sentence });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn note(&mut self, sentence: String) {
        if self.notes.len() < Self::MOST {
            self.notes.push(sentence);
        }
    }
}
