//! The end of the chain, as it is noted outside of the database.

use crate::admin::caller::hex;
use signet_store::log_seals::{LogLink, Place};
use std::sync::Mutex;

/// The last link of a chain: `number:epoch:code`, the code in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The link's number.
    pub number: i64,
    /// The store's epoch, which rises with every restore.
    pub epoch: i64,
    /// The link's code.
    pub code: String,
}

impl Head {
    /// Reads one that was noted; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(':');
        let (number, epoch, code) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        let is_code = code.len() == 64 && code.bytes().all(|b| b.is_ascii_hexdigit());
        (is_code && parts.next().is_none()).then(|| Self { number, epoch, code: code.to_ascii_lowercase() })
    }

    pub(super) fn of(link: &LogLink) -> Self {
        Self { number: link.number, epoch: Place::from(link.to).epoch, code: hex(&link.code) }
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.number, self.epoch, self.code)
    }
}

/// The head that this node saw last.
#[derive(Debug, Default)]
pub(crate) struct LastSeen(pub(super) Mutex<Option<Head>>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_as_it_is_written() {
        let head = Head { number: 7, epoch: 2, code: "ab".repeat(32) };
        assert_eq!(Head::parse(&format!(" {head}\n")), Some(head));
        for wrong in ["", "7:2", "7:2:ab", "x:2:", &format!("7:2:{}:", "ab".repeat(32)), &"g".repeat(64)] {
            assert_eq!(Head::parse(wrong), None, "{wrong}");
        }
    }
}
