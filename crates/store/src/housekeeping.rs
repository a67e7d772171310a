//! Sweeping up: rows that nothing can use any more, by the indexes on time and a bounded number at a time, so
//! that no request waits long for the writer.

use crate::macros::execute;
use crate::{Result, Store};
use signet_domain::Time;
use signet_domain::id::TenantId;

const DAY: i64 = 86_400;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows deleted, and successors erased.
    pub rows: u64,
    /// Whether a batch was full, so that another sweep will find more.
    pub more: bool,
}

/// A table, how long after its time a row is kept, and the statement: `$1` is the instant before which rows
/// go, `$2` how many.
///
/// The condition stands twice: on PostgreSQL a row that someone uses while the statement waits for it is only
/// looked at again from outside the subquery, and a throttle's ring that has just come to life must stay.
struct Sweep {
    keep_seconds: i64,
    sql: &'static str,
}

macro_rules! sweep {
    ($table:literal, ($key:literal), $time:literal, keep $seconds:expr $(, only $condition:literal)?) => {
        Sweep {
            keep_seconds: $seconds,
            sql: concat!(
                "DELETE FROM ", $table, " WHERE ", $time, " < $1" $(, " AND ", $condition)?, " AND (", $key,
                ") IN (SELECT ", $key, " FROM ", $table, " WHERE ", $time, " < $1" $(, " AND ", $condition)?,
                " ORDER BY ", $time, " LIMIT $2)"
            ),
        }
    };
}

const SWEEPS: &[Sweep] = &[
    sweep!("sessions", ("tenant_id, id"), "expires_at", keep 0),
    sweep!("operator_sessions", ("id"), "expires_at", keep 0),
    sweep!("flows", ("tenant_id, id"), "expires_at", keep 0),
    // A secret that was spent is remembered for a day, to know a replay for what it is.
    sweep!("one_time", ("tenant_id, server_id, kind, hash"), "expires_at", keep DAY),
    sweep!("refresh_tokens", ("tenant_id, id"), "absolute_expires_at", keep DAY),
    sweep!("revocations", ("tenant_id, kind, key"), "expires_at", keep 0),
    sweep!("throttle_rings", ("tenant_id, login_key"), "t4", keep 10),
    sweep!("windows", ("tenant_id, name"), "ends_at", keep 3600),
    sweep!("rate_counters", ("tenant_id, key, window_us"), "expires_at", keep 60),
    sweep!("password_failures", ("tenant_id, login_key, source"), "started_at", keep 3600,
        only "locked_until < $1 + 3600000000"),
    // Stories that an event closes go with it; the others stay for whoever asks why.
    sweep!("refusal_stories", ("tenant_id, rule, key, window_at"), "ends_at", keep DAY,
        only "rule NOT IN ('throttle', 'policy', 'policy_dry_run', 'client_secret', 'quota')"),
    // As long as the pages look back.
    sweep!("refusal_stories", ("tenant_id, rule, key, window_at"), "ends_at", keep 31 * DAY, only "rule = 'quota'"),
    sweep!("api_call_hours", ("tenant_id, hour, caller"), "hour", keep 31 * DAY),
    sweep!("api_calls", ("tenant_id, minute, caller, route"), "minute", keep DAY),
    sweep!("credential_tokens", ("tenant_id, hash"), "expires_at", keep 0),
    // Who was cut off a month ago is refused everywhere. Rows of nodes that are gone wait for no other cut-off to go.
    sweep!("node_refusals", ("tenant_id, user_id, node_id"), "refuses_since", keep 30 * DAY),
    sweep!("user_cutoffs", ("tenant_id, user_id"), "cut_at", keep 30 * DAY),
];

/// A successor is kept for a client whose answer was lost. When the leeway is over nobody may have it again, so it
/// goes from its predecessor's row, which stays to know a replay by.
const SUCCESSORS: &str = "UPDATE refresh_tokens SET leeway_until = NULL, successor_sealed = NULL
    WHERE leeway_until < $1 AND (tenant_id, id) IN (SELECT tenant_id, id FROM refresh_tokens
    WHERE leeway_until < $1 ORDER BY leeway_until LIMIT $2)";

impl Store {
    /// Deletes what has expired, at most `batch` rows of each table, and each table in a commit of its own; and of a
    /// few tenants' logs a batch each.
    pub async fn unscoped_delete_expired(&self, now: Time, batch: i64) -> Result<Swept> {
        let batch = batch.clamp(1, 10_000);
        let successors = Sweep { keep_seconds: 0, sql: SUCCESSORS };
        let mut swept = self.unscoped_sweep_logs(now, batch).await?;
        for sweep in SWEEPS.iter().chain([&successors]) {
            let rows = self.unscoped_sweep(sweep.sql, now.plus_secs(-sweep.keep_seconds), batch).await?;
            swept.rows += rows;
            swept.more |= rows >= batch.unsigned_abs();
        }
        Ok(swept)
    }

    async fn unscoped_sweep(&self, sql: &'static str, before: Time, batch: i64) -> Result<u64> {
        let nil = TenantId(uuid::Uuid::nil());
        self.write(nil, move |tx| Box::pin(async move { execute!(tx, sql, before, batch) })).await
    }
}
