//! Small values that write themselves: what most pages share.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

/// The name of the hidden field that carries the token of [`Csrf`].
pub const CSRF_FIELD: &str = "csrf";
/// The name of the hidden field that carries the handle of a sign-in under way.
pub const FLOW_FIELD: &str = "flow";

/// The token that proves a form was shown by us. Every page with a form has a field of this type, so such a
/// page can't be built without one.
#[derive(Template, Clone)]
#[template(source = r#"<input type="hidden" name="csrf" value="{{ token }}">"#, ext = "html")]
pub struct Csrf {
    token: String,
}

impl Csrf {
    /// Takes the token that the session or the flow expects back.
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: token.into() }
    }
}

impl HtmlSafe for Csrf {}

impl fmt::Debug for Csrf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Csrf(…)")
    }
}

/// An icon of the sprite. Decoration only: the word beside it says the same.
#[derive(Template, Debug, Clone, Copy)]
#[template(
    source = r##"<svg class="icon" width="16" height="16" aria-hidden="true"><use href="{{ crate::asset_url("vendor/lucide/icons.svg") }}#{{ name }}"></use></svg>"##,
    ext = "html"
)]
pub struct Icon {
    name: &'static str,
}

impl HtmlSafe for Icon {}

/// The icon of that name in the sprite.
pub fn icon(name: &'static str) -> Icon {
    Icon { name }
}

/// A moment: what is shown, and what a machine or a tooltip reads.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(source = r#"<time datetime="{{ iso }}" title="{{ iso }}">{{ shown }}</time>"#, ext = "html")]
pub struct TimeText {
    /// UTC, in full: `2026-11-24T13:02:07.413Z`.
    pub iso: String,
    /// In the reader's zone, as short as the place allows: `14:02:07.413`.
    pub shown: String,
}

impl HtmlSafe for TimeText {}

impl TimeText {
    /// From both forms.
    pub fn new(iso: impl Into<String>, shown: impl Into<String>) -> Self {
        Self { iso: iso.into(), shown: shown.into() }
    }
}

/// How something ended. Always shown as icon, word and colour together.
#[derive(Template, Debug, Clone, Copy, PartialEq, Eq)]
#[template(
    source = r#"<span class="outcome {{ self.class() }}">{{ crate::icon(self.icon()) }}<span>{{ self.word() }}</span></span>"#,
    ext = "html"
)]
pub enum Outcome {
    /// It went through.
    Allowed,
    /// It was refused by a rule, a check or a mistake.
    Refused,
    /// It was refused for coming too soon or too often.
    Throttled,
    /// Someone changed a setting or an entity.
    Changed,
}

impl HtmlSafe for Outcome {}

impl Outcome {
    /// All of them, in the order in which filters list them.
    pub const ALL: [Self; 4] = [Self::Allowed, Self::Refused, Self::Throttled, Self::Changed];

    /// As a filter's value and a CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Changed => "changed",
        }
    }

    /// As the reader sees it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::Refused => "Refused",
            Self::Throttled => "Throttled",
            Self::Changed => "Changed",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Allowed => "circle-check",
            Self::Refused => "circle-x",
            Self::Throttled => "clock",
            Self::Changed => "pencil",
        }
    }
}

/// The tone of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Working as intended.
    Good,
    /// Someone may want to look.
    Warn,
    /// Stopped.
    Bad,
    /// Neither.
    Quiet,
}

/// The state of a user, an app, a tenant: one word with an icon and a colour.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(
    source = r#"<span class="outcome {{ self.class() }}">{{ crate::icon(self.icon()) }}<span>{{ word }}</span></span>"#,
    ext = "html"
)]
pub struct Status {
    /// `Active`, `Suspended`, `Locked`.
    pub word: String,
    /// Chooses icon and colour.
    pub tone: Tone,
}

impl HtmlSafe for Status {}

impl Status {
    /// From both.
    pub fn new(word: impl Into<String>, tone: Tone) -> Self {
        Self { word: word.into(), tone }
    }

    fn class(&self) -> &'static str {
        match self.tone {
            Tone::Good => "allowed",
            Tone::Warn => "throttled",
            Tone::Bad => "refused",
            Tone::Quiet => "changed",
        }
    }

    fn icon(&self) -> &'static str {
        match self.tone {
            Tone::Good => "circle-check",
            Tone::Warn => "triangle-alert",
            Tone::Bad => "ban",
            Tone::Quiet => "circle-minus",
        }
    }
}

/// Words that lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the reader gets there.
    pub label: String,
    /// Where.
    pub url: String,
}

impl Link {
    /// From both.
    pub fn new(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self { label: label.into(), url: url.into() }
    }
}

/// One line of a table of facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// What it is now.
    pub value: String,
    /// Where more about it is.
    pub url: Option<String>,
    /// An id, address or code: set in the mono face.
    pub code: bool,
    /// Offers a button that copies the value.
    pub copy: bool,
}

impl Fact {
    /// Plain words.
    pub fn text(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// An id, address or code, with a button that copies it.
    pub fn code(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { code: true, copy: true, ..Self::text(label, value) }
    }

    /// The same, leading somewhere.
    #[must_use]
    pub fn to(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }
}

/// A value that a form carries along unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The field's name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Hidden {
    /// From both.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// One of several things that a page can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// What it shows, and where.
    pub link: Link,
    /// It is the one that is shown.
    pub current: bool,
}

/// One entry of a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the reader sees.
    pub label: String,
    /// The current one.
    pub selected: bool,
}

impl Choice {
    /// From all three.
    pub fn new(value: impl Into<String>, label: impl Into<String>, selected: bool) -> Self {
        Self { value: value.into(), label: label.into(), selected }
    }
}

/// A filter in force, with the address of the same list without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// `Outcome: refused`.
    pub label: String,
    /// The list without this filter.
    pub remove_url: String,
}

/// Why a list has no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Empty {
    /// Nothing has happened yet.
    NothingYet {
        /// What will appear here.
        sentence: String,
        /// The one thing to do.
        action: Option<Link>,
    },
    /// Rows exist; none passes the filters.
    NoMatch {
        /// The filters in force.
        filters: Vec<Chip>,
        /// The closest thing there is: "latest match: 3 days ago".
        nearest: Option<Link>,
        /// The list without any filter.
        clear_url: String,
    },
    /// The reader's role doesn't reach this.
    NotYours {
        /// Who may see it.
        sentence: String,
    },
}

/// Links to the pages of a list on either side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paging {
    /// Towards the start; in a log, towards now.
    pub newer: Option<String>,
    /// Towards the end.
    pub older: Option<String>,
    /// What was looked through: "searched 10,412,118 events to 26 Aug".
    pub note: Option<String>,
}

/// A button that posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What it does, as a verb.
    pub label: String,
    /// Where it posts to.
    pub url: String,
    /// What follows, in one sentence.
    pub explain: Option<String>,
    /// It takes something away from someone.
    pub danger: bool,
    /// It leads to a page that asks first, instead of posting at once.
    pub asks: bool,
}

impl Action {
    /// A button that posts at once.
    pub fn post(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self { label: label.into(), url: url.into(), explain: None, danger: false, asks: false }
    }

    /// A button that leads to a page that asks first.
    pub fn ask(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self { asks: true, ..Self::post(label, url) }
    }

    /// With what follows.
    #[must_use]
    pub fn explain(mut self, sentence: impl Into<String>) -> Self {
        self.explain = Some(sentence.into());
        self
    }

    /// It takes something away from someone.
    #[must_use]
    pub fn dangerous(mut self) -> Self {
        self.danger = true;
        self
    }
}
