//! How far a search looks, so that one that finds nothing ends as soon as any other.

use super::ways::{self, Way};
use super::{Arg, GroupBy, LogQuery, Position, Sql, TextField};
use crate::conn::Conn;
use crate::macros::fetch_optional;
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use sqlx::AssertSqlSafe;

/// The most times that are given.
pub const MAX_TIMES: u32 = 5_000;

/// Most events that a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Where they lie next to each other, in the order of time.
    pub together: u32,
    /// Where an index leads to each by itself.
    pub apart: u32,
}

impl Budget {
    /// So many that lie next to each other, or as many that lie apart as take the same time: in a log of ten million,
    /// an eighth.
    #[must_use]
    pub const fn of(together: u32) -> Self {
        Self { together, apart: together / 8 }
    }

    /// So many, wherever they lie.
    #[must_use]
    pub const fn each(events: u32) -> Self {
        Self { together: events, apart: events }
    }
}

impl Tx {
    /// Where a search ends that looks at no more than `budget` events before `to`: `from`, or the time of the
    /// oldest event that it may look at. An index answers this alone.
    pub async fn log_floor(&mut self, to: Time, from: Time, budget: u32) -> Result<Time> {
        const SQL: &str =
            "SELECT published FROM events WHERE tenant_id = $1 AND published < $2 AND published >= $3
            ORDER BY published DESC LIMIT 1 OFFSET $4";
        let offset = i64::from(budget.max(1)) - 1;
        let floor = fetch_optional!(self, (Time,), SQL, self.tenant, to, from, offset)?;
        Ok(floor.map_or(from, |(at,)| at))
    }

    /// The same for a search that an index may lead past other events: those aren't looked at and don't count.
    pub async fn log_floor_of(
        &mut self,
        query: &LogQuery,
        to: Time,
        from: Time,
        budget: Budget,
    ) -> Result<Time> {
        let mut floor = from;
        for part in ways::parts(query) {
            let way = Way::of(&part.condition);
            floor = floor.max(self.floor_of_way(way, to, from, budget).await?);
        }
        Ok(floor)
    }

    async fn floor_of_way(
        &mut self,
        way: Option<Way<'_>>,
        to: Time,
        from: Time,
        budget: Budget,
    ) -> Result<Time> {
        let Some(way) = way else { return self.log_floor(to, from, budget.together).await };
        let mut sql = Sql::new(self.is_sqlite());
        sql.push("SELECT e.published FROM events e WHERE e.tenant_id = ").bind(Arg::Uuid(self.tenant.0));
        way.add(&mut sql);
        sql.push(" AND e.published < ").bind(Arg::Int(to.0));
        sql.push(" AND e.published >= ").bind(Arg::Int(from.0));
        sql.push(" ORDER BY e.published DESC LIMIT 1 OFFSET ")
            .bind(Arg::Int(i64::from(budget.apart.max(1)) - 1));
        let found: Vec<(Time,)> = super::fetch_built!(self, (Time,), sql)?;
        Ok(found.first().map_or(from, |(at,)| *at))
    }

    /// When the tenant's oldest event happened.
    pub async fn log_oldest(&mut self) -> Result<Option<Time>> {
        const SQL: &str = "SELECT published FROM events WHERE tenant_id = $1 ORDER BY published LIMIT 1";
        Ok(fetch_optional!(self, (Time,), SQL, self.tenant)?.map(|(at,)| at))
    }

