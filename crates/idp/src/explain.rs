//! Why a request was refused by a limit: which rule, for whom, what filled the window, and when it frees. The caller
//! has only the request's id; an administrator asks with it.

use crate::console::kinds::any_type;
use crate::quota::{LENGTH, LIMIT, STATUS_LIMIT};
use crate::{Ctx, Idp, IdpError, guard};
use signet_domain::Time;
use signet_domain::event::{EventRow, Outcome, types};
use signet_domain::id::{EventId, RequestId};
use signet_limits::sliding_log::{PER_SECOND, WINDOW_US};
use signet_store::Tx;
use signet_store::log_query::{Condition, LogQuery, TextField, TextOp};
use signet_store::stories::Story;

/// How long after a request the event that counts it is written at the latest, with a good margin.
const CLOSED_WITHIN_SECONDS: i64 = 1_200;

/// How far an id's time and the store's clock may be apart.
const SLACK_SECONDS: i64 = 60;

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Password grants of one user.
    Throttle,
    /// Calls of the management API.
    Quota,
    /// Questions after the quota.
    StatusCalls,
    /// Wrong passwords of one login.
    WrongPasswords,
    /// Token requests that a rate policy counts.
    RatePolicy,
    /// Wrong secrets of one app from one source.
    WrongSecrets,
}

impl Rule {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throttle => "password_grants",
            Self::Quota => "quota",
            Self::StatusCalls => "status_calls",
            Self::WrongPasswords => "wrong_passwords",
            Self::RatePolicy => "rate_policy",
            Self::WrongSecrets => "wrong_secrets",
        }
    }
}

/// Something that filled a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Its event.
    pub event: EventId,
    /// When it was counted.
    pub at: Time,
    /// Whether the log has the event: an attempt may still be under way, or its server may have been killed.
    pub logged: bool,
}

/// Refusals of the same cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// How many there were so far.
    pub count: i64,
    /// The first one's instant.
    pub first_at: Time,
    /// The last one's instant.
    pub last_at: Time,
    /// Whether the number is final.
    pub closed: bool,
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The limit.
    pub rule: Rule,
    /// Who is limited: a login, a caller, the account.
    pub key: String,
    /// How many fit into the window.
    pub limit: i64,
    /// The window's length in seconds.
    pub window_seconds: i64,
    /// Whether the window slides with every one that is counted, or begins with the first and ends for all.
    pub sliding: bool,
    /// What filled it, oldest first, where the log has it one by one.
    pub filled_by: Vec<Filled>,
    /// When the request was refused. Of one that was only counted, the time in its id.
    pub refused_at: Time,
    /// When the next could pass, if that is known.
    pub retry_at: Option<Time>,
    /// What to do, in a sentence.
    pub advice: String,
    /// The refusal's event; of a counted one, its story's first.
    pub event: Option<EventId>,
    /// The refusals that had the same cause.
    pub together: Option<Together>,
}

impl Idp {
    /// Why a limit refused a request; `None` if none did, or nothing is known of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn explain(&self, ctx: &Ctx, request: &str) -> Result<Option<Explanation>, IdpError> {
        let Some(id) = RequestId::parse(request) else { return Ok(None) };
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let events = tx.events_of_request(id).await?;
        let counted_by = |row: &&EventRow| row.data.debug.contains_key("story");
        if let Some(row) = events.iter().filter(|row| !counted_by(row)).find(|row| rule(row).is_some()) {
            return of_event(&mut tx, row).await;
        }
        let at = time_of(id);
        if let Some(story) = tx.story_of_request(id).await? {
            return of_story(&mut tx, &story, at).await;
        }
        let Some(closing) = closing(&mut tx, id, at).await? else { return Ok(None) };
        let mut explanation = of_event(&mut tx, &closing).await?;
        if let Some(explanation) = &mut explanation {
            explanation.event = fact(&closing, "story").and_then(EventId::parse);
            let (first, last) = (instant(&closing, "firstAt"), instant(&closing, "refusedAt"));
            explanation.refused_at = within(at, first, last);
        }
        Ok(explanation)
    }
}

