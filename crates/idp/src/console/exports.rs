//! How far exports of the log have come. The node that sends one tells the store, about once a second; any node reads
//! it there.
//!
//! An export never waits for what is told of it, and never fails because it couldn't be told.

use crate::authorize::SignedIn;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::log_export::{ExportFormat, ExportState, LogExport, SILENT_SECONDS};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Exports that are remembered of a tenant, besides those that run.
pub const KEPT_EXPORTS: i64 = 20;
/// Most that are shown.
const SHOWN: i64 = 100;
/// Between two times that an export is told of.
const TELL: Duration = Duration::from_secs(1);
/// It is told of so often even though it came no further, because its reader is slow.
const BEAT: Duration = Duration::from_secs(10);
/// Longest wait for the store.
const PATIENCE: Duration = Duration::from_secs(2);
/// Seconds before each try to tell how an export ended.
const LAST_TRIES: [u64; 5] = [0, 1, 2, 4, 8];

/// An export that begins.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// What the file looks like.
    pub format: ExportFormat,
    /// What is searched for, as the log's address has it, with its times fixed.
    pub query: String,
    /// The first instant of its events, if the search has one.
    pub since: Option<Time>,
    /// The first instant after them.
    pub until: Time,
}

/// An export on its way. One that is dropped before it ended is told of as broken off.
#[derive(Debug)]
pub struct ExportProgress(watch::Sender<LogExport>);

impl ExportProgress {
    /// So much more is on its way, and it has come back to this instant.
    pub fn wrote(&self, events: usize, bytes: usize, reached: Time) {
        self.0.send_modify(|export| {
            export.events = export.events.saturating_add(i64::try_from(events).unwrap_or(i64::MAX));
            export.bytes = export.bytes.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX));
            export.reached_at = reached.clamp(export.from_at, export.until_at);
        });
    }

    /// All of it was taken.
    pub fn done(&self) {
        self.end(ExportState::Done);
    }

    /// The store failed.
    pub fn failed(&self) {
        self.end(ExportState::Failed);
    }

    fn end(&self, state: ExportState) {
        self.0.send_if_modified(|export| {
            let runs = export.state == ExportState::Running;
            if runs {
                export.state = state;
            }
            if runs && state == ExportState::Done {
                export.reached_at = export.from_at;
            }
            runs
        });
    }
}

impl Drop for ExportProgress {
    fn drop(&mut self) {
        self.end(ExportState::BrokenOff);
    }
}

impl Idp {
    /// The tenant's last exports, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_log_exports(&self, ctx: &Ctx) -> Result<Vec<LogExport>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(tx.log_exports(SHOWN).await?)
    }

    /// An export begins: from now on it is told how far it has come.
    pub async fn begin_console_log_export(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        new: NewExport,
    ) -> ExportProgress {
        let until = new.until.min(ctx.now.plus_secs(1));
        // Before the log's first event there is nothing to go through.
        let oldest = timeout(PATIENCE, self.oldest_event(ctx)).await.ok().and_then(Result::ok).flatten();
        let from = new.since.unwrap_or(Time(0)).max(oldest.unwrap_or(Time(0))).min(until);
        let export = LogExport {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            user_id: signed_in.user.id,
            made_by: signed_in.user.login.clone(),
            format: new.format,
            query: new.query,
            from_at: from,
            until_at: until,
            reached_at: until,
            events: 0,
            bytes: 0,
            state: ExportState::Running,
            began_at: ctx.now,
            told_at: ctx.now,
        };
        // At once, so that it is there for whoever looks while the file begins.
        put(self, &export, true).await;
        let (progress, heard) = watch::channel(export);
        tokio::spawn(tell(self.clone(), heard));
        ExportProgress(progress)
    }

    async fn oldest_event(&self, ctx: &Ctx) -> Result<Option<Time>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(tx.log_oldest().await?)
    }
}

/// Tells of one export until it ends.
async fn tell(idp: Idp, mut heard: watch::Receiver<LogExport>) {
    let mut told = heard.borrow().clone();
    loop {
        // What is new waits until a second is over, and only the end doesn't.
        wait(&mut heard, BEAT, |export| *export != told).await;
        wait(&mut heard, TELL, has_ended).await;
        told = heard.borrow().clone();
        if has_ended(&told) {
            return tell_the_end(&idp, &told).await;
        }
        put(&idp, &told, false).await;
    }
}

fn has_ended(export: &LogExport) -> bool {
    export.state != ExportState::Running
}

/// Waits until an export is so, or the time is over.
async fn wait(
    heard: &mut watch::Receiver<LogExport>,
    most: Duration,
    is_so: impl FnMut(&LogExport) -> bool + Send,
) {
    // What comes of it holds the value, so that nothing could be written to it: it goes at once.
    drop(timeout(most, heard.wait_for(is_so)).await);
}

/// How it ended is worth some tries: without a word of it the export counts as broken off, a minute later.
async fn tell_the_end(idp: &Idp, export: &LogExport) {
    for wait in LAST_TRIES {
        sleep(Duration::from_secs(wait)).await;
        if put(idp, export, false).await {
            return;
        }
    }
    tracing::warn!(export = %export.id, state = %export.state, "it couldn't be noted how an export of the log ended");
}

/// Whether it could be told.
async fn put(idp: &Idp, export: &LogExport, is_new: bool) -> bool {
    let now = idp.clock().now();
    let told = LogExport { told_at: now, ..export.clone() };
    let tenant = idp.store().tenant(told.tenant_id);
    let wrote = tenant.write(move |tx| {
        Box::pin(async move {
            tx.put_log_export(&told).await?;
            if is_new {
                tx.forget_log_exports(KEPT_EXPORTS, now.plus_secs(-SILENT_SECONDS)).await?;
            }
            Ok(())
        })
    });
    match timeout(PATIENCE, wrote).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the progress of an export couldn't be noted");
            false
        }
        Err(_) => false,
    }
}
