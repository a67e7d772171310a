//! The throttle on PostgreSQL: one statement decides, by the database's clock.
//!
//! It is `signet_limits::sliding_log::decide` in SQL. Ties of time are settled under the row's lock: the clock
//! is read inside `WHERE` and `SET`, after the lock was waited for, never below the newest entry. The clock
//! that `SET` reads is later than the one that `WHERE` read, so an admission is never too early.

use crate::dialect::{Text, with_now};
use crate::macros::{execute, fetch_optional};
use crate::{Result, TenantStore};
use signet_domain::Time;

/// What the throttle says of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Let through, at this instant.
    Admitted {
        /// The instant that the ring holds.
        at: Time,
        /// How many of the ring's other entries have the same instant.
        nth: u8,
    },
    /// The window is full.
    Refused {
        /// The decision's clock.
        at: Time,
        /// When the oldest of the four leaves the window.
        retry_at: Time,
        /// The four admissions that fill it, oldest first.
        filled_by: [Time; 4],
    },
}

impl Attempt {
    /// The admission that a ring ends with.
    #[must_use]
    pub fn admitted(ring: [Time; 4]) -> Self {
        let [others @ .., at] = ring;
        let nth = others.iter().filter(|t| **t == at).count();
        Self::Admitted { at, nth: u8::try_from(nth).unwrap_or(u8::MAX) }
    }
}

/// A ring whose newest entry lies more than a second ahead was written before the clock was set back; it is
/// rebased first, by [`REBASE`].
const ADMIT: Text = with_now!("$3":
    "INSERT INTO throttle_rings AS r (tenant_id, login_key, t1, t2, t3, t4) VALUES ($1, $2, 0, 0, 0, "; now ")
    ON CONFLICT (tenant_id, login_key) DO UPDATE SET t1 = r.t2, t2 = r.t3, t3 = r.t4, t4 = GREATEST(r.t4, "; now ")
    WHERE (SELECT r.t4 <= n.clock + 1000000 AND r.t1 <= GREATEST(r.t4, n.clock) - 1000000
           FROM (SELECT "; now " AS clock LIMIT 1) n)
    RETURNING t1, t2, t3, t4");

/// Entries ahead of a clock that was set back count as of now, so that no refusal outlasts a second.
const REBASE: Text = with_now!("$3":
    "UPDATE throttle_rings AS r SET (t1, t2, t3, t4) = (
       SELECT LEAST(r.t1, n.clock), LEAST(r.t2, n.clock), LEAST(r.t3, n.clock), LEAST(r.t4, n.clock)
       FROM (SELECT "; now " AS clock LIMIT 1) n)
     WHERE tenant_id = $1 AND login_key = $2 AND r.t4 > "; now " + 1000000");

const RING: Text = with_now!("$3":
    "SELECT t1, t2, t3, t4, "; now " FROM throttle_rings WHERE tenant_id = $1 AND login_key = $2");

impl TenantStore {
    /// Decides one attempt. PostgreSQL only; on SQLite the one process decides in memory.
    ///
    /// # Errors
    /// [`crate::StoreError::Unavailable`], also in the first second of a server that was a standby.
    pub async fn throttle(&self, login_key: &str) -> Result<Attempt> {
        let mut tx = self.read().await?;
        self.settled()?;
        loop {
            let over = tx.clock_override;
            let sql = ADMIT.of(&tx.conn);
            let row = fetch_optional!(tx, (Time, Time, Time, Time), sql, tx.tenant, login_key, over)?;
            if let Some((t1, t2, t3, t4)) = row {
                return Ok(Attempt::admitted([t1, t2, t3, t4]));
            }
            let sql = RING.of(&tx.conn);
            let row = fetch_optional!(tx, (Time, Time, Time, Time, Time), sql, tx.tenant, login_key, over)?;
            // The ring may have been swept in between: then there is nothing that refuses.
            let Some((t1, t2, t3, t4, clock)) = row else { continue };
            if t4.since(clock) > Time::SECOND {
                let sql = REBASE.of(&tx.conn);
                execute!(tx, sql, tx.tenant, login_key, over)?;
                continue;
            }
            let at = clock.max(t4);
            // The window was full a moment ago, when it was decided, and is no more: decide again.
            if t1.plus_secs(1) <= at {
                continue;
            }
            return Ok(Attempt::Refused { at, retry_at: t1.plus_secs(1), filled_by: [t1, t2, t3, t4] });
        }
    }
}