/// The limit that an event tells of.
fn rule(row: &EventRow) -> Option<Rule> {
    let is = |t: types::EventType| row.event_type == t.name;
    match row.reason.as_deref() {
        _ if is(types::USER_RATE_LIMITED) => Some(Rule::Throttle),
        _ if is(types::QUOTA_VIOLATION) && row.outcome == Outcome::Deny => Some(Rule::Quota),
        _ if is(types::RATE_POLICY_REFUSED) => Some(Rule::RatePolicy),
        Some("client_limited") => Some(Rule::WrongSecrets),
        Some("user_locked_out" | "LOCKED_OUT") if !is(types::ACCOUNT_LOCK) => Some(Rule::WrongPasswords),
        _ => None,
    }
}

async fn of_event(tx: &mut Tx, row: &EventRow) -> Result<Option<Explanation>, IdpError> {
    match rule(row) {
        Some(Rule::Throttle) => throttle(tx, row).await,
        Some(Rule::Quota) => {
            let seconds = fact(row, "rateLimitSecondsToReset").and_then(|s| s.parse().ok()).unwrap_or(0);
            let until = row.published.plus_secs(seconds);
            let since = Time(until.0.saturating_sub(LENGTH));
            let mut explanation =
                quota(tx, row.data.actor.display_name.clone(), row.published, since, until).await?;
            explanation.event = Some(row.id);
            Ok(Some(explanation))
        }
        Some(Rule::WrongPasswords) => wrong_passwords(tx, row).await.map(Some),
        Some(Rule::RatePolicy) => rate_policy(tx, row).await.map(Some),
        Some(Rule::WrongSecrets) => wrong_secrets(tx, row).await.map(Some),
        Some(Rule::StatusCalls) | None => Ok(None),
    }
}

async fn of_story(tx: &mut Tx, story: &Story, at: Time) -> Result<Option<Explanation>, IdpError> {
    let refused_at = within(at, Some(story.first_at), Some(story.last_at));
    let together =
        Together { count: story.count, first_at: story.first_at, last_at: story.last_at, closed: false };
    let explanation = match story.rule.as_str() {
        "throttle" => {
            let Some(first) = tx.event(story.event_id).await? else { return Ok(None) };
            throttle(tx, &first).await?
        }
        "client_secret" => match tx.event(story.event_id).await? {
            Some(first) => Some(wrong_secrets(tx, &first).await?),
            None => return Ok(None),
        },
        "policy" => {
            let Some(mut newest) = tx.event(story.event_id).await? else { return Ok(None) };
            newest.data.debug.extend(crate::stories::facts(story));
            Some(rate_policy(tx, &newest).await?)
        }
        "quota" => {
            let name = caller_name(tx, &story.key).await?;
            Some(quota(tx, name, refused_at, story.window_at, story.ends_at).await?)
        }
        "status_calls" => Some(Explanation {
            rule: Rule::StatusCalls,
            key: caller_name(tx, &story.key).await?,
            limit: STATUS_LIMIT,
            window_seconds: 60,
            sliding: false,
            filled_by: Vec::new(),
            refused_at,
            retry_at: Some(story.ends_at),
            advice:
                "Read the headers X-Rate-Limit-Remaining and X-Rate-Limit-Reset that every answer of the API \
                     carries, instead of asking for them."
                    .to_owned(),
            event: None,
            together: None,
        }),
        _ => None,
    };
    Ok(explanation.map(|e| Explanation { refused_at, together: Some(together), ..e }))
}

/// The refusals that an event's story has.
async fn together(tx: &mut Tx, row: &EventRow, refused_at: Time) -> Result<Option<Together>, IdpError> {
    if let Some(more) = fact(row, "count").and_then(|n| n.parse::<i64>().ok()) {
        return Ok(Some(Together {
            count: more + 1,
            first_at: instant(row, "firstAt").unwrap_or(refused_at),
            last_at: refused_at,
            closed: true,
        }));
    }
    let story = tx.story_of_event(row.id).await?;
    Ok(story.map(|story| Together {
        count: story.count,
        first_at: story.first_at,
        last_at: story.last_at,
        closed: false,
    }))
}

