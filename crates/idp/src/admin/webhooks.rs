//! Webhooks of a tenant: addresses that alerts tell.

use super::change::{Diff, Facts};
use super::error::Causes;
use super::{AdminError, Caller, Expected, Page};
use crate::webhooks::{OVERLAP_SECONDS, entity, place};
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::id::{DeliveryId, WebhookId};
use signet_domain::webhook::{Webhook, WebhookDelivery};
use signet_oauth::Secret;
use signet_store::Tx;
use signet_store::windows::Count;

/// Most webhooks of a tenant.
pub const MAX_WEBHOOKS: usize = 20;
/// Most deliveries on a page.
pub const MAX_LIMIT: i64 = 200;
/// Most tests in a minute, over all webhooks of the tenant.
const TESTS_A_MINUTE: i64 = 10;

/// A webhook as it is sent.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// The name that people read.
    pub name: String,
    /// The address.
    pub url: String,
    /// Whether it is told.
    pub enabled: bool,
}

impl Idp {
    fn put_webhook(&self, settings: WebhookSettings, webhook: &mut Webhook) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.name("name", &settings.name, 1..=100);
        if let Err(error) = self.fetch().check(&settings.url) {
            causes.add("url", error);
        }
        causes.check("webhook")?;
        (webhook.name, webhook.url, webhook.enabled) = (settings.name, settings.url, settings.enabled);
        Ok(())
    }

    /// All webhooks, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_webhooks(&self, ctx: &Ctx) -> Result<Vec<Webhook>, AdminError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.webhooks().await?)
    }

    /// One webhook.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_webhook(&self, ctx: &Ctx, key: &str) -> Result<Webhook, AdminError> {
        find(&mut self.store().tenant(ctx.tenant_id()).read().await?, key).await
    }

    /// Creates a webhook. Its secret is told this once.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]; a name that is taken is one.
    pub async fn admin_create_webhook(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        settings: WebhookSettings,
    ) -> Result<(Webhook, Secret), AdminError> {
        let (sealed_secret, secret) = self.make_webhook_secret()?;
        let mut webhook = Webhook {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            name: String::new(),
            url: String::new(),
            enabled: true,
            sealed_secret,
            sealed_previous: None,
            previous_until: None,
            secret_made_at: ctx.now,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        self.put_webhook(settings, &mut webhook)?;
        let event = caller.event(self, ctx, types::WEBHOOK_CREATE);
        let event = Diff::made(facts(&webhook)).into_event(event, entity(&webhook));
        let made = webhook.clone();
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.insert_webhook(&webhook).await.map_err(|e| AdminError::taken("name", e))?;
                if tx.webhooks().await?.len() > MAX_WEBHOOKS {
                    return Err(AdminError::too_many("webhook", "a tenant", MAX_WEBHOOKS, "webhooks"));
                }
                Ok(tx.append(&event).await?)
            })
        })
        .await?;
        Ok((made, secret))
    }

    /// Replaces name and address of a webhook, and whether it is told.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_replace_webhook(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: WebhookSettings,
        expected: &Expected,
    ) -> Result<Webhook, AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, expected) = (key.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let before = find(tx, &key).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                idp.put_webhook(settings, &mut after)?;
                let diff = Diff::of(facts(&before), facts(&after));
                if !diff.is_empty() || before.url != after.url {
                    tx.update_webhook(&after, ctx.now).await.map_err(|e| AdminError::taken("name", e))?;
                    let event = caller.event(&idp, &ctx, types::WEBHOOK_UPDATE);
                    tx.append(&diff.into_event(event, entity(&after))).await?;
                }
                find(tx, &key).await
            })
        })
        .await
    }

    /// Makes another secret, which is told this once. The one before signs beside it for a day.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_roll_webhook_secret(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<(Webhook, Secret), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        let (sealed, secret) = self.make_webhook_secret()?;
        let webhook = self
            .change(&ctx.clone(), move |tx| {
                Box::pin(async move {
                    let mut webhook = find(tx, &key).await?;
                    webhook.sealed_previous = Some(std::mem::replace(&mut webhook.sealed_secret, sealed));
                    webhook.previous_until = Some(ctx.now.plus_secs(OVERLAP_SECONDS));
                    webhook.secret_made_at = ctx.now;
                    tx.update_webhook(&webhook, ctx.now).await?;
                    let event = caller.event(&idp, &ctx, types::WEBHOOK_SECRET_ROLL);
                    tx.append(&event.target(entity(&webhook))).await?;
                    find(tx, &key).await
                })
            })
            .await?;
        Ok((webhook, secret))
    }

    /// Deletes a webhook. Alerts that told it go on without it.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_delete_webhook(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let webhook = find(tx, &key).await?;
                tx.delete_webhook(webhook.id).await?;
                let event = caller.event(&idp, &ctx, types::WEBHOOK_DELETE).target(entity(&webhook));
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }

    /// Queues a test for a webhook: what comes of it is among its deliveries.
    ///
    /// # Errors
    /// [`AdminError::NotFound`]; [`AdminError::Invalid`] for one that is off, and after ten tests in a minute.
    pub async fn admin_test_webhook(&self, ctx: &Ctx, key: &str) -> Result<WebhookDelivery, AdminError> {
        let webhook = self.admin_webhook(ctx, key).await?;
        if !webhook.enabled {
            return Err(AdminError::invalid("webhook", "webhookId: it is off; switch it on first"));
        }
        let store = self.store().tenant(ctx.tenant_id());
        let minute = 60 * Time::SECOND;
        if let Count::Refused { .. } = store.count("webhook_tests", minute, TESTS_A_MINUTE).await? {
            let cause = format!("webhookId: at most {TESTS_A_MINUTE} tests a minute; wait a moment");
            return Err(AdminError::invalid("webhook", cause));
        }
        let delivery = self.test_delivery(ctx, &webhook);
        let queued = delivery.clone();
        self.change(ctx, move |tx| Box::pin(async move { Ok(tx.insert_webhook_delivery(&queued).await?) }))
            .await?;
        Ok(delivery)
    }

    /// A page of what a webhook was told, newest first.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Cursor`].
    pub async fn admin_webhook_deliveries(
        &self,
        ctx: &Ctx,
        key: &str,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<WebhookDelivery>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let webhook = find(&mut tx, key).await?;
        let limit = limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT);
        let list = format!("deliveries {}", webhook.id);
        let before = self.open_cursor(ctx, &list, after)?.map(DeliveryId);
        let found = tx.webhook_deliveries(webhook.id, before, limit + 1).await?;
        Ok(self.page_of(ctx, &list, found, limit, |delivery| delivery.id.0))
    }
}

async fn find(tx: &mut Tx, key: &str) -> Result<Webhook, AdminError> {
    let webhook = match WebhookId::parse(key) {
        Some(id) => tx.webhook(id).await?,
        None => None,
    };
    webhook.ok_or_else(|| AdminError::not_found(key, "Webhook"))
}

/// Of the address the log shows only where it leads.
fn facts(webhook: &Webhook) -> Facts {
    vec![
        ("name", webhook.name.as_str().into()),
        ("url", place(&webhook.url).into()),
        ("enabled", webhook.enabled.into()),
    ]
}
