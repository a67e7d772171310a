//! How far the evaluation of alerts has come in the log of all tenants, and its next step.
//!
//! As with the hourly counts, a step reads what was committed after the last one, and what comes of it is stored
//! together with how far it came. Two nodes may read the same events, but only one of them moves on; what the other
//! found is dropped. So every event is heard once, whoever crashes when.

use crate::counts::Progress;
use crate::dialect::Text;
use crate::log_query::Position;
use crate::macros::{execute, fetch_all, fetch_one};
use crate::{Result, Store, StoreError, Tx};
use signet_domain::Time;
use signet_domain::alert::{Alert, AlertFiring};
use signet_domain::event::Event;
use signet_domain::id::{FiringId, TenantId};
use signet_domain::webhook::WebhookDelivery;
use std::collections::{BTreeMap, BTreeSet};

/// A part of the log that follows what was heard already.
#[derive(Debug)]
pub struct AlertStep {
    from: Progress,
    to: Progress,
    /// The tenants that have events in it, each with the types of these.
    pub types: BTreeMap<TenantId, BTreeSet<String>>,
    /// How many events are in it.
    pub events: u64,
}

impl AlertStep {
    /// The place that it comes after, and its last one.
    #[must_use]
    pub fn places(&self) -> (Position, Position) {
        let place = |p: Progress| Position { published: Time(0), epoch: p.epoch, txid: p.txid, seq: p.seq };
        (place(self.from), place(self.to))
    }
}

/// What an alert heard in a step.
#[derive(Debug)]
pub struct AlertChange {
    /// The alert, with what it remembers now.
    pub alert: Alert,
    /// The times that it fired, each with its event.
    pub fired: Vec<(AlertFiring, Event)>,
    /// What webhooks have to be told of that.
    pub deliveries: Vec<WebhookDelivery>,
    /// Events that belong to a window which had fired before, and the last one's time.
    pub more: Option<(FiringId, i64, Time)>,
}

#[derive(Debug, sqlx::FromRow)]
struct Seen {
    tenant_id: TenantId,
    event_type: String,
    epoch: i64,
    txid: i64,
    seq: i64,
}

/// As the hourly counts read on.
const NEXT: Text = Text {
    sqlite: "SELECT tenant_id, event_type, epoch, txid, seq FROM events
        WHERE (epoch, txid, seq) > ($1, $2, $3) AND epoch <= $4 ORDER BY epoch, txid, seq LIMIT $5",
    postgres: "SELECT tenant_id, event_type, epoch, txid, seq FROM events
        WHERE (epoch, txid, seq) > ($1, $2, $3)
          AND (epoch, txid) < ($4, CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT))
        ORDER BY epoch, txid, seq LIMIT $5",
};

/// The rest of a commit: a step never ends inside one.
const REST: &str = "SELECT tenant_id, event_type, epoch, txid, seq FROM events
    WHERE epoch = $1 AND txid = $2 AND seq > $3 ORDER BY seq, tenant_id";

const NIL: TenantId = TenantId(uuid::Uuid::nil());

impl Store {
    /// The next part of the log for alerts to hear; `None` when they have heard everything.
    pub async fn unscoped_alert_step(&self, max_rows: i64) -> Result<Option<AlertStep>> {
        const PROGRESS: &str = "SELECT epoch, txid, seq FROM count_progress WHERE id = 2";
        let mut tx = self.read(NIL).await?;
        let from = fetch_one!(tx, Progress, PROGRESS)?;
        let (sql, most) = (NEXT.of(&tx.conn), max_rows.clamp(1, 10_000));
        let mut seen = fetch_all!(tx, Seen, sql, from.epoch, from.txid, from.seq, tx.epoch, most)?;
        if let Some(last) = seen.last() {
            let (epoch, txid, seq) = (last.epoch, last.txid, last.seq);
            seen.extend(fetch_all!(tx, Seen, REST, epoch, txid, seq)?);
        }
        let Some(last) = seen.last() else { return Ok(None) };
        let to = Progress { epoch: last.epoch, txid: last.txid, seq: last.seq };
        let events = u64::try_from(seen.len()).unwrap_or(u64::MAX);
        let mut types: BTreeMap<TenantId, BTreeSet<String>> = BTreeMap::new();
        for event in seen {
            types.entry(event.tenant_id).or_default().insert(event.event_type);
        }
        Ok(Some(AlertStep { from, to, types, events }))
    }

    /// Ends a step with what came of it; `false` when another node was faster, and nothing is stored.
    /// [`StoreError::Stale`] when an alert was changed meanwhile: the step must be taken again.
    pub async fn unscoped_end_alert_step(&self, step: AlertStep, changes: Vec<AlertChange>) -> Result<bool> {
        self.write(NIL, move |tx| {
            Box::pin(async move {
                if !move_on(tx, step.from, step.to).await? {
                    return Ok(false);
                }
                for change in &changes {
                    tx.tenant = change.alert.tenant_id;
                    let stored = store(tx, change).await;
                    tx.tenant = NIL;
                    stored?;
                }
                Ok(true)
            })
        })
        .await
    }
}

async fn move_on(tx: &mut Tx, from: Progress, to: Progress) -> Result<bool> {
    const MOVE: &str = "UPDATE count_progress SET epoch = $4, txid = $5, seq = $6
        WHERE id = 2 AND epoch = $1 AND txid = $2 AND seq = $3";
    execute!(tx, MOVE, from.epoch, from.txid, from.seq, to.epoch, to.txid, to.seq).map(|rows| rows > 0)
}

async fn store(tx: &mut Tx, change: &AlertChange) -> Result<()> {
    if !tx.put_heard(&change.alert).await? {
        return Err(StoreError::Stale);
    }
    if let Some((firing, events, last_at)) = change.more {
        tx.add_to_firing(firing, events, last_at).await?;
    }
    for (firing, event) in &change.fired {
        tx.insert_firing(firing).await?;
        tx.append(event).await?;
    }
    for delivery in &change.deliveries {
        tx.insert_webhook_delivery(delivery).await?;
    }
    Ok(())
}
