//! Hourly counts, built behind the log so that no request pays for them.
//!
//! A step reads what was committed after the last one, adds it up, and stores the sums together with how far
//! it came. Two nodes may read the same events, but only one of them moves the progress on; the other's sums
//! are dropped. So every event is counted once, whoever crashes when.

use crate::dialect::Text;
use crate::macros::{execute, fetch_all, fetch_one};
use crate::{Result, Store, Tx};
use signet_domain::Time;
use signet_domain::event::{EventData, Outcome, types};
use signet_domain::id::{RequestId, TenantId};
use sqlx::types::Json;
use std::collections::{BTreeMap, HashSet};

const HOUR: i64 = 3600 * Time::SECOND;

/// The grants that are counted by name. A request may name any other, so those share one name.
const GRANTS: [&str; 7] = [
    "authorization_code",
    "client_credentials",
    "password",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
];

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// Access tokens that were issued.
    Token,
    /// Sign-ins, the failed ones too.
    SignIn,
    /// Everything that was refused.
    Refused,
    /// Calls of the management API that left a trace in the log.
    ApiCall,
    /// Password attempts that the throttle refused.
    Throttled,
    /// Requests for tokens that a rate policy refused.
    RatePolicy,
}

impl What {
    /// Everything that is counted.
    pub const ALL: [Self; 6] =
        [Self::Token, Self::SignIn, Self::Refused, Self::ApiCall, Self::Throttled, Self::RatePolicy];

    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::SignIn => "sign_in",
            Self::Refused => "refused",
            Self::ApiCall => "api_call",
            Self::Throttled => "throttled",
            Self::RatePolicy => "rate_policy",
        }
    }
}

/// One count.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HourlyCount {
    /// When the hour began.
    pub hour: Time,
    /// What was counted: a name of [`What`].
    pub what: String,
    /// The app, or nothing.
    pub client_id: String,
    /// The grant type, the API caller, or nothing.
    pub detail: String,
    /// How it ended.
    pub outcome: String,
    /// How many.
    pub count: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub(crate) struct Progress {
    pub(crate) epoch: i64,
    pub(crate) txid: i64,
    pub(crate) seq: i64,
}

/// What a count needs of an event. The app is only named if there is one: what a stranger sends as its client
/// id must not make rows.
#[derive(Debug, sqlx::FromRow)]
struct Counted {
    tenant_id: TenantId,
    epoch: i64,
    txid: i64,
    seq: i64,
    published: Time,
    event_type: String,
    outcome: Outcome,
    request_id: RequestId,
    user_id: Option<String>,
    data: Json<EventData>,
    app: Option<String>,
}

impl Counted {
    fn hour(&self) -> Time {
        Time(self.published.0.div_euclid(HOUR) * HOUR)
    }

    fn fact(&self, name: &str) -> &str {
        self.data.debug.get(name).map_or("", String::as_str)
    }
}

type Key = (TenantId, Time, What, String, String, &'static str);

macro_rules! read_events {
    ($($where:literal),+) => {
        concat!(
            "SELECT e.tenant_id, e.epoch, e.txid, e.seq, e.published, e.event_type, e.outcome, e.request_id, e.user_id,
               e.data, a.client_id AS app
             FROM events e LEFT JOIN apps a ON a.tenant_id = e.tenant_id AND a.client_id = e.client_id WHERE ",
            $($where),+
        )
    };
}

pub mod hours;
mod live;

/// PostgreSQL: commits at and above the oldest one that is still under way wait for the next step. In epochs
/// before this one there is none under way.
const NEXT: Text = Text {
    sqlite: read_events!(
        "(e.epoch, e.txid, e.seq) > ($1, $2, $3) AND e.epoch <= $4 ORDER BY e.epoch, e.txid, e.seq LIMIT $5"
    ),
    postgres: read_events!(
        "(e.epoch, e.txid, e.seq) > ($1, $2, $3)
           AND (e.epoch, e.txid) < ($4, CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT))
         ORDER BY e.epoch, e.txid, e.seq LIMIT $5"
    ),
};

