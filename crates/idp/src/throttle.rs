//! The throttle of password grants: at most four attempts per user in any half-open second.
//!
//! On PostgreSQL one statement decides, by the database's clock; on SQLite this process is the only one and
//! decides in memory. Nothing configures it.

use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_domain::login::LoginKey;
use signet_limits::memory::ThrottleMemory;
use signet_limits::sliding_log::Decision;
use signet_store::throttle::Attempt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// Refusals that have not ended.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<(TenantId, String), Refusal>>);

/// A refusal, as the database gave it.
struct Refusal {
    /// When it was asked for, which is not after it was decided.
    asked: Instant,
    at: Time,
    retry_at: Time,
    filled_by: [Time; 4],
}

/// Most refusals that are remembered; past it those that ended are forgotten, or else all.
const MOST_REFUSALS: usize = 50_000;

impl Refusals {
    fn refusals(&self) -> MutexGuard<'_, HashMap<(TenantId, String), Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A refusal that surely holds: by the database's clock it can't be later than what was said plus all the
    /// time since it was asked. A process that was stopped finds it over.
    fn find(&self, key: &(TenantId, String), now: Instant) -> Option<Attempt> {
        let refusals = self.refusals();
        let Refusal { asked, at, retry_at, filled_by } = refusals.get(key)?;
        let since = i64::try_from(now.saturating_duration_since(*asked).as_micros()).unwrap_or(i64::MAX);
        let at = Time(at.0.saturating_add(since));
        (at < *retry_at).then_some(Attempt::Refused { at, retry_at: *retry_at, filled_by: *filled_by })
    }

    fn keep(&self, key: (TenantId, String), asked: Instant, attempt: &Attempt) {
        let mut refusals = self.refusals();
        let Attempt::Refused { at, retry_at, filled_by } = *attempt else {
            refusals.remove(&key);
            return;
        };
        if refusals.len() >= MOST_REFUSALS {
            // None outlasts its second.
            refusals
                .retain(|_, refusal| asked.saturating_duration_since(refusal.asked) < Duration::from_secs(1));
            if refusals.len() >= MOST_REFUSALS {
                refusals.clear();
            }
        }
        refusals.insert(key, Refusal { asked, at, retry_at, filled_by });
    }
}

impl Idp {
    /// Decides one password attempt for a login, known or not.
    ///
    /// # Errors
    /// [`IdpError::Overloaded`] in the first second after a start without a durable ring, and when memory for
    /// rings is full; [`IdpError::Store`] when the database is gone. It never admits without a decision.
    #[tracing::instrument(target = "signet::trace", name = "limits.throttle", skip_all)]
    pub async fn throttle(&self, ctx: &Ctx, login: &LoginKey) -> Result<Attempt, IdpError> {
        let Some(local) = self.local_throttle() else { return self.throttle_in_sql(ctx, login).await };
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

    /// Remembers a refusal until it ends, so that a flood asks the database once a second and node. What is
    /// remembered only ever refuses.
    async fn throttle_in_sql(&self, ctx: &Ctx, login: &LoginKey) -> Result<Attempt, IdpError> {
        // A clock that a test moves ends refusals before their time.
        let moved = self.clock().override_now().is_some();
        let key = (ctx.tenant_id(), login.as_str().to_owned());
        let asked = Instant::now();
        if !moved && let Some(refusal) = self.refusals().find(&key, asked) {
            return Ok(refusal);
        }
        let attempt = self.store().tenant(ctx.tenant_id()).throttle(login.as_str()).await?;
        if !moved {
            self.refusals().keep(key, asked, &attempt);
        }
        Ok(attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_refusal_ends_no_later_than_the_databases() {
        let (refusals, key, asked) =
            (Refusals::default(), (TenantId(uuid::Uuid::nil()), "ada".into()), Instant::now());
        let filled_by = [1, 2, 3, 4].map(|n| Time(n * 100_000));
        let refused = Attempt::Refused { at: Time(500_000), retry_at: Time(1_100_000), filled_by };
        refusals.keep(key.clone(), asked, &refused);
        let after = |micros| refusals.find(&key, asked + Duration::from_micros(micros));
        assert_eq!(after(0), Some(refused));
        let last = Attempt::Refused { at: Time(1_099_999), retry_at: Time(1_100_000), filled_by };
        assert_eq!(after(599_999), Some(last));
        assert_eq!(after(600_000), None);
        assert_eq!(refusals.find(&(key.0, "bob".into()), asked), None);
        refusals.keep(key.clone(), asked, &Attempt::Admitted { at: Time(9), nth: 0 });
        assert_eq!(refusals.find(&key, asked), None);
    }

    #[test]
    fn memory_is_bounded() {
        let (refusals, asked) = (Refusals::default(), Instant::now());
        let refused = Attempt::Refused { at: Time(0), retry_at: Time(1), filled_by: [Time(0); 4] };
        for n in 0..MOST_REFUSALS * 2 {
            refusals.keep((TenantId(uuid::Uuid::nil()), n.to_string()), asked, &refused);
        }
        assert!(refusals.refusals().len() <= MOST_REFUSALS);
    }
}
