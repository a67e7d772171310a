//! What the log is told of a policy's refusals. Those of one policy, counter, window and client are one story.

use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Entity, Event};
use signet_limits::SECOND_US;
use signet_limits::sliding_window::{Counter, Rule};
use signet_store::stories::{Refusals, StoryKey};

/// Longest time that one story tells of, in microseconds: of a long window there is one for each such part, so
/// that nobody waits a year for the number of refusals.
const LONGEST_STORY: i64 = 300 * SECOND_US;

/// What the log is told of a policy's refusal.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) policy: Entity,
    /// What was counted, as its counter is called.
    pub(super) key: u128,
    pub(super) what: String,
    pub(super) store: &'static str,
    pub(super) now: i64,
    pub(super) rule: Rule,
    pub(super) counter: Counter,
    pub(super) reset_s: u64,
}

impl Told {
    fn retry_at(&self) -> i64 {
        let wait = i64::try_from(self.reset_s).unwrap_or(i64::MAX).saturating_mul(SECOND_US);
        self.now.saturating_add(wait)
    }

    /// What differs from one refusal of a story to the next.
    fn changing(&self) -> Vec<(&'static str, String)> {
        let mut facts =
            vec![("hits", self.counter.current.to_string()), ("retryAt", self.retry_at().to_string())];
        if self.rule.sliding {
            facts.push(("hitsBefore", self.counter.previous.to_string()));
        }
        facts
    }

    /// Puts it into an event.
    pub(super) fn put(&self, mut event: Event) -> Event {
        // The first target is what the log's sentences name.
        event.targets.insert(0, self.policy.clone());
        let event = event
            .debug("policy", self.policy.id.as_str())
            .debug("counted", self.what.as_str())
            .debug("store", self.store)
            .debug("limit", self.rule.limit.to_string())
            .debug("window", (self.rule.window_us / SECOND_US).to_string())
            .debug("windowStart", self.counter.started_at.to_string())
            .debug("refusedAt", self.now.to_string());
        self.changing().into_iter().fold(event, |event, (name, value)| event.debug(name, value))
    }

    /// The part of the window that it lies in: its beginning and its end.
    fn part(&self) -> (i64, i64) {
        let (start, length) = (self.counter.started_at, self.rule.window_us.max(1));
        let passed = self.now.saturating_sub(start).clamp(0, length - 1);
        let begins = start.saturating_add(passed - passed % LONGEST_STORY);
        (begins, begins.saturating_add(LONGEST_STORY).min(start.saturating_add(length)))
    }
}

impl Idp {
    /// Counts a refusal durably, and logs `event` if it is its story's first.
    pub(super) async fn tell_in_story(
        &self,
        ctx: &Ctx,
        rule: &'static str,
        told: &Told,
        event: Event,
    ) -> Result<(), IdpError> {
        let (begins, ends) = told.part();
        // A policy may count many clients together; each has a story, so that the log says how often which was refused.
        let client = event.client_id.as_deref().unwrap_or(&event.actor.alternate_id);
        let window = told.rule.window_us / SECOND_US;
        let key = StoryKey {
            rule,
            key: format!("{} {:032x} {window} {client}", told.policy.id, told.key),
            window_at: Time(begins),
        };
        let facts: std::collections::BTreeMap<_, _> = told.changing().into_iter().collect();
        let refusals = Refusals {
            event: event.id,
            count: 1,
            first_at: Time(told.now),
            last_at: Time(told.now),
            ends_at: Time(ends),
            requests: vec![ctx.request.id],
            first_is_logged: true,
            facts: serde_json::to_string(&facts).unwrap_or_default(),
        };
        self.refused_for(ctx, key, refusals, Some(event)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(window_s: i64, passed_s: i64) -> Told {
        let start = window_s * SECOND_US * 7;
        Told {
            policy: Entity::new("RatePolicy", "rlp1", "few", "few"),
            key: 1,
            what: String::new(),
            store: "node",
            now: start + passed_s * SECOND_US,
            rule: Rule { limit: 1, window_us: window_s * SECOND_US, sliding: false },
            counter: Counter { started_at: start, current: 2, previous: 0 },
            reset_s: 1,
        }
    }

    #[test]
    fn a_long_window_has_a_story_every_five_minutes() {
        let part = |window, passed| {
            let told = told(window, passed);
            let (begins, ends) = told.part();
            let start = told.counter.started_at;
            ((begins - start) / SECOND_US, (ends - start) / SECOND_US)
        };
        assert_eq!(part(30, 0), (0, 30));
        assert_eq!(part(30, 29), (0, 30));
        assert_eq!(part(30, 31), (0, 30), "by a clock that is ahead");
        assert_eq!(part(30, -1), (0, 30), "by a clock that was set back");
        assert_eq!(part(3_600, 299), (0, 300));
        assert_eq!(part(3_600, 300), (300, 600));
        assert_eq!(part(310, 305), (300, 310));
    }
}
