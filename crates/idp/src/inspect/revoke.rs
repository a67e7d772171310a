//! Ending what an inspection found, by the event that issued it.

use super::ISSUED;
use crate::admin::{Access, AdminError, Area, Caller};
use crate::ctx::{At, by_kind};
use crate::grants::{LONGEST_TOKEN_SECONDS, end_grant};
use crate::{Ctx, Idp};
use signet_domain::event::{EventRow, types};
use signet_domain::id::{EventId, ServerId};
use signet_domain::token::RevocationKind;

/// How much is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The one access token.
    Token,
    /// Its grant, with every token that was issued under it.
    Grant,
}

/// What of an issued token can be revoked.
#[must_use]
pub fn revocable(event: &EventRow) -> Vec<Reach> {
    if !ISSUED.iter().any(|of| of.name == event.event_type) {
        return Vec::new();
    }
    let is_access =
        [types::ORG_ACCESS_TOKEN, types::AS_ACCESS_TOKEN].iter().any(|t| t.name == event.event_type);
    let mut reach = Vec::new();
    if is_access && event.jti.is_some() {
        reach.push(Reach::Token);
    }
    if event.grant_id.is_some() {
        reach.push(Reach::Grant);
    }
    reach
}

impl Idp {
    /// Revokes what an event issued.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] where there is no such event, or it issued nothing that can be revoked so;
    /// [`AdminError::Forbidden`] for who may not change apps.
    pub async fn admin_revoke_issued_by(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        event: EventId,
        reach: Reach,
    ) -> Result<(), AdminError> {
        caller.require(Area::Logs, Access::Read)?;
        caller.require(Area::Apps, Access::Write)?;
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let missing = || AdminError::not_found(event, "LogEvent");
                let issued = tx.event(event).await?.ok_or_else(missing)?;
                if !revocable(&issued).contains(&reach) {
                    return Err(missing());
                }
                let server = match issued.server_id.as_deref().and_then(ServerId::parse) {
                    Some(id) => tx.server(id).await?,
                    None => None,
                };
                let server = server.ok_or_else(missing)?;
                let kind = by_kind(&server, types::ORG_TOKEN_REVOKE, types::AS_TOKEN_REVOKE);
                let mut told = caller.event(&idp, &ctx, kind).at(&server);
                told.client_id.clone_from(&issued.client_id);
                told.user_id.clone_from(&issued.user_id);
                told.grant_id = issued.grant_id;
                told.flow_id = issued.flow_id;
                told = told.debug("issuedBy", issued.id.to_string());
                match (reach, issued.jti, issued.grant_id) {
                    (Reach::Token, Some(jti), _) => {
                        let until = issued.published.plus_secs(LONGEST_TOKEN_SECONDS + 60);
                        tx.put_revocation(RevocationKind::Token, &jti, ctx.now, until).await?;
                        told.jti = Some(jti);
                    }
                    (Reach::Grant, _, Some(grant)) => end_grant(tx, grant, ctx.now).await?,
                    _ => return Err(missing()),
                }
                Ok(tx.append(&told).await?)
            })
        })
        .await
    }
}
