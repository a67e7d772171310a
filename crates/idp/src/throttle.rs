//! The throttle of password grants: at most four attempts per user in any half-open second.
//!
//! On PostgreSQL one statement decides, by the database's clock; on SQLite this process is the only one and
//! decides in memory. Nothing configures it.

use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::id::EventId;
use signet_domain::login::LoginKey;
use signet_limits::memory::ThrottleMemory;
use signet_limits::sliding_log::Decision;
use signet_store::throttle::Attempt;
use std::time::{Duration, Instant};

/// The in-process decision, for SQLite.
pub struct LocalThrottle {
    rings: ThrottleMemory,
    started: Instant,
    started_at: Time,
    wait: Duration,
}

impl LocalThrottle {
    /// A throttle that knows nothing of the last second, unless the store is `new`: then there was none.
    #[must_use]
    pub fn new(now: Time, new_store: bool) -> Self {
        let wait = if new_store { Duration::ZERO } else { Duration::from_secs(1) };
        Self { rings: ThrottleMemory::default(), started: Instant::now(), started_at: now, wait }
    }

    /// Whether the second before the start can no longer matter.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.started.elapsed() >= self.wait
    }

    /// Time since the start on a clock that nobody sets, counted from the wall clock of the start.
    fn monotonic(&self) -> Time {
        let elapsed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        Time(self.started_at.0.saturating_add(elapsed))
    }
}

impl Idp {
    /// Decides one password attempt for a login, known or not.
    ///
    /// # Errors
    /// [`IdpError::Overloaded`] in the first second after a start without a durable ring, and when memory for
    /// rings is full; [`IdpError::Store`] when the database is gone. It never admits without a decision.
    pub async fn throttle(&self, ctx: &Ctx, login: &LoginKey) -> Result<Attempt, IdpError> {
        let Some(local) = self.local_throttle() else {
            return Ok(self.store().tenant(ctx.tenant_id()).throttle(login.as_str()).await?);
        };
        if !local.is_ready() {
            return Err(IdpError::Overloaded { retry_after: 1 });
        }
        let clock = self.clock().override_now().unwrap_or_else(|| local.monotonic());
        match local.rings.decide(&(ctx.tenant_id(), login.as_str()), clock.0) {
            Ok(Decision::Admit { ring, .. }) => Ok(Attempt::admitted(ring.t.map(Time))),
            Ok(Decision::Refuse { retry_at, filled_by }) => {
                Ok(Attempt::Refused { at: clock, retry_at: Time(retry_at), filled_by: filled_by.map(Time) })
            }
            Err(_) => Err(IdpError::Overloaded { retry_after: 1 }),
        }
    }

    /// The id that the event of an admitted attempt has. It follows from the ring's entry, so a refusal can
    /// name the four events that filled the window before they are all written.
    #[must_use]
    pub fn attempt_event_id(&self, ctx: &Ctx, login: &LoginKey, at: Time, nth: u8) -> EventId {
        let message = format!("{}\0{}\0{nth}", login.as_str(), at.0);
        let hash = self.secrets().hash(SecretKind::Attempt, ctx.tenant_id(), &message);
        let mut random = [0; 10];
        random.copy_from_slice(&hash[..10]);
        let millis = u64::try_from(at.0.div_euclid(1000)).unwrap_or(0);
        EventId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// What names a login in the log's facts of the throttle: the same for every attempt, known or not, and nothing
    /// outside this tenant.
    #[must_use]
    pub fn throttle_key(&self, ctx: &Ctx, login: &LoginKey) -> String {
        let message = format!("{}\0window", login.as_str());
        let hash = self.secrets().hash(SecretKind::Attempt, ctx.tenant_id(), &message);
        crate::admin::caller::hex(&hash[..16])
    }

    /// The ids of the events that fill a ring, oldest first.
    #[must_use]
    pub fn ring_event_ids(&self, ctx: &Ctx, login: &LoginKey, ring: [Time; 4]) -> [EventId; 4] {
        let mut n = 0;
        ring.map(|at| {
            let nth = ring[..n].iter().filter(|t| **t == at).count();
            n += 1;
            self.attempt_event_id(ctx, login, at, u8::try_from(nth).unwrap_or(u8::MAX))
        })
    }
}
