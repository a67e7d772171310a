//! Webhooks, which alerts tell them, and what they were told.

use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::id::{AlertId, DeliveryId, FiringId, WebhookId};
use signet_domain::webhook::{Webhook, WebhookDelivery};

impl Tx {
    /// The base URL of the tenant whose rows this sees.
    pub async fn tenant_url(&mut self) -> Result<String> {
        const SQL: &str = "SELECT url FROM tenants WHERE id = $1";
        fetch_one!(self, (String,), SQL, self.tenant).map(|(url,)| url)
    }

    /// All webhooks, by name.
    pub async fn webhooks(&mut self) -> Result<Vec<Webhook>> {
        const SQL: &str = "SELECT * FROM webhooks WHERE tenant_id = $1 ORDER BY name, id LIMIT 1000";
        fetch_all!(self, Webhook, SQL, self.tenant)
    }

    /// One webhook.
    pub async fn webhook(&mut self, id: WebhookId) -> Result<Option<Webhook>> {
        const SQL: &str = "SELECT * FROM webhooks WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, Webhook, SQL, self.tenant, id)
    }

    /// Adds a webhook. [`StoreError::Conflict`] when the name is taken.
    pub async fn insert_webhook(&mut self, w: &Webhook) -> Result<()> {
        const SQL: &str =
            "INSERT INTO webhooks (tenant_id, id, name, url, enabled, sealed_secret, secret_made_at,
            version, created_at, updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7,1,$7,$7)";
        execute!(self, SQL, self.tenant, w.id, &w.name, &w.url, w.enabled, &w.sealed_secret, w.created_at)
            .map(|_| ())
    }

    /// Writes a webhook back, its secrets too, if it is still at the version that was read.
    pub async fn update_webhook(&mut self, w: &Webhook, now: Time) -> Result<()> {
        const SQL: &str = "UPDATE webhooks SET name = $3, url = $4, enabled = $5, sealed_secret = $6,
            sealed_previous = $7, previous_until = $8, secret_made_at = $9, updated_at = $10,
            version = version + 1 WHERE tenant_id = $1 AND id = $2 AND version = $11";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            w.id,
            &w.name,
            &w.url,
            w.enabled,
            &w.sealed_secret,
            &w.sealed_previous,
            w.previous_until,
            w.secret_made_at,
            now,
            w.version
        )?;
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Deletes a webhook with its deliveries.
    pub async fn delete_webhook(&mut self, id: WebhookId) -> Result<bool> {
        const SQL: &str = "DELETE FROM webhooks WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }

    /// The webhooks that an alert tells, by name.
    pub async fn webhooks_of(&mut self, alert: AlertId) -> Result<Vec<Webhook>> {
        const SQL: &str = "SELECT w.* FROM webhooks w
            JOIN alert_webhooks a ON a.tenant_id = w.tenant_id AND a.webhook_id = w.id
            WHERE w.tenant_id = $1 AND a.alert_id = $2 ORDER BY w.name, w.id";
        fetch_all!(self, Webhook, SQL, self.tenant, alert)
    }

    /// Which webhooks the alerts tell.
    pub async fn alert_webhooks(&mut self) -> Result<Vec<(AlertId, WebhookId)>> {
        const SQL: &str = "SELECT alert_id, webhook_id FROM alert_webhooks WHERE tenant_id = $1
            ORDER BY alert_id, webhook_id";
        fetch_all!(self, (AlertId, WebhookId), SQL, self.tenant)
    }

    /// Lets an alert tell a webhook, too. [`StoreError::Reference`] when there is no such webhook.
    pub async fn add_alert_webhook(&mut self, alert: AlertId, webhook: WebhookId) -> Result<()> {
        const SQL: &str = "INSERT INTO alert_webhooks (tenant_id, alert_id, webhook_id) VALUES ($1,$2,$3)";
        execute!(self, SQL, self.tenant, alert, webhook).map(|_| ())
    }

    /// Lets an alert tell no webhook; gives how many it told.
    pub async fn clear_alert_webhooks(&mut self, alert: AlertId) -> Result<u64> {
        const SQL: &str = "DELETE FROM alert_webhooks WHERE tenant_id = $1 AND alert_id = $2";
        execute!(self, SQL, self.tenant, alert)
    }

    /// Queues a delivery.
    pub async fn insert_webhook_delivery(&mut self, d: &WebhookDelivery) -> Result<()> {
        const SQL: &str =
            "INSERT INTO webhook_deliveries (tenant_id, id, webhook_id, firing_id, body, attempts,
            next_at, delivered, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)";
        execute!(
            self,
            SQL,
            self.tenant,
            d.id,
            d.webhook_id,
            d.firing_id,
            &d.body,
            d.attempts,
            d.next_at,
            d.delivered,
            d.created_at
        )
        .map(|_| ())
    }

    /// Writes down what came of an attempt; `false` when the delivery is no longer there.
    pub async fn settle_webhook_delivery(&mut self, d: &WebhookDelivery) -> Result<bool> {
        const SQL: &str =
            "UPDATE webhook_deliveries SET next_at = $3, status = $4, tried_at = $5, delivered = $6
            WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, d.id, d.next_at, d.status, d.tried_at, d.delivered).map(|n| n > 0)
    }

    /// Deliveries to a webhook before one of them, newest first.
    pub async fn webhook_deliveries(
        &mut self,
        webhook: WebhookId,
        before: Option<DeliveryId>,
        limit: i64,
    ) -> Result<Vec<WebhookDelivery>> {
        const SQL: &str = "SELECT * FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2
            AND id < $3 ORDER BY id DESC LIMIT $4";
        let before = before.unwrap_or(DeliveryId(uuid::Uuid::max()));
        fetch_all!(self, WebhookDelivery, SQL, self.tenant, webhook, before, limit)
    }

    /// Deliveries that tell of a firing.
    pub async fn deliveries_of_firing(&mut self, firing: FiringId) -> Result<Vec<WebhookDelivery>> {
        const SQL: &str = "SELECT * FROM webhook_deliveries WHERE tenant_id = $1 AND firing_id = $2
            ORDER BY id LIMIT 100";
        fetch_all!(self, WebhookDelivery, SQL, self.tenant, firing)
    }
}
