//! What goes on beside requests: bounded work at every tick, whatever the number of tenants.

use crate::{App, log_head};
use futures_util::future::{BoxFuture, join_all};
use signet_domain::Time;
use signet_idp::IdpError;
use signet_idp::stories::CLOSED_AT_ONCE;
use signet_store::background_runs::Run;
use signet_store::housekeeping::Swept;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

/// Rows of a table that one step deletes: other writes go between two steps.
const SWEEP_ROWS: i64 = 1_000;

/// Events that one step counts, or has alerts hear.
const EVENTS: i64 = 2_000;

/// Servers whose keys one tick looks after.
const SERVERS_WITH_DUE_KEYS: i64 = 20;
/// Sign-outs, and calls of webhooks, that are delivered at a time.
const DELIVERIES: i64 = 64;

/// Unused registrations that one tick deletes.
const UNUSED_REGISTRATIONS: i64 = 100;

/// How often a node writes down what it did.
const REPORT: Duration = Duration::from_secs(30);

/// A job: its name, how often it runs, and its steps at a time, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// What it does, for people.
    pub(crate) what: &'static str,
    every: Duration,
    steps: u32,
}

macro_rules! jobs {
    ($($(#[$doc:meta])* $konst:ident = $name:literal, $what:literal, every $secs:literal s, $steps:expr;)*) => {
        $($(#[$doc])* const $konst: Job =
            Job { name: $name, what: $what, every: Duration::from_secs($secs), steps: $steps };)*

        /// All jobs, in the order in which they are shown.
        pub(crate) const JOBS: &[Job] = &[$($konst),*];
    };
}

jobs! {
    COUNT = "counts", "Counts events by the hour", every 1 s, 5;
    WATCH = "alerts", "Lets alerts hear the log", every 1 s, 5;
    SEAL = "seals", "Seals logs", every 10 s, 50;
    STORIES = "stories", "Closes stories of refusals", every 1 s, 1;
    LOGOUTS = "sign-outs", "Tells apps of sign-outs", every 1 s, u32::MAX;
    WEBHOOKS = "webhooks", "Tells webhooks", every 1 s, u32::MAX;
    KEYS = "keys", "Turns signing keys", every 1 s, 1;
    SWEEP = "sweep", "Deletes what has expired, and what logs no longer keep", every 60 s, 60;
    ERASE = "erasure", "Erases deleted tenants", every 60 s, 60;
    /// They go after days, so a while more or less is nothing.
    REGISTRATIONS = "registrations", "Deletes registrations that were never used", every 2 s, 1;
}

/// What a step did, and whether there is more to do at once.
type Step = Result<Swept, IdpError>;

/// What this node did beside requests since it began.
pub(crate) struct Background {
    node: Uuid,
    runs: Mutex<BTreeMap<&'static str, Run>>,
}

impl Background {
    pub(crate) fn new(node: Uuid) -> Self {
        Self { node, runs: Mutex::default() }
    }

    /// This node's name in the list.
    pub(crate) fn node(&self) -> Uuid {
        self.node
    }

    /// The last run of each job that ran.
    pub(crate) fn runs(&self) -> Vec<Run> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn note(&self, job: Job, at: Time, took: Duration, did: u64, error: Option<String>) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let did = i64::try_from(did).unwrap_or(i64::MAX);
        let before = runs.remove(job.name);
        let (all, did_at, last) = before
            .map_or((0, None, (None, None)), |run| (run.did_all, run.did_at, (run.error, run.error_at)));
        let (error, error_at) = if error.is_some() { (error, Some(at)) } else { last };
        let run = Run {
            node: self.node,
            job: job.name.to_owned(),
            ran_at: at,
            took: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            did,
            did_all: all.saturating_add(did),
            did_at: if did > 0 { Some(at) } else { did_at },
            error,
            error_at,
        };
        runs.insert(job.name, run);
    }
}

/// A step of a job.
type Work = fn(App) -> BoxFuture<'static, Step>;

/// Starts the loops; they end with the runtime.
pub(crate) fn start(app: &App) {
    log_head::resume(app);
    let jobs: [(Job, Work); 10] = [
        (COUNT, |app| {
            Box::pin(async move { counted(app.idp().store().unscoped_count_events(EVENTS).await?) })
        }),
        (WATCH, |app| Box::pin(async move { counted(app.idp().evaluate_alerts(EVENTS).await?) })),
        (SEAL, |app| Box::pin(seal(app))),
        (STORIES, |app| Box::pin(close_stories(app))),
        (LOGOUTS, |app| Box::pin(tell_apps(app))),
        (WEBHOOKS, |app| Box::pin(tell_webhooks(app))),
        (KEYS, |app| Box::pin(keep_keys(app))),
        (SWEEP, |app| {
            Box::pin(async move {
                Ok(app.idp().store().unscoped_delete_expired(app.idp().clock().now(), SWEEP_ROWS).await?)
            })
        }),
        (ERASE, |app| Box::pin(async move { app.idp().erase_tenants(SWEEP_ROWS).await })),
        (REGISTRATIONS, |app| Box::pin(end_unused_registrations(app))),
    ];
    for (job, work) in jobs {
        tokio::spawn(every(app.clone(), job, work));
    }
    tokio::spawn(report(app.clone()));
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Runs a job at each of its ticks, a bounded number of steps at a time, and notes how it went.
async fn every(app: App, job: Job, work: Work) {
    let mut ticks = ticks(job.every);
    loop {
        ticks.tick().await;
        let (began, mut did, mut failed) = (Instant::now(), 0, None);
        for _ in 0..job.steps {
            match work(app.clone()).await {
                Ok(step) => {
                    did += step.rows;
                    if !step.more {
                        break;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, job = job.name, "background work failed");
                    failed = Some(error.to_string());
                    break;
                }
            }
        }
        app.background().note(job, app.idp().clock().now(), began.elapsed(), did, failed);
    }
}

/// Writes down what this node did, so that the operator sees it at any node.
async fn report(app: App) {
    let mut ticks = ticks(REPORT);
    loop {
        ticks.tick().await;
        let (runs, now) = (app.background().runs(), app.idp().clock().now());
        if let Err(error) = app.idp().store().unscoped_note_runs(runs, now).await {
            tracing::warn!(%error, "could not write down what runs in the background");
        }
    }
}

/// So many; and more, unless there were none.
fn counted(rows: u64) -> Step {
    Ok(Swept { rows, more: rows > 0 })
}

/// What came of several things that were done together: how many, or what went wrong with the last one of those that
/// failed.
fn together(results: Vec<Result<(), IdpError>>, more: bool) -> Step {
    let rows = u64::try_from(results.len()).unwrap_or(u64::MAX);
    let mut last = None;
    for error in results.into_iter().filter_map(Result::err) {
        tracing::warn!(%error, "background work failed for one");
        last = Some(error);
    }
    last.map_or(Ok(Swept { rows, more }), Err)
}

/// Seals what was logged, and writes down outside of the database how far the chain goes.
async fn seal(app: App) -> Step {
    let sealed = app.idp().seal_log(EVENTS).await?;
    if let Some(head) = app.idp().log_head() {
        log_head::write(app.config(), &head).map_err(IdpError::Internal)?;
    }
    Ok(sealed)
}

/// Closes the stories of refusals whose window has ended. Of several nodes each story has one.
async fn close_stories(app: App) -> Step {
    let ended = app.idp().store().unscoped_ended_stories(CLOSED_AT_ONCE).await?;
    let rows = u64::try_from(ended.len()).unwrap_or(u64::MAX);
    for (tenant, rule, key, window_at) in ended {
        app.idp().close_story(tenant, rule, key, window_at).await?;
    }
    Ok(Swept { rows, more: false })
}

/// Tells apps of sign-outs, some at a time. Of several nodes each delivery has one at a time.
async fn tell_apps(app: App) -> Step {
    let idp = app.idp();
    let due = idp.store().unscoped_claim_logouts(idp.clock().now(), DELIVERIES).await?;
    let more = !due.is_empty();
    together(join_all(due.iter().map(|due| idp.deliver_logout(due))).await, more)
}

/// Tells webhooks what there is to tell, in the same way.
async fn tell_webhooks(app: App) -> Step {
    let idp = app.idp();
    let due = idp.store().unscoped_claim_webhooks(idp.clock().now(), DELIVERIES).await?;
    let more = !due.is_empty();
    together(join_all(due.iter().map(|due| idp.deliver_webhook(due))).await, more)
}

/// Looks after signing keys whose time has come. Every node does, and the server's row makes one of them do it.
async fn keep_keys(app: App) -> Step {
    let now = app.idp().clock().now();
    let mut done = Vec::new();
    for (tenant, server) in
        app.idp().store().unscoped_servers_with_due_keys(now, SERVERS_WITH_DUE_KEYS).await?
    {
        done.push(app.idp().keep_keys(tenant, server).await);
    }
    together(done, false)
}

/// Deletes apps that registered themselves and never got a token.
async fn end_unused_registrations(app: App) -> Step {
    let now = app.idp().clock().now();
    let mut done = Vec::new();
    for (tenant, id) in app.idp().store().unscoped_unused_registrations(now, UNUSED_REGISTRATIONS).await? {
        done.push(app.idp().end_unused_registration(tenant, id).await);
    }
    together(done, false)
}
