//! Guesses at one app's secret: counted by where they come from, and limited there. The app goes on everywhere else.
//!
//! A wrong secret counts for its client id and its source, in a window of 15 minutes from the first, in the database.
//! Once a source has sent a hundred, what comes from there for that client id is refused without a look at it, right
//! or wrong, known or not, until the window ends. When all sources together have sent a thousand, ten are enough.
//! Nothing ever limits an app at a source that sends the right secret, so nobody can lock an app out from elsewhere.
//!
//! The answer is 429 with `Retry-After`, not the 401 of a wrong secret: nobody has looked, and an administrator who
//! was told that a good secret is wrong would roll it for nothing. It tells who guesses no more than the limit.
//!
//! A right secret costs no statement as long as nobody guesses at the tenant's apps. Each node asks at most once a
//! second whether somebody does, so guesses on one node limit the others within a second; what is being counted on
//! a node counts there at once, so that parallel guesses can't slip past.

use crate::client::{Door, Named};
use crate::ctx::{At as _, stranger};
use crate::rates::network;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::id::TenantId;
use signet_oauth::{OAuthError, Reason};
use signet_store::stories::{Refusals, StoryKey};
use signet_store::windows::{Count, Window};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Wrong secrets of one client id from one source in [`WINDOW_SECONDS`] that are answered as wrong.
pub const PER_SOURCE: i64 = 100;
/// The same once all sources together have sent [`FROM_ALL`].
pub const PER_SOURCE_OF_MANY: i64 = 10;
/// Wrong secrets of one client id from all sources after which less is allowed.
pub const FROM_ALL: i64 = 1_000;
/// The window, in seconds from the first wrong secret.
pub const WINDOW_SECONDS: i64 = 900;

const LENGTH: i64 = WINDOW_SECONDS * Time::SECOND;
/// How old a node's knowledge may be of whether anybody guesses.
const KNOWN_FOR: Duration = Duration::from_secs(1);

/// What a node knows of guesses.
#[derive(Default)]
pub(crate) struct Guesses(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Wrong secrets that are being counted, by tenant and counter.
    under_way: HashMap<(TenantId, String), i64>,
    /// Whether somebody guesses at a tenant's apps, and when that was known.
    anybody: HashMap<TenantId, (Instant, bool)>,
}

impl Guesses {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a wrong secret that is about to be counted.
    fn begin(&self, tenant: TenantId, counter: &str) -> UnderWay<'_> {
        let key = (tenant, counter.to_owned());
        let mut known = self.known();
        *known.under_way.entry(key.clone()).or_default() += 1;
        known.anybody.insert(tenant, (Instant::now(), true));
        UnderWay { guesses: self, key }
    }

    fn under_way(&self, tenant: TenantId, counter: &str) -> i64 {
        self.known().under_way.get(&(tenant, counter.to_owned())).copied().unwrap_or(0)
    }

    fn anybody(&self, tenant: TenantId, now: Instant) -> Option<bool> {
        let (at, anybody) = *self.known().anybody.get(&tenant)?;
        (now.saturating_duration_since(at) < KNOWN_FOR).then_some(anybody)
    }
}

/// A wrong secret that is being counted; it is no more when this is dropped.
struct UnderWay<'a> {
    guesses: &'a Guesses,
    key: (TenantId, String),
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut known = self.guesses.known();
        if let Some(count) = known.under_way.get_mut(&self.key) {
            *count -= 1;
            if *count <= 0 {
                known.under_way.remove(&self.key);
            }
        }
    }
}

/// The counters of one client id at one source.
struct Counters {
    here: String,
    from_all: String,
}

/// What the names of all counters begin with, and what comes after the last of them.
const NAMES: (&str, &str) = ("client-secret:", "client-secret;");

impl Idp {
    fn counters(&self, ctx: &Ctx, client_id: &str) -> Counters {
        let name = |what: &str| {
            let hash = self.secrets().hash(SecretKind::RateKey, ctx.tenant_id(), what);
            format!("{}{}", NAMES.0, crate::admin::caller::hex(&hash[..16]))
        };
        let source = network(&ctx.request.ip);
        Counters {
            here: name(&format!("client-secret\0{source}\0{client_id}")),
            from_all: name(&format!("client-secrets\0{client_id}")),
        }
    }

