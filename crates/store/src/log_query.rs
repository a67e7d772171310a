//! Searching the system log. Everything that narrows a search is part of its one statement: nothing is
//! filtered after the `LIMIT`, so a page is never short of what matches.

mod condition;
mod sql;
mod ways;

pub use condition::{Condition, IdField, MAX_CLAUSES, MAX_DEPTH, TextField, TextOp};
pub use groups::{Group, GroupBy, MAX_GROUPS};
pub use scan::{Budget, MAX_TIMES};
pub use ways::FREQUENT;

use crate::conn::Conn;
use crate::dialect::Text;
use crate::macros::{fetch_all, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::event::{EventRow, Outcome};
use sql::{Arg, Sql};
use sqlx::AssertSqlSafe;
use std::cmp::Reverse;

/// The most events that one page holds.
pub const MAX_LIMIT: u32 = 1000;
/// The most words that a search looks for.
pub const MAX_WORDS: usize = 10;
/// The most buckets that a histogram has.
pub const MAX_BUCKETS: u32 = 500;

/// In which order events come, and so which time a search goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they were committed, up to the oldest commit that is still under way: whoever goes on from the end
    /// of a page gets every event once.
    Commit,
    /// By the time they happened, oldest first. Events that are committed late may be missed.
    Published,
    /// By the time they happened, newest first.
    PublishedDescending,
}

/// A place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When the event happened; has no meaning in the order of commits.
    pub published: Time,
    /// Store epoch.
    pub epoch: i64,
    /// Commit.
    pub txid: i64,
    /// Place in the commit.
    pub seq: i64,
}

impl Position {
    /// Where an event is.
    #[must_use]
    pub fn of(event: &EventRow) -> Self {
        Self { published: event.published, epoch: event.epoch, txid: event.txid, seq: event.seq }
    }
}

/// A search.
#[derive(Debug, Clone)]
pub struct LogQuery {
    /// What must hold of an event.
    pub condition: Condition,
    /// Events published at or after this.
    pub since: Option<Time>,
    /// Events published before this.
    pub until: Option<Time>,
    /// The order.
    pub order: Order,
    /// Where the page before ended. In the order of commits it replaces `since`.
    pub after: Option<Position>,
    /// The most events to give; at most [`MAX_LIMIT`].
    pub limit: u32,
}

impl Default for LogQuery {
    fn default() -> Self {
        Self {
            condition: Condition::Always,
            since: None,
            until: None,
            order: Order::PublishedDescending,
            after: None,
            limit: 100,
        }
    }
}

/// One page of a search.
#[derive(Debug)]
pub struct LogPage {
    /// The events.
    pub events: Vec<EventRow>,
    /// Whether more match by now.
    pub more: bool,
    /// Where the next page begins. In the order of commits there always is one, even after an empty page.
    pub end: Option<Position>,
}

/// How many events lie in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// When the span begins.
    pub start: Time,
    /// Events.
    pub total: i64,
    /// Events that tell of something refused.
    pub refused: i64,
}

/// Events of one type and outcome.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TypeCount {
    /// The type's name.
    pub event_type: String,
    /// How they ended.
    pub outcome: Outcome,
    /// How many.
    pub total: i64,
}

/// Everything but the column `words`, which only a search reads.
const SELECT: &str = "SELECT e.epoch, e.txid, e.seq, e.id, e.published, e.event_type, e.severity, e.outcome, e.reason,
    e.actor_id, e.user_id, e.client_id, e.server_id, e.ip, e.request_id, e.session_id, e.flow_id, e.grant_id, e.jti,
    e.data FROM events e WHERE e.tenant_id = ";

const HISTOGRAM: &str = "COUNT(*), CAST(SUM(CASE WHEN e.outcome <> 'SUCCESS' THEN 1 ELSE 0 END) AS BIGINT)
    FROM events e WHERE e.tenant_id = ";

/// The first commit number that is not certain to be complete. Every commit below it has ended: what it wrote
/// is seen by statements that begin later, and nothing will be added to it.
const HORIZON: Text = Text {
    sqlite: "SELECT txid + 1 FROM events WHERE tenant_id = $1 AND epoch = $2 ORDER BY txid DESC LIMIT 1",
    postgres: "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)
        WHERE CAST($1 AS UUID) IS NOT NULL AND CAST($2 AS BIGINT) IS NOT NULL",
};

