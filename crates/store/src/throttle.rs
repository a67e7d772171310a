//! The throttle on PostgreSQL: one statement decides, by the database's clock.
//!
//! It is `signet_limits::sliding_log::decide` in SQL. Ties of time are settled under the row's lock: the clock
//! is read inside `WHERE` and `SET`, after the lock was waited for, never below the newest entry. The clock
//! that `SET` reads is later than the one that `WHERE` read, so an admission is never too early.

use crate::dialect::{Text, with_now};
use crate::macros::fetch_optional;
use crate::{Result, TenantStore};
use signet_domain::Time;

/// What the throttle says of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Let through, at this instant.
    Admitted {
        /// The instant that the ring holds.
        at: Time,
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

/// Entries that lie more than a second ahead of the clock were written before it was set back: they count as
/// of now, so that no refusal outlasts a second.
const ADMIT: Text = with_now!("$3":
    "INSERT INTO throttle_rings AS r (tenant_id, login_key, t1, t2, t3, t4) VALUES ($1, $2, 0, 0, 0, "; now ")
    ON CONFLICT (tenant_id, login_key) DO UPDATE SET (t1, t2, t3, t4) = (
      SELECT CASE WHEN r.t4 > n.clock + 1000000 THEN LEAST(r.t2, n.clock) ELSE r.t2 END,
             CASE WHEN r.t4 > n.clock + 1000000 THEN LEAST(r.t3, n.clock) ELSE r.t3 END,
             CASE WHEN r.t4 > n.clock + 1000000 THEN n.clock ELSE r.t4 END,
             CASE WHEN r.t4 > n.clock + 1000000 THEN n.clock ELSE GREATEST(r.t4, n.clock) END
      FROM (SELECT "; now " AS clock LIMIT 1) n)
    WHERE (SELECT CASE WHEN r.t4 > m.clock + 1000000 THEN LEAST(r.t1, m.clock) <= m.clock - 1000000
                       ELSE r.t1 <= GREATEST(r.t4, m.clock) - 1000000 END
           FROM (SELECT "; now " AS clock LIMIT 1) m)
    RETURNING t4");

const RING: Text = with_now!("$3":
    "SELECT t1, t2, t3, t4, "; now " FROM throttle_rings WHERE tenant_id = $1 AND login_key = $2");

impl TenantStore {
    /// Decides one attempt. PostgreSQL only; on SQLite the one process decides in memory.
    pub async fn throttle(&self, login_key: &str) -> Result<Attempt> {
        let mut tx = self.read().await?;
        loop {
            let over = tx.clock_override;
            let sql = ADMIT.of(&tx.conn);
            if let Some((at,)) = fetch_optional!(tx, (Time,), sql, tx.tenant, login_key, over)? {
                return Ok(Attempt::Admitted { at });
            }
            let sql = RING.of(&tx.conn);
            let row = fetch_optional!(tx, (Time, Time, Time, Time, Time), sql, tx.tenant, login_key, over)?;
            // The ring may have been swept in between: then there is nothing that refuses.
            let Some((t1, t2, t3, t4, clock)) = row else { continue };
            return Ok(refusal([t1, t2, t3, t4], clock));
        }
    }
}

fn refusal(ring: [Time; 4], clock: Time) -> Attempt {
    let stepped_back = ring[3].since(clock) > Time::SECOND;
    let entry = |t: Time| if stepped_back { t.min(clock) } else { t };
    let at = if stepped_back { clock } else { clock.max(ring[3]) };
    let retry_at = entry(ring[0]).plus_secs(1);
    Attempt::Refused { at, retry_at, filled_by: ring.map(entry) }
}
