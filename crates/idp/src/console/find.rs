//! Finding things of the tenant by a few letters.

use crate::{Ctx, Idp, IdpError};
use signet_domain::event::EventRow;
use signet_domain::id::{EventId, RequestId};
use signet_store::console::AppName;
use signet_store::log_query::{Condition, IdField};
use uuid::Uuid;

/// Apps that are gone through. Those beyond are found in their list.
const APPS: i64 = 2_000;

/// What an id stands for in the log.
#[derive(Debug)]
pub struct FoundId {
    /// The event, or the newest one of the request, or the refusal in whose story the request was counted. None when
    /// the log knows nothing of it.
    pub event: Option<EventRow>,
    /// Whether the request has no event of its own.
    pub counted: bool,
}

impl Idp {
    /// Apps whose name holds a word, or whose client id begins with it; those whose name begins with it first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_find_apps(
        &self,
        ctx: &Ctx,
        word: &str,
        most: usize,
    ) -> Result<Vec<AppName>, IdpError> {
        let names = self.store().tenant(ctx.tenant_id()).read().await?.app_names(APPS).await?;
        let wanted = word.to_lowercase();
        let mut found: Vec<(bool, AppName)> = Vec::new();
        for app in names {
            let at = app.label.to_lowercase().find(&wanted);
            if at.is_some() || app.client_id.starts_with(word) {
                found.push((at != Some(0), app));
            }
        }
        found.sort_by_key(|(late, _)| *late);
        Ok(found.into_iter().take(most).map(|(_, app)| app).collect())
    }

    /// What an id of an event or a request stands for; none for what is no such id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_find_id(&self, ctx: &Ctx, text: &str) -> Result<Option<FoundId>, IdpError> {
        let (field, value) = match (RequestId::parse(text), EventId::parse(text)) {
            (Some(id), _) => (IdField::Request, id.0),
            (None, Some(id)) => (IdField::Event, id.0),
            (None, None) => return Ok(None),
        };
        let newest = self.console_newest(ctx, field, value).await?;
        if newest.is_some() || field == IdField::Event {
            return Ok(Some(FoundId { event: newest, counted: false }));
        }
        // Of a flood only the first refusal is an event of its own.
        let told_of = self.explain(ctx, text).await?.and_then(|explanation| explanation.event);
        let event = match told_of {
            Some(EventId(id)) => self.console_newest(ctx, IdField::Event, id).await?,
            None => None,
        };
        Ok(Some(FoundId { event, counted: true }))
    }

    async fn console_newest(
        &self,
        ctx: &Ctx,
        field: IdField,
        value: Uuid,
    ) -> Result<Option<EventRow>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(tx.latest_matching(Condition::Id { field, value }, None, 1).await?.pop())
    }
}