/// Runs a built statement on the connection's engine. Its text holds constants and placeholders only
/// ([`Sql`] takes nothing else); it differs from search to search, so it isn't kept prepared.
macro_rules! fetch_built {
    ($tx:expr, $row:ty, $sql:expr) => {{
        macro_rules! run {
            ($conn:expr, $built:expr) => {{
                let (text, args) = $built.into_parts();
                let mut query = sqlx::query_as::<_, $row>(AssertSqlSafe(text)).persistent(false);
                for arg in args {
                    query = match arg {
                        Arg::Text(value) => query.bind(value),
                        Arg::Int(value) => query.bind(value),
                        Arg::Uuid(value) => query.bind(value),
                    };
                }
                query.fetch_all(&mut **$conn).await
            }};
        }
        match &mut $tx.conn {
            Conn::Sqlite(c) => run!(c, $sql),
            Conn::Postgres(c) => run!(c, $sql),
            Conn::PostgresTx(c) => run!(c, $sql),
        }
        .map_err(StoreError::from)
    }};
}

use fetch_built;

mod groups;
mod scan;

impl Tx {
    /// The events that a search finds.
    pub async fn log(&mut self, query: &LogQuery) -> Result<Vec<EventRow>> {
        self.log_page(query).await.map(|page| page.events)
    }

    /// One page of a search, and where the next begins.
    pub async fn log_page(&mut self, query: &LogQuery) -> Result<LogPage> {
        let limit = usize::try_from(query.limit.min(MAX_LIMIT)).unwrap_or(0);
        // The horizon is read before the events: a later one might pass over a commit that ended in between.
        let horizon = match query.order {
            Order::Commit => Some(self.log_horizon().await?),
            Order::Published | Order::PublishedDescending => None,
        };
        let mut events = Vec::new();
        for part in ways::parts(query) {
            let sql = self.page_sql(&part, horizon)?;
            events.extend(fetch_built!(self, EventRow, sql)?);
        }
        sort(&mut events, query.order);
        let more = events.len() > limit;
        let first = events.first().map(Position::of);
        events.truncate(limit);
        let last = events.last().map(Position::of);
        let end = match (more, last) {
            (false, _) if horizon.is_some() => horizon,
            (true, None) => first.map(|p| Position { seq: p.seq - 1, ..p }),
            (_, last) => last,
        };
        Ok(LogPage { events, more, end })
    }

    /// The statement of a page: one event more than it holds tells whether there are more.
    fn page_sql(&self, query: &LogQuery, horizon: Option<Position>) -> Result<Sql> {
        let limit = query.limit.min(MAX_LIMIT);
        let mut sql = Sql::new(self.is_sqlite());
        sql.push(SELECT).bind(Arg::Uuid(self.tenant.0));
        match query.order {
            Order::Commit => narrow(&mut sql, query)?,
            Order::Published | Order::PublishedDescending => narrow_by_time(&mut sql, query)?,
        }
        span(&mut sql, query, horizon);
        sql.push(match query.order {
            Order::Commit => " ORDER BY e.epoch, e.txid, e.seq",
            Order::Published => " ORDER BY e.published, e.epoch, e.txid, e.seq",
            Order::PublishedDescending => " ORDER BY e.published DESC, e.epoch DESC, e.txid DESC, e.seq DESC",
        });
        sql.push(" LIMIT ").bind(Arg::Int(i64::from(limit) + 1));
        Ok(sql)
    }

    /// Where the part of the log ends that can't change any more: everything before it is complete.
    pub(crate) async fn log_horizon(&mut self) -> Result<Position> {
        let sql = HORIZON.of(&self.conn);
        let txid = fetch_optional!(self, (i64,), sql, self.tenant, self.epoch)?.map_or(0, |(txid,)| txid);
        Ok(Position { published: Time(0), epoch: self.epoch, txid, seq: -1 })
    }

    /// How many events a search finds in each span of `width` microseconds from `from` until `to`, and how many of
    /// those are of a kind. The last span may be shorter; spans are wider where there would be more than
    /// [`MAX_BUCKETS`]. The query's own times, order and limit are passed over.
    pub async fn log_histogram(
        &mut self,
        query: &LogQuery,
        kind: &Condition,
        (from, to): (Time, Time),
        width: i64,
    ) -> Result<Vec<(Bucket, i64)>> {
        let length = to.since(from).max(1);
        let parts = |width: i64| length.saturating_add(width - 1) / width;
        let width = width.max(parts(i64::from(MAX_BUCKETS))).max(1);
        let buckets = parts(width);
        let start = |n: i64| Time(from.0.saturating_add(n.saturating_mul(width)));
        let mut all: Vec<(Bucket, i64)> =
            (0..buckets).map(|n| (Bucket { start: start(n), total: 0, refused: 0 }, 0)).collect();
        let mut sql = Sql::new(self.is_sqlite());
        sql.push("SELECT (e.published - ")
            .bind(Arg::Int(from.0))
            .push(") / ")
            .bind(Arg::Int(width))
            .push(", CAST(SUM(CASE WHEN ");
        kind.compile(&mut sql)?;
        sql.push(" THEN 1 ELSE 0 END) AS BIGINT), ");
        sql.push(HISTOGRAM).bind(Arg::Uuid(self.tenant.0));
        narrow_by_time(&mut sql, query)?;
        sql.push(" AND e.published >= ").bind(Arg::Int(from.0));
        sql.push(" AND e.published < ").bind(Arg::Int(to.0)).push(" GROUP BY 1");
        for (bucket, of_kind, total, refused) in fetch_built!(self, (i64, i64, i64, i64), sql)? {
            if let Some((place, kind)) = usize::try_from(bucket).ok().and_then(|n| all.get_mut(n)) {
                (place.total, place.refused, *kind) = (total, refused, of_kind);
            }
        }
        Ok(all)
    }

