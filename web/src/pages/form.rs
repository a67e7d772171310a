//! Forms of the console: every one is a page of its own, with what is wrong beside the field and what was typed
//! kept.

use askama::Template;

use crate::pages::{Answer, Preview, Review, Trial};
use crate::parts::{Choice, Fact, Hidden, Link};
use crate::shell::{Console, Page as _, page};

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// What the form sends.
    pub value: String,
    /// What the reader sees.
    pub label: String,
    /// What follows from it.
    pub help: Option<String>,
    /// Whether it is chosen.
    pub selected: bool,
}

impl Pick {
    /// From value, label and whether it is chosen.
    pub fn new(value: impl Into<String>, label: impl Into<String>, selected: bool) -> Self {
        Self { value: value.into(), label: label.into(), help: None, selected }
    }

    /// With what follows from it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Lines of two numbers: `3` in `30 seconds`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    /// The name of the second number; the first has the field's.
    pub second: &'static str,
    /// What each number is, for those who hear it.
    pub labels: (&'static str, &'static str),
    /// What stands after each number.
    pub words: (&'static str, &'static str),
    /// What stands there; empty lines are room for more.
    pub rows: Vec<(String, String)>,
}

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// One line.
    Line {
        /// `text`, `email` or `number`.
        kind: &'static str,
        /// What stands there.
        value: String,
    },
    /// A secret: what was typed never comes back.
    Password,
    /// Several lines.
    Lines {
        /// What stands there.
        value: String,
        /// Lines that are seen at once.
        rows: u8,
    },
    /// Lines of two numbers each.
    Pairs(Pairs),
    /// A file: what was chosen never comes back.
    File {
        /// Media types that may be chosen.
        accept: &'static str,
        /// What tells the file that is there from others; empty if there is none.
        kept: String,
    },
    /// One of a list.
    Select(Vec<Pick>),
    /// One of a few that need a word of explanation.
    Radio(Vec<Pick>),
    /// Any of a few.
    Checks(Vec<Pick>),
}

impl Input {
    /// What stands there, for people. A password is never shown.
    fn shown(&self) -> String {
        let chosen = |picks: &[Pick]| {
            let labels: Vec<&str> = picks.iter().filter(|p| p.selected).map(|p| p.label.as_str()).collect();
            if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
        };
        match self {
            Self::Line { value, .. } | Self::Lines { value, .. } if value.trim().is_empty() => {
                "empty".to_owned()
            }
            Self::Line { value, .. } => value.clone(),
            Self::Lines { value, .. } => value.lines().collect::<Vec<_>>().join(", "),
            Self::Password | Self::File { .. } => String::new(),
            Self::Pairs(pairs) => {
                let filled = pairs.rows.iter().filter(|(a, b)| !(a.is_empty() && b.is_empty()));
                let (first, second) = pairs.words;
                filled.map(|(a, b)| format!("{a} {first} {b} {second}")).collect::<Vec<_>>().join(", ")
            }
            Self::Select(picks) | Self::Radio(picks) | Self::Checks(picks) => chosen(picks),
        }
    }
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the form, and its id.
    pub name: String,
    /// What it is.
    pub label: String,
    /// How it is filled in.
    pub input: Input,
    /// What to put there.
    pub help: Option<String>,
    /// What is wrong with what stands there.
    pub error: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// Ids, addresses and code are set in the mono face.
    pub mono: bool,
    /// The browser's `autocomplete`.
    pub autocomplete: &'static str,
    /// What one line may be, where there is a list: any other text may be typed, too.
    pub suggestions: Vec<Choice>,
}

