//! How the tenant's limits were used over days: by the hour, from sums that were made meanwhile.

use crate::limits_use::{TAIL, caller_name};
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_store::counts::What;

const HOUR: i64 = 3600 * Time::SECOND;
/// Callers that are named.
const NAMED: i64 = 20;
/// Hours that can be looked back: as long as sums of calls are kept.
pub const MOST_HOURS: i64 = 30 * 24;

/// What happened in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastHour {
    /// When it began.
    pub hour: Time,
    /// Calls of the management API that the quota counted.
    pub calls: i64,
    /// Calls that the quota refused, in the window that began in this hour.
    pub over_quota: i64,
    /// Password attempts that the throttle refused.
    pub throttled: i64,
    /// Requests for tokens that rate policies refused.
    pub by_policy: i64,
}

/// How limits were used.
#[derive(Debug, Clone)]
pub struct LimitsPast {
    /// Every hour, oldest first, the present one last.
    pub hours: Vec<PastHour>,
    /// Who called the management API: wire id, name, and calls; the busiest first.
    pub callers: Vec<(String, String, i64)>,
}

impl Idp {
    /// How the tenant's limits were used in the last `hours` hours, the present one among them; at most [`MOST_HOURS`].
    ///
    /// # Errors
    /// When the store fails.
    pub async fn limits_past(&self, ctx: &Ctx, hours: i64) -> Result<LimitsPast, IdpError> {
        let hours = hours.clamp(1, MOST_HOURS);
        let present = ctx.now.0.div_euclid(HOUR) * HOUR;
        let from = Time(present - (hours - 1) * HOUR);
        let fresh = |n| PastHour {
            hour: Time(from.0 + n * HOUR),
            calls: 0,
            over_quota: 0,
            throttled: 0,
            by_policy: 0,
        };
        let mut past: Vec<_> = (0..hours).map(fresh).collect();
        let at = |time: Time| usize::try_from(time.since(from).div_euclid(HOUR)).unwrap_or(usize::MAX);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        for (hour, calls) in tx.api_calls_by_hour(from).await? {
            if let Some(of) = past.get_mut(at(hour)) {
                of.calls += calls;
            }
        }
        for (window, refused) in tx.refusals_by_window("quota", from).await? {
            if let Some(of) = past.get_mut(at(window)) {
                of.over_quota += refused;
            }
        }
        for count in tx.live_counts_of_limits(from, Time(present + HOUR), TAIL).await? {
            let Some(of) = past.get_mut(at(count.hour)) else { continue };
            if count.what == What::Throttled.as_str() {
                of.throttled += count.count;
            } else {
                of.by_policy += count.count;
            }
        }
        let mut callers = Vec::new();
        for (id, calls) in tx.api_calls_by_caller(from, NAMED).await? {
            let name = caller_name(&mut tx, &id).await?;
            callers.push((id, name, calls));
        }
        Ok(LimitsPast { hours: past, callers })
    }
}
