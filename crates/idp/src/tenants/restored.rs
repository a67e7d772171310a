//! A store that came back from a backup knows tokens that were rotated, revoked or signed out since. Nobody can tell
//! them from good ones any more, so none of them counts: people sign in again, and apps ask again.

use super::no_request;
use crate::admin::servers::revoke_server;
use crate::ctx::At;
use crate::{Idp, IdpError};
use signet_domain::event::{Entity, Event, Severity, types};
use signet_domain::id::TenantId;

/// How many tenants, servers are read at once.
const STEP: i64 = 200;

/// The fact of an event that says why everything was revoked.
const CAUSE: &str = "cause";

impl Idp {
    /// Refuses whatever the tenants of this store have issued so far. Gives how many tenants there are.
    ///
    /// # Errors
    /// When the store fails. What was done stays done, and doing it again does no harm.
    pub async fn forget_what_was_issued(&self) -> Result<usize, IdpError> {
        let (mut after, mut done) = (String::new(), 0);
        loop {
            let tenants = self.store().unscoped_tenants(&after, STEP).await?;
            for summary in &tenants {
                self.forget_of(summary.tenant.id).await?;
            }
            done += tenants.len();
            let Some(last) = tenants.last() else { return Ok(done) };
            after.clone_from(&last.tenant.name);
        }
    }

    async fn forget_of(&self, tenant: TenantId) -> Result<(), IdpError> {
        let (idp, now) = (self.clone(), self.clock().now());
        let request = no_request(self, now);
        self.store()
            .tenant(tenant)
            .write(move |tx| {
                Box::pin(async move {
                    let sessions = tx.end_all_sessions(now).await?;
                    tx.delete_unspent().await?;
                    tx.delete_credential_tokens().await?;
                    let mut after = None;
                    loop {
                        let servers = tx.servers(after, STEP).await?;
                        for server in &servers {
                            revoke_server(tx, now, server).await?;
                            let id = idp.entropy().id(now);
                            let mut event =
                                Event::new(id, now, types::AS_REVOKE_ALL, Entity::system(), &request)
                                    .at(server)
                                    .debug(CAUSE, "restore")
                                    .debug("sessions", sessions.to_string());
                            event.severity = Severity::Warn;
                            tx.append(&event).await?;
                        }
                        let Some(last) = servers.last() else { return Ok(()) };
                        after = Some(last.id);
                    }
                })
            })
            .await?;
        Ok(())
    }
}
