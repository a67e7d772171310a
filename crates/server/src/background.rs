//! What goes on beside requests: bounded work at every tick, whatever the number of tenants.

use crate::App;
use futures_util::future::join_all;
use signet_idp::IdpError;
use signet_idp::stories::CLOSED_AT_ONCE;
use signet_store::StoreError;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Rows of a table that one step deletes, and the steps of a tick: other writes go between two steps.
const SWEEP_ROWS: i64 = 1_000;
const SWEEP_STEPS: usize = 60;

/// Events that one step counts, and the steps of a tick.
const COUNT_ROWS: i64 = 2_000;
const COUNT_STEPS: usize = 5;

/// Events that alerts hear in one step, and the steps of a tick.
const ALERT_ROWS: i64 = 2_000;
const ALERT_STEPS: usize = 5;

/// Servers whose keys one tick looks after.
const SERVERS_WITH_DUE_KEYS: i64 = 20;
/// Sign-outs, and calls of webhooks, that are delivered at a time.
const DELIVERIES: i64 = 64;

/// Unused registrations that one tick deletes.
const UNUSED_REGISTRATIONS: i64 = 100;

/// Starts the loops; they end with the runtime.
pub(crate) fn start(app: &App) {
    tokio::spawn(sweep(app.clone()));
    tokio::spawn(count(app.clone()));
    tokio::spawn(watch(app.clone()));
    tokio::spawn(close_stories(app.clone()));
    tokio::spawn(keep_keys(app.clone()));
    tokio::spawn(tell_apps(app.clone()));
    tokio::spawn(tell_webhooks(app.clone()));
    tokio::spawn(end_unused_registrations(app.clone()));
}

/// Deletes what has expired.
async fn sweep(app: App) {
    let mut ticks = interval(Duration::from_secs(60));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for _ in 0..SWEEP_STEPS {
            let now = app.idp().clock().now();
            match app.idp().store().unscoped_delete_expired(now, SWEEP_ROWS).await {
                Ok(swept) if swept.more => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "could not delete what has expired");
                    break;
                }
            }
        }
    }
}

/// Closes the stories of refusals whose window has ended. Of several nodes each story has one.
async fn close_stories(app: App) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let ended = match app.idp().store().unscoped_ended_stories(CLOSED_AT_ONCE).await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::warn!(%error, "could not look for stories of refusals to close");
                continue;
            }
        };
        for (tenant, rule, key, window_at) in ended {
            if let Err(error) = app.idp().close_story(tenant, rule, key, window_at).await {
                tracing::warn!(%error, "could not close a story of refusals");
                break;
            }
        }
    }
}

/// Tells apps of sign-outs. Of several nodes each delivery has one at a time.
async fn tell_apps(app: App) {
    let idp = app.idp();
    work_off(
        || async { idp.store().unscoped_claim_logouts(idp.clock().now(), DELIVERIES).await },
        |due| async move { idp.deliver_logout(&due).await },
        "tell apps of sign-outs",
    )
    .await;
}

/// Tells webhooks what there is to tell. Of several nodes each delivery has one at a time.
async fn tell_webhooks(app: App) {
    let idp = app.idp();
    work_off(
        || async { idp.store().unscoped_claim_webhooks(idp.clock().now(), DELIVERIES).await },
        |due| async move { idp.deliver_webhook(&due).await },
        "tell webhooks",
    )
    .await;
}

/// Takes deliveries up and makes them, some at a time, as long as there are any; then looks again every second.
async fn work_off<D, C, W>(claim: impl Fn() -> C, deliver: impl Fn(D) -> W, what: &str)
where
    C: Future<Output = Result<Vec<D>, StoreError>>,
    W: Future<Output = Result<(), IdpError>>,
{
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            let due = match claim().await {
                Ok(due) => due,
                Err(error) => {
                    tracing::warn!(%error, "could not look for what there is to do: {what}");
                    break;
                }
            };
            if due.is_empty() {
                break;
            }
            for error in join_all(due.into_iter().map(&deliver)).await.into_iter().filter_map(Result::err) {
                tracing::warn!(%error, "could not {what}");
            }
        }
    }
}

/// Builds the hourly counts behind the log.
async fn count(app: App) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for _ in 0..COUNT_STEPS {
            match app.idp().store().unscoped_count_events(COUNT_ROWS).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "could not count events");
                    break;
                }
            }
        }
    }
}

/// Lets alerts hear what is new in the log. Of several nodes one ends each step.
async fn watch(app: App) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for _ in 0..ALERT_STEPS {
            match app.idp().evaluate_alerts(ALERT_ROWS).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "could not evaluate alerts");
                    break;
                }
            }
        }
    }
}

/// Looks after signing keys whose time has come. Every node does, and the server's row makes one of them do it.
async fn keep_keys(app: App) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = app.idp().clock().now();
        let due = match app.idp().store().unscoped_servers_with_due_keys(now, SERVERS_WITH_DUE_KEYS).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "could not look for signing keys whose time has come");
                continue;
            }
        };
        for (tenant, server) in due {
            if let Err(error) = app.idp().keep_keys(tenant, server).await {
                tracing::warn!(%error, %server, "could not look after signing keys");
            }
        }
    }
}

/// Deletes apps that registered themselves and never got a token.
async fn end_unused_registrations(app: App) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = app.idp().clock().now();
        let unused = app.idp().store().unscoped_unused_registrations(now, UNUSED_REGISTRATIONS).await;
        let unused = match unused {
            Ok(unused) => unused,
            Err(error) => {
                tracing::warn!(%error, "could not look for unused registrations");
                continue;
            }
        };
        for (tenant, id) in unused {
            if let Err(error) = app.idp().end_unused_registration(tenant, id).await {
                tracing::warn!(%error, "could not delete an unused registration");
            }
        }
    }
}