    /// Counts a wrong secret. A refusal is a value: the error that the client gets instead of the one for a
    /// wrong secret, which is in the log already.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn wrong_secret(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        client: Named<'_>,
    ) -> Result<Option<OAuthError>, IdpError> {
        let counters = self.counters(ctx, client.id);
        let tenant = self.store().tenant(ctx.tenant_id());
        let _under_way = self.guesses().begin(ctx.tenant_id(), &counters.here);
        let many = match tenant.count(&counters.from_all, LENGTH, FROM_ALL).await? {
            Count::Counted(_) => false,
            Count::Refused { .. } => true,
        };
        let limit = if many { PER_SOURCE_OF_MANY } else { PER_SOURCE };
        match tenant.count(&counters.here, LENGTH, limit).await? {
            Count::Counted(_) => Ok(None),
            Count::Refused { window, .. } => {
                self.limited(ctx, door, client, &counters, &window, limit).await.map(Some)
            }
        }
    }

    /// Whether the source of a right secret has sent so many wrong ones that nothing is looked at.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn secret_refused(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        client: Named<'_>,
    ) -> Result<Option<OAuthError>, IdpError> {
        if !self.anybody_guesses(ctx).await? {
            return Ok(None);
        }
        let counters = self.counters(ctx, client.id);
        let tenant = self.store().tenant(ctx.tenant_id());
        let open = |window: &Window| window.ends_at > window.clock;
        let from_all = tenant.window(&counters.from_all).await?.filter(open);
        let many = from_all.is_some_and(|window| window.used >= FROM_ALL);
        let limit = if many { PER_SOURCE_OF_MANY } else { PER_SOURCE };
        let under_way = self.guesses().under_way(ctx.tenant_id(), &counters.here);
        let here = tenant.window(&counters.here).await?.filter(open);
        if here.as_ref().map_or(0, |window| window.used) + under_way < limit {
            return Ok(None);
        }
        // So many at once that none is counted yet: the moment is the window.
        let moment =
            Window { started_at: ctx.now, ends_at: ctx.now.plus_secs(1), used: under_way, clock: ctx.now };
        let window = here.unwrap_or(moment);
        self.limited(ctx, door, client, &counters, &window, limit).await.map(Some)
    }

    async fn anybody_guesses(&self, ctx: &Ctx) -> Result<bool, IdpError> {
        let now = Instant::now();
        if let Some(anybody) = self.guesses().anybody(ctx.tenant_id(), now) {
            return Ok(anybody);
        }
        let anybody = self.store().tenant(ctx.tenant_id()).any_window(NAMES.0, NAMES.1).await?;
        let mut known = self.guesses().known();
        // A guess that came meanwhile knows better.
        let kept = known.anybody.entry(ctx.tenant_id()).or_insert((now, anybody));
        if kept.0 <= now {
            *kept = (now, anybody);
        }
        Ok(kept.1)
    }

    /// Counts the refusal in the story of its window.
    async fn limited(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        client: Named<'_>,
        counters: &Counters,
        window: &Window,
        limit: i64,
    ) -> Result<OAuthError, IdpError> {
        signet_metrics::REFUSALS.add("client_secret");
        let mut event = self
            .event(ctx, types::INVALID_CLIENT, stranger(Some(client.id)))
            .failed(Reason::ClientLimited.as_str())
            .at(door.server)
            .debug("endpoint", door.endpoint)
            .debug("counted", format!("wrong secrets from {}", network(&ctx.request.ip)))
            .debug("store", "database")
            .debug("limit", limit.to_string())
            .debug("window", WINDOW_SECONDS.to_string())
            .debug("windowStart", window.started_at.0.to_string())
            .debug("hits", window.used.to_string())
            .debug("refusedAt", window.clock.0.to_string())
            .debug("retryAt", window.ends_at.0.to_string());
        event.client_id = client.is_app.then(|| client.id.to_owned());
        let key =
            StoryKey { rule: "client_secret", key: counters.here.clone(), window_at: window.started_at };
        let refusals = Refusals {
            event: event.id,
            count: 1,
            first_at: window.clock,
            last_at: window.clock,
            ends_at: window.ends_at,
            requests: vec![ctx.request.id],
            first_is_logged: true,
            facts: String::new(),
        };
        self.refused_for(ctx, key, refusals, Some(event)).await?;
        let left = (window.ends_at.0 - window.clock.0 + Time::SECOND - 1).div_euclid(Time::SECOND);
        Ok(refusal(u32::try_from(left.max(1)).unwrap_or(1)))
    }
}

fn refusal(retry_after: u32) -> OAuthError {
    OAuthError::new(Reason::ClientLimited).retry_after(retry_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_counted_is_known_until_it_is() {
        let (guesses, tenant) = (Guesses::default(), TenantId(uuid::Uuid::nil()));
        assert_eq!(guesses.anybody(tenant, Instant::now()), None);
        let first = guesses.begin(tenant, "a");
        let second = guesses.begin(tenant, "a");
        assert_eq!((guesses.under_way(tenant, "a"), guesses.under_way(tenant, "b")), (2, 0));
        drop(first);
        assert_eq!(guesses.under_way(tenant, "a"), 1);
        drop(second);
        assert_eq!(guesses.known().under_way.len(), 0);
        assert_eq!(guesses.anybody(tenant, Instant::now()), Some(true));
        assert_eq!(guesses.anybody(tenant, Instant::now() + KNOWN_FOR), None);
    }
}
