//! The account's quota: 5,000 management API calls an hour, whoever makes them; and the small limit on asking
//! how much of it is left.

use crate::admin::Caller;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::types;
use signet_store::stories::{Refusals, StoryKey};
use signet_store::windows::{Count, Window};

/// Calls that an account may make in an hour.
pub const LIMIT: i64 = 5_000;
/// The hour, in microseconds. It starts with the first counted call.
pub const LENGTH: i64 = 3_600 * Time::SECOND;
/// Calls at which the log gets a warning, once a window: 90 %.
pub const WARNING: i64 = LIMIT / 10 * 9;
/// Times that one token may ask for the quota's state in a minute.
pub const STATUS_LIMIT: i64 = 60;

const NAME: &str = "quota";

/// Where the quota stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Calls left; 5,000 when no window is open.
    pub remaining: i64,
    /// Seconds until the full quota is back, rounded up; 0 when no window is open.
    pub reset_seconds: i64,
    /// The instant it is back, or now.
    pub resets_at: Time,
}

impl Standing {
    fn of(window: Option<&Window>, now: Time) -> Self {
        match window {
            Some(w) if w.ends_at > w.clock => {
                let left = w.ends_at.since(w.clock).min(LENGTH);
                Self {
                    remaining: (LIMIT - w.used).max(0),
                    reset_seconds: (left + Time::SECOND - 1) / Time::SECOND,
                    resets_at: w.ends_at,
                }
            }
            _ => Self { remaining: LIMIT, reset_seconds: 0, resets_at: now },
        }
    }
}

/// What metering a call gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metered {
    /// Whether the call may go on.
    pub admitted: bool,
    /// Where the quota stands after it.
    pub standing: Standing,
}

impl Idp {
    /// Counts one management API call. Authenticate the caller first: a stranger's call is nobody's.
    ///
    /// # Errors
    /// When the store fails; the call must not go on then.
    #[tracing::instrument(target = "signet::trace", name = "limits.quota", skip_all)]
    pub async fn meter(&self, ctx: &Ctx, caller: &Caller, route: &str) -> Result<Metered, IdpError> {
        let (id, tenant) = (caller.id(), self.store().tenant(ctx.tenant_id()));
        let count = tenant.count_call(NAME, LENGTH, LIMIT, (&id, route)).await?;
        let (admitted, window, crossed) = match &count {
            Count::Counted(w) if w.used == WARNING => (true, w, Some(types::QUOTA_WARNING)),
            Count::Counted(w) => (true, w, None),
            Count::Refused { window, first: true } => (false, window, Some(types::QUOTA_VIOLATION)),
            Count::Refused { window, .. } => (false, window, None),
        };
        let standing = Standing::of(Some(window), ctx.now);
        if !admitted {
            signet_metrics::REFUSALS.add("quota");
            self.note_refusal(ctx, "quota", id, window).await?;
        }
        if let Some(event_type) = crossed {
            let mut event = self.event(ctx, event_type, caller.entity.clone());
            if !admitted {
                event = event.failed("rate_limit_exceeded");
                event.outcome = signet_domain::event::Outcome::Deny;
            }
            event.severity = signet_domain::event::Severity::Warn;
            let event = event
                .debug("threshold", LIMIT.to_string())
                .debug("timeSpan", "1")
                .debug("timeUnit", "HOURS")
                .debug("rateLimitScopeType", "ORG")
                .debug("rateLimitSecondsToReset", standing.reset_seconds.to_string());
            self.record(ctx, vec![event]).await?;
        }
        Ok(Metered { admitted, standing })
    }

    /// Where the quota stands, without counting.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn quota(&self, ctx: &Ctx) -> Result<Standing, IdpError> {
        let window = self.store().tenant(ctx.tenant_id()).window(NAME).await?;
        Ok(Standing::of(window.as_ref(), ctx.now))
    }

    /// Counts a refusal of a window, so that it can be explained.
    async fn note_refusal(
        &self,
        ctx: &Ctx,
        rule: &'static str,
        caller: String,
        window: &Window,
    ) -> Result<(), IdpError> {
        let key = StoryKey { rule, key: caller, window_at: window.started_at };
        let refusals = Refusals {
            event: self.entropy().id(ctx.now),
            count: 1,
            first_at: window.clock,
            last_at: window.clock,
            ends_at: window.ends_at,
            requests: vec![ctx.request.id],
            first_is_logged: false,
            facts: String::new(),
        };
        self.refused_for(ctx, key, refusals, None).await
    }

    /// Counts one look at the quota by a token; `Err` seconds to wait when it looked too often.
    ///
    /// # Errors
    /// The outer error when the store fails.
    pub async fn meter_status_call(&self, ctx: &Ctx, caller: &Caller) -> Result<Result<(), i64>, IdpError> {
        let name = format!("rate_limit:{}", caller.token_hash);
        let minute = 60 * Time::SECOND;
        match self.store().tenant(ctx.tenant_id()).count(&name, minute, STATUS_LIMIT).await? {
            Count::Counted(_) => Ok(Ok(())),
            Count::Refused { window, .. } => {
                signet_metrics::REFUSALS.add("status_calls");
                self.note_refusal(ctx, "status_calls", caller.id(), &window).await?;
                let left = window.ends_at.since(window.clock).clamp(1, minute);
                Ok(Err((left + Time::SECOND - 1) / Time::SECOND))
            }
        }
    }
}
