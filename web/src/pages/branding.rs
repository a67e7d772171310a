//! How the pages for users look, and what they would look like.

use askama::Template;

use crate::parts::{Choice, Fact, Link};
use crate::shell::{Console, Page as _, Theme, page};

/// A page in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewFrame {
    /// Its shade.
    pub theme: Theme,
    /// The page's address.
    pub url: String,
}

impl PreviewFrame {
    pub(crate) fn label(&self) -> &'static str {
        match self.theme {
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }
}

/// What a form's values would look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Where the pages in the frames are; a script puts the form's values behind it.
    pub path: &'static str,
    /// Languages to look at it in.
    pub languages: Vec<Choice>,
    /// The same page in each shade.
    pub frames: Vec<PreviewFrame>,
}

/// How the pages for users look.
#[derive(Template, Debug, Clone)]
#[template(path = "console/branding.html")]
pub struct Branding {
    /// The frame.
    pub console: Console,
    /// What was said.
    pub facts: Vec<Fact>,
    /// To the form.
    pub change: Option<Link>,
    /// To the first look.
    pub reset: Option<Link>,
    /// The sign-in page in each shade.
    pub frames: Vec<PreviewFrame>,
}

page! {
    Branding: console.shell;
}
