//! What a rate policy would have done: the log's last hours, replayed against a draft.

use super::AdminError;
use super::rate_policy_rules::RatePolicySettings;
use crate::console::kinds::any_type;
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::event::{EventRow, Outcome, types};
use signet_domain::rate_policy::{RateIdentifier, RatePolicy, WindowType};
use signet_limits::SECOND_US;
use signet_limits::counters::memory::CounterMemory;
use signet_limits::counters::{Batch, Key};
use signet_limits::sliding_window::Rule;
use signet_store::log_query::{Condition, LogQuery, Order, TextField};
use std::collections::{BTreeMap, HashMap};

/// Longest time that is replayed, in hours.
pub const MAX_HOURS: i64 = 24;

/// Most requests that are replayed.
pub const MAX_REQUESTS: usize = 50_000;

/// Most refusals that are replayed of those that the log has only counted.
const MAX_FOLDED: usize = 100_000;

/// Most of those that would have been refused that are listed.
pub const MAX_LISTED: usize = 100;

/// Events read at a time.
const PAGE: u32 = 1_000;

/// What became of one thing that the draft counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is counted: an app's `client_id`, a user's id, an address…
    pub counted: String,
    /// Requests that the draft lets pass.
    pub admitted: u64,
    /// Requests that it refuses.
    pub refused: u64,
    /// When it refuses the first.
    pub first: Time,
    /// When it refuses the last.
    pub last: Time,
}

/// What a draft would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// From when on the log was replayed.
    pub since: Time,
    /// Until when: earlier than now if there was more than is replayed.
    pub until: Time,
    /// Requests that the draft counts.
    pub requests: u64,
    /// Those that it refuses.
    pub refused: u64,
    /// Whether there was more in the log than is replayed.
    pub truncated: bool,
    /// Who would have been refused, most often first.
    pub refusals: Vec<Refused>,
}

impl Idp {
    /// Replays the last hours of the log against a draft. What the log says were tokens, or requests that rate
    /// policies refused, are its requests.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]: also for a draft that counts by a header, whose values are not in the log.
    pub async fn admin_simulate_rate_policy(
        &self,
        ctx: &Ctx,
        settings: RatePolicySettings,
        hours: i64,
    ) -> Result<Simulation, AdminError> {
        let mut draft = self.draft_rate_policy(ctx);
        settings.put(&mut draft, true)?;
        if !(1..=MAX_HOURS).contains(&hours) {
            return Err(AdminError::invalid("hours", format!("hours: must be from 1 to {MAX_HOURS}")));
        }
        if draft.identifier == RateIdentifier::Header {
            let cause =
                "identifier: the log has no values of headers, so a policy by header can't be simulated";
            return Err(AdminError::invalid("ratePolicy", cause));
        }
        let since = ctx.now.plus_secs(-hours * 3_600);
        let mut replay = Replay::new(&draft, since);
        replay.folded = self.folded(ctx, since).await?;
        let whole =
            self.each_event(ctx, since, token_requests(), MAX_REQUESTS, |event| replay.event(event)).await?;
        Ok(replay.end(if whole { Some(ctx.now) } else { None }))
    }

    /// The refusals that the log has no events of, by the first one of their story.
    async fn folded(&self, ctx: &Ctx, since: Time) -> Result<HashMap<String, Folded>, AdminError> {
        let ends = Condition::TextPresent(TextField::Debug("story".to_owned()));
        let ends = Condition::All(vec![any_type(&[types::RATE_POLICY_REFUSED]), ends]);
        let mut folded = HashMap::new();
        self.each_event(ctx, since, ends, MAX_REQUESTS, |event| {
            let fact = |name: &str| event.data.debug.get(name);
            let number = |name: &str| fact(name).and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
            if let Some(story) = fact("story") {
                let (first_at, last_at) = (number("firstAt"), number("refusedAt"));
                folded.insert(story.clone(), Folded { left: number("count"), at: first_at, last_at });
            }
        })
        .await?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        for story in tx.open_stories("policy", i64::from(PAGE)).await? {
            let (at, last_at) = (story.first_at.0, story.last_at.0);
            folded.insert(story.event_id.to_string(), Folded { left: story.count - 1, at, last_at });
        }
        Ok(folded)
    }

