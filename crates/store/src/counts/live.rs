//! Counts up to this moment: what was counted, and what was committed since.

use super::{Counted, HourlyCount, Progress, What, add_up};
use crate::macros::{fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;

/// How often a step of counting may get in between before what was read is taken as it is.
pub(super) const TRIES: usize = 3;

/// Reads sums, and how far the events are counted that they hold. A step that comes in between makes it read again: the
/// sums may be those before it or after it.
macro_rules! as_counted {
    ($tx:expr, $read:expr) => {{
        let mut progress = $tx.count_progress().await?;
        let mut sums = $read;
        for _ in 1..$crate::counts::live::TRIES {
            let now = $tx.count_progress().await?;
            if now == progress {
                break;
            }
            progress = now;
            sums = $read;
        }
        (progress, sums)
    }};
}

pub(super) use as_counted;

impl Tx {
    /// The tenant's counts of the hours from `from` until `to`, of one kind or of all, with the events that no step
    /// has counted yet; at most `max_rows` of those are looked at. An hour may come twice: once counted, once
    /// uncounted.
    pub async fn live_counts(
        &mut self,
        what: Option<What>,
        from: Time,
        to: Time,
        max_rows: i64,
    ) -> Result<Vec<HourlyCount>> {
        let (progress, counts) = as_counted!(self, self.counts(what, from, to).await?);
        self.with_the_uncounted((progress, counts), (from, to), max_rows, |of| {
            what.is_none_or(|what| of == what)
        })
        .await
    }

    /// [`Tx::counts_of_limits`] with the events that no step has counted yet; at most `max_rows` of those are looked at.
    pub async fn live_counts_of_limits(
        &mut self,
        from: Time,
        to: Time,
        max_rows: i64,
    ) -> Result<Vec<HourlyCount>> {
        let (progress, counts) = as_counted!(self, self.counts_of_limits(from, to).await?);
        let wanted = |of| matches!(of, What::Throttled | What::RatePolicy);
        self.with_the_uncounted((progress, counts), (from, to), max_rows, wanted).await
    }

    async fn with_the_uncounted(
        &mut self,
        (progress, mut counts): (Progress, Vec<HourlyCount>),
        (from, to): (Time, Time),
        max_rows: i64,
        wanted: impl Fn(What) -> bool,
    ) -> Result<Vec<HourlyCount>> {
        let tail = self.uncounted(progress, max_rows).await?;
        let within = add_up(&tail)
            .into_iter()
            .filter(|((_, hour, of, ..), _)| *hour >= from && *hour < to && wanted(*of));
        counts.extend(within.map(|((_, hour, of, client_id, detail, outcome), count)| HourlyCount {
            hour,
            what: of.as_str().to_owned(),
            client_id,
            detail,
            outcome: outcome.to_owned(),
            count,
        }));
        Ok(counts)
    }

    pub(super) async fn count_progress(&mut self) -> Result<Progress> {
        const SQL: &str = "SELECT epoch, txid, seq FROM count_progress WHERE id = 1";
        let progress = fetch_optional!(self, Progress, SQL)?;
        Ok(progress.unwrap_or(Progress { epoch: 0, txid: 0, seq: -1 }))
    }

    pub(super) async fn uncounted(&mut self, from: Progress, max_rows: i64) -> Result<Vec<Counted>> {
        const SQL: &str = read_events!(
            "e.tenant_id = $1 AND (e.epoch, e.txid, e.seq) > ($2, $3, $4) ORDER BY e.epoch, e.txid, e.seq LIMIT $5"
        );
        fetch_all!(self, Counted, SQL, self.tenant, from.epoch, from.txid, from.seq, max_rows)
    }
}
