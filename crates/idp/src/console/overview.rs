//! Today at a glance: the day so far against the same hours a week ago, and what needs someone.

use super::kinds::{self, any_type, equals};
use crate::quota::Standing;
use crate::syslog::Kind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::credential::Credential;
use signet_domain::event::{EventRow, EventType, Outcome, types};
use signet_domain::id::UserId;
use signet_domain::login;
use signet_store::Tx;
use signet_store::console::{IdleSecret, OldKey};
use signet_store::counts::{HourlyCount, What};
use signet_store::log_query::{Condition, GroupBy, LogQuery, MAX_GROUPS, TextField, TypeCount};
use std::collections::BTreeMap;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// Days without use after which a secret is worth a question.
pub const IDLE_DAYS: i64 = 90;
/// Days after which a key that is rolled by hand is due: what rolls by itself does so as often.
pub const KEY_DAYS: i64 = 90;
/// Events that no step has counted yet and that are looked at all the same.
const TAIL: i64 = 5_000;
/// Events that are looked at for who still sends passwords.
const NEWEST: u32 = 5_000;
/// Most of a kind that needs someone. One more is looked for, which says that there are more.
pub const LISTED: i64 = 100;
/// The same of locked logins: each is looked up.
pub const LOCKED: i64 = 25;
/// The grant that apps should leave behind.
const PASSWORD: &str = "password";
const CHANGES: u32 = 8;
const CHANGE_DAYS: i64 = 30;

/// One number of the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// So far.
    pub total: i64,
    /// In each hour of the day; those to come are 0.
    pub hours: Vec<u64>,
    /// In the same hours a week ago.
    pub last_week: i64,
}

/// A login that too many wrong passwords have locked.
#[derive(Debug, Clone)]
pub struct Locked {
    /// As it may be shown.
    pub login: String,
    /// Whose it is, if anyone's.
    pub user: Option<UserId>,
    /// Until when.
    pub until: Time,
}

/// Who still sends passwords by an app, as far as the week's newest events say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Senders {
    /// Different users for whom it asked.
    pub users: i64,
    /// Different addresses that sent for them.
    pub addresses: i64,
    /// When the last one did.
    pub last_at: Time,
}

/// An app that still sends its users' passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordApp {
    /// The app's client id.
    pub client_id: String,
    /// Requests within a week.
    pub requests: i64,
    /// For whom, and from where.
    pub used: Option<Senders>,
}

/// A day by the calendar of whoever looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// When it began.
    pub since: Time,
    /// When the same day of last week began.
    pub week_ago: Time,
}

/// What the overview shows.
#[derive(Debug)]
pub struct Overview {
    /// The day.
    pub day: Day,
    /// Sign-ins that went through.
    pub sign_ins: Figure,
    /// Access tokens.
    pub tokens: Figure,
    /// Access tokens by grant, so far; most first.
    pub grants: Vec<(String, i64)>,
    /// Everything refused.
    pub refused: Figure,
    /// The app with the most refusals, and how many.
    pub most_refused: Option<(String, i64)>,
    /// The quota.
    pub quota: Standing,
    /// Apps that sent passwords within a week; most first.
    pub password_apps: Vec<PasswordApp>,
    /// Secrets that nobody seems to need.
    pub idle_secrets: Vec<IdleSecret>,
    /// API credentials that nobody seems to need.
    pub idle_credentials: Vec<Credential>,
    /// Keys that somebody should roll.
    pub old_keys: Vec<OldKey>,
    /// Logins that are locked now.
    pub locked: Vec<Locked>,
    /// Whether the tenant has an app.
    pub has_apps: bool,
    /// What administrators changed, newest first.
    pub changes: Vec<EventRow>,
}

