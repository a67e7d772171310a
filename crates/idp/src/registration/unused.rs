//! Apps that registered themselves and never got a token: they go after a while, so that nobody can fill a server
//! with them for good.

use crate::admin::apps::revoke_app;
use crate::ctx::{At, app_instance};
use crate::tenants::no_request;
use crate::{Idp, IdpError};
use signet_domain::event::{Entity, Event, types};
use signet_domain::id::{AppId, TenantId};

impl Idp {
    /// Deletes an app that never got a token in time. Nothing if it did, or another node was faster.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_unused_registration(&self, tenant: TenantId, id: AppId) -> Result<(), IdpError> {
        let now = self.clock().now();
        let (request, event_id) = (no_request(self, now), self.entropy().id(now));
        self.store()
            .tenant(tenant)
            .write(move |tx| {
                Box::pin(async move {
                    let Some(app) = tx.app(id).await? else { return Ok(()) };
                    if !tx.end_unused_registration(id, now).await? {
                        return Ok(());
                    }
                    revoke_app(tx, now, &app).await?;
                    tx.delete_app(id).await?;
                    let event =
                        Event::new(event_id, now, types::CLIENT_DELETE, Entity::system(), &request).by(&app);
                    tx.append(&event.target(app_instance(&app)).debug("why", "unused")).await
                })
            })
            .await?;
        Ok(())
    }
}
