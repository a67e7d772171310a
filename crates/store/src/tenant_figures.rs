//! What a tenant consists of, in numbers: for its operator, who sees nothing else of it.

use crate::Result;
use crate::Tx;
use crate::macros::fetch_one;
use signet_domain::Time;

/// A tenant in numbers. What is counted ends at the bound that was given: who finds it full knows no more than that.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct TenantFigures {
    /// Users, whatever their status.
    pub users: i64,
    /// Those of them who have a role.
    pub administrators: i64,
    /// Apps.
    pub apps: i64,
    /// Authorization servers, its own one included.
    pub servers: i64,
    /// The hour of the newest sign-in of users, if there was one lately.
    pub signed_in_at: Option<Time>,
    /// The oldest event of its log.
    pub log_since: Option<Time>,
    /// For how many days it keeps its log; none where it is being erased.
    pub log_days: Option<i64>,
    /// Since when its log is on hold.
    pub log_held_at: Option<Time>,
}

impl Tx {
    /// The tenant in numbers: each count ends at `most`, and sign-ins are those that were counted since `lately`.
    ///
    /// Counts ask for no column, so that an index answers them alone; the rest are single steps into one. So the largest
    /// tenant costs little more than the bound.
    pub async fn tenant_figures(&mut self, most: i64, lately: Time) -> Result<TenantFigures> {
        const SQL: &str = "SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM users WHERE tenant_id = $1 LIMIT $2) AS a)
              AS users,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM users WHERE tenant_id = $1 AND admin_role IS NOT NULL
              LIMIT $2) AS b) AS administrators,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM apps WHERE tenant_id = $1 LIMIT $2) AS c) AS apps,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM servers WHERE tenant_id = $1 LIMIT $2) AS d) AS servers,
            (SELECT hour FROM hourly_counts WHERE tenant_id = $1 AND hour >= $3 AND what = 'sign_in'
              AND outcome = 'SUCCESS' ORDER BY hour DESC LIMIT 1) AS signed_in_at,
            (SELECT published FROM events WHERE tenant_id = $1 ORDER BY published LIMIT 1) AS log_since,
            (SELECT days FROM log_retention WHERE tenant_id = $1) AS log_days,
            (SELECT hold_at FROM log_retention WHERE tenant_id = $1) AS log_held_at";
        fetch_one!(self, TenantFigures, SQL, self.tenant, most, lately)
    }
}