    /// Reads the events since an instant in the order of their time; `false` when there were more than `most`.
    async fn each_event(
        &self,
        ctx: &Ctx,
        since: Time,
        condition: Condition,
        most: usize,
        mut see: impl FnMut(&EventRow),
    ) -> Result<bool, AdminError> {
        let mut query = LogQuery {
            condition,
            since: Some(since),
            until: Some(ctx.now),
            order: Order::Published,
            limit: PAGE,
            ..LogQuery::default()
        };
        let mut read = 0;
        loop {
            let page = self.store().tenant(ctx.tenant_id()).read().await?.log_page(&query).await?;
            read += page.events.len();
            page.events.iter().for_each(&mut see);
            if !page.more || read >= most {
                return Ok(!page.more);
            }
            query.after = page.end;
        }
    }
}

/// Refusals that were counted in a story: how many are left to be replayed, from when until when. Their own
/// instants are not known, so they are spread evenly.
#[derive(Debug, Clone, Copy)]
struct Folded {
    left: i64,
    at: i64,
    last_at: i64,
}

impl Folded {
    /// The next one's instant; `None` when all were replayed.
    fn next(&mut self) -> Option<i64> {
        if self.left <= 0 {
            return None;
        }
        self.at += (self.last_at - self.at).max(0) / self.left;
        self.left -= 1;
        Some(self.at)
    }
}

/// Tokens that were created, and those that a policy refused.
fn token_requests() -> Condition {
    any_type(&[
        types::AS_ACCESS_TOKEN,
        types::ORG_ACCESS_TOKEN,
        types::CREDENTIAL_TOKEN,
        types::RATE_POLICY_REFUSED,
    ])
}

struct Replay<'a> {
    draft: &'a RatePolicy,
    rules: Vec<Rule>,
    memory: CounterMemory,
    keys: HashMap<String, Key>,
    /// Stories that have not begun yet.
    folded: HashMap<String, Folded>,
    /// The next refusal of each story that has: its instant, what it counts as, and the rest.
    due: BTreeMap<(i64, usize), (String, Folded)>,
    /// Refusals of stories that may still be replayed.
    may_replay: usize,
    tally: HashMap<String, Refused>,
    simulation: Simulation,
}

impl<'a> Replay<'a> {
    fn new(draft: &'a RatePolicy, since: Time) -> Self {
        let pairs = draft.limits.iter().zip(draft.window_sizes.iter());
        let sliding = draft.window_type == WindowType::Sliding;
        let rule = |(limit, size): (&u32, &u32)| Rule {
            limit: *limit,
            window_us: i64::from(*size) * SECOND_US,
            sliding,
        };
        Self {
            draft,
            rules: pairs.map(rule).collect(),
            memory: CounterMemory::default(),
            keys: HashMap::new(),
            folded: HashMap::new(),
            due: BTreeMap::new(),
            may_replay: MAX_FOLDED,
            tally: HashMap::new(),
            simulation: Simulation {
                since,
                until: since,
                requests: 0,
                refused: 0,
                truncated: false,
                refusals: Vec::new(),
            },
        }
    }

    fn event(&mut self, event: &EventRow) {
        // What ends a story is replayed from its beginning on.
        if event.data.debug.contains_key("story") {
            return;
        }
        self.replay_until(event.published.0);
        self.simulation.until = event.published;
        let Some(counted) = counted(self.draft, event) else { return };
        self.count(&counted, event.published);
        if event.event_type == types::RATE_POLICY_REFUSED.name
            && let Some(story) = self.folded.remove(&event.id.to_string())
        {
            self.later(counted, story);
        }
    }