    /// When the events happened that a search finds from `from` until `to`, newest first; at most [`MAX_TIMES`].
    /// The query's own times, order and limit are passed over.
    pub async fn log_times(&mut self, query: &LogQuery, from: Time, to: Time) -> Result<Vec<Time>> {
        let mut sql = Sql::new(self.is_sqlite());
        sql.push("SELECT e.published FROM events e WHERE e.tenant_id = ").bind(Arg::Uuid(self.tenant.0));
        super::narrow_by_time(&mut sql, query)?;
        sql.push(" AND e.published >= ").bind(Arg::Int(from.0));
        sql.push(" AND e.published < ").bind(Arg::Int(to.0));
        sql.push(" ORDER BY e.published DESC LIMIT ").bind(Arg::Int(i64::from(MAX_TIMES)));
        let times: Vec<(Time,)> = super::fetch_built!(self, (Time,), sql)?;
        Ok(times.into_iter().map(|(at,)| at).collect())
    }

    /// When the events happened that a search finds after one place in the order of commits and up to another, and
    /// how many each stands for. The query's own times, order, place and limit are passed over.
    pub async fn log_between(
        &mut self,
        query: &LogQuery,
        after: Position,
        until: Position,
    ) -> Result<Vec<(Time, i64)>> {
        let mut sql = Sql::new(self.is_sqlite());
        sql.push("SELECT e.published, ");
        TextField::Debug("story".to_owned()).write(&mut sql)?;
        sql.push(", ");
        TextField::Debug("count".to_owned()).write(&mut sql)?;
        sql.push(" FROM events e WHERE e.tenant_id = ").bind(Arg::Uuid(self.tenant.0));
        super::narrow(&mut sql, query)?;
        sql.push(" AND (e.epoch, e.txid, e.seq) > (").place(after).push(")");
        sql.push(" AND (e.epoch, e.txid, e.seq) <= (").place(until).push(")");
        sql.push(" ORDER BY e.epoch, e.txid, e.seq");
        let found = super::fetch_built!(self, (Time, Option<String>, Option<String>), sql)?;
        // What closes a story stands for many.
        let weight = |story: Option<String>, count: Option<String>| match story {
            Some(_) => count.and_then(|count| count.parse().ok()).unwrap_or(1),
            None => 1,
        };
        Ok(found.into_iter().map(|(at, story, count)| (at, weight(story, count))).collect())
    }

    /// How the engine goes about a page of a search: the lines of its plan.
    pub async fn log_plan(&mut self, query: &LogQuery) -> Result<Vec<String>> {
        let sql = self.page_sql(query, None)?;
        self.plan(sql).await
    }

    /// The same for a search that is added up.
    pub async fn log_groups_plan(
        &mut self,
        query: &LogQuery,
        by: GroupBy,
        from: Time,
        to: Time,
    ) -> Result<Vec<String>> {
        let sql = self.groups_sql(query, by, (from, to), 100)?;
        self.plan(sql).await
    }

    async fn plan(&mut self, sql: Sql) -> Result<Vec<String>> {
        let (text, args) = sql.into_parts();
        match &mut self.conn {
            Conn::Sqlite(c) => {
                let text = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
                let mut plan = sqlx::query_as::<_, (i64, i64, i64, String)>(text).persistent(false);
                for arg in args {
                    plan = match arg {
                        Arg::Text(value) => plan.bind(value),
                        Arg::Int(value) => plan.bind(value),
                        Arg::Uuid(value) => plan.bind(value),
                    };
                }
                let lines = plan.fetch_all(&mut **c).await.map_err(StoreError::from)?;
                Ok(lines.into_iter().map(|(.., line)| line).collect())
            }
            Conn::Postgres(c) => {
                let text = AssertSqlSafe(format!("EXPLAIN {text}"));
                let mut plan = sqlx::query_as::<_, (String,)>(text).persistent(false);
                for arg in args {
                    plan = match arg {
                        Arg::Text(value) => plan.bind(value),
                        Arg::Int(value) => plan.bind(value),
                        Arg::Uuid(value) => plan.bind(value),
                    };
                }
                let lines = plan.fetch_all(&mut **c).await.map_err(StoreError::from)?;
                Ok(lines.into_iter().map(|(line,)| line).collect())
            }
            Conn::PostgresTx(_) => Ok(Vec::new()),
        }
    }
}