/// What a throttled attempt's event says.
async fn throttle(tx: &mut Tx, row: &EventRow) -> Result<Option<Explanation>, IdpError> {
    let Some(refused_at) = instant(row, "refusedAt") else { return Ok(None) };
    let mut filled_by = Vec::new();
    let instants =
        fact(row, "filledBy").unwrap_or_default().split(',').filter_map(|t| t.parse().ok().map(Time));
    let ids = fact(row, "filledByEvents").unwrap_or_default().split(',').filter_map(EventId::parse);
    for (at, event) in instants.zip(ids) {
        filled_by.push(Filled { event, at, logged: tx.event(event).await?.is_some() });
    }
    let user = row.data.targets.iter().find(|target| target.kind == "User");
    let together = together(tx, row, refused_at).await?;
    Ok(Some(Explanation {
        rule: Rule::Throttle,
        key: user.map_or_else(|| "unknown".to_owned(), |user| user.alternate_id.clone()),
        limit: i64::try_from(PER_SECOND).unwrap_or(4),
        window_seconds: WINDOW_US / Time::SECOND,
        sliding: true,
        filled_by,
        refused_at,
        retry_at: instant(row, "retryAt"),
        advice: "Keep the tokens that the app got instead of sending the password again, and use a refresh token. \
                 The four events name the apps and addresses that used up the second."
            .to_owned(),
        event: Some(row.id),
        together,
    }))
}

/// The account's hour.
async fn quota(
    tx: &mut Tx,
    caller: String,
    refused_at: Time,
    since: Time,
    until: Time,
) -> Result<Explanation, IdpError> {
    let mut by_caller = std::collections::BTreeMap::new();
    for calls in tx.api_calls(since).await? {
        *by_caller.entry(calls.caller).or_insert(0) += calls.count;
    }
    let busiest = by_caller.into_iter().max_by_key(|(_, calls)| *calls);
    let advice = match busiest {
        Some((id, calls)) => format!(
            "{} made the most calls of that hour, {calls}. GET /api/v1/limits shows all callers by route and minute; \
             one that runs wild can be paused.",
            caller_name(tx, &id).await?
        ),
        None => "Wait for the new hour. GET /api/v1/limits shows the callers of the present one.".to_owned(),
    };
    Ok(Explanation {
        rule: Rule::Quota,
        key: caller,
        limit: LIMIT,
        window_seconds: LENGTH / Time::SECOND,
        sliding: false,
        filled_by: Vec::new(),
        refused_at,
        retry_at: Some(until),
        advice,
        event: None,
        together: None,
    })
}

/// What a rate policy's refusal says. Such a window holds numbers, not events.
async fn rate_policy(tx: &mut Tx, row: &EventRow) -> Result<Explanation, IdpError> {
    let number = |name| fact(row, name).and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
    let policy = fact(row, "policy").unwrap_or("unknown");
    let counted = match fact(row, "hitsBefore") {
        Some(before) => format!("{} in this window and {before} in the one before", number("hits")),
        None => format!("{} since the window began", number("hits")),
    };
    let refused_at = instant(row, "refusedAt").unwrap_or(row.published);
    Ok(Explanation {
        rule: Rule::RatePolicy,
        key: fact(row, "counted").unwrap_or("unknown").to_owned(),
        limit: number("limit"),
        window_seconds: number("window"),
        sliding: fact(row, "hitsBefore").is_some(),
        filled_by: Vec::new(),
        refused_at,
        retry_at: instant(row, "retryAt"),
        advice: format!(
            "The rate policy {policy} counted {counted}. Let the client keep its tokens until they end, or raise the \
             policy's limit."
        ),
        event: Some(row.id),
        together: together(tx, row, refused_at).await?,
    })
}

/// A source from which too many wrong secrets came.
async fn wrong_secrets(tx: &mut Tx, row: &EventRow) -> Result<Explanation, IdpError> {
    let number = |name| fact(row, name).and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
    let refused_at = instant(row, "refusedAt").unwrap_or(row.published);
    Ok(Explanation {
        rule: Rule::WrongSecrets,
        key: format!("{}, {}", row.data.actor.alternate_id, fact(row, "counted").unwrap_or("unknown")),
        limit: number("limit"),
        window_seconds: number("window"),
        sliding: false,
        filled_by: Vec::new(),
        refused_at,
        retry_at: instant(row, "retryAt"),
        advice: "Find out who sends wrong secrets from there: an old copy of the app, or somebody who guesses. From \
                 other addresses the app goes on, and from there when the window is over."
            .to_owned(),
        event: Some(row.id),
        together: together(tx, row, refused_at).await?,
    })
}

