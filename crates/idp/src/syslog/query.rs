//! The parameters of the log API, its cursors and its links.

use super::cursor::Search;
use super::filter::{self, FilterError};
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_store::log_query::{Condition, LogPage, LogQuery, MAX_LIMIT, MAX_WORDS, Order, Position};

const DAY: i64 = 86_400;
/// How far back a search may begin.
const OLDEST: i64 = 180 * DAY;
/// How far back one begins that doesn't say.
const DEFAULT_SPAN: i64 = 7 * DAY;
const DEFAULT_LIMIT: u32 = 100;
/// Characters in one word of `q`.
const MAX_WORD: usize = 40;

/// A parameter that can't be used: HTTP 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogParamError {
    /// `errorCode`.
    pub code: &'static str,
    /// `errorSummary`.
    pub summary: String,
    /// `errorCauses`.
    pub causes: Vec<String>,
    /// Where a filter is wrong: a character, from 0.
    pub position: Option<usize>,
}

impl LogParamError {
    /// A parameter that fails validation, for each of these reasons.
    fn invalid(name: &str, reasons: &[&str]) -> Self {
        let summary: Vec<String> = reasons.iter().map(|r| format!("'{name}': {r}")).collect();
        Self {
            code: "E0000001",
            summary: format!("Api validation failed: {}", summary.join(". ")),
            causes: reasons.iter().map(|r| format!("{name}: {r}")).collect(),
            position: None,
        }
    }

    fn plain(code: &'static str, summary: &str) -> Self {
        Self { code, summary: summary.to_owned(), causes: Vec::new(), position: None }
    }
}

impl From<FilterError> for LogParamError {
    fn from(error: FilterError) -> Self {
        let FilterError { code, summary, position } = error;
        Self { code, summary, causes: Vec::new(), position: Some(position) }
    }
}

/// The links around a page: absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// `rel="self"`.
    pub self_url: String,
    /// `rel="next"`: when polling always there, otherwise unless this is the last page.
    pub next_url: Option<String>,
}

/// A request of the log API.
///
/// Without `until`, oldest first, it polls: events come in the order of their commits, each once, and there
/// is always a next page. Otherwise it is bounded: events come in the order of time, and there is an end.
#[derive(Debug, Clone)]
pub struct LogRequest {
    tenant: TenantId,
    key: [u8; 32],
    params: Params,
    condition: Condition,
    since: Time,
    until: Option<Time>,
    order: Order,
    after: Option<Position>,
    limit: u32,
}

/// The parameters as they were sent; an empty one counts as missing.
#[derive(Debug, Clone, Default)]
struct Params {
    since: String,
    until: String,
    after: String,
    filter: String,
    q: String,
    limit: String,
    sort_order: String,
}

impl Params {
    /// Unknown parameters mean nothing here; a known one that comes twice is an error, since no answer would
    /// do what both say.
    fn read(params: &[(String, String)]) -> Result<Self, LogParamError> {
        let mut read = Self::default();
        let mut seen = Vec::new();
        for (name, value) in params {
            let Some(place) = read.place(name) else { continue };
            value.clone_into(place);
            if seen.contains(&name) {
                return Err(LogParamError::invalid(name, &["The parameter may only be sent once."]));
            }
            seen.push(name);
        }
        Ok(read)
    }

    fn place(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "since" => &mut self.since,
            "until" => &mut self.until,
            "after" => &mut self.after,
            "filter" => &mut self.filter,
            "q" => &mut self.q,
            "limit" => &mut self.limit,
            "sortOrder" => &mut self.sort_order,
            _ => return None,
        })
    }

    fn url(&self, base: &str) -> String {
        let mut url = base.to_owned();
        let mut joint = '?';
        for (name, value) in [
            ("since", &self.since),
            ("until", &self.until),
            ("after", &self.after),
            ("filter", &self.filter),
            ("q", &self.q),
            ("limit", &self.limit),
            ("sortOrder", &self.sort_order),
        ] {
            if !value.is_empty() {
                url.push(joint);
                url.push_str(name);
                url.push('=');
                encode(value, &mut url);
                joint = '&';
            }
        }
        url
    }
}

