//! Stories: refusals that have the same cause. The first is an event of the log, the others are counted in one row,
//! and what closes the story says how many there were.

use crate::dialect::{Text, with_now};
use crate::macros::{fetch_all, fetch_one, fetch_optional};
use crate::{Result, Store, Tx};
use signet_domain::Time;
use signet_domain::id::{EventId, RequestId, TenantId};

/// Ids of requests that a story keeps, besides the first one's.
pub const KEPT_REQUESTS: usize = 20;

/// How long an ended story stays open for refusals that were decided and are still being counted.
const GRACE: i64 = 2 * Time::SECOND;

/// What makes refusals one story.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoryKey {
    /// The limit: `throttle`, `quota`, `status_calls`, `policy`, `policy_dry_run`, `client_secret`.
    pub rule: &'static str,
    /// Who is limited.
    pub key: String,
    /// The newest admission of the full window, or the window's beginning.
    pub window_at: Time,
}

/// Refusals to add to a story.
#[derive(Debug, Clone)]
pub struct Refusals {
    /// The event that the first of them will have if it is the story's first.
    pub event: EventId,
    /// How many.
    pub count: i64,
    /// The first one's instant.
    pub first_at: Time,
    /// The last one's instant.
    pub last_at: Time,
    /// When the window ends.
    pub ends_at: Time,
    /// Their requests, the first one's first; those beyond [`KEPT_REQUESTS`] need not be named.
    pub requests: Vec<RequestId>,
    /// Whether the first one's event names its request, if it begins the story.
    pub first_is_logged: bool,
    /// What the last one says where the first one's facts no longer hold: a JSON object of texts, or nothing.
    pub facts: String,
}

/// A story as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Story {
    /// The limit.
    pub rule: String,
    /// Who is limited.
    pub key: String,
    /// What makes it another story than the last.
    pub window_at: Time,
    /// The first refusal's event.
    pub event_id: EventId,
    /// Refusals in all.
    pub count: i64,
    /// The first one's instant.
    pub first_at: Time,
    /// The last one's instant.
    pub last_at: Time,
    /// When the window ends.
    pub ends_at: Time,
    /// Ids of some requests, each with a comma before it.
    pub requests: String,
    /// What the last one says where the first one's facts no longer hold.
    pub facts: String,
}

impl Story {
    /// The first few requests that were counted, without the first one.
    #[must_use]
    pub fn counted_requests(&self) -> Vec<&str> {
        self.requests.split(',').filter(|id| !id.is_empty()).take(KEPT_REQUESTS).collect()
    }
}

fn listed(requests: &[RequestId]) -> String {
    requests.iter().take(KEPT_REQUESTS).map(|id| format!(",{id}")).collect()
}

