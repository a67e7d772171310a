//! Adding up what a search finds by who acted, by app or by address.

use super::sql::{Arg, Sql};
use super::{LogQuery, narrow_by_time};
use crate::conn::Conn;
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use sqlx::AssertSqlSafe;

/// The most groups that are given.
pub const MAX_GROUPS: u32 = 100;

/// By what events are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// The id of the user it concerns, or of who acted if it concerns none.
    Actor,
    /// The app's client id.
    App,
    /// The address.
    Address,
}

impl GroupBy {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Actor, Self::App, Self::Address];

    /// None of them bare: an index that has it in order would lead through the whole log, and not to its newest part.
    fn column(self) -> &'static str {
        match self {
            Self::Actor => "COALESCE(e.user_id, e.actor_id)",
            Self::App => "COALESCE(e.client_id, '')",
            Self::Address => "COALESCE(e.ip, '')",
        }
    }
}

/// Events that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Group {
    /// What they have in common.
    pub key: String,
    /// How many.
    pub total: i64,
    /// Those that tell of something refused.
    pub refused: i64,
    /// Different users.
    pub users: i64,
    /// Different users among those that were refused; names that nobody has are none.
    pub refused_users: i64,
    /// Different addresses.
    pub addresses: i64,
    /// The newest.
    pub last_at: Time,
    /// The oldest that was refused.
    pub first_refused_at: Option<Time>,
    /// The newest that wasn't.
    pub last_allowed_at: Option<Time>,
}

const COLUMNS: &str = " AS key, COUNT(*) AS total,
    CAST(SUM(CASE WHEN e.outcome <> 'SUCCESS' THEN 1 ELSE 0 END) AS BIGINT) AS refused,
    COUNT(DISTINCT e.user_id) AS users,
    COUNT(DISTINCT CASE WHEN e.outcome <> 'SUCCESS' THEN e.user_id END) AS refused_users,
    COUNT(DISTINCT e.ip) AS addresses,
    MAX(e.published) AS last_at,
    MIN(CASE WHEN e.outcome <> 'SUCCESS' THEN e.published END) AS first_refused_at,
    MAX(CASE WHEN e.outcome = 'SUCCESS' THEN e.published END) AS last_allowed_at
    FROM events e WHERE e.tenant_id = ";

impl Tx {
    /// What a search finds from `from` until `to`, added up; most refusals first, then most events. The query's
    /// own times, order and limit are passed over.
    pub async fn log_groups(
        &mut self,
        query: &LogQuery,
        by: GroupBy,
        from: Time,
        to: Time,
        limit: u32,
    ) -> Result<Vec<Group>> {
        let sql = self.groups_sql(query, by, (from, to), limit)?;
        super::fetch_built!(self, Group, sql)
    }

    pub(super) fn groups_sql(
        &self,
        query: &LogQuery,
        by: GroupBy,
        (from, to): (Time, Time),
        limit: u32,
    ) -> Result<Sql> {
        let mut sql = Sql::new(self.is_sqlite());
        sql.push("SELECT ").push(by.column()).push(COLUMNS).bind(Arg::Uuid(self.tenant.0));
        narrow_by_time(&mut sql, query)?;
        sql.push(" AND e.published >= ").bind(Arg::Int(from.0));
        sql.push(" AND e.published < ").bind(Arg::Int(to.0));
        // What has no app or no address is in no group.
        sql.push(" AND ").push(by.column()).push(" <> ''");
        sql.push(" GROUP BY ").push(by.column()).push(" ORDER BY 3 DESC, 2 DESC, 1 LIMIT ");
        sql.bind(Arg::Int(i64::from(limit.min(MAX_GROUPS))));
        Ok(sql)
    }
}
