//! The console's first page.

use askama::Template;

use crate::chart::{Rect, share, spark};
use crate::parts::{Link, Outcome, TimeText};
use crate::shell::{Console, Page as _, page};

/// One number of the overview.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figure {
    /// `Sign-ins`.
    pub label: String,
    /// `1,204`.
    pub value: String,
    /// Set small after the number: `of 5,000`.
    pub unit: Option<String>,
    /// Against the same hours last week, or what the number hides: `+6 %`, `31 from one app`.
    pub note: Option<String>,
    /// What the number is made of: `120 for machines, 31 by code`.
    pub parts: Option<String>,
    /// Values over the period, for a sparkline; may be empty.
    pub spark: Vec<u64>,
    /// A part and its whole (what is left of a quota), for a meter instead of a sparkline.
    pub meter: Option<(u64, u64)>,
    /// The events behind the number.
    pub url: Option<String>,
}

impl Figure {
    pub(crate) fn columns(&self) -> Vec<Rect> {
        spark(&self.spark)
    }

    pub(crate) fn filled(&self) -> String {
        self.meter.map(|(part, whole)| share(part, whole)).unwrap_or_default()
    }
}

/// Something an administrator should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Chooses icon and colour: refused for broken, throttled for soon, changed for information.
    pub kind: Outcome,
    /// What it is.
    pub sentence: String,
    /// How much, how long.
    pub detail: Option<String>,
    /// What to do about it.
    pub action: Option<Link>,
    /// More of the same, folded below it.
    pub more: Vec<Need>,
}

/// A change made by an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub time: TimeText,
    /// `eve added a redirect URI to Storefront`.
    pub sentence: String,
    /// The event.
    pub url: String,
}

/// Today at a glance.
#[derive(Template, Debug, Clone)]
#[template(path = "console/overview.html")]
pub struct Overview {
    /// The frame.
    pub console: Console,
    /// `Tue 24 Nov, 00:00 to 14:02 UTC+1, against the same hours on 17 Nov`.
    pub period: String,
    /// Four of them.
    pub figures: Vec<Figure>,
    /// Most urgent first.
    pub needs: Vec<Need>,
    /// Newest first.
    pub changes: Vec<Change>,
    /// All changes in the log.
    pub changes_url: Option<String>,
}

page! {
    Overview: console.shell;
}
