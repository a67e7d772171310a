//! How the tenant's limits are used at the moment: the quota and who spends it, who runs into the throttle,
//! and what the rate policies refuse.

use crate::policy_use::{PolicyUse, policies};
use crate::quota::{LENGTH, LIMIT, Standing};
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::id::{ApiTokenId, CredentialId};
use signet_store::Tx;
use signet_store::counts::What;
use signet_store::log_query::{Condition, TextField, TextOp};
use std::collections::BTreeMap;

const MINUTE: i64 = 60 * Time::SECOND;
/// Minutes whose calls make the present pace.
const PACE_MINUTES: i64 = 5;
/// Events of refusals that are added up at most.
const REFUSALS: u32 = 1_000;
/// Hours of the throttle that are shown.
pub const HOURS: i64 = 24;
/// Events that no hour's count has yet and that are counted all the same.
pub(crate) const TAIL: i64 = 5_000;
/// Users and apps that are named.
const NAMED: usize = 20;

/// One caller's calls in the present hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerUse {
    /// Wire id of the API token or API credential.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is an API credential.
    pub is_credential: bool,
    /// Calls that were counted.
    pub calls: i64,
    /// Calls that the quota refused.
    pub refused: i64,
    /// Whether an administrator has paused it.
    pub paused: bool,
    /// Calls by route, most first.
    pub routes: Vec<(String, i64)>,
    /// Calls by minute, oldest first.
    pub minutes: Vec<(Time, i64)>,
}

/// Who runs into the throttle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hot {
    /// The login or the app.
    pub name: String,
    /// Its id, if it is one of the tenant's.
    pub id: Option<String>,
    /// Refusals in the last hour.
    pub refusals: i64,
    /// The newest one.
    pub last_at: Time,
}

/// How limits are used.
#[derive(Debug)]
pub struct LimitsUse {
    /// The quota.
    pub quota: Standing,
    /// Calls counted in the present hour.
    pub used: i64,
    /// When the present hour began, if one has.
    pub since: Option<Time>,
    /// Calls a minute at the present pace.
    pub per_minute: i64,
    /// When nothing is left at the present pace, if that is before the hour ends.
    pub runs_out_at: Option<Time>,
    /// Who called, the busiest first.
    pub callers: Vec<CallerUse>,
    /// Users who were throttled in the last hour, most first.
    pub users: Vec<Hot>,
    /// Apps that were, most first.
    pub apps: Vec<Hot>,
    /// The rate policies, those that refused most in the last hour first.
    pub policies: Vec<PolicyUse>,
    /// Throttled attempts in each of the last [`HOURS`] hours, the present one last.
    pub throttled: Vec<(Time, i64)>,
}

impl Idp {
    /// How the tenant's limits are used.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn limits_use(&self, ctx: &Ctx) -> Result<LimitsUse, IdpError> {
        let quota = self.quota(ctx).await?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let since = (quota.reset_seconds > 0).then(|| Time(quota.resets_at.0 - LENGTH));
        let used = LIMIT - quota.remaining;
        let mut callers = callers(&mut tx, since).await?;
        let now = ctx.now;
        let recent = now.0 - PACE_MINUTES * MINUTE;
        let calls: i64 =
            callers.iter().flat_map(|c| &c.minutes).filter(|(at, _)| at.0 > recent).map(|(_, n)| n).sum();
        let per_minute = (calls + PACE_MINUTES - 1) / PACE_MINUTES;
        callers.sort_by(|a, b| (b.calls + b.refused).cmp(&(a.calls + a.refused)).then(a.name.cmp(&b.name)));
        let (users, apps) = hottest(&mut tx, now).await?;
        let policies = policies(&mut tx, now).await?;
        let throttled = throttled(&mut tx, now).await?;
        let runs_out_at = runs_out_at(&quota, per_minute, now);
        Ok(LimitsUse {
            quota,
            used,
            since,
            per_minute,
            runs_out_at,
            callers,
            users,
            apps,
            policies,
            throttled,
        })
    }
}

async fn throttled(tx: &mut Tx, now: Time) -> Result<Vec<(Time, i64)>, IdpError> {
    const HOUR: i64 = 60 * MINUTE;
    let present = now.0.div_euclid(HOUR) * HOUR;
    let from = Time(present - (HOURS - 1) * HOUR);
    let mut hours: Vec<_> = (0..HOURS).map(|n| (Time(from.0 + n * HOUR), 0)).collect();
    for count in tx.live_counts(Some(What::Throttled), from, Time(present + HOUR), TAIL).await? {
        let at = usize::try_from(count.hour.since(from) / HOUR).unwrap_or(usize::MAX);
        if let Some((_, sum)) = hours.get_mut(at) {
            *sum += count.count;
        }
    }
    Ok(hours)
}

