//! Several nodes on one database: what changed, whose clock counts, and who is there.

use crate::dialect::{Text, with_now};
use crate::macros::{execute, fetch_all, fetch_one};
use crate::store::Db;
use crate::{Result, Store, StoreError, Tx};
use signet_domain::Time;
use signet_domain::id::TenantId;
use sqlx::postgres::PgListener;
use std::time::Instant;
use uuid::Uuid;

/// Seconds after which a node that was not seen counts as gone.
pub const LIVE_SECONDS: i64 = 5;

/// Seconds after which a node that is gone is forgotten.
const FORGOTTEN_SECONDS: i64 = 86_400;

/// Where commits say that configuration changed.
const CHANNEL: &str = "signet_changes";

const NIL: TenantId = TenantId(Uuid::nil());

/// On PostgreSQL none of these heeds a test's clock: they say what the database's is.
fn no_override(tx: &Tx) -> Option<Time> {
    tx.is_sqlite().then(|| tx.clock_for_limits()).flatten()
}

/// One row at least, for the clock.
const CHANGES: Text = with_now!("$2":
    "SELECT n.clock, c.tenant_id, c.changed_at FROM (SELECT "; now " AS clock LIMIT 1) n
     LEFT JOIN changes c ON c.changed_at >= $1 ORDER BY c.changed_at");

const SEEN: Text = with_now!("$2":
    "INSERT INTO nodes (id, started_at, seen_at)
     SELECT $1, n.clock, n.clock FROM (SELECT "; now " AS clock LIMIT 1) n WHERE TRUE
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at");

const LIVE: Text = with_now!("$2":
    "SELECT COUNT(*) FROM nodes WHERE seen_at > "; now " - $1");

const LIVE_ONES: Text = with_now!("$2":
    "SELECT id, started_at FROM nodes WHERE seen_at > "; now " - $1 ORDER BY started_at, id LIMIT 1000");

const FORGET: Text = with_now!("$2":
    "DELETE FROM nodes WHERE seen_at < "; now " - $1");

const TELL: &str = "SELECT COUNT(pg_notify($1, ''))";

const LEAVE: &str = "DELETE FROM nodes WHERE id = $1";

impl Store {
    /// Tenants whose configuration was changed at or after an instant, with the instant; and the clock of the
    /// database, which this node's clock is set by.
    pub async fn unscoped_changes_since(&self, since: Time) -> Result<Vec<(TenantId, Time)>> {
        type Row = (Time, Option<TenantId>, Option<Time>);
        let mut tx = self.read_apart(NIL).await?;
        let now = no_override(&tx);
        let asked = Instant::now();
        let sql = CHANGES.of(&tx.conn);
        let rows = fetch_all!(tx, Row, sql, since, now)?;
        if let (Some((clock, ..)), false) = (rows.first(), tx.is_sqlite()) {
            self.clock().measured(asked, *clock);
        }
        Ok(rows.into_iter().filter_map(|(_, tenant, at)| Some((tenant?, at?))).collect())
    }

    /// Says that this node is there, forgets those that are long gone, and counts those that are: this one included.
    pub async fn unscoped_beat(&self, node: Uuid) -> Result<i64> {
        let mut tx = self.read_apart(NIL).await?;
        let over = no_override(&tx);
        let (seen, forget, live) = (SEEN.of(&tx.conn), FORGET.of(&tx.conn), LIVE.of(&tx.conn));
        execute!(tx, seen, node, over)?;
        execute!(tx, forget, FORGOTTEN_SECONDS * Time::SECOND, over)?;
        let (count,): (i64,) = fetch_one!(tx, (i64,), live, LIVE_SECONDS * Time::SECOND, over)?;
        Ok(count)
    }

    /// The nodes that are there, each with when it began.
    pub async fn unscoped_live_nodes(&self) -> Result<Vec<(Uuid, Time)>> {
        let mut tx = self.read(NIL).await?;
        let (sql, over) = (LIVE_ONES.of(&tx.conn), no_override(&tx));
        fetch_all!(tx, (Uuid, Time), sql, LIVE_SECONDS * Time::SECOND, over)
    }

    /// Takes this node off the list, at its orderly end.
    pub async fn unscoped_leave(&self, node: Uuid) -> Result<()> {
        let mut tx = self.read_apart(NIL).await?;
        execute!(tx, LEAVE, node).map(|_| ())
    }

    /// Hears of changes at once. `None` on SQLite, where nobody else changes anything.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn unscoped_listen(&self) -> Result<Option<ChangeListener>> {
        let Db::Postgres { apart, .. } = self.db() else { return Ok(None) };
        let mut listener = PgListener::connect_with(apart).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(ChangeListener(listener)))
    }
}

/// A connection that hears of changes. It is not the truth: what is said while it is lost is never heard.
pub struct ChangeListener(PgListener);

impl ChangeListener {
    /// Waits until something changed, or until something may have: when the connection was lost and is there again.
    ///
    /// # Errors
    /// When the connection was lost and the database can't be reached.
    pub async fn heard(&mut self) -> Result<()> {
        self.0.try_recv().await.map(|_| ()).map_err(StoreError::from)
    }
}

impl Tx {
    /// Tells listeners of the change, when it commits.
    pub(crate) async fn tell_listeners(&mut self) -> Result<()> {
        if !self.is_sqlite() {
            let _told: (i64,) = fetch_one!(self, (i64,), TELL, CHANNEL)?;
        }
        Ok(())
    }
}
