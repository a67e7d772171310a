//! One of several nodes on a database: how it hears of the others' changes, and who else is there.
//!
//! A poll of the `changes` table four times a second is the truth. A NOTIFY of the commit that changed something
//! wakes it at once, but nothing depends on that: what is said while the listener's connection is lost is never
//! heard. A node whose last good poll is older than a second asks the database instead of its cache.

use crate::Idp;
use crate::cutoffs::LOOK_BACK_SECONDS as CUTOFF_LOOK_BACK_SECONDS;
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_store::cutoffs::AT_ONCE;
use signet_store::{Engine, StoreError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

/// Rows may become visible late, by as much as a transaction lasts: each poll looks back this far.
const LOOK_BACK_SECONDS: i64 = 15;

/// How long a poll may take.
const PATIENCE: Duration = Duration::from_millis(700);

/// How often this node says that it is there.
const BEAT: Duration = Duration::from_secs(1);

/// What a node knows of itself and the others.
#[derive(Debug)]
pub(crate) struct Nodes {
    id: Uuid,
    live: AtomicU32,
    listens: AtomicBool,
    /// Wakes the poll.
    changed: Notify,
    /// Says that a poll went well, and what it found is heeded.
    polled: Notify,
}

impl Nodes {
    pub(crate) fn new(id: Uuid) -> Self {
        Self {
            id,
            live: AtomicU32::new(1),
            listens: AtomicBool::new(false),
            changed: Notify::new(),
            polled: Notify::new(),
        }
    }
}

/// How a node is, for probes and metrics. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether every grant can be served.
    pub ready: bool,
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Nodes that are there, this one included.
    pub nodes: u32,
    /// How old what the cache says may be.
    pub cache_age: Duration,
    /// What does not work as it should, by stable names.
    pub degraded: Vec<&'static str>,
}

impl Idp {
    /// Nodes of this deployment that were seen in the last seconds, at least this one. While the database is gone it
    /// is the number there was.
    #[must_use]
    pub fn live_nodes(&self) -> u32 {
        self.nodes().live.load(Ordering::SeqCst).max(1)
    }

    /// This node's name among the others.
    #[must_use]
    pub fn node(&self) -> Uuid {
        self.nodes().id
    }

    /// The nodes of this deployment that are there, each with when it began.
    pub(crate) async fn live_node_list(&self) -> Result<Vec<(Uuid, Time)>, StoreError> {
        self.store().unscoped_live_nodes().await
    }

    /// Stable names of what does not work as it should on this node, although grants are served.
    #[must_use]
    pub fn degraded(&self) -> Vec<&'static str> {
        let postgres = self.store().engine() == Engine::Postgres;
        let mut degraded = Vec::new();
        if !self.cache().is_fresh() {
            degraded.push("cache_stale");
        }
        if postgres && !self.nodes().listens.load(Ordering::SeqCst) {
            degraded.push("listener_lost");
        }
        if self.redis().is_some_and(|redis| !redis.health().borrow().is_well()) {
            degraded.push("redis_lost");
        }
        degraded
    }

    /// How this node is.
    pub async fn health(&self) -> Health {
        let postgres = self.store().engine() == Engine::Postgres;
        Health {
            ready: self.is_ready().await,
            engine: if postgres { "postgres" } else { "sqlite" },
            nodes: self.live_nodes(),
            cache_age: self.cache().age(),
            degraded: self.degraded(),
        }
    }

    /// Keeps the cache true and the count of nodes up to date. On return the first look was had.
    pub(crate) async fn join_nodes(&self) -> Result<(), StoreError> {
        let cache = self.shared_cache();
        self.store().on_change(move |tenant| cache.forget(tenant));
        if self.store().engine() == Engine::Sqlite {
            return Ok(());
        }
        self.cache().set_polled(Instant::now());
        self.beat().await?;
        let mut polled = Polled::default();
        polled.poll(self).await?;
        tokio::spawn(poll(self.clone(), polled));
        tokio::spawn(listen(self.clone()));
        tokio::spawn(refuse(self.clone()));
        tokio::spawn(beat(self.clone()));
        Ok(())
    }

    async fn beat(&self) -> Result<(), StoreError> {
        let live = self.store().unscoped_beat(self.nodes().id).await?;
        self.nodes().live.store(u32::try_from(live).unwrap_or(1), Ordering::SeqCst);
        Ok(())
    }

    /// Takes this node off the list, so that the others needn't find out that it is gone.
    pub async fn leave_nodes(&self) {
        if self.store().engine() == Engine::Postgres {
            let left = timeout(PATIENCE, self.store().unscoped_leave(self.nodes().id)).await;
            if !matches!(left, Ok(Ok(()))) {
                tracing::debug!("could not take this node off the list");
            }
        }
    }
}

