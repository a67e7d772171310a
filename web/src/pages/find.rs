//! Finding pages, users, apps and events by a few letters.

use askama::Template;

use crate::shell::{Console, Page as _, page};

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRow {
    /// Its name.
    pub label: String,
    /// What tells it from others of its name.
    pub detail: String,
    /// Where it is.
    pub url: String,
    /// The name of its icon.
    pub icon: &'static str,
}

/// What was found of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundGroup {
    /// `Users`.
    pub label: &'static str,
    /// The best first.
    pub rows: Vec<FoundRow>,
}

/// What was found, by itself: for the palette, which a script opens.
#[derive(Template, Debug, Clone, Default)]
#[template(path = "parts/found.html")]
pub struct Found {
    /// By kind, none of them empty.
    pub groups: Vec<FoundGroup>,
}

/// What was found, as a page.
#[derive(Template, Debug, Clone)]
#[template(path = "console/find.html")]
pub struct FindPage {
    /// The frame.
    pub console: Console,
    /// What was typed.
    pub q: String,
    /// What was found.
    pub found: Found,
}

page! { FindPage: console.shell; }