impl LogRequest {
    /// Reads the parameters of a request for a tenant's log. `key` seals the cursors.
    ///
    /// # Errors
    /// When one can't be used.
    pub fn parse(
        params: &[(String, String)],
        tenant: TenantId,
        key: &[u8; 32],
        now: Time,
    ) -> Result<Self, LogParamError> {
        let params = Params::read(params)?;
        let descending = descending(&params.sort_order)?;
        let until = time("until", &params.until)?;
        let order = match (descending, until) {
            (true, _) => Order::PublishedDescending,
            (false, Some(_)) => Order::Published,
            (false, None) => Order::Commit,
        };
        let since = time("since", &params.since)?;
        // A poller's cursor replaces `since`, which may be as old as it likes by then.
        let polls_on = order == Order::Commit && !params.after.is_empty();
        if since.is_some_and(|s| s < now.plus_secs(-OLDEST)) && !polls_on {
            let summary = "Invalid parameter: The since parameter is over 180 days prior to the current day.";
            return Err(LogParamError::plain("E0000053", summary));
        }
        let limit = limit(&params.limit)?;
        let words = words(&params.q)?;
        let mut condition = filter::parse(&params.filter)?;
        if !words.is_empty() {
            condition = Condition::All([vec![condition], words].concat());
        }
        let mut request = Self {
            tenant,
            key: *key,
            condition,
            since: since.unwrap_or_else(|| until.unwrap_or(now).plus_secs(-DEFAULT_SPAN)),
            until,
            order,
            after: None,
            limit,
            params,
        };
        if !request.params.after.is_empty() {
            let position = request.search().position(key, &request.params.after);
            let wrong = || LogParamError::plain("E0000054", "Invalid pagination properties.");
            request.after = Some(position.ok_or_else(wrong)?);
        }
        Ok(request)
    }

    /// Whether it polls.
    #[must_use]
    pub fn is_polling(&self) -> bool {
        self.order == Order::Commit
    }

    /// The search.
    #[must_use]
    pub fn query(&self) -> LogQuery {
        LogQuery {
            condition: self.condition.clone(),
            since: Some(self.since),
            until: self.until,
            order: self.order,
            after: self.after,
            limit: self.limit,
        }
    }

    /// The links around a page that the search gave. `base_url` is the API's address without a query.
    #[must_use]
    pub fn links(&self, base_url: &str, page: &LogPage) -> Links {
        let goes_on = self.is_polling() || (page.more && self.limit > 0);
        let next_url = page.end.filter(|_| goes_on).map(|end| {
            let mut params = self.params.clone();
            params.after = self.search().cursor(&self.key, end);
            if self.is_polling() {
                params.since.clear();
            } else if params.since.is_empty() {
                // The next page must not begin at another time only because it is asked for later.
                params.since = self.since.rfc3339();
            }
            params.url(base_url)
        });
        Links { self_url: self.params.url(base_url), next_url }
    }

    fn search(&self) -> Search<'_> {
        Search { tenant: self.tenant, order: self.order, filter: &self.params.filter, q: &self.params.q }
    }
}

fn time(name: &str, text: &str) -> Result<Option<Time>, LogParamError> {
    const FORMAT: &str = "The date format in your query is not recognized. Please enter dates using ISO8601 \
                          string format.";
    const VALID: &str = "must be a valid date-time or empty.";
    if text.is_empty() {
        return Ok(None);
    }
    match Time::parse_rfc3339(text) {
        Some(time) => Ok(Some(time)),
        None => Err(LogParamError::invalid(name, &[FORMAT, VALID])),
    }
}

fn descending(text: &str) -> Result<bool, LogParamError> {
    match text {
        "" | "ASCENDING" => Ok(false),
        "DESCENDING" => Ok(true),
        _ => Err(LogParamError::invalid("sortOrder", &["must be ASCENDING or DESCENDING."])),
    }
}

fn limit(text: &str) -> Result<u32, LogParamError> {
    if text.is_empty() {
        return Ok(DEFAULT_LIMIT);
    }
    let digits = text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number
        .filter(|n| *n <= MAX_LIMIT)
        .ok_or_else(|| LogParamError::invalid("limit", &["must be a whole number from 0 to 1000."]))
}

fn words(q: &str) -> Result<Vec<Condition>, LogParamError> {
    let words: Vec<&str> = q.split_whitespace().collect();
    if words.len() > MAX_WORDS {
        let reason = "Freeform search cannot contain more than 10 items.";
        return Err(LogParamError::invalid("q", &[reason]));
    }
    if words.iter().any(|w| w.chars().count() > MAX_WORD) {
        let reason = "Freeform search cannot contain items longer than 40 characters.";
        return Err(LogParamError::invalid("q", &[reason]));
    }
    if q.contains('\0') {
        return Err(LogParamError::invalid("q", &["Freeform search cannot contain control characters."]));
    }
    Ok(words.into_iter().map(|word| Condition::Word(word.to_owned())).collect())
}

/// Percent-encodes a value, but for the unreserved characters of RFC 3986.
fn encode(value: &str, url: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push(char::from(HEX[usize::from(byte >> 4)]));
            url.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