    /// Puts the next refusal of a story where its time comes.
    fn later(&mut self, counted: String, mut story: Folded) {
        if let Some(at) = story.next() {
            let mut nth = 0;
            while self.due.contains_key(&(at, nth)) {
                nth += 1;
            }
            self.due.insert((at, nth), (counted, story));
        }
    }

    /// Replays what stories counted until an instant.
    fn replay_until(&mut self, until: i64) {
        while let Some(next) = self.due.first_entry().filter(|next| next.key().0 <= until) {
            let ((at, _), (counted, story)) = next.remove_entry();
            if self.may_replay == 0 {
                self.due.clear();
                self.simulation.truncated = true;
                return;
            }
            self.may_replay -= 1;
            self.count(&counted, Time(at));
            self.later(counted, story);
        }
    }

    fn count(&mut self, counted: &str, at: Time) {
        let next = self.keys.len() as Key;
        let key = *self.keys.entry(counted.to_owned()).or_insert(next);
        let mut batch = Batch::default();
        batch.ask(key, self.rules.clone(), !self.draft.disable_penalty, false);
        let Ok(decision) = self.memory.decide_at(&batch, at.0) else { return };
        self.simulation.requests += 1;
        let new = || Refused { counted: counted.to_owned(), admitted: 0, refused: 0, first: at, last: at };
        let one = self.tally.entry(counted.to_owned()).or_insert_with(new);
        if decision.admitted() {
            one.admitted += 1;
            return;
        }
        if one.refused == 0 {
            one.first = at;
        }
        one.last = at;
        one.refused += 1;
        self.simulation.refused += 1;
    }

    /// `until` is none if there was more to replay.
    fn end(mut self, until: Option<Time>) -> Simulation {
        self.replay_until(until.unwrap_or(self.simulation.until).0);
        self.simulation.truncated |= until.is_none();
        self.simulation.until = until.unwrap_or(self.simulation.until);
        let mut refusals: Vec<Refused> = self.tally.into_values().filter(|one| one.refused > 0).collect();
        refusals.sort_by(|a, b| b.refused.cmp(&a.refused).then_with(|| a.counted.cmp(&b.counted)));
        refusals.truncate(MAX_LISTED);
        Simulation { refusals, ..self.simulation }
    }
}

/// Whom a front end named.
fn named(event: &EventRow) -> Option<String> {
    let named = event.data.targets.iter().find(|target| target.kind == "FrontEndUser")?;
    Some(format!("{} at {}", named.id, event.server_id.as_deref().unwrap_or_default()))
}

/// What the draft counts of a request in the log; `None` if it doesn't apply.
fn counted(draft: &RatePolicy, event: &EventRow) -> Option<String> {
    let credential = event.event_type == types::CREDENTIAL_TOKEN.name
        || (event.event_type == types::RATE_POLICY_REFUSED.name && event.client_id.is_none());
    // A credential that did not prove itself counts for nobody.
    if event.outcome != Outcome::Success && event.event_type != types::RATE_POLICY_REFUSED.name {
        return None;
    }
    let grant = if credential { "client_credentials" } else { event.data.debug.get("grantType")?.as_str() };
    if !draft.grant_types.iter().any(|g| g == grant) {
        return None;
    }
    let app = || event.client_id.clone();
    match draft.identifier {
        RateIdentifier::Tenant => Some("tenant".to_owned()),
        RateIdentifier::Server => event.server_id.clone(),
        RateIdentifier::App => app(),
        RateIdentifier::User => event.user_id.clone().or_else(|| named(event)).or_else(app),
        RateIdentifier::Credential => credential.then(|| event.data.actor.alternate_id.clone()),
        RateIdentifier::Ip => Some(crate::rates::network(&event.ip)),
        RateIdentifier::Path => draft.path.clone().filter(|path| *path == event.data.path),
        RateIdentifier::Header => None,
    }
}
