//! From the address to a search.

use super::params::{Key, Params};
use crate::console::when::{self, DAY};
use crate::console::zone::Zone;
use signet_domain::Time;
use signet_domain::id::{EventId, RequestId};
use signet_idp::Ctx;
use signet_idp::console::drawing::Chart;
use signet_idp::console::log::{BUDGET, LogSearch, Place};
use signet_idp::console::terms;
use signet_idp::syslog::filter;
use signet_store::log_query::{Condition, GroupBy, IdField};
use signet_web::FilterError;

/// Events on a page.
const PAGE: u32 = 50;
/// The value of `machines` that shows them.
pub(super) const SHOW: &str = "show";
/// Spans of the drawing for exact times.
const SPANS: i64 = 60;

/// A range that ends now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    seconds: i64,
    /// Seconds in one span of the drawing.
    span: i64,
}

/// The ranges to choose from.
pub(super) const RANGES: &[Range] = &[
    Range { name: "1h", label: "Last hour", seconds: 3600, span: 60 },
    Range { name: "24h", label: "Last 24 hours", seconds: DAY, span: 1800 },
    Range { name: "7d", label: "Last 7 days", seconds: 7 * DAY, span: 3 * 3600 },
    Range { name: "30d", label: "Last 30 days", seconds: 30 * DAY, span: 12 * 3600 },
    Range { name: "90d", label: "Last 90 days", seconds: 90 * DAY, span: DAY },
];
const DEFAULT_RANGE: &str = "24h";

/// What events are about, to choose from.
pub(in crate::console) const KINDS: &[(&str, &str)] = &[
    ("", "Any kind"),
    ("sign-ins", "Sign-ins"),
    ("tokens", "Tokens"),
    ("users", "Users and groups"),
    ("administrators", "Administrators"),
    ("apps", "Apps"),
    ("servers", "Servers and policies"),
    ("keys", "Keys and secrets"),
    ("settings", "Settings and alerts"),
];

/// The outcomes to choose from.
pub(in crate::console) const OUTCOMES: &[(&str, &str)] = &[
    ("", "Any outcome"),
    ("notable", "All but allowed"),
    ("refused", "Refused"),
    ("throttled", "Throttled"),
    ("changed", "Changed"),
    ("allowed", "Allowed"),
];

/// Ways to add up what is found: the value, its label, and by what.
pub(super) const GROUPS: &[(&str, &str, Option<GroupBy>)] = &[
    ("", "Each event", None),
    ("actor", "By who", Some(GroupBy::Actor)),
    ("app", "By app", Some(GroupBy::App)),
    ("ip", "By address", Some(GroupBy::Address)),
];

/// A kind or an outcome in a chip.
pub(super) fn label_of(list: &[(&str, &str)], value: &str) -> Option<String> {
    list.iter().find(|(v, _)| *v == value && !v.is_empty()).map(|(_, label)| label.to_lowercase())
}

/// What the address asks for.
pub(super) struct Asked {
    /// The search; not to be run unless all is sound.
    pub(super) search: LogSearch,
    /// The range, unless exact times are given.
    pub(super) range: Option<&'static Range>,
    /// Whether one id is looked for, wherever it lies.
    pub(super) exact: bool,
    /// By what the events are added up.
    pub(super) group: Option<GroupBy>,
    /// What is wrong with the filter.
    pub(super) filter_error: Option<FilterError>,
    /// What is wrong with anything else.
    pub(super) problem: Option<String>,
}

impl Asked {
    pub(super) fn is_sound(&self) -> bool {
        self.filter_error.is_none() && self.problem.is_none()
    }

