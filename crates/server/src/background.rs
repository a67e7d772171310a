//! What goes on beside requests: bounded work at every tick, whatever the number of tenants.

use crate::App;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Rows of a table that one step deletes, and the steps of a tick: other writes go between two steps.
const SWEEP_ROWS: i64 = 1_000;
const SWEEP_STEPS: usize = 60;

/// Events that one step counts, and the steps of a tick.
const COUNT_ROWS: i64 = 2_000;
const COUNT_STEPS: usize = 5;

/// Starts the loops; they end with the runtime.
pub(crate) fn start(app: &App) {
    tokio::spawn(sweep(app.clone()));
    tokio::spawn(count(app.clone()));
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
