//! What a rate policy may be set to.

use super::AdminError;
use super::change::Facts;
use super::error::Causes;
use serde_json::json;
use signet_domain::rate_policy::{RateIdentifier, RatePolicy, RateStrategy, WindowType};
use signet_limits::sliding_window::{MAX_LIMIT, MAX_WINDOW_US};
use std::collections::BTreeSet;

/// Most policies of a tenant: each is looked at with every token.
pub const MAX_POLICIES: usize = 100;

/// Most windows of a policy.
pub const MAX_WINDOWS: usize = 8;

/// What `error_message` says unless it is set.
pub const ERROR_MESSAGE: &str = "API rate limit exceeded";

/// Grant types that a policy can count.
pub const GRANT_TYPES: &[&str] = &["authorization_code", "client_credentials", "password", "refresh_token"];

/// Those that it counts unless others are named. Refreshing is no new sign-in, and many clients give up a whole
/// session over a refused refresh.
pub const USUAL_GRANT_TYPES: &[&str] = &["authorization_code", "client_credentials", "password"];

/// Headers that hold secrets: a counter's name is no place for them.
const SECRET_HEADERS: &[&str] = &["authorization", "proxy-authorization", "cookie"];

/// Longest time in seconds between two exchanges, and most seconds of jitter.
const HOUR: i64 = 3_600;

/// Settings as they are sent. What is absent gets its default.
#[derive(Debug, Clone)]
pub struct RatePolicySettings {
    /// The name that people read.
    pub name: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Whether it only logs what it would refuse.
    pub dry_run: bool,
    /// What it counts by.
    pub identifier: String,
    /// The header whose value counts.
    pub header_name: Option<String>,
    /// The path that counts.
    pub path: Option<String>,
    /// Grant types that it counts.
    pub grant_types: Option<Vec<String>>,
    /// Most tokens in each window.
    pub limit: Vec<i64>,
    /// Length of each window in seconds.
    pub window_size: Vec<i64>,
    /// `sliding` or `fixed`.
    pub window_type: String,
    /// Policies of one namespace share counters.
    pub namespace: Option<String>,
    /// `local`, `cluster` or `redis`.
    pub strategy: String,
    /// -1, 0 or seconds.
    pub sync_rate: Option<f64>,
    /// Whether refused requests don't count.
    pub disable_penalty: bool,
    /// Whether answers say nothing of it.
    pub hide_client_headers: bool,
    /// Most seconds that are added to `Retry-After`.
    pub retry_after_jitter_max: i64,
    /// HTTP status of a refusal.
    pub error_code: i64,
    /// `message` of a refusal.
    pub error_message: String,
}

impl RatePolicySettings {
    /// Puts the settings into a policy. `has_redis` says whether the deployment has one.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] naming every broken rule.
    pub fn put(self, policy: &mut RatePolicy, has_redis: bool) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.text("name", &self.name, 1..=100);
        let identifier = RateIdentifier::parse(&self.identifier);
        if identifier.is_none() {
            causes.add("identifier", one_of(RateIdentifier::ALL.iter().map(|i| i.as_str())));
        }
        let identifier = identifier.unwrap_or(RateIdentifier::Tenant);
        check_header(&mut causes, identifier, self.header_name.as_deref());
        check_path(&mut causes, identifier, self.path.as_deref());
        check_windows(&mut causes, &self.limit, &self.window_size);
        let window_type = WindowType::parse(&self.window_type);
        if window_type.is_none() {
            causes.add("window_type", one_of(WindowType::ALL.iter().map(|t| t.as_str())));
        }
        let strategy = RateStrategy::parse(&self.strategy);
        match strategy {
            None => causes.add("strategy", one_of(RateStrategy::ALL.iter().map(|s| s.as_str()))),
            Some(RateStrategy::Redis) if !has_redis => {
                causes.add(
                    "strategy",
                    "this deployment has no Redis; start it with --redis-url, or use cluster",
                );
            }
            Some(_) => {}
        }
        let strategy = strategy.unwrap_or(RateStrategy::Local);
        let sync_rate_ms = sync_rate(&mut causes, strategy, self.sync_rate);
        let grant_types = grant_types(&mut causes, self.grant_types);
        if let Some(namespace) = &self.namespace {
            let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            if !(1..=64).contains(&namespace.len()) || !namespace.bytes().all(legal) {
                causes.add("namespace", "must have 1 to 64 letters, digits, '-', '_' or '.'");
            }
        }
        causes.range("retry_after_jitter_max", self.retry_after_jitter_max, 0..=HOUR);
        causes.range("error_code", self.error_code, 400..=599);
        causes.text("error_message", &self.error_message, 1..=200);
        causes.check("ratePolicy")?;
        let numbers = |list: Vec<i64>| list.into_iter().filter_map(|n| u32::try_from(n).ok()).collect();
        policy.namespace = self.namespace.unwrap_or_else(|| policy.id.to_string());
        policy.name = self.name;
        policy.enabled = self.enabled;
        policy.dry_run = self.dry_run;
        policy.identifier = identifier;
        policy.header_name = self.header_name.map(|name| name.to_ascii_lowercase());
        policy.path = self.path;
        policy.grant_types.0 = grant_types;
        policy.limits.0 = numbers(self.limit);
        policy.window_sizes.0 = numbers(self.window_size);
        policy.window_type = window_type.unwrap_or(WindowType::Sliding);
        policy.strategy = strategy;
        policy.sync_rate_ms = sync_rate_ms;
        policy.disable_penalty = self.disable_penalty;
        policy.hide_client_headers = self.hide_client_headers;
        policy.retry_after_jitter_max = self.retry_after_jitter_max;
        policy.error_code = self.error_code;
        policy.error_message = self.error_message;
        Ok(())
    }
}