    pub(super) fn read(params: &Params, ctx: &Ctx, zone: &Zone) -> Self {
        let place = match (params.get(Key::Before), params.get(Key::After)) {
            ("", "") => Place::Top,
            ("", after) => Place::Newer(after.to_owned()),
            (before, _) => Place::Older(before.to_owned()),
        };
        let mut asked = Self {
            search: LogSearch {
                condition: Condition::Always,
                since: None,
                until: None,
                fold: params.get(Key::Machines) != SHOW,
                name: params.name(),
                place,
                limit: PAGE,
                chart: None,
                budget: Some(BUDGET),
            },
            group: GROUPS.iter().find(|(value, ..)| *value == params.get(Key::Group)).and_then(|g| g.2),
            range: range(params),
            exact: false,
            filter_error: None,
            problem: None,
        };
        match exact_id(params.get(Key::Q)) {
            Some(condition) => {
                asked.exact = true;
                asked.search.fold = false;
                asked.search.budget = None;
                asked.group = None;
                asked.search.condition = condition;
            }
            None => asked.narrow(params, ctx, zone),
        }
        asked
    }

    fn narrow(&mut self, params: &Params, ctx: &Ctx, zone: &Zone) {
        let words = self.words(params.get(Key::Q));
        match filter::parse(params.get(Key::Filter)) {
            Ok(condition) => {
                let narrowing = terms::narrowing(&params.terms());
                self.search.condition = Condition::All([vec![condition], narrowing, words].concat());
            }
            Err(error) => {
                // The filter stands just above: it isn't told twice.
                let prefix = format!("Invalid filter '{}': ", params.get(Key::Filter));
                let message = error.summary.strip_prefix(&prefix).unwrap_or(&error.summary).to_owned();
                self.filter_error = Some(FilterError { message, column: error.position });
            }
        }
        match self.range {
            Some(range) => self.last(range, ctx.now),
            None => self.between(params, ctx.now, zone),
        }
    }

    fn words(&mut self, q: &str) -> Vec<Condition> {
        terms::words(q).unwrap_or_else(|problem| {
            self.problem = Some(problem);
            Vec::new()
        })
    }

    /// A range ends now and begins at a whole span, so that every bar of the drawing is a whole one.
    fn last(&mut self, range: &Range, now: Time) {
        let span = range.span * Time::SECOND;
        let floor = |t: Time| Time(t.0.div_euclid(span) * span);
        let from = floor(now.plus_secs(-range.seconds));
        let to = Time(floor(now).0.saturating_add(span));
        self.search.since = Some(from);
        self.search.chart = Some(Chart { from, to, width: span });
    }

    fn between(&mut self, params: &Params, now: Time, zone: &Zone) {
        let mut read = |key: Key| match params.get(key) {
            "" => None,
            text => {
                let time = zone.parse(text);
                if time.is_none() {
                    let name = if key == Key::Since { "Since" } else { "Until" };
                    self.problem = Some(format!(
                        "{name} is no time: write it like {}.",
                        when::exact(Time::from_secs(now.secs()))
                    ));
                }
                time
            }
        };
        let (since, until) = (read(Key::Since), read(Key::Until));
        let end = until.unwrap_or(now);
        let from = since.unwrap_or(end.plus_secs(-DAY));
        if self.problem.is_none() && from >= end {
            self.problem = Some("The range ends before it begins: exchange the two times.".to_owned());
        }
        (self.search.since, self.search.until) = (Some(from), until);
        let width = (end.since(from).saturating_add(SPANS - 1) / SPANS).max(1);
        self.search.chart = Some(Chart { from, to: end, width });
    }
}

/// Exact times go before a range.
fn range(params: &Params) -> Option<&'static Range> {
    if !params.get(Key::Since).is_empty() || !params.get(Key::Until).is_empty() {
        return None;
    }
    let named = |name: &str| RANGES.iter().find(|r| r.name == name);
    named(params.get(Key::Range)).or_else(|| named(DEFAULT_RANGE))
}

fn exact_id(q: &str) -> Option<Condition> {
    if let Some(id) = RequestId::parse(q) {
        return Some(Condition::Id { field: IdField::Request, value: id.0 });
    }
    EventId::parse(q).map(|id| Condition::Id { field: IdField::Event, value: id.0 })
}
