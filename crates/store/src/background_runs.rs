//! What goes on beside requests, for who runs the deployment: the last run of each job on each node, and what waits.

use crate::macros::{execute, fetch_all, fetch_one};
use crate::{Result, Store};
use signet_domain::Time;
use signet_domain::id::TenantId;
use uuid::Uuid;

/// Seconds after which what a node said is forgotten.
const FORGOTTEN_SECONDS: i64 = 86_400;

/// Nothing that waits is counted further.
pub const COUNTED: i64 = 1_000;

const NIL: TenantId = TenantId(Uuid::nil());

/// The last run of a job on a node.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Run {
    /// The node.
    pub node: Uuid,
    /// The job's name.
    pub job: String,
    /// When it last ran.
    pub ran_at: Time,
    /// Microseconds that it took.
    pub took: i64,
    /// How much it did then.
    pub did: i64,
    /// How much it did since the node began.
    pub did_all: i64,
    /// When it last did anything.
    pub did_at: Option<Time>,
    /// What last went wrong.
    pub error: Option<String>,
    /// When that was.
    pub error_at: Option<Time>,
}

/// What waits, each counted no further than [`COUNTED`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Backlog {
    /// Tenants whose logs have something too old.
    pub logs: i64,
    /// Deleted tenants whose grace is over.
    pub erasures: i64,
    /// Sign-outs that apps are to be told of now.
    pub logouts: i64,
    /// Calls of webhooks that are due.
    pub webhooks: i64,
    /// Signing keys whose time has come.
    pub keys: i64,
    /// Registrations that were never used in time.
    pub registrations: i64,
}

impl Store {
    /// Writes down the last runs of this node's jobs, and forgets those of nodes that are long gone.
    pub async fn unscoped_note_runs(&self, runs: Vec<Run>, now: Time) -> Result<()> {
        const PUT: &str = "INSERT INTO background_runs (node, job, ran_at, took, did, did_all, did_at, error, error_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT (node, job) DO UPDATE SET ran_at = excluded.ran_at,
            took = excluded.took, did = excluded.did, did_all = excluded.did_all, did_at = excluded.did_at,
            error = excluded.error, error_at = excluded.error_at";
        const FORGET: &str = "DELETE FROM background_runs WHERE ran_at < $1";
        self.write(NIL, move |tx| {
            Box::pin(async move {
                for r in &runs {
                    execute!(
                        tx, PUT, r.node, &r.job, r.ran_at, r.took, r.did, r.did_all, r.did_at, &r.error,
                        r.error_at
                    )?;
                }
                execute!(tx, FORGET, now.plus_secs(-FORGOTTEN_SECONDS)).map(|_| ())
            })
        })
        .await
    }

    /// The last runs of all nodes' jobs.
    pub async fn unscoped_runs(&self) -> Result<Vec<Run>> {
        const SQL: &str = "SELECT * FROM background_runs ORDER BY job, node LIMIT 1000";
        let mut tx = self.read(NIL).await?;
        fetch_all!(tx, Run, SQL)
    }

    /// What waits.
    pub async fn unscoped_backlog(&self, now: Time) -> Result<Backlog> {
        const SQL: &str = "SELECT
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM log_retention WHERE due_at <= $1 LIMIT $2) AS a) AS logs,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM tenant_deletions
                WHERE erased_at IS NULL AND erase_at <= $1 LIMIT $2) AS b) AS erasures,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM logout_deliveries WHERE next_at <= $1 LIMIT $2) AS c) AS logouts,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM webhook_deliveries WHERE next_at <= $1 LIMIT $2) AS d) AS webhooks,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM signing_keys WHERE due_at <= $1 LIMIT $2) AS e) AS keys,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM registrations WHERE expires_at <= $1 LIMIT $2) AS f)
                AS registrations";
        let mut tx = self.read(NIL).await?;
        fetch_one!(tx, Backlog, SQL, now, COUNTED)
    }

    /// Events that aren't counted yet, and those that alerts haven't heard.
    pub async fn unscoped_behind_the_log(&self) -> Result<(i64, i64)> {
        const SQL: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM count_progress p JOIN events e
            ON (e.epoch, e.txid, e.seq) > (p.epoch, p.txid, p.seq) WHERE p.id = $1 LIMIT $2) AS few";
        let mut tx = self.read(NIL).await?;
        let (counts,): (i64,) = fetch_one!(tx, (i64,), SQL, 1_i64, COUNTED)?;
        let (alerts,): (i64,) = fetch_one!(tx, (i64,), SQL, 2_i64, COUNTED)?;
        Ok((counts, alerts))
    }
}