fn one_of<'a>(values: impl Iterator<Item = &'a str>) -> String {
    format!("must be one of {}", values.collect::<Vec<_>>().join(", "))
}

fn check_header(causes: &mut Causes, identifier: RateIdentifier, name: Option<&str>) {
    let token =
        |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    match (identifier, name) {
        (RateIdentifier::Header, None) => causes.add("header_name", "is required with identifier header"),
        (RateIdentifier::Header, Some(name)) if !(1..=64).contains(&name.len()) || !token(name) => {
            causes.add("header_name", "must be the name of a header, of at most 64 characters");
        }
        (RateIdentifier::Header, Some(name)) if SECRET_HEADERS.contains(&&*name.to_ascii_lowercase()) => {
            causes.add("header_name", "this header holds secrets; count by app, user or credential instead");
        }
        (RateIdentifier::Header, Some(_)) | (_, None) => {}
        (_, Some(_)) => causes.add("header_name", "only goes with identifier header"),
    }
}

fn check_path(causes: &mut Causes, identifier: RateIdentifier, path: Option<&str>) {
    match (identifier, path) {
        (RateIdentifier::Path, None) => causes.add("path", "is required with identifier path"),
        (RateIdentifier::Path, Some(path)) => {
            let plain = path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#'));
            if !path.starts_with('/') || path.len() > 256 || !plain {
                causes.add("path", "must be a path such as /oauth2/default/v1/token, without query");
            }
        }
        (_, None) => {}
        (_, Some(_)) => causes.add("path", "only goes with identifier path"),
    }
}

fn check_windows(causes: &mut Causes, limits: &[i64], sizes: &[i64]) {
    if limits.is_empty() || limits.len() > MAX_WINDOWS {
        causes.add("limit", format_args!("must have 1 to {MAX_WINDOWS} entries"));
    }
    if limits.len() != sizes.len() {
        causes.add("window_size", "You must provide the same number of windows and limits");
    }
    let longest = MAX_WINDOW_US / signet_limits::SECOND_US;
    limits.iter().take(MAX_WINDOWS).for_each(|n| causes.range("limit", *n, 1..=i64::from(MAX_LIMIT)));
    sizes.iter().take(MAX_WINDOWS).for_each(|n| causes.range("window_size", *n, 1..=longest));
    if sizes.iter().collect::<BTreeSet<_>>().len() != sizes.len() {
        causes.add("window_size", "must not have the same window twice");
    }
}

/// The rate in milliseconds; by default local policies never exchange and the others with every request.
fn sync_rate(causes: &mut Causes, strategy: RateStrategy, rate: Option<f64>) -> i64 {
    let local = strategy == RateStrategy::Local;
    let Some(rate) = rate else { return if local { -1 } else { 0 } };
    #[expect(clippy::float_cmp, reason = "two values that stand for themselves")]
    let special = rate == -1.0 || rate == 0.0;
    if local && rate > -1.0 {
        causes.add("sync_rate", "must be -1 with strategy local");
    } else if !special && !(0.02..=3_600.0).contains(&rate) {
        causes.add("sync_rate", "must be -1 (this node only), 0 (each request), or 0.02 to 3600 seconds");
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within an hour, or refused")]
    if rate < 0.0 { -1 } else { (rate * 1000.0).round() as i64 }
}

fn grant_types(causes: &mut Causes, sent: Option<Vec<String>>) -> Vec<String> {
    let sent = sent.unwrap_or_else(|| USUAL_GRANT_TYPES.iter().map(|&g| g.to_owned()).collect());
    if sent.is_empty() || sent.iter().any(|g| !GRANT_TYPES.contains(&g.as_str())) {
        causes.add("grant_types", one_of(GRANT_TYPES.iter().copied()));
    }
    let known = GRANT_TYPES.iter().filter(|g| sent.iter().any(|s| s == *g));
    known.map(|&g| g.to_owned()).collect()
}

/// `sync_rate` as it is shown, in seconds.
#[must_use]
pub fn sync_rate_seconds(policy: &RatePolicy) -> serde_json::Number {
    let ms = policy.sync_rate_ms;
    if ms > 0 && ms % 1000 != 0 {
        #[expect(clippy::cast_precision_loss, reason = "at most an hour of milliseconds")]
        return serde_json::Number::from_f64(ms as f64 / 1000.0).unwrap_or_else(|| 0.into());
    }
    if ms < 0 { ms.into() } else { (ms / 1000).into() }
}

/// What the log shows of a policy.
pub(crate) fn facts(policy: &RatePolicy) -> Facts {
    vec![
        ("name", policy.name.as_str().into()),
        ("enabled", policy.enabled.into()),
        ("dry_run", policy.dry_run.into()),
        ("identifier", policy.identifier.as_str().into()),
        ("header_name", json!(policy.header_name)),
        ("path", json!(policy.path)),
        ("grant_types", json!(policy.grant_types.0)),
        ("limit", json!(policy.limits.0)),
        ("window_size", json!(policy.window_sizes.0)),
        ("window_type", policy.window_type.as_str().into()),
        ("namespace", policy.namespace.as_str().into()),
        ("strategy", policy.strategy.as_str().into()),
        ("sync_rate", sync_rate_seconds(policy).into()),
        ("disable_penalty", policy.disable_penalty.into()),
        ("hide_client_headers", policy.hide_client_headers.into()),
        ("retry_after_jitter_max", policy.retry_after_jitter_max.into()),
        ("error_code", policy.error_code.into()),
        ("error_message", policy.error_message.as_str().into()),
    ]
}
