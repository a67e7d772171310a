//! A standby that takes over may lack the last commits of the server before it, admissions of the throttle among
//! them. For a second after this node first met it, nobody is admitted: whatever is missing is older by then.
//!
//! A server's timeline rises with every promotion. It is asked for with each new connection, and without one nobody
//! reaches a server that has just taken over.

use crate::StoreError;
use sqlx::PgConnection;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The throttle's window.
const WINDOW: Duration = Duration::from_secs(1);

/// The timeline of a server that was never a standby.
const FIRST: u32 = 1;

/// The newest timeline that this node has met, and since when.
#[derive(Debug, Clone, Default)]
pub(crate) struct Promotion(Arc<Mutex<Met>>);

#[derive(Debug, Default)]
struct Met {
    timeline: u32,
    since: Option<Instant>,
}

impl Promotion {
    /// Looks at the server behind a new connection. One that is a standby is refused: it would go unnoticed when
    /// it takes over.
    pub(crate) async fn look(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        const SQL: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN NULL
            ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END";
        let found: Result<(Option<String>,), _> = sqlx::query_as(SQL).fetch_one(connection).await;
        match found {
            Ok((Some(hex),)) => {
                if let Ok(timeline) = u32::from_str_radix(&hex, 16) {
                    self.meet(timeline, Instant::now());
                }
                Ok(())
            }
            Ok((None,)) => Err(sqlx::Error::Io(std::io::Error::other("the server is a standby"))),
            // A service that is only like PostgreSQL may keep its timeline to itself.
            Err(sqlx::Error::Database(error)) => {
                tracing::debug!(%error, "the database does not tell its timeline");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn meet(&self, timeline: u32, now: Instant) {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if timeline > met.timeline {
            // This node may have started just after a promotion, so the first one that it meets counts, too.
            met.since = (timeline > FIRST).then_some(now);
            met.timeline = timeline;
        }
    }

    /// Refuses to decide a window that a promotion may have left holes in.
    pub(crate) fn settled(&self) -> Result<(), StoreError> {
        self.settled_at(Instant::now())
    }

    fn settled_at(&self, now: Instant) -> Result<(), StoreError> {
        let met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match met.since {
            Some(since) if now.saturating_duration_since(since) < WINDOW => {
                Err(StoreError::Unavailable("another server took over less than a second ago".into()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_passes_after_each_promotion_and_no_more() {
        let (promotion, start) = (Promotion::default(), Instant::now());
        let settled = |millis| promotion.settled_at(start + Duration::from_millis(millis)).is_ok();
        assert!(settled(0), "nothing was met yet");
        promotion.meet(1, start);
        assert!(settled(0), "a server that was never a standby has everything");
        promotion.meet(2, start + Duration::from_secs(5));
        assert!(!settled(5_000) && !settled(5_999) && settled(6_000));
        // Further connections to the same server, and a late one to the old server, begin no new wait.
        promotion.meet(2, start + Duration::from_secs(7));
        promotion.meet(1, start + Duration::from_secs(7));
        assert!(settled(7_000));
        let started_late = Promotion::default();
        started_late.meet(3, start);
        assert!(started_late.settled_at(start).is_err(), "the promotion may be a moment old");
    }
}
