//! What holds for the whole tenant.

use askama::Template;

use crate::parts::{Action, Fact, Link};
use crate::shell::{Console, Page as _, page};

/// Settings that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsPart {
    /// Its id on the page.
    pub id: &'static str,
    /// What it is about.
    pub title: String,
    /// What follows from it.
    pub sentence: Option<String>,
    /// What holds now.
    pub facts: Vec<Fact>,
    /// Where it is changed, for who may.
    pub edit: Vec<Link>,
    /// What else can be done, for who may.
    pub actions: Vec<Action>,
}

/// The tenant's settings.
#[derive(Template, Debug, Clone)]
#[template(path = "console/settings.html")]
pub struct SettingsPage {
    /// The frame.
    pub console: Console,
    /// In the order in which they are read.
    pub parts: Vec<SettingsPart>,
}

page! {
    SettingsPage: console.shell;
}
