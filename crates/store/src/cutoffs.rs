//! When users were last cut off, and since when which nodes refuse what that ended. Nothing is decided by it: whether a
//! user may do something is read from the user, the session, the grant and the revocations, for every request.
//!
//! What a node writes is an upper bound. It writes in a statement that has read the cut-off, so the commit of the
//! cut-off came before, and each request that begins after the commit reads users as they are since, at any node.
//! A node may have refused earlier, but from what it wrote on it can't have done otherwise.

use crate::dialect::{Text, with_now};
use crate::macros::{execute, fetch_all};
use crate::{Result, Store, Tx};
use signet_domain::Time;
use signet_domain::id::{TenantId, UserId};
use uuid::Uuid;

/// Most cut-offs of which a node writes at a time.
pub const AT_ONCE: i64 = 500;

const NIL: TenantId = TenantId(Uuid::nil());

/// A user's newest cut-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutoff {
    /// The instant of the request that did it.
    pub at: Time,
    /// Nodes that said that they refuse, each with the instant, in the order in which they said it.
    pub refusals: Vec<(Uuid, Time)>,
}

/// A node writes about a cut-off once, however often it finds it.
const ONE: Text = with_now!("$4":
    "INSERT INTO node_refusals (tenant_id, user_id, node_id, cut_at, refuses_since)
     SELECT c.tenant_id, c.user_id, $3, c.cut_at, "; now " FROM user_cutoffs c
     WHERE c.tenant_id = $1 AND c.user_id = $2
     ON CONFLICT (tenant_id, user_id, node_id)
     DO UPDATE SET cut_at = excluded.cut_at, refuses_since = excluded.refuses_since
     WHERE node_refusals.cut_at <> excluded.cut_at");

const ALL: Text = with_now!("$4":
    "INSERT INTO node_refusals (tenant_id, user_id, node_id, cut_at, refuses_since)
     SELECT c.tenant_id, c.user_id, $1, c.cut_at, "; now " FROM user_cutoffs c
     WHERE c.cut_at >= $2 AND NOT EXISTS (SELECT 1 FROM node_refusals r WHERE r.tenant_id = c.tenant_id
       AND r.user_id = c.user_id AND r.node_id = $1 AND r.cut_at = c.cut_at)
     ORDER BY c.cut_at LIMIT $3
     ON CONFLICT (tenant_id, user_id, node_id)
     DO UPDATE SET cut_at = excluded.cut_at, refuses_since = excluded.refuses_since
     WHERE node_refusals.cut_at <> excluded.cut_at");

impl Tx {
    /// Notes that a user is cut off by this transaction, and has other nodes look. What nodes wrote of an earlier
    /// cut-off stays where it is and counts no more.
    pub async fn note_cutoff(&mut self, user: UserId, now: Time) -> Result<()> {
        const SQL: &str = "INSERT INTO user_cutoffs (tenant_id, user_id, cut_at) VALUES ($1,$2,$3)
            ON CONFLICT (tenant_id, user_id) DO UPDATE SET cut_at = excluded.cut_at";
        execute!(self, SQL, self.tenant, user, now)?;
        self.tell_listeners().await
    }

    /// Writes that a node refuses what a user's newest cut-off ended. Only true in a transaction that began after the
    /// cut-off's commit.
    pub async fn note_refusal(&mut self, user: UserId, node: Uuid) -> Result<()> {
        let (sql, now) = (ONE.of(&self.conn), self.clock_for_limits());
        execute!(self, sql, self.tenant, user, node, now).map(|_| ())
    }

    /// A user's newest cut-off, if it is known.
    pub async fn cutoff(&mut self, user: UserId) -> Result<Option<Cutoff>> {
        const SQL: &str = "SELECT c.cut_at, r.node_id, r.refuses_since FROM user_cutoffs c
            LEFT JOIN node_refusals r ON r.tenant_id = c.tenant_id AND r.user_id = c.user_id AND r.cut_at = c.cut_at
            WHERE c.tenant_id = $1 AND c.user_id = $2 ORDER BY r.refuses_since, r.node_id LIMIT 1000";
        type Row = (Time, Option<Uuid>, Option<Time>);
        let rows = fetch_all!(self, Row, SQL, self.tenant, user)?;
        let Some((at, ..)) = rows.first().copied() else { return Ok(None) };
        let refusals = rows.into_iter().filter_map(|(_, node, since)| Some((node?, since?))).collect();
        Ok(Some(Cutoff { at, refusals }))
    }
}

impl Store {
    /// Writes that a node refuses what the cut-offs since an instant ended, of whichever tenants; gives of how many it
    /// hadn't written before, at most [`AT_ONCE`].
    pub async fn unscoped_note_refusals(&self, node: Uuid, since: Time) -> Result<u64> {
        // Not apart: what keeps caches true waits for none of this.
        let mut tx = self.read(NIL).await?;
        let (sql, now) = (ALL.of(&tx.conn), tx.clock_for_limits());
        execute!(tx, sql, node, since, AT_ONCE, now)
    }
}
