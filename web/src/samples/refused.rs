//! Since when nodes refuse a user.

use super::time;
use crate::{RefusalRow, Refused};

const WHAT: &str = "A node refuses the user’s sign-ins, sessions and tokens from that moment at the latest.";

fn row(node: &str, since: Option<&str>, note: &str) -> RefusalRow {
    RefusalRow { node: node.to_owned(), since: since.map(time), note: note.to_owned() }
}

/// Where there is one.
pub(super) fn on_one_node() -> Refused {
    Refused {
        title: "Refused".to_owned(),
        nodes: vec![row("This node", Some("14:02:07.413 UTC+1"), "6 ms after the change")],
        what: WHAT.to_owned(),
        waits: false,
    }
}

/// Where there are several, one of which hasn't said so.
pub(super) fn node_by_node() -> Refused {
    Refused {
        title: "Refused, node by node".to_owned(),
        nodes: vec![
            row("This node", Some("14:02:07.413 UTC+1"), "6 ms after the change"),
            row("Node 7f3a90c1", Some("14:02:07.445 UTC+1"), "38 ms after the change; it has left since"),
            row("Node 0b12d4e8", None, "not yet"),
        ],
        what: WHAT.to_owned(),
        waits: true,
    }
}