/// The rest of a commit, so that a step never ends inside one: what belongs together is counted together.
const REST: &str = read_events!("e.epoch = $1 AND e.txid = $2 AND e.seq > $3 ORDER BY e.seq, e.tenant_id");

impl Store {
    /// Counts the next events of all tenants; gives how many it looked at, 0 when it has caught up.
    pub async fn unscoped_count_events(&self, max_rows: i64) -> Result<u64> {
        let from = self.unscoped_count_progress().await?;
        let events = {
            let mut tx = self.read(NIL).await?;
            read(&mut tx, from, max_rows.clamp(1, 10_000)).await?
        };
        let Some(to) = events.last().map(|e| Progress { epoch: e.epoch, txid: e.txid, seq: e.seq }) else {
            return Ok(0);
        };
        let sums = (add_up(&events), hours::add_up(&events));
        let looked_at = events.len();
        let moved = self.write(NIL, move |tx| Box::pin(store(tx, from, to, sums))).await?;
        Ok(if moved { u64::try_from(looked_at).unwrap_or(u64::MAX) } else { 0 })
    }

    async fn unscoped_count_progress(&self) -> Result<Progress> {
        const SQL: &str = "SELECT epoch, txid, seq FROM count_progress WHERE id = 1";
        const FIRST: &str = "INSERT INTO count_progress (id, epoch, txid, seq) VALUES (1, 0, 0, -1)
            ON CONFLICT (id) DO NOTHING";
        {
            let mut tx = self.read(NIL).await?;
            if let Some(progress) = fetch_all!(tx, Progress, SQL)?.into_iter().next() {
                return Ok(progress);
            }
        }
        self.write(NIL, |tx| {
            Box::pin(async move {
                execute!(tx, FIRST)?;
                fetch_one!(tx, Progress, SQL)
            })
        })
        .await
    }
}

const NIL: TenantId = TenantId(uuid::Uuid::nil());

async fn read(tx: &mut Tx, from: Progress, max_rows: i64) -> Result<Vec<Counted>> {
    let sql = NEXT.of(&tx.conn);
    let mut events = fetch_all!(tx, Counted, sql, from.epoch, from.txid, from.seq, tx.epoch, max_rows)?;
    if let Some(last) = events.last() {
        let (epoch, txid, seq) = (last.epoch, last.txid, last.seq);
        events.extend(fetch_all!(tx, Counted, REST, epoch, txid, seq)?);
    }
    Ok(events)
}

fn add_up(events: &[Counted]) -> BTreeMap<Key, i64> {
    let mut sums = BTreeMap::new();
    let mut calls = HashSet::new();
    for event in events {
        let (hour, fact) = (event.hour(), |name: &str| event.fact(name));
        let grant = match fact("grantType") {
            "" => "",
            known if GRANTS.contains(&known) => known,
            _ => "other",
        };
        let caller = fact("via");
        let either = if grant.is_empty() { caller } else { grant };
        // What closes a story stands for many.
        let weight = match fact("story") {
            "" => 1,
            _ => fact("count").parse().unwrap_or(1),
        };
        let mut count = |what: What, detail: &str| {
            let app = event.app.clone().unwrap_or_default();
            let key = (event.tenant_id, hour, what, app, detail.to_owned(), event.outcome.as_str());
            *sums.entry(key).or_insert(0) += weight;
        };
        let is = |t: types::EventType| event.event_type == t.name;
        if is(types::ORG_ACCESS_TOKEN) || is(types::AS_ACCESS_TOKEN) {
            count(What::Token, grant);
        }
        if is(types::SESSION_START) {
            count(What::SignIn, caller);
        }
        if event.outcome != Outcome::Success {
            count(What::Refused, either);
        }
        if is(types::USER_RATE_LIMITED) {
            count(What::Throttled, grant);
        }
        if is(types::RATE_POLICY_REFUSED) {
            count(What::RatePolicy, grant);
        }
        // One call may leave several events, but they have its id and are in one commit.
        if !caller.is_empty() && calls.insert((event.tenant_id, event.txid, event.request_id)) {
            count(What::ApiCall, caller);
        }
    }
    sums
}

