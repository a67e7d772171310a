//! The system log and one event of it.

use askama::Template;

use crate::chart::{CountedWindow, Histogram, Throttle};
use crate::parts::{Action, Chip, Choice, Empty, Fact, Link, Outcome, Paging, TimeText};
use crate::shell::{Console, Page as _, page};

/// One event in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// The event's own address, or the list with it chosen.
    pub url: String,
    /// When.
    pub time: TimeText,
    /// How it ended.
    pub outcome: Outcome,
    /// What happened, as a person would say it.
    pub sentence: String,
    /// Through which app; empty if none.
    pub app: String,
    /// From which address; empty if none.
    pub from: String,
    /// The chosen one.
    pub selected: bool,
    /// Machine tokens that are folded away just above it.
    pub above: Option<Link>,
}

/// Events that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// A login, an app's name, an address.
    pub name: String,
    /// Its events.
    pub url: String,
    /// How many.
    pub events: String,
    /// How many were refused.
    pub refused: String,
    /// How many different users were refused; empty if none.
    pub users: String,
    /// What makes it worth a look: `Many users`, `Let in after refusals`.
    pub marks: Vec<&'static str>,
    /// When the newest was.
    pub last: TimeText,
}

/// A search, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// What each line is: `Who`, `App`, `Address`.
    pub head: &'static str,
    /// Most refusals first.
    pub rows: Vec<GroupRow>,
    /// That the list is cut.
    pub note: Option<String>,
}

/// The events of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDay {
    /// `Tuesday 24 November`.
    pub label: String,
    /// Newest first.
    pub rows: Vec<LogRow>,
}

/// Successful machine tokens, folded into one count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// `48,210 machine tokens`.
    pub count: String,
    /// Whether they are in the list now.
    pub shown: bool,
    /// The list with them shown, or hidden again.
    pub url: String,
}

/// A filter that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// What is wrong, and what would be right.
    pub message: String,
    /// How many characters precede the fault.
    pub column: usize,
}

/// The filters' form. Sends `q`, `filter`, `range`, `since`, `until` and `outcome` by GET.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogForm {
    /// Where it leads: the list's own path.
    pub action: String,
    /// Words or a request id.
    pub q: String,
    /// A filter expression.
    pub filter: String,
    /// Ranges to choose from: `Last 24 hours`.
    pub ranges: Vec<Choice>,
    /// What events are about, to choose from, "any" included.
    pub kinds: Vec<Choice>,
    /// Outcomes to choose from, "any" included.
    pub outcomes: Vec<Choice>,
    /// Ways to add up what is found, "nothing" included.
    pub groups: Vec<Choice>,
    /// Whose events: a login.
    pub user: String,
    /// Which app's, by client id.
    pub app: String,
    /// Apps to choose from, by client id and name.
    pub apps: Vec<Choice>,
    /// From which address.
    pub ip: String,
    /// Exact start, if one was given.
    pub since: String,
    /// Exact end, if one was given.
    pub until: String,
    /// What is carried along besides.
    pub keep: Vec<crate::parts::Hidden>,
    /// What is wrong with the filter.
    pub error: Option<FilterError>,
    /// What is wrong with anything else, in a sentence.
    pub problem: Option<String>,
}

/// Filters to begin with, ready for an address, and what they find.
const EXAMPLES: [(&str, &str); 3] = [
    ("eventType%20eq%20%22user_rate_limited%22", "throttled passwords"),
    ("outcome.result%20ne%20%22SUCCESS%22", "everything that was refused"),
    ("eventType%20sw%20%22user.lifecycle%22", "users who came and went"),
];

impl LogForm {
    /// Opens the second line of the form if anything in it is in use.
    fn precise(&self) -> bool {
        self.error.is_some()
            || self.problem.is_some()
            || ![&self.filter, &self.user, &self.app, &self.ip, &self.since, &self.until]
                .iter()
                .all(|field| field.is_empty())
    }

    /// The filter up to the fault, and the character at fault.
    fn split(&self, column: &usize) -> (String, String) {
        (self.filter.chars().take(*column).collect(), self.filter.chars().skip(*column).take(1).collect())
    }
}

