//! Today at a glance: the day so far against the same hours a week ago, and what needs someone.

use super::kinds::{self, any_type, equals};
use crate::quota::Standing;
use crate::syslog::Kind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
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
const LISTED: i64 = 5;
/// The grant that apps should leave behind.
const PASSWORD: &str = "password";
const CHANGES: u32 = 8;
const CHANGE_DAYS: i64 = 30;

/// One number of the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// So far.
    pub total: i64,
    /// In each of the day's 24 hours; those to come are 0.
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
    /// Different users who got tokens so.
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

/// What the overview shows.
#[derive(Debug)]
pub struct Overview {
    /// When the day began, in UTC.
    pub since: Time,
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
    /// Keys that somebody should roll.
    pub old_keys: Vec<OldKey>,
    /// Logins that are locked now.
    pub locked: Vec<Locked>,
    /// What administrators changed, newest first.
    pub changes: Vec<EventRow>,
}

impl Idp {
    /// Today at a glance.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_overview(&self, ctx: &Ctx) -> Result<Overview, IdpError> {
        let since = floor(ctx.now, DAY);
        let quota = self.quota(ctx).await?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let week_ago = since.plus_secs(-WEEK);
        let today = tx.live_counts(None, since, ctx.now.plus_secs(HOUR), TAIL).await?;
        let then = tx.counts_in_all(week_ago, week_ago.plus_secs(DAY)).await?;
        // The hour that a week ago was under way: only its beginning is compared, so the log is asked.
        let same_time = ctx.now.plus_secs(-WEEK);
        let begun = tx.types_between(floor(same_time, HOUR), same_time).await?;
        let before = tx.requests_by_app(PASSWORD, Time(same_time.0.saturating_add(1)), since).await?;
        let apps = password_apps(before, &today);
        let (most_refused, grants) = (most_refused(&today), grants(&today));
        let counts = [then, today].concat();
        let [sign_ins, tokens, refused] = [What::SignIn, What::Token, What::Refused].map(|what| {
            let mut figure = figure(&counts, what, since, ctx.now);
            figure.last_week += begun.iter().filter(|b| is_of(b, what)).map(|b| b.total).sum::<i64>();
            figure
        });
        let changed = kinds::condition(Kind::Changed);
        let month = Some(ctx.now.plus_secs(-CHANGE_DAYS * DAY));
        Ok(Overview {
            since,
            sign_ins,
            tokens,
            grants,
            refused,
            most_refused,
            quota,
            password_apps: used(&mut tx, apps, ctx.now).await?,
            idle_secrets: tx.idle_secrets(ctx.now.plus_secs(-IDLE_DAYS * DAY), LISTED).await?,
            old_keys: tx.old_keys(ctx.now.plus_secs(-KEY_DAYS * DAY), LISTED).await?,
            locked: locked(&mut tx, ctx).await?,
            changes: tx.latest_matching(changed, month, CHANGES).await?,
        })
    }
}

fn floor(time: Time, seconds: i64) -> Time {
    let step = seconds * Time::SECOND;
    Time(time.0.div_euclid(step) * step)
}

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

/// Adds up the hours of today, and of a week ago as far as they are over by the same time.
fn figure(counts: &[HourlyCount], what: What, since: Time, now: Time) -> Figure {
    let mut figure = Figure { hours: vec![0; 24], ..Figure::default() };
    let (week_ago, its_hour) = (since.plus_secs(-WEEK), floor(now, HOUR).plus_secs(-WEEK));
    let counted = |c: &&HourlyCount| {
        c.what == what.as_str() && (what != What::SignIn || c.outcome == Outcome::Success.as_str())
    };
    for count in counts.iter().filter(counted) {
        if count.hour >= since {
            figure.total += count.count;
            let hour = usize::try_from(count.hour.since(since) / (HOUR * Time::SECOND)).unwrap_or(usize::MAX);
            if let Some(slot) = figure.hours.get_mut(hour) {
                *slot += u64::try_from(count.count).unwrap_or(0);
            }
        } else if count.hour >= week_ago && count.hour < its_hour {
            figure.last_week += count.count;
        }
    }
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
    apps.truncate(usize::try_from(LISTED).unwrap_or(0));
    apps
}

/// Who still uses them, as far as the newest events say.
async fn used(tx: &mut Tx, apps: Vec<(String, i64)>, now: Time) -> Result<Vec<PasswordApp>, IdpError> {
    if apps.is_empty() {
        return Ok(Vec::new());
    }
    let by_password = equals(TextField::Debug("grantType".to_owned()), PASSWORD);
    let condition = Condition::All(vec![any_type(&TOKENS), kinds::succeeded(), by_password]);
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
    for (key, until) in tx.locked_logins(ctx.now, LISTED).await? {
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
        let now = since.plus_secs(2 * HOUR + 600);
        let counts = [
            count(day, What::SignIn, "", Outcome::Success, 3),
            count(day, What::SignIn, "", Outcome::Failure, 9),
            count(day + 2, What::SignIn, "", Outcome::Success, 2),
            count(day - 168, What::SignIn, "", Outcome::Success, 5),
            count(day - 168 + 2, What::SignIn, "", Outcome::Success, 50),
            count(day - 1, What::SignIn, "", Outcome::Success, 70),
        ];
        let figure = figure(&counts, What::SignIn, since, now);
        assert_eq!((figure.total, figure.last_week), (5, 5));
        assert_eq!((figure.hours.len(), &figure.hours[..4]), (24, &[3, 0, 2, 0][..]));
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
