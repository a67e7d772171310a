//! What goes on beside requests, for the operator's first page: the last runs on each node, and what waits.

use super::visit::Visit;
use crate::background::{JOBS, Job};
use crate::console::refused::node_name;
use crate::console::when;
use signet_domain::Time;
use signet_idp::syslog::visible;
use signet_store::StoreError;
use signet_store::background_runs::{COUNTED, Run};
use signet_web::{Status, Tone, WorkRow};
use std::collections::BTreeMap;

/// A job that wasn't seen for so long doesn't run.
const SILENT_SECONDS: i64 = 5 * 60;

/// What is said of a job with nothing to do.
const IDLE: &str = "Idle";

/// A failure is shown as one for so long.
const RECENT_SECONDS: i64 = 15 * 60;

/// All jobs, with what is known of them: those that wait, fail or are under way, and the idle ones. Its own runs a node knows better than the table does.
pub(super) async fn rows(visit: &Visit) -> Result<(Vec<WorkRow>, Vec<WorkRow>), StoreError> {
    let (store, own) = (visit.app.idp().store(), visit.app.background());
    let now = visit.ctx.now;
    let mut runs = store.unscoped_runs().await?;
    runs.retain(|run| run.node != own.node());
    let mut all = own.runs();
    all.append(&mut runs);
    let waiting = waiting(visit, now).await?;
    let of = |job: &Job| row(job, &all, waiting.get(job.name).copied(), (own.node(), now));
    Ok(JOBS.iter().map(of).partition(|row| row.status.word != IDLE))
}

async fn waiting(visit: &Visit, now: Time) -> Result<BTreeMap<&'static str, i64>, StoreError> {
    let store = visit.app.idp().store();
    let backlog = store.unscoped_backlog(now).await?;
    let (counts, alerts) = store.unscoped_behind_the_log().await?;
    Ok(BTreeMap::from([
        ("counts", counts),
        ("alerts", alerts),
        ("sign-outs", backlog.logouts),
        ("webhooks", backlog.webhooks),
        ("keys", backlog.keys),
        ("sweep", backlog.logs),
        ("erasure", backlog.erasures),
        ("registrations", backlog.registrations),
    ]))
}

fn row(job: &Job, all: &[Run], waiting: Option<i64>, (own, now): (uuid::Uuid, Time)) -> WorkRow {
    let mut runs: Vec<&Run> = all.iter().filter(|run| run.job == job.name).collect();
    runs.sort_by_key(|run| (run.node != own, run.node));
    let failed = runs.iter().filter_map(|run| Some((run.error_at?, run.error.as_deref()?))).max();
    let seen = runs.iter().map(|run| run.ran_at).max();
    let backlog = waiting.filter(|n| *n > 0);
    let status = match (seen, failed, backlog) {
        (None, ..) => Status::new("Not run yet", Tone::Quiet),
        (Some(at), ..) if now > at.plus_secs(SILENT_SECONDS) => Status::new("Doesn’t run", Tone::Bad),
        (_, Some((at, _)), _) if now < at.plus_secs(RECENT_SECONDS) => Status::new("Failed", Tone::Bad),
        (_, _, Some(COUNTED..)) => Status::new("Behind", Tone::Warn),
        (_, _, Some(_)) => Status::new("At work", Tone::Good),
        _ => Status::new(IDLE, Tone::Quiet),
    };
    WorkRow {
        what: job.what.to_owned(),
        status,
        backlog: backlog
            .map(|n| if n >= COUNTED { format!("{COUNTED} or more wait") } else { format!("{n} wait") }),
        runs: runs.iter().map(|run| line(run, own, now)).collect(),
        error: failed
            .map(|(at, error)| format!("Last failed {}: {}", when::moment(at, now).shown, visible(error))),
    }
}

fn line(run: &Run, own: uuid::Uuid, now: Time) -> String {
    let node = node_name(run.node, run.node == own);
    let ago = when::span(now.since(run.ran_at).max(0));
    let last = match (run.did, run.did_at) {
        (0, Some(at)) => format!("nothing to do; last did something {}", when::moment(at, now).shown),
        (0, None) => "nothing to do".to_owned(),
        (did, _) => format!("did {did}"),
    };
    format!("{node}: ran {ago} ago for {}, {last}; {} since it began", when::span(run.took), run.did_all)
}
