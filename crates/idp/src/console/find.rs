//! Finding things of the tenant by a few letters.

use crate::{Ctx, Idp, IdpError};
use signet_domain::event::EventRow;
use signet_domain::id::{AppId, EventId, RequestId};
use signet_store::log_query::{Condition, IdField};

/// Apps that are gone through. Those beyond are found in their list.
const APPS: i64 = 2_000;

/// An app by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppName {
    /// Its id.
    pub id: AppId,
    /// Its `client_id`.
    pub client_id: String,
    /// Its name.
    pub label: String,
}

/// What an id stands for in the log.
#[derive(Debug)]
pub struct FoundId {
    /// The event, or the newest one of the request. None when the log has none of it: a request that was counted in
    /// another's story, or one that isn't there.
    pub event: Option<EventRow>,
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
        for (id, client_id, label) in names {
            let at = label.to_lowercase().find(&wanted);
            if at.is_some() || client_id.starts_with(word) {
                found.push((at != Some(0), AppName { id, client_id, label }));
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
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let found = tx.latest_matching(Condition::Id { field, value }, None, 1).await?;
        Ok(Some(FoundId { event: found.into_iter().next() }))
    }
}
