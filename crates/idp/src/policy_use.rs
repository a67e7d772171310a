//! How rate policies are used: what each refused in the last hour, and whom.

use crate::IdpError;
use crate::console::kinds::any_type;
use signet_domain::Time;
use signet_domain::event::{EventRow, types};
use signet_domain::rate_policy::RatePolicy;
use signet_store::Tx;
use signet_store::stories::Story;
use std::collections::BTreeMap;

/// Events of refusals that are added up at most, and stories that are still open.
const REFUSALS: u32 = 1_000;
/// What is named of one policy's counts.
const NAMED: usize = 20;

/// One thing that a policy counts: an app, a user, an address. Of a header only its name is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HotKey {
    /// What is counted: `app 0oa…`, `ip 192.0.2.1`, `header x-plan`.
    pub counted: String,
    /// Requests in the last hour that the policy refused, or would have refused while it is tried out.
    pub refusals: i64,
    /// The newest one.
    pub last_at: Time,
}

/// One policy.
#[derive(Debug)]
pub struct PolicyUse {
    /// The policy.
    pub policy: RatePolicy,
    /// Requests in the last hour that it refused.
    pub refused: i64,
    /// Requests in the last hour that it would have refused when it was tried out.
    pub would_refuse: i64,
    /// What it refused most, most first.
    pub hottest: Vec<HotKey>,
}

/// Every policy with what it refused in the last hour, the busiest first.
pub(crate) async fn policies(tx: &mut Tx, now: Time) -> Result<Vec<PolicyUse>, IdpError> {
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    let since = now.plus_secs(-3600);
    let refused = any_type(&[types::RATE_POLICY_REFUSED, types::RATE_POLICY_DRY_RUN]);
    for row in tx.latest_matching(refused, Some(since), REFUSALS).await? {
        // What closes a story stands for all of it but the first.
        let weight = row.data.debug.get("count").and_then(|n| n.parse().ok()).unwrap_or(1);
        add(&mut sums, &row, weight, row.published);
    }
    for rule in ["policy", "policy_dry_run"] {
        for story in tx.open_stories(rule, i64::from(REFUSALS)).await? {
            add_open(tx, &mut sums, &story, since).await?;
        }
    }
    let used = |policy: RatePolicy| {
        let sums = sums.remove(&policy.id.to_string()).unwrap_or_default();
        let mut hottest: Vec<HotKey> = sums.keys.into_values().collect();
        hottest.sort_by(|a, b| b.refusals.cmp(&a.refusals).then(a.counted.cmp(&b.counted)));
        hottest.truncate(NAMED);
        PolicyUse { policy, refused: sums.refused, would_refuse: sums.would_refuse, hottest }
    };
    let mut all: Vec<PolicyUse> = tx.rate_policies().await?.into_iter().map(used).collect();
    let refusals = |one: &PolicyUse| one.refused + one.would_refuse;
    all.sort_by(|a, b| refusals(b).cmp(&refusals(a)).then(a.policy.name.cmp(&b.policy.name)));
    Ok(all)
}

#[derive(Default)]
struct Sums {
    refused: i64,
    would_refuse: i64,
    keys: BTreeMap<String, HotKey>,
}

fn add(all: &mut BTreeMap<String, Sums>, row: &EventRow, weight: i64, at: Time) {
    let fact = |name: &str| row.data.debug.get(name);
    let (Some(policy), Some(counted)) = (fact("policy"), fact("counted")) else { return };
    let sums = all.entry(policy.clone()).or_default();
    if row.event_type == types::RATE_POLICY_DRY_RUN.name {
        sums.would_refuse += weight;
    } else {
        sums.refused += weight;
    }
    let new = || HotKey { counted: counted.trim().to_owned(), refusals: 0, last_at: at };
    let key = sums.keys.entry(counted.clone()).or_insert_with(new);
    key.refusals += weight;
    key.last_at = key.last_at.max(at);
}

/// Adds what a story has counted that no event tells of yet.
async fn add_open(
    tx: &mut Tx,
    sums: &mut BTreeMap<String, Sums>,
    story: &Story,
    since: Time,
) -> Result<(), IdpError> {
    if story.last_at < since {
        return Ok(());
    }
    if let Some(first) = tx.event(story.event_id).await? {
        add(sums, &first, story.count - 1, story.last_at);
    }
    Ok(())
}
