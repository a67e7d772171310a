//! SQLite's one writer, with group commit: it takes whatever writes are waiting, runs each in a savepoint of
//! one transaction, commits once, and only then lets the callers go on. A write that fails is rolled back
//! alone. Durability (an fsync a commit) so costs latency, not throughput.

use crate::conn::Conn;
use crate::tx::Tx;
use crate::{Result, StoreError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use signet_domain::Time;
use signet_domain::id::TenantId;
use sqlx::SqlitePool;
use std::panic::AssertUnwindSafe;
use tokio::sync::{mpsc, oneshot};

/// The most writes that one commit holds.
const BATCH: usize = 128;

/// The newest commit number: of the log, or of what was counted, since the tenant that wrote last may be gone.
const LAST_COMMIT: &str = "SELECT MAX(txid) FROM (
    SELECT MAX(txid) AS txid FROM events WHERE epoch = $1
    UNION ALL SELECT MAX(txid) FROM count_progress WHERE epoch = $1) AS newest";

type Done = Box<dyn FnOnce(Result<()>) + Send>;
type Work = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, (Result<()>, Done)> + Send>;

struct Job {
    tenant: TenantId,
    clock_override: Option<Time>,
    work: Work,
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts the writer on a connection of the pool.
    pub(crate) async fn start(pool: &SqlitePool, epoch: i64, changed: ConfigChanged) -> Result<Self> {
        let mut conn = pool.acquire().await?;
        let (last,): (Option<i64>,) = sqlx::query_as(LAST_COMMIT).bind(epoch).fetch_one(&mut *conn).await?;
        let (sender, receiver) = mpsc::channel(4096);
        let tx = Tx {
            tenant: TenantId(uuid::Uuid::nil()),
            conn: Conn::Sqlite(conn),
            epoch,
            txid: last.unwrap_or(0),
            seq: 0,
            clock_override: None,
            config_changed: false,
        };
        tokio::spawn(run(tx, receiver, changed));
        Ok(Self(sender))
    }

    /// Runs a write and waits for its commit.
    pub(crate) async fn write<R, F>(&self, tenant: TenantId, clock_override: Option<Time>, f: F) -> Result<R>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::new(move |tx| {
            Box::pin(async move {
                let result = AssertUnwindSafe(f(tx)).catch_unwind().await;
                let result = result.unwrap_or_else(|_| Err(StoreError::Internal("a write panicked".into())));
                let (outcome, value) = match result {
                    Ok(value) => (Ok(()), Ok(value)),
                    Err(error) => (Err(StoreError::Stale), Err(error)),
                };
                let done: Done = Box::new(move |commit| {
                    // A caller that hung up doesn't hear; what it asked for is done all the same.
                    let _ = sender.send(value.and_then(|value| commit.map(|()| value)));
                });
                (outcome, done)
            })
        });
        let gone = |_| StoreError::Unavailable("the writer has stopped".into());
        self.0.send(Job { tenant, clock_override, work }).await.map_err(|_| gone(()))?;
        receiver.await.map_err(|_| gone(()))?
    }
}

/// Called after a commit with the tenants whose configuration it changed.
pub(crate) type ConfigChanged = Box<dyn Fn(TenantId) + Send + Sync>;

async fn run(mut tx: Tx, mut jobs: mpsc::Receiver<Job>, changed: ConfigChanged) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        tx.txid += 1;
        tx.seq = 0;
        let mut waiting = Vec::with_capacity(batch.len());
        let mut tenants = Vec::new();
        let result = match statement(&mut tx, "BEGIN IMMEDIATE").await {
            Ok(()) => {
                for job in batch.drain(..) {
                    waiting.push(one(&mut tx, job, &mut tenants).await);
                }
                commit(&mut tx).await
            }
            Err(error) => {
                batch.clear(); // dropping a job tells its caller that the writer did not take it
                Err(error)
            }
        };
        if result.is_ok() {
            tenants.iter().for_each(|&t| changed(t));
        }
        for done in waiting {
            done(copy(&result));
        }
    }
}

async fn one(tx: &mut Tx, job: Job, tenants: &mut Vec<TenantId>) -> Done {
    tx.tenant = job.tenant;
    tx.clock_override = job.clock_override;
    tx.config_changed = false;
    if let Err(error) = statement(tx, "SAVEPOINT job").await {
        return Box::new(move |_| tracing::error!(%error, "a write could not begin"));
    }
    let (outcome, done) = (job.work)(tx).await;
    let ended = match outcome {
        Ok(()) => {
            if tx.config_changed && !tenants.contains(&job.tenant) {
                tenants.push(job.tenant);
            }
            statement(tx, "RELEASE job").await
        }
        Err(_) => statement(tx, "ROLLBACK TO job; RELEASE job").await,
    };
    match ended {
        Ok(()) => done,
        Err(error) => Box::new(move |_| done(Err(error))),
    }
}

async fn commit(tx: &mut Tx) -> Result<()> {
    let result = statement(tx, "COMMIT").await;
    if result.is_err() {
        // The disk is full, say: give everything back and go on with the next batch.
        let _ = statement(tx, "ROLLBACK").await;
    }
    result
}

async fn statement(tx: &mut Tx, sql: &'static str) -> Result<()> {
    let Conn::Sqlite(conn) = &mut tx.conn else {
        return Err(StoreError::Internal("the writer is SQLite's".into()));
    };
    let conn: &mut sqlx::SqliteConnection = conn;
    sqlx::raw_sql(sql).execute(conn).await?;
    Ok(())
}

fn copy(result: &Result<()>) -> Result<()> {
    match result {
        Ok(()) => Ok(()),
        Err(error) => Err(StoreError::Unavailable(error.to_string())),
    }
}