impl Tx {
    /// Adds refusals to their story; `true` when they began it, so that the first one's event must be written.
    pub async fn count_refusals(&mut self, of: &StoryKey, add: &Refusals) -> Result<bool> {
        const SQL: &str =
            "INSERT INTO refusal_stories AS s (tenant_id, rule, key, window_at, event_id, count, first_at,
              last_at, ends_at, requests, facts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12)
            ON CONFLICT (tenant_id, rule, key, window_at) DO UPDATE SET count = s.count + excluded.count,
              last_at = CASE WHEN excluded.last_at > s.last_at THEN excluded.last_at ELSE s.last_at END,
              facts = CASE WHEN excluded.last_at >= s.last_at THEN excluded.facts ELSE s.facts END,
              requests = CASE WHEN length(s.requests) < 500 THEN s.requests || $11 ELSE s.requests END
            RETURNING event_id";
        let after_first = listed(add.requests.get(usize::from(add.first_is_logged)..).unwrap_or_default());
        let (story,): (EventId,) = fetch_one!(
            self,
            (EventId,),
            SQL,
            self.tenant,
            of.rule,
            &of.key,
            of.window_at,
            add.event,
            add.count,
            add.first_at,
            add.last_at,
            add.ends_at,
            after_first,
            listed(&add.requests),
            &add.facts
        )?;
        Ok(story == add.event)
    }

    /// Takes a story out, so that whoever got it closes it; `None` when somebody else did.
    pub async fn take_story(&mut self, rule: &str, key: &str, window_at: Time) -> Result<Option<Story>> {
        const SQL: &str = "DELETE FROM refusal_stories WHERE tenant_id = $1 AND rule = $2 AND key = $3
            AND window_at = $4
            RETURNING rule, key, window_at, event_id, count, first_at, last_at, ends_at, requests, facts";
        fetch_optional!(self, Story, SQL, self.tenant, rule, key, window_at)
    }

    /// The open story that counted a request, if its id was kept.
    pub async fn story_of_request(&mut self, request: RequestId) -> Result<Option<Story>> {
        const SQL: Text = Text {
            sqlite:
                "SELECT rule, key, window_at, event_id, count, first_at, last_at, ends_at, requests, facts
                FROM refusal_stories WHERE tenant_id = $1 AND instr(requests, $2) > 0 LIMIT 1",
            postgres:
                "SELECT rule, key, window_at, event_id, count, first_at, last_at, ends_at, requests, facts
                FROM refusal_stories WHERE tenant_id = $1 AND strpos(requests, $2) > 0 LIMIT 1",
        };
        let sql = SQL.of(&self.conn);
        fetch_optional!(self, Story, sql, self.tenant, request.to_string())
    }

    /// The open stories of a limit that have more than one refusal, the newest first.
    pub async fn open_stories(&mut self, rule: &str, limit: i64) -> Result<Vec<Story>> {
        const SQL: &str =
            "SELECT rule, key, window_at, event_id, count, first_at, last_at, ends_at, requests, facts
            FROM refusal_stories WHERE tenant_id = $1 AND rule = $2 AND count > 1
            ORDER BY last_at DESC, key LIMIT $3";
        fetch_all!(self, Story, SQL, self.tenant, rule, limit)
    }

    /// The open story that began with an event.
    pub async fn story_of_event(&mut self, event: EventId) -> Result<Option<Story>> {
        const SQL: &str =
            "SELECT rule, key, window_at, event_id, count, first_at, last_at, ends_at, requests, facts
            FROM refusal_stories WHERE tenant_id = $1 AND event_id = $2 LIMIT 1";
        fetch_optional!(self, Story, SQL, self.tenant, event)
    }
}

/// By the clock that decides limits, which on PostgreSQL is no node's.
const ENDED: Text = with_now!("$1":
    "SELECT tenant_id, rule, key, window_at FROM refusal_stories
     WHERE rule IN ('throttle', 'policy', 'policy_dry_run', 'client_secret') AND ends_at < "; now " - $2 ORDER BY ends_at LIMIT $3");

impl Store {
    /// Stories that are closed by an event and whose window has ended, of all tenants: tenant, rule, key, window.
    pub async fn unscoped_ended_stories(&self, limit: i64) -> Result<Vec<(TenantId, String, String, Time)>> {
        let mut tx = self.read(TenantId(uuid::Uuid::nil())).await?;
        let sql = ENDED.of(&tx.conn);
        let over = tx.clock_for_limits();
        fetch_all!(tx, (TenantId, String, String, Time), sql, over, GRACE, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_names_a_bounded_number_of_requests() {
        let ids: Vec<RequestId> = (0..50).map(|n| RequestId(uuid::Uuid::from_u128(n))).collect();
        let twice = format!("{}{}", listed(&ids), listed(&ids));
        let (event_id, nil) = (EventId(uuid::Uuid::nil()), Time(0));
        let story = Story {
            rule: "throttle".into(),
            key: "k".into(),
            window_at: nil,
            event_id,
            count: 100,
            first_at: nil,
            last_at: nil,
            ends_at: nil,
            requests: twice,
            facts: String::new(),
        };
        let named = story.counted_requests();
        assert_eq!(named.len(), KEPT_REQUESTS);
        assert_eq!(named[1], ids[1].to_string());
    }
}