impl Field {
    fn new(name: impl Into<String>, label: impl Into<String>, input: Input) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            input,
            help: None,
            error: None,
            required: false,
            mono: false,
            autocomplete: "off",
            suggestions: Vec::new(),
        }
    }

    /// One line of text.
    pub fn line(name: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, label, Input::Line { kind: "text", value: value.into() })
    }

    /// A whole number.
    pub fn number(name: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, label, Input::Line { kind: "number", value: value.into() })
    }

    /// A password.
    pub fn password(name: impl Into<String>, label: impl Into<String>, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..Self::new(name, label, Input::Password) }
    }

    /// Several lines.
    pub fn lines(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
        rows: u8,
    ) -> Self {
        Self::new(name, label, Input::Lines { value: value.into(), rows })
    }

    /// A file; `kept` tells the one that is there from others.
    pub fn file(
        name: impl Into<String>,
        label: impl Into<String>,
        accept: &'static str,
        kept: impl Into<String>,
    ) -> Self {
        Self::new(name, label, Input::File { accept, kept: kept.into() })
    }

    /// Lines of two numbers each.
    pub fn pairs(name: impl Into<String>, label: impl Into<String>, pairs: Pairs) -> Self {
        Self::new(name, label, Input::Pairs(pairs))
    }

    /// One of a list.
    pub fn select(name: impl Into<String>, label: impl Into<String>, picks: Vec<Pick>) -> Self {
        Self::new(name, label, Input::Select(picks))
    }

    /// One of a few.
    pub fn radio(name: impl Into<String>, label: impl Into<String>, picks: Vec<Pick>) -> Self {
        Self::new(name, label, Input::Radio(picks))
    }

    /// Any of a few.
    pub fn checks(name: impl Into<String>, label: impl Into<String>, picks: Vec<Pick>) -> Self {
        Self::new(name, label, Input::Checks(picks))
    }

    /// With what to put there.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// It must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Set in the mono face.
    #[must_use]
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// With what it may be.
    #[must_use]
    pub fn suggest(mut self, suggestions: impl IntoIterator<Item = Choice>) -> Self {
        self.suggestions = suggestions.into_iter().collect();
        self
    }

    pub(crate) fn described_by(&self) -> String {
        let help = self.help.as_ref().map(|_| format!("{}-help", self.name));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        [error, help].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Fields that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldGroup {
    /// What they are about; the only group of a form needs none.
    pub title: Option<String>,
    /// The fields.
    pub fields: Vec<Field>,
    /// Few need them: they are behind their title until it is opened.
    pub folded: bool,
}

impl FieldGroup {
    /// What is wrong must be seen.
    fn is_open(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }
}

/// A member that two people changed at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The member.
    pub label: String,
    /// What it is now.
    pub theirs: String,
    /// What was about to be saved.
    pub yours: String,
}

/// A form.
#[derive(Template, Debug, Clone)]
#[template(path = "console/form.html")]
pub struct FormPage {
    /// The frame; its title is the page's.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// What it is for, or what will follow.
    pub intro: Option<String>,
    /// What to think of before it is sent.
    pub warning: Option<String>,
    /// What is being changed, where that needs to be seen.
    pub facts: Vec<Fact>,
    /// Where it posts to.
    pub action: String,
    /// Carried along.
    pub hidden: Vec<Hidden>,
    /// The fields.
    pub groups: Vec<FieldGroup>,
    /// The button's verb.
    pub submit: String,
    /// It takes something away from someone.
    pub danger: bool,
    /// What is wrong, when no field is to blame.
    pub problems: Vec<String>,
    /// What somebody else changed in the meantime.
    pub clashes: Vec<Clash>,
    /// What it changes, if it changes something that is there.
    pub review: Option<Review>,
    /// Something else that can be done here.
    pub elsewhere: Option<Link>,
    /// A way to try it before it is saved.
    pub trial: Option<Trial>,
    /// What it would look like.
    pub preview: Option<Preview>,
    /// It only asks: nothing is saved.
    pub asks: bool,
    /// What was found, once it was asked.
    pub answer: Option<Answer>,
}