async fn store(
    tx: &mut Tx,
    from: Progress,
    to: Progress,
    (sums, hours): (BTreeMap<Key, i64>, hours::Sums),
) -> Result<bool> {
    const MOVE: &str = "UPDATE count_progress SET epoch = $4, txid = $5, seq = $6
        WHERE id = 1 AND epoch = $1 AND txid = $2 AND seq = $3";
    const ADD: &str =
        "INSERT INTO hourly_counts AS c (tenant_id, hour, what, client_id, detail, outcome, count)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, hour, what, client_id, detail, outcome)
        DO UPDATE SET count = c.count + excluded.count";
    if execute!(tx, MOVE, from.epoch, from.txid, from.seq, to.epoch, to.txid, to.seq)? == 0 {
        return Ok(false);
    }
    for ((tenant, hour, what, app, detail, outcome), count) in sums {
        execute!(tx, ADD, tenant, hour, what.as_str(), &app, &detail, outcome, count)?;
    }
    hours::add(tx, hours).await?;
    Ok(true)
}

impl Tx {
    /// The tenant's counts of the hours from `from` until `to`, of one kind or of all, in the order of hours.
    pub async fn counts(&mut self, what: Option<What>, from: Time, to: Time) -> Result<Vec<HourlyCount>> {
        const SQL: &str = "SELECT hour, what, client_id, detail, outcome, count FROM hourly_counts
            WHERE tenant_id = $1 AND hour >= $2 AND hour < $3 AND ($4 = '' OR what = $4)
            ORDER BY hour, what, client_id, detail, outcome";
        fetch_all!(self, HourlyCount, SQL, self.tenant, from, to, what.map_or("", What::as_str))
    }

    /// The same summed up over apps and details, which are empty in what this gives.
    pub async fn counts_in_all(&mut self, from: Time, to: Time) -> Result<Vec<HourlyCount>> {
        const SQL: &str = "SELECT hour, what, '' AS client_id, '' AS detail, outcome,
              CAST(SUM(count) AS BIGINT) AS count
            FROM hourly_counts WHERE tenant_id = $1 AND hour >= $2 AND hour < $3
            GROUP BY hour, what, outcome ORDER BY hour, what, outcome";
        fetch_all!(self, HourlyCount, SQL, self.tenant, from, to)
    }

    /// What limits refused in the hours from `from` until `to`: the throttle and the rate policies, summed up over apps
    /// and details, which are empty in what this gives.
    pub async fn counts_of_limits(&mut self, from: Time, to: Time) -> Result<Vec<HourlyCount>> {
        const SQL: &str = "SELECT hour, what, '' AS client_id, '' AS detail, outcome,
              CAST(SUM(count) AS BIGINT) AS count
            FROM hourly_counts WHERE tenant_id = $1 AND hour >= $2 AND hour < $3
              AND what IN ('throttled', 'rate_policy')
            GROUP BY hour, what, outcome ORDER BY hour, what, outcome";
        fetch_all!(self, HourlyCount, SQL, self.tenant, from, to)
    }

    /// How many requests for tokens with a detail, a grant's name, each of the tenant's apps made in the hours from
    /// `from` until `to`, whatever came of them.
    pub async fn requests_by_app(
        &mut self,
        detail: &str,
        from: Time,
        to: Time,
    ) -> Result<Vec<(String, i64)>> {
        const SQL: &str = "SELECT client_id, CAST(SUM(count) AS BIGINT) FROM hourly_counts
            WHERE tenant_id = $1 AND hour >= $2 AND hour < $3 AND detail = $4
              AND what IN ('token', 'refused') AND client_id <> ''
            GROUP BY client_id ORDER BY client_id";
        fetch_all!(self, (String, i64), SQL, self.tenant, from, to, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::What;

    #[test]
    fn names_differ() {
        let mut names = What::ALL.map(What::as_str).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), What::ALL.len());
    }
}
