//! How long the tenant's system log is kept, what would go if it were kept shorter, and a hold that stops it.

use super::change::{Diff, Facts};
use super::error::Causes;
use super::{AdminError, Caller, Expected};
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::event::{Entity, types};
use signet_domain::log_retention::{DAYS, LogRetention, cutoff};
use signet_store::log_retention::WouldGo;

/// Events that a preview counts at most, so that it is as fast with ten million of them.
const COUNTED: i64 = 100_000;

/// What is said of the log's retention.
#[derive(Debug, Clone)]
pub struct LogRetentionSettings {
    /// Days that an event is kept.
    pub days: i64,
    /// Why nothing of the log may go; none where it may.
    pub hold: Option<String>,
}

/// What would go at once if the log were kept for so many days and there were no hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPreview {
    /// The days.
    pub days: i64,
    /// Events before this go.
    pub before: Time,
    /// How many there are, and since when.
    pub would_go: WouldGo,
}

impl Idp {
    /// How long the log is kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_log_retention(&self, ctx: &Ctx) -> Result<LogRetention, AdminError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.log_retention().await?)
    }

    /// What would go if the log were kept for so many days.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for days that can't be chosen.
    pub async fn admin_log_preview(&self, ctx: &Ctx, days: i64) -> Result<LogPreview, AdminError> {
        let mut causes = Causes::default();
        causes.range("days", days, DAYS);
        causes.check("logRetention")?;
        let before = cutoff(days, ctx.now);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(LogPreview { days, before, would_go: tx.log_before(before, COUNTED).await? })
    }

    /// Says how long the log is kept, and whether it is on hold. A hold that stands keeps who began it and when.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_put_log_retention(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        settings: LogRetentionSettings,
        expected: &Expected,
    ) -> Result<LogRetention, AdminError> {
        let mut causes = Causes::default();
        causes.range("days", settings.days, DAYS);
        if let Some(reason) = &settings.hold {
            causes.name("hold.reason", reason, 1..=200);
        }
        causes.check("logRetention")?;
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let expected = expected.clone();
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let before = tx.log_retention().await?;
                expected.check(before.version)?;
                let mut after = LogRetention { days: settings.days, ..before.clone() };
                let held = (before.is_held(), settings.hold.is_some());
                if held != (true, true) {
                    after.hold_by = settings.hold.is_some().then(|| caller.entity.alternate_id.clone());
                    after.hold_at = settings.hold.is_some().then_some(ctx.now);
                }
                after.hold_reason = settings.hold;
                let diff = Diff::of(facts(&before), facts(&after));
                if diff.is_empty() {
                    return Ok(before);
                }
                tx.update_log_retention(&after, ctx.now).await?;
                let kind = match held {
                    (false, true) => types::LOG_HOLD_START,
                    (true, false) => types::LOG_HOLD_END,
                    _ => types::LOG_RETENTION_UPDATE,
                };
                let target = Entity::new("LogRetention", ctx.tenant_id(), "log", "System log");
                let event = diff.into_event(caller.event(&idp, &ctx, kind), target);
                tx.append(&event).await?;
                Ok(tx.log_retention().await?)
            })
        })
        .await
    }
}

fn facts(retention: &LogRetention) -> Facts {
    vec![
        ("days", retention.days.into()),
        ("hold", retention.hold_reason.clone().into()),
        ("holdBy", retention.hold_by.clone().into()),
        ("holdSince", retention.hold_at.map(|at| at.rfc3339()).into()),
    ]
}