impl Idp {
    /// Today at a glance.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_overview(&self, ctx: &Ctx, day: Day) -> Result<Overview, IdpError> {
        let quota = self.quota(ctx).await?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let span = Span::of(day, ctx.now);
        let today = tx.live_counts(None, span.today, ctx.now.plus_secs(HOUR), TAIL).await?;
        let then = tx.counts_in_all(span.then, span.then_until).await?;
        let apart = Apart::look(&mut tx, &span).await?;
        let week = Time(ctx.now.plus_secs(-WEEK).0.saturating_add(1));
        let before = tx.requests_by_app(PASSWORD, week, span.today).await?;
        let apps = password_apps(before, &today);
        let (most_refused, grants) = (most_refused(&today), grants(&today));
        let [sign_ins, tokens, refused] = [What::SignIn, What::Token, What::Refused]
            .map(|what| figure(what, &span, (&today, &then), &apart));
        let changed = kinds::condition(Kind::Changed);
        let month = Some(ctx.now.plus_secs(-CHANGE_DAYS * DAY));
        Ok(Overview {
            day,
            has_apps: !tx.app_names(1).await?.is_empty(),
            sign_ins,
            tokens,
            grants,
            refused,
            most_refused,
            quota,
            password_apps: used(&mut tx, apps, ctx.now).await?,
            idle_secrets: tx.idle_secrets(ctx.now.plus_secs(-IDLE_DAYS * DAY), LISTED + 1).await?,
            idle_credentials: tx.idle_credentials(ctx.now.plus_secs(-IDLE_DAYS * DAY), LISTED + 1).await?,
            old_keys: tx.old_keys(ctx.now.plus_secs(-KEY_DAYS * DAY), LISTED + 1).await?,
            locked: locked(&mut tx, ctx).await?,
            changes: tx.latest_matching(changed, month, CHANGES).await?,
        })
    }
}

/// What is counted of a day, and of the same day a week ago up to the same time. Counts are of whole hours of UTC; what
/// is beside them, the log is asked for: the beginning of the hour that was under way a week ago, and the end of the one
/// in which the day began, where the zone is half an hour off.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    day: Day,
    /// The first whole hour of the day.
    today: Time,
    /// The first whole hour of the day a week ago.
    then: Time,
    /// The end of the last hour that was over by the same time.
    then_until: Time,
    /// The same time a week ago.
    same_time: Time,
}

impl Span {
    fn of(day: Day, now: Time) -> Self {
        let same_time = Time(day.week_ago.0 + now.since(day.since));
        let then = ceil(day.week_ago, HOUR);
        let then_until = floor(same_time, HOUR).max(then);
        Self { day, today: ceil(day.since, HOUR), then, then_until, same_time }
    }
}

/// What lies beside whole hours, by type.
#[derive(Debug, Default)]
struct Apart {
    today: Vec<TypeCount>,
    then: Vec<TypeCount>,
}

impl Apart {
    async fn look(tx: &mut Tx, span: &Span) -> Result<Self, IdpError> {
        let mut apart = Self::default();
        if span.day.since < span.today {
            apart.today = tx.types_between(span.day.since, span.today).await?;
        }
        let head = (span.day.week_ago, span.then.min(span.same_time));
        for (from, to) in [head, (span.then_until, span.same_time)] {
            if from < to {
                apart.then.extend(tx.types_between(from, to).await?);
            }
        }
        Ok(apart)
    }
}

fn floor(time: Time, seconds: i64) -> Time {
    let step = seconds * Time::SECOND;
    Time(time.0.div_euclid(step) * step)
}

fn ceil(time: Time, seconds: i64) -> Time {
    let whole = floor(time, seconds);
    if whole < time { whole.plus_secs(seconds) } else { time }
}

/// Events of requests for tokens, whatever came of them.
const ASKED: [EventType; 5] = [
    types::ORG_ACCESS_TOKEN,
    types::AS_ACCESS_TOKEN,
    types::ORG_TOKEN_GRANT,
    types::AS_TOKEN_GRANT,
    types::USER_RATE_LIMITED,
];
const TOKENS: [EventType; 2] = [types::ORG_ACCESS_TOKEN, types::AS_ACCESS_TOKEN];

/// Whether events are counted as this, by their type and outcome.
fn is_of(events: &TypeCount, what: What) -> bool {
    let succeeded = events.outcome == Outcome::Success;
    match what {
        What::SignIn => succeeded && events.event_type == types::SESSION_START.name,
        What::Token => TOKENS.iter().any(|token| events.event_type == token.name),
        _ => !succeeded,
    }
}