/// What was seen of others' changes.
#[derive(Default)]
struct Polled {
    seen: HashMap<TenantId, Time>,
    /// At first everything: what this node holds may be older than it knows.
    newest: Time,
}

impl Polled {
    async fn poll(&mut self, idp: &Idp) -> Result<(), StoreError> {
        let started = Instant::now();
        let since = self.newest.plus_secs(-LOOK_BACK_SECONDS);
        let changes = idp.store().unscoped_changes_since(since).await?;
        self.seen.retain(|_, at| changes.iter().any(|(_, changed)| changed == at));
        for (tenant, at) in changes {
            if self.seen.insert(tenant, at) != Some(at) {
                idp.cache().forget(tenant);
            }
            self.newest = self.newest.max(at);
        }
        if !idp.cache().is_fresh() {
            idp.cache().clear();
        }
        idp.cache().set_polled(started);
        Ok(())
    }
}

async fn poll(idp: Idp, mut polled: Polled) {
    let mut ticks = interval(Duration::from_millis(250));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! { _ = ticks.tick() => {}, () = idp.nodes().changed.notified() => {} }
        match timeout(PATIENCE, polled.poll(&idp)).await {
            Ok(Ok(())) => idp.nodes().polled.notify_one(),
            Ok(Err(error)) => tracing::warn!(%error, "could not poll for changes"),
            Err(_) => tracing::warn!("polling for changes takes too long"),
        }
    }
}

/// Says after each poll which users this node refuses that were cut off lately. It is beside the poll, which must
/// wait for nothing.
async fn refuse(idp: Idp) {
    let nodes = idp.nodes();
    let mut said = idp.clock().now();
    loop {
        nodes.polled.notified().await;
        let now = idp.clock().now();
        // Cut-offs may become visible late, by as much as a request lasts.
        let since = said.plus_secs(-CUTOFF_LOOK_BACK_SECONDS);
        match timeout(PATIENCE, idp.store().unscoped_note_refusals(nodes.id, since)).await {
            Ok(Ok(few)) if few < AT_ONCE.unsigned_abs() => said = now,
            Ok(Ok(_)) => nodes.polled.notify_one(),
            Ok(Err(error)) => tracing::debug!(%error, "could not say which users this node refuses"),
            Err(_) => tracing::debug!("saying which users this node refuses takes too long"),
        }
    }
}

async fn listen(idp: Idp) {
    let nodes = idp.nodes();
    loop {
        match idp.store().unscoped_listen().await {
            Ok(Some(mut listener)) => {
                nodes.listens.store(true, Ordering::SeqCst);
                nodes.changed.notify_one();
                while listener.heard().await.is_ok() {
                    nodes.changed.notify_one();
                }
                tracing::warn!("the connection that hears of changes was lost: polling finds them");
            }
            Ok(None) => return,
            Err(error) => tracing::debug!(%error, "could not listen for changes"),
        }
        nodes.listens.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn beat(idp: Idp) {
    let mut ticks = interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match timeout(PATIENCE, idp.beat()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "could not say that this node is there"),
            Err(_) => tracing::debug!("saying that this node is there takes too long"),
        }
    }
}
