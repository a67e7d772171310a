//! Counted windows: the account's quota and small limits of the same kind, each decided by one statement.

use crate::dialect::{Text, with_now};
use crate::macros::{execute, fetch_optional};
use crate::{Result, TenantStore};
use signet_domain::Time;

/// A window as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Window {
    /// When its first call was counted.
    pub started_at: Time,
    /// When the full count is back.
    pub ends_at: Time,
    /// Calls counted.
    pub used: i64,
    /// The clock that decided.
    pub clock: Time,
}

/// What counting a call gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Counted; the window as it stands after.
    Counted(Window),
    /// The window is full, so it was not counted.
    Refused {
        /// The window.
        window: Window,
        /// Whether this is the window's first refusal.
        first: bool,
    },
}

/// A window that has ended begins anew with this call. One that began in the future was made before the clock
/// was set back: it keeps its count and lasts its length from now.
const COUNT: Text = with_now!("$4":
    "INSERT INTO windows AS w (tenant_id, name, started_at, ends_at, used, refused)
     SELECT $1, $2, n.clock, n.clock + $3, 1, FALSE FROM (SELECT "; now " AS clock LIMIT 1) n WHERE TRUE
     ON CONFLICT (tenant_id, name) DO UPDATE SET (started_at, ends_at, used, refused) = (
       SELECT CASE WHEN w.ends_at <= n.clock OR w.started_at > n.clock THEN n.clock ELSE w.started_at END,
              CASE WHEN w.ends_at <= n.clock OR w.started_at > n.clock THEN n.clock + $3 ELSE w.ends_at END,
              CASE WHEN w.ends_at <= n.clock THEN 1 ELSE w.used + 1 END,
              CASE WHEN w.ends_at <= n.clock THEN FALSE ELSE w.refused END
       FROM (SELECT "; now " AS clock LIMIT 1) n)
     WHERE w.used < $5 OR w.ends_at <= "; now "
     RETURNING started_at, ends_at, used, "; now " AS clock");

const STATUS: Text = with_now!("$3":
    "SELECT started_at, ends_at, used, "; now " AS clock FROM windows WHERE tenant_id = $1 AND name = $2");

const ANY: Text = with_now!("$4":
    "SELECT 1 FROM windows WHERE tenant_id = $1 AND name >= $2 AND name < $3 AND ends_at > "; now " LIMIT 1");

impl TenantStore {
    /// Counts one call in a window of `length` microseconds that holds `limit` of them.
    pub async fn count(&self, name: &str, length: i64, limit: i64) -> Result<Count> {
        self.count_for(name, length, limit, None).await
    }

    /// Counts one call in a window, and notes who made it where: the wire id of the caller, and the route.
    pub async fn count_call(
        &self,
        name: &str,
        length: i64,
        limit: i64,
        (caller, route): (&str, &str),
    ) -> Result<Count> {
        self.count_for(name, length, limit, Some((caller.to_owned(), route.to_owned()))).await
    }

    async fn count_for(
        &self,
        name: &str,
        length: i64,
        limit: i64,
        call: Option<(String, String)>,
    ) -> Result<Count> {
        let owned = name.to_owned();
        let counted = self
            .write(move |tx| {
                Box::pin(async move {
                    let sql = COUNT.of(&tx.conn);
                    let over = tx.clock_for_limits();
                    let counted = fetch_optional!(tx, Window, sql, tx.tenant, &owned, length, over, limit)?;
                    if let (Some(window), Some((caller, route))) = (&counted, &call) {
                        tx.note_call(caller, route, window.clock).await?;
                    }
                    Ok(counted)
                })
            })
            .await?;
        if let Some(window) = counted {
            return Ok(Count::Counted(window));
        }
        let window = self.window(name).await?.ok_or(crate::StoreError::Stale)?;
        let first = self.note_first_refusal(name).await?;
        Ok(Count::Refused { window, first })
    }

    /// Whether any window is open whose name lies in a range; the end is not in it.
    pub async fn any_window(&self, from: &str, to: &str) -> Result<bool> {
        let mut tx = self.read().await?;
        let sql = ANY.of(&tx.conn);
        let over = tx.clock_for_limits();
        Ok(fetch_optional!(tx, (i32,), sql, tx.tenant, from, to, over)?.is_some())
    }

    /// A window as it stands; `None` when none was begun. It may have ended.
    pub async fn window(&self, name: &str) -> Result<Option<Window>> {
        let mut tx = self.read().await?;
        let sql = STATUS.of(&tx.conn);
        let over = tx.clock_for_limits();
        fetch_optional!(tx, Window, sql, tx.tenant, name, over)
    }

    /// Marks a window as violated; `true` for the one that did. Later refusals only read.
    async fn note_first_refusal(&self, name: &str) -> Result<bool> {
        const LOOK: &str = "SELECT 1 FROM windows WHERE tenant_id = $1 AND name = $2 AND refused = FALSE";
        const MARK: &str =
            "UPDATE windows SET refused = TRUE WHERE tenant_id = $1 AND name = $2 AND refused = FALSE";
        {
            let mut tx = self.read().await?;
            if fetch_optional!(tx, (i32,), LOOK, tx.tenant, name)?.is_none() {
                return Ok(false);
            }
        }
        let name = name.to_owned();
        self.write(move |tx| Box::pin(async move { execute!(tx, MARK, tx.tenant, &name).map(|n| n > 0) }))
            .await
    }
}
