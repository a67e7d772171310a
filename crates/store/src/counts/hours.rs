//! How many events each hour has, of the tenant and of each app: the log's drawing of a long range.

use super::Counted;
use super::live::as_counted;
use crate::macros::{execute, fetch_all};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::event::{Outcome, types};
use signet_domain::id::TenantId;
use std::collections::BTreeMap;

/// The events of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct HourOfEvents {
    /// When the hour began.
    pub hour: Time,
    /// All of them, each once, whatever it stands for.
    pub total: i64,
    /// Those that tell of something refused.
    pub refused: i64,
    /// Tokens that machines got for themselves.
    pub machines: i64,
}

/// By tenant, app ('' for all events) and hour.
pub(super) type Sums = BTreeMap<(TenantId, String, Time), HourOfEvents>;

pub(super) fn add_up(events: &[Counted]) -> Sums {
    let mut sums = Sums::new();
    for event in events {
        let hour = event.hour();
        let (refused, machine) = (event.outcome != Outcome::Success, event.is_of_a_machine());
        for whose in [Some(""), event.app.as_deref()].into_iter().flatten() {
            let sum = sums.entry((event.tenant_id, whose.to_owned(), hour)).or_insert(HourOfEvents {
                hour,
                total: 0,
                refused: 0,
                machines: 0,
            });
            sum.total += 1;
            sum.refused += i64::from(refused);
            sum.machines += i64::from(machine);
        }
    }
    sums
}

pub(super) async fn add(tx: &mut Tx, sums: Sums) -> Result<()> {
    const ADD: &str = "INSERT INTO hourly_events AS h (tenant_id, client_id, hour, total, refused, machines)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant_id, client_id, hour)
        DO UPDATE SET total = h.total + excluded.total, refused = h.refused + excluded.refused,
            machines = h.machines + excluded.machines";
    for ((tenant, client_id, hour), sum) in sums {
        execute!(tx, ADD, tenant, &client_id, hour, sum.total, sum.refused, sum.machines)?;
    }
    Ok(())
}

impl Counted {
    fn is_of_a_machine(&self) -> bool {
        let token =
            [types::ORG_ACCESS_TOKEN, types::AS_ACCESS_TOKEN].iter().any(|t| t.name == self.event_type);
        token
            && self.outcome == Outcome::Success
            && self.user_id.is_none()
            && self.fact("grantType") == "client_credentials"
    }
}

impl Tx {
    /// The hours from `from` until `to` that have events, of the tenant or of one app, with the events that no step
    /// has counted yet; at most `max_rows` of those are looked at. An hour may come twice: once counted, once
    /// uncounted.
    pub async fn hours_of_events(
        &mut self,
        client_id: Option<&str>,
        from: Time,
        to: Time,
        max_rows: i64,
    ) -> Result<Vec<HourOfEvents>> {
        const SQL: &str = "SELECT hour, total, refused, machines FROM hourly_events
            WHERE tenant_id = $1 AND client_id = $2 AND hour >= $3 AND hour < $4 ORDER BY hour";
        let whose = client_id.unwrap_or("");
        let (progress, mut hours) =
            as_counted!(self, fetch_all!(self, HourOfEvents, SQL, self.tenant, whose, from, to)?);
        let uncounted = add_up(&self.uncounted(progress, max_rows).await?);
        let of_it = |(_, app, hour): &(TenantId, String, Time)| app == whose && *hour >= from && *hour < to;
        hours.extend(uncounted.into_iter().filter(|(key, _)| of_it(key)).map(|(_, sum)| sum));
        Ok(hours)
    }
}