    /// How many events a search finds from `from` until `to`.
    pub async fn log_count(&mut self, query: &LogQuery, from: Time, to: Time) -> Result<Bucket> {
        let all = self.log_histogram(query, &Condition::Never, (from, to), i64::MAX).await?;
        Ok(all.first().map_or(Bucket { start: from, total: 0, refused: 0 }, |(bucket, _)| *bucket))
    }

    /// How many events of each type and outcome there are from `from` until `to`.
    pub async fn types_between(&mut self, from: Time, to: Time) -> Result<Vec<TypeCount>> {
        const SQL: &str = "SELECT event_type, outcome, COUNT(*) AS total FROM events
            WHERE tenant_id = $1 AND published >= $2 AND published < $3
            GROUP BY event_type, outcome ORDER BY event_type, outcome";
        fetch_all!(self, TypeCount, SQL, self.tenant, from, to)
    }

    /// The newest events of which a condition holds.
    pub async fn latest_matching(
        &mut self,
        condition: Condition,
        since: Option<Time>,
        limit: u32,
    ) -> Result<Vec<EventRow>> {
        self.log(&LogQuery { condition, since, limit, ..LogQuery::default() }).await
    }
}

/// Puts the events of several parts of a search in its order.
fn sort(events: &mut [EventRow], order: Order) {
    let place = |event: &EventRow| (event.published, event.epoch, event.txid, event.seq);
    match order {
        Order::Commit => {}
        Order::Published => events.sort_by_key(place),
        Order::PublishedDescending => events.sort_by_key(|event| Reverse(place(event))),
    }
}

/// Adds what must hold of every event that is found.
fn narrow(sql: &mut Sql, query: &LogQuery) -> Result<()> {
    if !matches!(query.condition, Condition::Always) {
        sql.push(" AND ");
        query.condition.compile(sql)?;
    }
    Ok(())
}

/// The same for a search that goes by the time, with the way that leads to what it finds. The order of commits has
/// its own: whoever follows the log reads little of it each time.
fn narrow_by_time(sql: &mut Sql, query: &LogQuery) -> Result<()> {
    narrow(sql, query)?;
    if let Some(way) = ways::Way::of(&query.condition) {
        way.add(sql);
    }
    Ok(())
}

/// Adds the span of the log that a page lies in.
fn span(sql: &mut Sql, query: &LogQuery, horizon: Option<Position>) {
    let since = match query.order {
        Order::Commit if query.after.is_some() => None,
        _ => query.since,
    };
    if let Some(since) = since {
        sql.push(" AND e.published >= ").bind(Arg::Int(since.0));
    }
    if let Some(until) = query.until {
        sql.push(" AND e.published < ").bind(Arg::Int(until.0));
    }
    if let Some(after) = query.after {
        match query.order {
            Order::Commit => {
                sql.push(" AND (e.epoch, e.txid, e.seq) > (").place(after).push(")");
            }
            // The first comparison says nothing new, but it is one that an index on the time answers.
            Order::Published => {
                sql.push(" AND e.published >= ").bind(Arg::Int(after.published.0));
                sql.push(" AND (e.published, e.epoch, e.txid, e.seq) > (");
                sql.bind(Arg::Int(after.published.0)).push(", ").place(after).push(")");
            }
            Order::PublishedDescending => {
                sql.push(" AND e.published <= ").bind(Arg::Int(after.published.0));
                sql.push(" AND (e.published, e.epoch, e.txid, e.seq) < (");
                sql.bind(Arg::Int(after.published.0)).push(", ").place(after).push(")");
            }
        }
    }
    if let Some(horizon) = horizon {
        sql.push(" AND (e.epoch, e.txid, e.seq) <= (").place(horizon).push(")");
    }
}
