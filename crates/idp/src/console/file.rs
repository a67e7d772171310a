//! The log as a file: part by part, and from any event on.

use super::log::LogSearch;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::EventRow;
use signet_domain::id::EventId;
use signet_store::log_query::{Order, Position};

/// Where older events go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// The instant there.
    pub at: Time,
    /// The cursor, for [`Place::Older`](super::log::Place::Older).
    pub cursor: String,
}

/// A part of a file.
#[derive(Debug)]
pub struct LogPart {
    /// Newest first; may be empty though there is more.
    pub events: Vec<EventRow>,
    /// Where older ones go on, if there may be any.
    pub older: Option<Below>,
}

impl Idp {
    /// A part of the log for a file, and where what is older goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_log_part(&self, ctx: &Ctx, search: &LogSearch) -> Result<LogPart, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let found = self.page(&mut tx, ctx, search, false).await?;
        let older = found.older.map(|place| self.below(ctx, search, place));
        Ok(LogPart { events: found.events, older })
    }

    /// Where a search goes on below an event, whoever knows its id; none where the tenant has no such event.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_log_below(
        &self,
        ctx: &Ctx,
        search: &LogSearch,
        event: EventId,
    ) -> Result<Option<Below>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let event = tx.event(event).await?;
        Ok(event.map(|event| self.below(ctx, search, Position::of(&event))))
    }

    fn below(&self, ctx: &Ctx, search: &LogSearch, place: Position) -> Below {
        let sealed = self.seal(ctx, search, Order::PublishedDescending);
        Below { at: place.published, cursor: sealed.cursor(self.secrets().cursor_key(), place) }
    }
}