/// Adds up the hours of today, and of a week ago as far as they are over by the same time, with what is beside them.
fn figure(what: What, span: &Span, (today, then): (&[HourlyCount], &[HourlyCount]), apart: &Apart) -> Figure {
    let counted = |c: &&HourlyCount| {
        c.what == what.as_str() && (what != What::SignIn || c.outcome == Outcome::Success.as_str())
    };
    let beside =
        |counts: &[TypeCount]| counts.iter().filter(|c| is_of(c, what)).map(|c| c.total).sum::<i64>();
    let mut figure = Figure { hours: vec![0; 24], ..Figure::default() };
    let mut add = |at: Time, count: i64| {
        figure.total += count;
        let hour = usize::try_from(at.since(span.day.since) / (HOUR * Time::SECOND)).unwrap_or(usize::MAX);
        // The 25th hour of a day on which clocks go back stands with the last.
        let last = figure.hours.len() - 1;
        if let Some(slot) = figure.hours.get_mut(hour.min(last)) {
            *slot += u64::try_from(count).unwrap_or(0);
        }
    };
    add(span.day.since, beside(&apart.today));
    for count in today.iter().filter(counted).filter(|c| c.hour >= span.today) {
        add(count.hour, count.count);
    }
    let whole = then.iter().filter(counted).filter(|c| c.hour >= span.then && c.hour < span.then_until);
    figure.last_week = whole.map(|c| c.count).sum::<i64>() + beside(&apart.then);
    figure
}

