//! The times that alerts fired: reading them, and taking note.

use super::alerts::find;
use super::{AdminError, Caller, Page};
use crate::alerts::entity;
use crate::{Ctx, Idp, IdpError};
use signet_domain::alert::{Alert, AlertFiring};
use signet_domain::event::types;
use signet_domain::id::FiringId;
use signet_domain::webhook::WebhookDelivery;

/// Most firings on a page.
pub const MAX_LIMIT: i64 = 200;
/// Most firings that are counted as open.
const OPEN_BOUND: i64 = 100;

impl Idp {
    /// A page of the times that an alert fired, newest first.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Cursor`].
    pub async fn admin_firings(
        &self,
        ctx: &Ctx,
        key: &str,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<(Alert, Page<AlertFiring>), AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let alert = find(&mut tx, key).await?;
        let limit = limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT);
        let list = format!("firings {}", alert.id);
        let before = self.open_cursor(ctx, &list, after)?.map(FiringId);
        let found = tx.firings(alert.id, before, limit + 1).await?;
        Ok((alert, self.page_of(ctx, &list, found, limit, |firing| firing.id.0)))
    }

    /// Takes note of one firing of an alert, or with none named of all; nothing is said of what was so before.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_acknowledge(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        one: Option<&str>,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, one) = (key.to_owned(), one.map(str::to_owned));
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let alert = find(tx, &key).await?;
                let by = (caller.entity.alternate_id.as_str(), ctx.now);
                let noted = match &one {
                    None => tx.acknowledge_firings(alert.id, by).await?,
                    Some(one) => {
                        let missing = || AdminError::not_found(one, "AlertFiring");
                        let id = FiringId::parse(one).ok_or_else(missing)?;
                        let firing = tx.firing(alert.id, id).await?.ok_or_else(missing)?;
                        u64::from(tx.acknowledge_firing(alert.id, firing.id, by).await?)
                    }
                };
                if noted > 0 {
                    let event = caller.event(&idp, &ctx, types::ALERT_ACKNOWLEDGE).target(entity(&alert));
                    tx.append(&event.debug("firings", noted.to_string())).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// What webhooks were told of a firing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn deliveries_of_firing(
        &self,
        ctx: &Ctx,
        firing: FiringId,
    ) -> Result<Vec<WebhookDelivery>, IdpError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.deliveries_of_firing(firing).await?)
    }

    /// How many firings nobody took note of, up to a hundred.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open_alerts(&self, ctx: &Ctx) -> Result<i64, IdpError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.count_open_firings(OPEN_BOUND).await?)
    }

    /// The newest firings that nobody took note of, each with its alert.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open_firings(&self, ctx: &Ctx, limit: i64) -> Result<Vec<(Alert, AlertFiring)>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let mut found = Vec::new();
        for firing in tx.open_firings(limit).await? {
            found.extend(tx.alert(firing.alert_id).await?.map(|alert| (alert, firing)));
        }
        Ok(found)
    }
}
