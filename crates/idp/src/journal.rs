//! Events: made from the request they belong to, and committed with what they record.

use crate::{Ctx, Idp, IdpError};
use signet_domain::event::{Entity, Event, EventType};

impl Idp {
    /// A successful event of this request.
    #[must_use]
    pub fn event(&self, ctx: &Ctx, event_type: EventType, actor: Entity) -> Event {
        let event = Event::new(self.entropy().id(ctx.now), ctx.now, event_type, actor, &ctx.request);
        match &ctx.trial_by {
            Some(login) => event.debug("trialBy", login.as_str()),
            None => event,
        }
    }

    /// Commits events that record nothing but themselves, such as refusals and stateless tokens.
    ///
    /// # Errors
    /// When the store fails; what the events promise must not be answered then.
    pub async fn record(&self, ctx: &Ctx, events: Vec<Event>) -> Result<(), IdpError> {
        let written = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| Box::pin(async move { tx.append_all(&events).await }))
            .await;
        Ok(written?)
    }
}