/// A login that was locked when its password came.
async fn wrong_passwords(tx: &mut Tx, row: &EventRow) -> Result<Explanation, IdpError> {
    let user = row.data.targets.iter().chain([&row.data.actor]).find(|target| target.kind == "User");
    let key = user.map_or_else(|| "unknown".to_owned(), |user| user.alternate_id.clone());
    let equals = |field, value: &str| Condition::Text { field, op: TextOp::Equal, value: value.to_owned() };
    let whose = match &row.user_id {
        Some(id) => equals(TextField::UserId, id),
        None => equals(TextField::TargetAlternateId, &key),
    };
    let since = row.published.plus_secs(-guard::PER_SOURCE.window_seconds - guard::PER_SOURCE.lock_seconds);
    let search = |what: Condition, until: Time, limit| LogQuery {
        condition: Condition::All(vec![whose.clone(), what]),
        since: Some(since),
        until: Some(until),
        limit,
        ..LogQuery::default()
    };
    let locks = equals(TextField::EventType, types::ACCOUNT_LOCK.name);
    let lock = tx.log(&search(locks, Time(row.published.0 + 1), 1)).await?.into_iter().next();
    let locked_at = lock.as_ref().map_or(row.published, |lock| lock.published);
    let everywhere = lock.as_ref().is_some_and(|lock| fact(lock, "lockedFor") == Some("every source"));
    let rule = if everywhere { guard::FROM_ALL } else { guard::PER_SOURCE };
    let wrong = ["invalid_password_credentials", "INVALID_CREDENTIALS", "unknown_user"]
        .map(|reason| equals(TextField::Reason, reason));
    let limit = u32::try_from(rule.limit).unwrap_or(100);
    let wrong = search(Condition::Any(wrong.to_vec()), Time(locked_at.0 + 1), limit);
    let mut filled_by: Vec<Filled> = tx
        .log(&wrong)
        .await?
        .iter()
        .map(|event| Filled { event: event.id, at: event.published, logged: true })
        .collect();
    filled_by.reverse();
    Ok(Explanation {
        rule: Rule::WrongPasswords,
        key,
        limit: rule.limit,
        window_seconds: rule.window_seconds,
        sliding: false,
        filled_by,
        refused_at: row.published,
        retry_at: lock.map(|_| locked_at.plus_secs(rule.lock_seconds)),
        advice: "If these were the user's own mistakes, unlock the login; otherwise leave it locked: the right password \
                 is refused, too, until the lock ends."
            .to_owned(),
        event: Some(row.id),
        together: None,
    })
}

/// The event that counted a request.
async fn closing(tx: &mut Tx, id: RequestId, at: Time) -> Result<Option<EventRow>, IdpError> {
    let query = LogQuery {
        condition: Condition::All(vec![
            any_type(&[types::USER_RATE_LIMITED, types::RATE_POLICY_REFUSED, types::INVALID_CLIENT]),
            Condition::Word(id.to_string()),
        ]),
        since: Some(at.plus_secs(-SLACK_SECONDS)),
        until: Some(at.plus_secs(CLOSED_WITHIN_SECONDS)),
        limit: 10,
        ..LogQuery::default()
    };
    let named = |row: &EventRow| {
        fact(row, "requests").is_some_and(|ids| ids.split(',').any(|one| one == id.to_string()))
    };
    Ok(tx.log(&query).await?.into_iter().find(named))
}

/// The name of a caller, by its id.
pub(crate) async fn caller_name(tx: &mut Tx, id: &str) -> Result<String, IdpError> {
    let name = match (signet_domain::id::ApiTokenId::parse(id), signet_domain::id::CredentialId::parse(id)) {
        (Some(token), _) => tx.api_token(token).await?.map(|token| token.name),
        (_, Some(credential)) => tx.credential(credential).await?.map(|credential| credential.name),
        _ => None,
    };
    Ok(name.unwrap_or_else(|| id.to_owned()))
}

fn fact<'e>(row: &'e EventRow, name: &str) -> Option<&'e str> {
    row.data.debug.get(name).map(String::as_str)
}

fn instant(row: &EventRow, name: &str) -> Option<Time> {
    fact(row, name)?.parse().ok().map(Time)
}

/// When a request came: its id says so, to the millisecond.
fn time_of(id: RequestId) -> Time {
    let stamp = id.0.get_timestamp().map_or((0, 0), |stamp| stamp.to_unix());
    let micros = i64::try_from(stamp.0).unwrap_or(0).saturating_mul(Time::SECOND);
    Time(micros.saturating_add(i64::from(stamp.1 / 1000)))
}

fn within(at: Time, first: Option<Time>, last: Option<Time>) -> Time {
    at.max(first.unwrap_or(at)).min(last.unwrap_or(at))
}