fn runs_out_at(quota: &Standing, per_minute: i64, now: Time) -> Option<Time> {
    if per_minute <= 0 || quota.remaining == 0 {
        return None;
    }
    let at = Time(now.0.saturating_add(quota.remaining.saturating_mul(MINUTE) / per_minute));
    (at < quota.resets_at).then_some(at)
}

async fn callers(tx: &mut Tx, since: Option<Time>) -> Result<Vec<CallerUse>, IdpError> {
    struct Sums {
        routes: BTreeMap<String, i64>,
        minutes: BTreeMap<Time, i64>,
    }
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    let mut refused = BTreeMap::new();
    let empty = || Sums { routes: BTreeMap::new(), minutes: BTreeMap::new() };
    if let Some(since) = since {
        for row in tx.api_calls(since).await? {
            let of = sums.entry(row.caller).or_insert_with(empty);
            *of.routes.entry(row.route).or_insert(0) += row.count;
            *of.minutes.entry(row.minute).or_insert(0) += row.count;
        }
        refused.extend(tx.refusals_by_key("quota", since).await?);
    }
    let paused: BTreeMap<String, Time> = tx.paused_callers().await?.into_iter().collect();
    for id in refused.keys().chain(paused.keys()) {
        sums.entry(id.clone()).or_insert_with(empty);
    }
    let mut callers = Vec::new();
    for (id, of) in sums {
        let name = caller_name(tx, &id).await?;
        let mut routes: Vec<_> = of.routes.into_iter().collect();
        routes.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
        callers.push(CallerUse {
            name,
            is_credential: CredentialId::parse(&id).is_some(),
            calls: routes.iter().map(|(_, calls)| calls).sum(),
            refused: refused.get(&id).copied().unwrap_or(0),
            paused: paused.contains_key(&id),
            routes,
            minutes: of.minutes.into_iter().collect(),
            id,
        });
    }
    Ok(callers)
}

/// What an API token or API credential is called.
pub(crate) async fn caller_name(tx: &mut Tx, id: &str) -> Result<String, IdpError> {
    let name = match (ApiTokenId::parse(id), CredentialId::parse(id)) {
        (Some(token), _) => tx.api_token(token).await?.map(|token| token.name),
        (_, Some(credential)) => {
            tx.credential(credential).await?.filter(|c| c.revoked_at.is_none()).map(|c| c.name)
        }
        _ => None,
    };
    Ok(name.unwrap_or_else(|| format!("{id} (revoked)")))
}

/// Users and apps whose password grants were throttled in the last hour.
async fn hottest(tx: &mut Tx, now: Time) -> Result<(Vec<Hot>, Vec<Hot>), IdpError> {
    let throttled = Condition::Text {
        field: TextField::EventType,
        op: TextOp::Equal,
        value: types::USER_RATE_LIMITED.name.to_owned(),
    };
    let (mut users, mut apps) = (BTreeMap::new(), BTreeMap::new());
    for row in tx.latest_matching(throttled, Some(now.plus_secs(-3600)), REFUSALS).await? {
        // What closes a story stands for all of it but the first.
        let weight = row.data.debug.get("count").and_then(|n| n.parse().ok()).unwrap_or(1);
        let add = |to: &mut BTreeMap<String, Hot>, key: String, name: &str, id: Option<String>| {
            let hot = to.entry(key).or_insert_with(|| Hot {
                name: name.to_owned(),
                id,
                refusals: 0,
                last_at: row.published,
            });
            hot.refusals += weight;
            hot.last_at = hot.last_at.max(row.published);
        };
        if let Some(user) = row.data.targets.iter().find(|target| target.kind == "User") {
            let key = row.data.debug.get("throttleKey").unwrap_or(&user.alternate_id).clone();
            add(&mut users, key, &user.alternate_id, row.user_id.clone());
        }
        if let Some(client_id) = &row.client_id {
            add(&mut apps, client_id.clone(), &row.data.actor.display_name, Some(client_id.clone()));
        }
    }
    Ok((most(users), most(apps)))
}

fn most(all: BTreeMap<String, Hot>) -> Vec<Hot> {
    let mut all: Vec<Hot> = all.into_values().collect();
    all.sort_by(|a, b| b.refusals.cmp(&a.refusals).then(a.name.cmp(&b.name)));
    all.truncate(NAMED);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_that_lasts_until_the_hour_ends_runs_out_never() {
        let now = Time::from_secs(1_000_000);
        let quota = |remaining| Standing { remaining, reset_seconds: 1800, resets_at: now.plus_secs(1800) };
        assert_eq!(runs_out_at(&quota(100), 10, now), Some(now.plus_secs(600)));
        assert_eq!(runs_out_at(&quota(300), 10, now), None, "just at the end");
        assert_eq!(runs_out_at(&quota(100), 0, now), None);
        assert_eq!(runs_out_at(&quota(0), 10, now), None, "it has run out already");
    }
}
