//! Who calls the management API: calls by minute, caller and route, by hour and caller, and callers that were paused.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::credential::Credential;
use signet_domain::id::{CredentialId, UserId};
use signet_domain::user::User;

const MINUTE: i64 = 60 * Time::SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Rows that one look at the calls gives at most.
const MOST_ROWS: i64 = 20_000;

/// Calls of one caller on one route in one minute.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ApiCalls {
    /// When the minute began.
    pub minute: Time,
    /// Wire id of the API token or API credential.
    pub caller: String,
    /// Method and path template.
    pub route: String,
    /// How many.
    pub count: i64,
}

/// Who calls, and whether an administrator has paused what it calls with.
#[derive(sqlx::FromRow)]
struct Calling<T> {
    #[sqlx(flatten)]
    row: T,
    paused: bool,
}

impl Tx {
    /// Adds a call to its minute and its hour; in one transaction with what counts it in the quota.
    pub(crate) async fn note_call(&mut self, caller: &str, route: &str, at: Time) -> Result<()> {
        const SQL: &str = "INSERT INTO api_calls AS c (tenant_id, minute, caller, route, count)
            VALUES ($1, $2, $3, $4, 1)
            ON CONFLICT (tenant_id, minute, caller, route) DO UPDATE SET count = c.count + 1";
        const IN_HOUR: &str = "INSERT INTO api_call_hours AS c (tenant_id, hour, caller, count)
            VALUES ($1, $2, $3, 1)
            ON CONFLICT (tenant_id, hour, caller) DO UPDATE SET count = c.count + 1";
        let minute = Time(at.0.div_euclid(MINUTE) * MINUTE);
        execute!(self, SQL, self.tenant, minute, caller, route)?;
        execute!(self, IN_HOUR, self.tenant, Time(at.0.div_euclid(HOUR) * HOUR), caller).map(|_| ())
    }

    /// The calls of the hours from `from` on, by hour, oldest first.
    pub async fn api_calls_by_hour(&mut self, from: Time) -> Result<Vec<(Time, i64)>> {
        const SQL: &str = "SELECT hour, CAST(SUM(count) AS BIGINT) FROM api_call_hours
            WHERE tenant_id = $1 AND hour >= $2 GROUP BY hour ORDER BY hour";
        fetch_all!(self, (Time, i64), SQL, self.tenant, from)
    }

    /// The calls of the hours from `from` on, by caller, the busiest `limit` of them.
    pub async fn api_calls_by_caller(&mut self, from: Time, limit: i64) -> Result<Vec<(String, i64)>> {
        const SQL: &str = "SELECT caller, CAST(SUM(count) AS BIGINT) AS calls FROM api_call_hours
            WHERE tenant_id = $1 AND hour >= $2 GROUP BY caller ORDER BY calls DESC, caller LIMIT $3";
        fetch_all!(self, (String, i64), SQL, self.tenant, from, limit)
    }

    /// Refusals of a limit in the windows that began from `from` on, by window, oldest first.
    pub async fn refusals_by_window(&mut self, rule: &str, from: Time) -> Result<Vec<(Time, i64)>> {
        const SQL: &str = "SELECT window_at, CAST(SUM(count) AS BIGINT) FROM refusal_stories
            WHERE tenant_id = $1 AND rule = $2 AND window_at >= $3 GROUP BY window_at ORDER BY window_at";
        fetch_all!(self, (Time, i64), SQL, self.tenant, rule, from)
    }

    /// The calls of the minutes from `from` on, the newest first.
    pub async fn api_calls(&mut self, from: Time) -> Result<Vec<ApiCalls>> {
        const SQL: &str =
            "SELECT minute, caller, route, count FROM api_calls WHERE tenant_id = $1 AND minute >= $2
            ORDER BY minute DESC, caller, route LIMIT $3";
        let from = Time(from.0.div_euclid(MINUTE) * MINUTE);
        fetch_all!(self, ApiCalls, SQL, self.tenant, from, MOST_ROWS)
    }

    /// Refusals of a limit in one of its windows, by who was refused.
    pub async fn refusals_by_key(&mut self, rule: &str, window_at: Time) -> Result<Vec<(String, i64)>> {
        const SQL: &str = "SELECT key, count FROM refusal_stories WHERE tenant_id = $1 AND rule = $2
            AND window_at = $3 ORDER BY key LIMIT $4";
        fetch_all!(self, (String, i64), SQL, self.tenant, rule, window_at, MOST_ROWS)
    }

    /// Pauses a caller; `false` when it was paused already.
    pub async fn pause_caller(&mut self, caller: &str, now: Time) -> Result<bool> {
        const SQL: &str = "INSERT INTO paused_callers (tenant_id, caller, paused_at) VALUES ($1, $2, $3)
            ON CONFLICT (tenant_id, caller) DO NOTHING";
        execute!(self, SQL, self.tenant, caller, now).map(|n| n > 0)
    }

    /// Lets a caller go on; `false` when it wasn't paused.
    pub async fn resume_caller(&mut self, caller: &str) -> Result<bool> {
        const SQL: &str = "DELETE FROM paused_callers WHERE tenant_id = $1 AND caller = $2";
        execute!(self, SQL, self.tenant, caller).map(|n| n > 0)
    }

    /// Whether a caller is paused.
    pub async fn is_paused(&mut self, caller: &str) -> Result<bool> {
        const SQL: &str = "SELECT paused_at FROM paused_callers WHERE tenant_id = $1 AND caller = $2";
        Ok(fetch_optional!(self, (Time,), SQL, self.tenant, caller)?.is_some())
    }

    /// A user whose API token is calling, and whether that is paused.
    pub async fn calling_user(&mut self, id: UserId, caller: &str) -> Result<Option<(User, bool)>> {
        const SQL: &str =
            "SELECT u.*, EXISTS (SELECT 1 FROM paused_callers p WHERE p.tenant_id = $1 AND p.caller = $3)
              AS paused FROM users u WHERE u.tenant_id = $1 AND u.id = $2";
        let found = fetch_optional!(self, Calling<User>, SQL, self.tenant, id, caller)?;
        Ok(found.map(|found| (found.row, found.paused)))
    }

    /// An API credential whose token is calling, and whether it is paused.
    pub async fn calling_credential(
        &mut self,
        id: CredentialId,
        caller: &str,
    ) -> Result<Option<(Credential, bool)>> {
        const SQL: &str =
            "SELECT c.*, EXISTS (SELECT 1 FROM paused_callers p WHERE p.tenant_id = $1 AND p.caller = $3)
              AS paused FROM credentials c WHERE c.tenant_id = $1 AND c.id = $2";
        let found = fetch_optional!(self, Calling<Credential>, SQL, self.tenant, id, caller)?;
        Ok(found.map(|found| (found.row, found.paused)))
    }

    /// Callers that are paused, and since when.
    pub async fn paused_callers(&mut self) -> Result<Vec<(String, Time)>> {
        const SQL: &str =
            "SELECT caller, paused_at FROM paused_callers WHERE tenant_id = $1 ORDER BY caller LIMIT 1000";
        fetch_all!(self, (String, Time), SQL, self.tenant)
    }
}