/// Sums by name, the largest first; what has no name is left out.
fn summed(counts: impl Iterator<Item = (String, i64)>) -> Vec<(String, i64)> {
    let mut sums = BTreeMap::new();
    for (name, count) in counts.filter(|(name, _)| !name.is_empty()) {
        *sums.entry(name).or_insert(0) += count;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    sums
}

/// Tokens by grant.
fn grants(today: &[HourlyCount]) -> Vec<(String, i64)> {
    let tokens = today.iter().filter(|c| c.what == What::Token.as_str());
    summed(tokens.map(|c| (c.detail.clone(), c.count)))
}

fn most_refused(today: &[HourlyCount]) -> Option<(String, i64)> {
    let refused = today.iter().filter(|c| c.what == What::Refused.as_str());
    summed(refused.map(|c| (c.client_id.clone(), c.count))).into_iter().next()
}

/// The apps that sent most passwords, by what they sent before today and what today has.
fn password_apps(before: Vec<(String, i64)>, today: &[HourlyCount]) -> Vec<(String, i64)> {
    let asked = |c: &&HourlyCount| {
        c.detail == PASSWORD && (c.what == What::Token.as_str() || c.what == What::Refused.as_str())
    };
    let today = today.iter().filter(asked).map(|c| (c.client_id.clone(), c.count));
    let mut apps = summed(before.into_iter().chain(today));
    apps.truncate(usize::try_from(LISTED + 1).unwrap_or(0));
    apps
}

/// Who still uses them, as far as the newest events say.
async fn used(tx: &mut Tx, apps: Vec<(String, i64)>, now: Time) -> Result<Vec<PasswordApp>, IdpError> {
    if apps.is_empty() {
        return Ok(Vec::new());
    }
    let by_password = equals(TextField::Debug("grantType".to_owned()), PASSWORD);
    let condition = Condition::All(vec![any_type(&ASKED), by_password]);
    let query = LogQuery { condition, ..LogQuery::default() };
    let to = Time(now.0.saturating_add(1));
    let from = tx.log_floor(to, now.plus_secs(-WEEK), NEWEST).await?;
    let groups = tx.log_groups(&query, GroupBy::App, from, to, MAX_GROUPS).await?;
    let of = |client_id: &str| {
        let group = groups.iter().find(|group| group.key == client_id)?;
        Some(Senders { users: group.users, addresses: group.addresses, last_at: group.last_at })
    };
    let app =
        |(client_id, requests): (String, i64)| PasswordApp { used: of(&client_id), client_id, requests };
    Ok(apps.into_iter().map(app).collect())
}

async fn locked(tx: &mut Tx, ctx: &Ctx) -> Result<Vec<Locked>, IdpError> {
    let mut locked = Vec::new();
    for (key, until) in tx.locked_logins("", ctx.now, LOCKED + 1).await? {
        let user = tx.user_by_login(&key).await?;
        // A login that is nobody's may be a password that was typed into the wrong field.
        let login = user.as_ref().map_or_else(|| login::for_log(&key).into_owned(), |u| u.login.clone());
        locked.push(Locked { login, user: user.map(|u| u.id), until });
    }
    Ok(locked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(hour: i64, what: What, client_id: &str, outcome: Outcome, count: i64) -> HourlyCount {
        HourlyCount {
            hour: Time::from_secs(hour * HOUR),
            what: what.as_str().to_owned(),
            client_id: client_id.to_owned(),
            detail: "password".to_owned(),
            outcome: outcome.as_str().to_owned(),
            count,
        }
    }

    #[test]
    fn the_day_so_far_is_set_against_whole_hours_of_last_week() {
        let day = 24 * 20_000;
        let since = Time::from_secs(day * HOUR);
        let span = Span::of(Day { since, week_ago: since.plus_secs(-WEEK) }, since.plus_secs(2 * HOUR + 600));
        let today = [
            count(day, What::SignIn, "", Outcome::Success, 3),
            count(day, What::SignIn, "", Outcome::Failure, 9),
            count(day + 2, What::SignIn, "", Outcome::Success, 2),
        ];
        let then = [
            count(day - 168, What::SignIn, "", Outcome::Success, 5),
            count(day - 168 + 2, What::SignIn, "", Outcome::Success, 50),
        ];
        let figure = figure(What::SignIn, &span, (&today, &then), &Apart::default());
        assert_eq!((figure.total, figure.last_week), (5, 5));
        assert_eq!((figure.hours.len(), &figure.hours[..4]), (24, &[3, 0, 2, 0][..]));
    }

    #[test]
    fn a_day_that_begins_within_an_hour_has_the_rest_of_that_hour() {
        // Half past six in the evening, as midnight in India is in UTC; a week ago the clocks stood otherwise.
        let since = Time::from_secs(24 * 20_000 * HOUR + 18 * HOUR + 1800);
        let week_ago = since.plus_secs(-WEEK + HOUR);
        let span = Span::of(Day { since, week_ago }, since.plus_secs(600));
        assert_eq!((span.today, span.then), (since.plus_secs(1800), week_ago.plus_secs(1800)));
        assert_eq!((span.same_time, span.then_until), (week_ago.plus_secs(600), span.then));
        let signed_in = |total| TypeCount {
            event_type: types::SESSION_START.name.to_owned(),
            outcome: Outcome::Success,
            total,
        };
        let apart = Apart { today: vec![signed_in(4)], then: vec![signed_in(7)] };
        let figure = figure(What::SignIn, &span, (&[], &[]), &apart);
        assert_eq!((figure.total, figure.last_week, figure.hours[0]), (4, 7, 4));
        let later = Span::of(Day { since, week_ago }, since.plus_secs(3 * HOUR));
        assert_eq!(later.then_until, later.same_time.plus_secs(-1800));
    }

    #[test]
    fn apps_are_listed_by_how_often_they_sent_passwords() {
        let counts = [
            count(10, What::Token, "a", Outcome::Success, 1),
            count(10, What::Refused, "a", Outcome::Failure, 1),
            count(10, What::Token, "b", Outcome::Success, 5),
            count(10, What::Throttled, "b", Outcome::Failure, 5),
            count(10, What::Token, "", Outcome::Success, 99),
        ];
        let before = vec![("c".to_owned(), 9), ("a".to_owned(), 1)];
        let apps = password_apps(before, &counts);
        assert_eq!(apps, [("c", 9), ("b", 5), ("a", 3)].map(|(app, n)| (app.to_owned(), n)));
    }
}
