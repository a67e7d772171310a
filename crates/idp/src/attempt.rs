//! An attempt at a password grant, at whichever endpoint: let through by the throttle, or refused with what
//! explains it.

use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::Event;
use signet_domain::id::EventId;
use signet_domain::login::LoginKey;
use signet_limits::sliding_log::{PER_SECOND, retry_after_secs};
use signet_store::stories::{Refusals, StoryKey};
use signet_store::throttle::Attempt;
use std::time::{Duration, Instant};

/// How long after it was asked for a decision of the throttle may be acted on.
const FRESH: Duration = Duration::from_secs(1);

/// A client's limit as the refusal reports it.
#[derive(Debug, Clone)]
pub struct Limited {
    /// What names the login in the log.
    pub key: String,
    /// Calls in the window.
    pub limit: i64,
    /// The decision's clock.
    pub at: Time,
    /// When the next call can pass.
    pub retry_at: Time,
    /// The instants that fill the window, oldest first.
    pub filled_by: [Time; 4],
    /// The events of those instants.
    pub events: [EventId; 4],
}

impl Limited {
    /// Seconds after which the next call can pass, rounded up.
    pub(crate) fn retry_after(&self) -> u32 {
        u32::try_from(retry_after_secs(self.retry_at.0, self.at.0)).unwrap_or(1)
    }

    /// Puts what filled the window into the refusal's event.
    pub(crate) fn put(&self, event: Event) -> Event {
        event
            .debug("throttleKey", self.key.as_str())
            .debug("refusedAt", self.at.0.to_string())
            .debug("retryAt", self.retry_at.0.to_string())
            .debug("filledBy", self.filled_by.map(|at| at.0.to_string()).join(","))
            .debug("filledByEvents", self.events.map(|id| id.to_string()).join(","))
    }
}

/// An attempt that the throttle let through.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    /// What names the login in the log.
    key: String,
    /// Its instant in the ring.
    at: Time,
    /// The id of its event.
    event: EventId,
}

impl Admitted {
    /// Makes an event the attempt's own. With the instants the log alone shows that no second had a fifth.
    pub(crate) fn mark(&self, event: &mut Event) {
        event.id = self.event;
        event.debug.insert("admittedAt".into(), self.at.0.to_string());
        event.debug.insert("throttleKey".into(), self.key.clone());
    }
}

/// Why an attempt doesn't go on.
pub(crate) enum Stopped {
    /// The window is full.
    Limited(Box<Limited>),
    /// It was let through, but the second it was let through in is over: this process was stopped in between, and
    /// others had their four since.
    Late(Box<Admitted>, IdpError),
    /// Nobody could decide.
    Undecided(IdpError),
}

impl From<IdpError> for Stopped {
    fn from(error: IdpError) -> Self {
        Self::Undecided(error)
    }
}

impl Idp {
    /// Asks the throttle about one attempt.
    pub(crate) async fn attempt(&self, ctx: &Ctx, login: &LoginKey) -> Result<Admitted, Stopped> {
        let asked = Instant::now();
        let attempt = self.throttle(ctx, login).await?;
        let key = self.throttle_key(ctx, login);
        match attempt {
            Attempt::Admitted { at, nth } => {
                let admitted = Admitted { key, at, event: self.attempt_event_id(ctx, login, at, nth) };
                if asked.elapsed() < FRESH {
                    return Ok(admitted);
                }
                Err(Stopped::Late(Box::new(admitted), IdpError::Overloaded { retry_after: 1 }))
            }
            Attempt::Refused { at, retry_at, filled_by } => Err(Stopped::Limited(Box::new(Limited {
                key,
                limit: i64::try_from(PER_SECOND).unwrap_or(4),
                at,
                retry_at,
                filled_by,
                events: self.ring_event_ids(ctx, login, filled_by),
            }))),
        }
    }

    /// Counts a throttled attempt in the story of its window, whose first one is logged.
    pub(crate) async fn throttled_again(
        &self,
        ctx: &Ctx,
        limited: &Limited,
        event: Event,
    ) -> Result<(), IdpError> {
        let [.., newest] = limited.filled_by;
        let key = StoryKey { rule: "throttle", key: limited.key.clone(), window_at: newest };
        let refusals = Refusals {
            event: event.id,
            count: 1,
            first_at: limited.at,
            last_at: limited.at,
            ends_at: limited.retry_at,
            requests: vec![ctx.request.id],
            first_is_logged: true,
            facts: String::new(),
        };
        self.refused_for(ctx, key, refusals, Some(event)).await
    }

    /// The id that the event of an admitted attempt has. It follows from the ring's entry, so a refusal can
    /// name the four events that filled the window before they are all written.
    fn attempt_event_id(&self, ctx: &Ctx, login: &LoginKey, at: Time, nth: u8) -> EventId {
        let message = format!("{}\0{}\0{nth}", login.as_str(), at.0);
        let hash = self.secrets().hash(SecretKind::Attempt, ctx.tenant_id(), &message);
        let mut random = [0; 10];
        random.copy_from_slice(&hash[..10]);
        let millis = u64::try_from(at.0.div_euclid(1000)).unwrap_or(0);
        EventId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// What names a login in the log's facts of the throttle: the same for every attempt, known or not, and nothing
    /// outside this tenant.
    fn throttle_key(&self, ctx: &Ctx, login: &LoginKey) -> String {
        let message = format!("{}\0window", login.as_str());
        let hash = self.secrets().hash(SecretKind::Attempt, ctx.tenant_id(), &message);
        crate::admin::caller::hex(&hash[..16])
    }

    /// The ids of the events that fill a ring, oldest first.
    fn ring_event_ids(&self, ctx: &Ctx, login: &LoginKey, ring: [Time; 4]) -> [EventId; 4] {
        let mut n = 0;
        ring.map(|at| {
            let nth = ring[..n].iter().filter(|t| **t == at).count();
            n += 1;
            self.attempt_event_id(ctx, login, at, u8::try_from(nth).unwrap_or(u8::MAX))
        })
    }
}
