//! Exports of the system log, and how far they have come.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::parts::{Empty, Hidden, Link, Status, TimeText};
use crate::shell::{Console, Page as _, page};

/// How to go on with a file that broke off. Sends what is kept, and the field, by GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoOn {
    /// Where the file is sent from.
    pub action: String,
    /// The search.
    pub keep: Vec<Hidden>,
    /// The field's name.
    pub field: &'static str,
    /// What it asks for: `Last event_id in your file`.
    pub label: &'static str,
}

/// One export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRow {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub status: Status,
    /// `CSV by eve@acme.test`.
    pub file: String,
    /// When it began.
    pub began: TimeText,
    /// What it searches for.
    pub says: String,
    /// The search.
    pub search_url: String,
    /// How much of its time range it has gone through; none where all is done.
    pub percent: Option<i64>,
    /// The same in words.
    pub told: String,
    /// How to go on, if it ended early.
    pub go_on: Option<GoOn>,
}

/// The exports by themselves: for the script that keeps them up to date, too.
#[derive(Template, Debug, Clone)]
#[template(path = "parts/exports.html")]
pub struct LogExportsNews {
    /// Newest first.
    pub rows: Vec<ExportRow>,
    /// Where a script asks how far they have come; none while none runs.
    pub ask: Option<String>,
    /// The page anew, for who has no scripts.
    pub again: Option<Link>,
}

impl HtmlSafe for LogExportsNews {}

/// The page about them.
#[derive(Template, Debug, Clone)]
#[template(path = "console/log_exports.html")]
pub struct LogExports {
    /// The frame.
    pub console: Console,
    /// Back to the log.
    pub back: Link,
    /// The exports.
    pub news: LogExportsNews,
    /// Why there are none.
    pub empty: Option<Empty>,
}

page! {
    LogExports: console.shell;
}