/// The list.
#[derive(Template, Debug, Clone)]
#[template(path = "console/log.html")]
pub struct LogList {
    /// The frame.
    pub console: Console,
    /// The filters' form.
    pub form: LogForm,
    /// Filters in force.
    pub chips: Vec<Chip>,
    /// Successful machine tokens.
    pub folded: Option<Folded>,
    /// Events over the range.
    pub histogram: Histogram,
    /// Newest first.
    pub days: Vec<LogDay>,
    /// Machine tokens that are folded away below the last row.
    pub below: Option<Link>,
    /// What was found, added up: in place of the rows.
    pub groups: Option<Groups>,
    /// Older and newer.
    pub paging: Paging,
    /// Why there are no rows.
    pub empty: Option<Empty>,
    /// The list as a file.
    pub exports: Vec<Link>,
    /// Files that were taken, and how far they have come.
    pub sent: Link,
    /// Searches that were kept.
    pub saved: Vec<Link>,
    /// Keeps this one; none while nothing narrows it.
    pub save: Option<Link>,
    /// Where it becomes an alert, for who may.
    pub alert: Option<Link>,
    /// All that are kept, with ways to forget them.
    pub manage: Option<Link>,
    /// Where a script asks for what came since; none where nothing can come.
    pub live: Option<String>,
    /// This search with its times fixed, whoever opens it and whenever.
    pub fixed_url: Option<String>,
    /// The chosen event: a panel beside the list where there is room, and in place of it where there isn't.
    pub chosen: Option<EventDetail>,
    /// The list without the chosen event.
    pub close_url: String,
}

/// What came since a page of the log was made, by itself: for the script that keeps it up to date.
#[derive(Template, Debug, Clone)]
#[template(path = "parts/newer.html")]
pub struct LogNewer {
    /// Newest first. Some may be on the page already.
    pub rows: Vec<LogRow>,
    /// The drawing with them, if there are any.
    pub histogram: Histogram,
    /// The day of the newest row, as the page names it.
    pub day: String,
    /// Where to ask the next time.
    pub next: String,
    /// Whether the page had better be loaded anew: there is more, or a day has begun.
    pub anew: bool,
}

/// One search that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRow {
    /// Its name.
    pub name: String,
    /// The search.
    pub url: String,
    /// What it searches for.
    pub says: String,
    /// `Yours`, `Everybody’s, by eve@acme.test`.
    pub whose: String,
    /// When it was made.
    pub made: TimeText,
    /// Where it becomes an alert, for who may.
    pub alert: Option<Link>,
    /// Forgets it, for who may.
    pub forget: Option<Action>,
}

/// The searches that were kept.
#[derive(Template, Debug, Clone)]
#[template(path = "console/saved.html")]
pub struct SavedList {
    /// The frame.
    pub console: Console,
    /// Back to the log.
    pub back: Link,
    /// By name.
    pub searches: Vec<SavedRow>,
    /// Why there are none.
    pub empty: Option<Empty>,
}

/// Events that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// `Same request`, `Same sign-in`.
    pub label: String,
    /// Oldest first.
    pub rows: Vec<LogRow>,
}

/// One event in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDetail {
    /// The event's own page.
    pub url: String,
    /// The same with the tenant's address, to send to somebody.
    pub link: String,
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub time: TimeText,
    /// What happened.
    pub statement: String,
    /// Why.
    pub why: Option<String>,
    /// What would fix it.
    pub fix: Option<String>,
    /// Where it is fixed.
    pub fix_link: Option<Link>,
    /// The window that refused it.
    pub throttle: Option<Throttle>,
    /// The window that refused it, where that holds numbers.
    pub window: Option<CountedWindow>,
    /// Who, app, server, address, session, request.
    pub facts: Vec<Fact>,
    /// What else belongs to it.
    pub trail: Vec<Trail>,
    /// The event as indented JSON.
    pub raw: String,
}

/// One event on a page of its own.
#[derive(Template, Debug, Clone)]
#[template(path = "console/event.html")]
pub struct LogEvent {
    /// The frame.
    pub console: Console,
    /// The event.
    pub event: EventDetail,
    /// Back to the list.
    pub back: Link,
}

page! {
    SavedList: console.shell;
    LogList: console.shell;
    LogEvent: console.shell;
}