impl FormPage {
    /// A form without fields. The last crumb is where Cancel leads.
    pub fn new(
        console: Console,
        crumbs: Vec<Link>,
        action: impl Into<String>,
        submit: impl Into<String>,
    ) -> Self {
        Self {
            console,
            crumbs,
            intro: None,
            warning: None,
            facts: Vec::new(),
            action: action.into(),
            hidden: Vec::new(),
            groups: Vec::new(),
            submit: submit.into(),
            danger: false,
            problems: Vec::new(),
            clashes: Vec::new(),
            review: None,
            elsewhere: None,
            trial: None,
            preview: None,
            asks: false,
            answer: None,
        }
    }

    /// With what it is for.
    #[must_use]
    pub fn intro(mut self, intro: impl Into<String>) -> Self {
        self.intro = Some(intro.into());
        self
    }

    /// With more fields.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.groups.push(FieldGroup { fields: fields.into_iter().collect(), ..FieldGroup::default() });
        self
    }

    /// With more fields under a title.
    #[must_use]
    pub fn group(mut self, title: impl Into<String>, fields: impl IntoIterator<Item = Field>) -> Self {
        let (title, fields) = (Some(title.into()), fields.into_iter().collect());
        self.groups.push(FieldGroup { title, fields, folded: false });
        self
    }

    /// With fields that few need.
    #[must_use]
    pub fn folded(self, title: impl Into<String>, fields: impl IntoIterator<Item = Field>) -> Self {
        let mut page = self.group(title, fields);
        if let Some(group) = page.groups.last_mut() {
            group.folded = true;
        }
        page
    }

    /// With a value that is carried along.
    #[must_use]
    pub fn carry(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push(Hidden::new(name, value));
        self
    }

    /// It only asks: nothing is saved.
    #[must_use]
    pub fn asking(mut self) -> Self {
        self.asks = true;
        self
    }

    /// It takes something away from someone.
    #[must_use]
    pub fn dangerous(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Puts what is wrong beside the field of that name, or at the head when there is none.
    pub fn wrong(&mut self, name: &str, sentence: impl Into<String>) {
        let sentence = sentence.into();
        let field = self.groups.iter_mut().flat_map(|g| &mut g.fields).find(|f| f.name == name);
        match field {
            Some(field) => match &mut field.error {
                Some(error) => *error = format!("{error} {sentence}"),
                None => field.error = Some(sentence),
            },
            None => self.problems.push(sentence),
        }
    }

    /// Tells where this form differs from what is there now.
    pub fn compare(&mut self, now: &Self) {
        let fields = |page: &'_ Self| page.groups.iter().flat_map(|g| g.fields.clone()).collect::<Vec<_>>();
        let theirs = fields(now);
        for yours in fields(self) {
            let Some(other) = theirs.iter().find(|f| f.name == yours.name) else { continue };
            if other.input.shown() != yours.input.shown() {
                self.clashes.push(Clash {
                    label: yours.label.clone(),
                    theirs: other.input.shown(),
                    yours: yours.input.shown(),
                });
            }
        }
    }

    /// The fields with something wrong.
    fn faults(&self) -> Vec<&Field> {
        self.groups.iter().flat_map(|g| &g.fields).filter(|f| f.error.is_some()).collect()
    }

    /// Whether a file may be sent with it.
    fn has_files(&self) -> bool {
        self.groups.iter().flat_map(|g| &g.fields).any(|f| matches!(f.input, Input::File { .. }))
    }

    /// Where Cancel leads.
    fn cancel(&self) -> &str {
        self.crumbs.last().map_or("/", |link| &link.url)
    }
}

/// A secret that is shown this once.
#[derive(Template, Debug, Clone)]
#[template(path = "console/shown_once.html")]
pub struct ShownOnce {
    /// The frame.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// What was made, and what to do with it.
    pub sentence: String,
    /// The secret and what goes with it.
    pub values: Vec<Fact>,
    /// A command that tries it.
    pub snippet: Option<String>,
    /// Where to go on.
    pub next: Link,
}

page! {
    FormPage: console.shell;
    ShownOnce: console.shell;
}
