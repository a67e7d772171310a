//! What the log's address says, and addresses that say a little more or less.

use crate::console::next::encoded;
use signet_domain::alert::SearchTerms;

/// Most bytes of one value.
const MAX_VALUE: usize = 2000;

/// A parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Q,
    Filter,
    Range,
    Since,
    Until,
    /// What the events are about.
    Kind,
    Outcome,
    App,
    User,
    Ip,
    Machines,
    /// By what the events are added up.
    Group,
    /// The page below the event of this cursor.
    Before,
    /// The page above it.
    After,
    /// The chosen event.
    Event,
    /// The exact times that stood in the form when it was shown.
    Held,
}

impl Key {
    const ALL: [Self; 16] = [
        Self::Q,
        Self::Filter,
        Self::Kind,
        Self::Outcome,
        Self::App,
        Self::User,
        Self::Ip,
        Self::Range,
        Self::Since,
        Self::Until,
        Self::Machines,
        Self::Group,
        Self::Before,
        Self::After,
        Self::Event,
        Self::Held,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Q => "q",
            Self::Filter => "filter",
            Self::Range => "range",
            Self::Since => "since",
            Self::Until => "until",
            Self::Kind => "kind",
            Self::Outcome => "outcome",
            Self::App => "app",
            Self::User => "user",
            Self::Ip => "ip",
            Self::Machines => "machines",
            Self::Group => "group",
            Self::Before => "before",
            Self::After => "after",
            Self::Event => "event",
            Self::Held => "held",
        }
    }
}

/// The parameters in one order, without what is empty: one search has one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Params(Vec<(Key, String)>);

impl Params {
    /// Reads a query string. What is unknown, unreadable or too long counts as not there: a page that someone
    /// can see and correct is better than an error.
    pub(super) fn read(query: &str) -> Self {
        let sent = signet_oauth::Params::parse(query.as_bytes()).unwrap_or_default();
        let value = |key: Key| sent.get(key.name()).map(str::trim).filter(|v| v.len() <= MAX_VALUE);
        let pairs = Key::ALL
            .into_iter()
            .filter_map(|key| Some((key, value(key).filter(|v| !v.is_empty())?.to_owned())));
        let mut params = Self(pairs.collect());
        let newer_wish = params.get(Key::Held) == params.times() && !params.get(Key::Range).is_empty();
        if newer_wish && params.get(Key::Held) != NO_TIMES {
            params = params.without(Key::Since).without(Key::Until);
        }
        params.without(Key::Held)
    }

    /// A value; empty if it isn't there.
    pub(super) fn get(&self, key: Key) -> &str {
        self.0.iter().find(|(k, _)| *k == key).map_or("", |(_, v)| v.as_str())
    }

    /// What is searched for, without times.
    pub(super) fn terms(&self) -> SearchTerms {
        let text = |key| self.get(key).to_owned();
        SearchTerms {
            q: text(Key::Q),
            filter: text(Key::Filter),
            kind: text(Key::Kind),
            outcome: text(Key::Outcome),
            app: text(Key::App),
            user: text(Key::User),
            ip: text(Key::Ip),
        }
    }

    /// A search for these terms.
    pub(super) fn of_terms(terms: &SearchTerms) -> Self {
        let pairs = [
            (Key::Q, &terms.q),
            (Key::Filter, &terms.filter),
            (Key::Kind, &terms.kind),
            (Key::Outcome, &terms.outcome),
            (Key::App, &terms.app),
            (Key::User, &terms.user),
            (Key::Ip, &terms.ip),
        ];
        Self(pairs.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k, v.clone())).collect())
    }

    /// The exact times, as one value.
    pub(super) fn times(&self) -> String {
        format!("{}~{}", self.get(Key::Since), self.get(Key::Until))
    }

    pub(super) fn with(&self, key: Key, value: &str) -> Self {
        let mut params = self.without(key);
        params.0.push((key, value.to_owned()));
        params.0.sort_by_key(|(k, _)| Key::ALL.iter().position(|other| other == k));
        params
    }

    pub(super) fn without(&self, key: Key) -> Self {
        Self(self.0.iter().filter(|(k, _)| *k != key).cloned().collect())
    }

    /// The same search from its top.
    pub(super) fn without_place(&self) -> Self {
        self.without(Key::Before).without(Key::After)
    }

    /// What is searched for, without where one is in it: what is worth keeping.
    pub(super) fn lasting(&self) -> Self {
        self.without_place().without(Key::Event)
    }

    /// Names and values.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, value)| (key.name(), value.as_str()))
    }

    /// Whether nothing narrows the search.
    pub(super) fn is_plain(&self) -> bool {
        self.0
            .iter()
            .all(|(key, _)| matches!(key, Key::Before | Key::After | Key::Event | Key::Range | Key::Machines))
    }

    /// Everything that decides which events are found, as one text.
    pub(super) fn name(&self) -> String {
        self.without_place().without(Key::Event).without(Key::Range).url("")
    }

    pub(super) fn url(&self, path: &str) -> String {
        let mut url = path.to_owned();
        for (n, (key, value)) in self.0.iter().enumerate() {
            url.push(if n == 0 { '?' } else { '&' });
            url.push_str(key.name());
            url.push('=');
            url.push_str(&encoded(value));
        }
        url
    }
}

/// [`Params::times`] without any.
const NO_TIMES: &str = "~";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_search_has_one_address() {
        let params = Params::read("range=7d&q=ada+lovelace&outcome=&nonsense=1&filter=a%22b&filter2=");
        assert_eq!(params.url("/x"), "/x?q=ada%20lovelace&filter=a%22b&range=7d");
        assert_eq!(
            params.with(Key::App, "0oa").url("/x"),
            "/x?q=ada%20lovelace&filter=a%22b&app=0oa&range=7d"
        );
        assert_eq!(params.without(Key::Q).without(Key::Filter).without(Key::Range).url("/x"), "/x");
        assert_eq!(Params::read("q=a&q=b"), Params::default());
    }

    #[test]
    fn a_range_that_is_chosen_over_exact_times_wins_and_new_times_win_over_the_range() {
        let chosen = Params::read("since=2026-01-01&until=&range=7d&held=2026-01-01~");
        assert_eq!(chosen.url(""), "?range=7d");
        let typed = Params::read("since=2026-01-02&until=&range=24h&held=2026-01-01~");
        assert_eq!(typed.url(""), "?range=24h&since=2026-01-02");
        let first = Params::read("since=2026-01-02&range=24h&held=~");
        assert_eq!(first.get(Key::Since), "2026-01-02");
        let kept = Params::read("since=2026-01-02&range=&held=2026-01-02~");
        assert_eq!(kept.get(Key::Since), "2026-01-02");
    }
}
