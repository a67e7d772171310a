//! Telling webhooks, signed in the manner of Standard Webhooks, so that a receiver knows who speaks and what is old.
//!
//! The signature is over the id, the time of the attempt and the body; the id stays the same at every attempt.

use crate::deliveries::{Attempt, Reasons};
use crate::tenants::no_request;
use crate::{Ctx, Idp, IdpError};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use signet_domain::Time;
use signet_domain::alert::{Alert, AlertFiring};
use signet_domain::event::{Entity, types};
use signet_domain::id::{FiringId, TenantId, WebhookId};
use signet_domain::webhook::{Webhook, WebhookDelivery};
use signet_oauth::Secret;
use signet_store::deliveries::Due;
use zeroize::Zeroizing;

/// What a secret begins with; the rest is the key in base64.
pub const SECRET_PREFIX: &str = "whsec_";
/// Seconds for which the secret before signs, too, after another was made: a day.
pub const OVERLAP_SECONDS: i64 = 86_400;

/// What seals secrets.
const PURPOSE: &[u8] = b"webhook-secret";
const KEY_BYTES: usize = 32;
const REASONS: Reasons = Reasons("webhook_refused", "webhook_no_answer");

/// `v1,` and the signature of what is told (Standard Webhooks, symmetric).
#[must_use]
pub fn signature(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.sign()))
}

impl Idp {
    /// A new key: sealed, and as its receiver knows it.
    pub(crate) fn make_webhook_secret(&self) -> Result<(Vec<u8>, Secret), IdpError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        self.entropy().fill(&mut key[..]);
        let sealed = self.secrets().seal(self.entropy(), PURPOSE, &key[..])?;
        Ok((sealed, Secret::new(format!("{SECRET_PREFIX}{}", STANDARD.encode(&key[..])))))
    }

    /// What a webhook is told of a firing.
    pub(crate) fn firing_delivery(
        &self,
        (tenant_url, alert): (&str, &Alert),
        firing: &AlertFiring,
        webhook: WebhookId,
        now: Time,
    ) -> WebhookDelivery {
        let body = json!({
            "type": "alert.fired",
            "timestamp": now.rfc3339(),
            "data": {
                "issuer": tenant_url,
                "alert": { "id": alert.id.to_string(), "name": alert.name, "shipped": alert.shipped },
                "firing": {
                    "id": firing.id.to_string(),
                    "eventId": firing.event_id.to_string(),
                    "since": firing.since_at.rfc3339(),
                    "until": firing.until_at.rfc3339(),
                    "events": firing.events,
                },
                "url": format!("{tenant_url}/console/alerts/{}", alert.id),
            },
        });
        self.delivery(alert.tenant_id, webhook, Some(firing.id), body.to_string(), now)
    }

    /// What a webhook is told when somebody tries it.
    pub(crate) fn test_delivery(&self, ctx: &Ctx, webhook: &Webhook) -> WebhookDelivery {
        let body = json!({
            "type": "webhook.test",
            "timestamp": ctx.now.rfc3339(),
            "data": { "issuer": ctx.tenant.url, "webhook": { "id": webhook.id.to_string(), "name": webhook.name } },
        });
        self.delivery(webhook.tenant_id, webhook.id, None, body.to_string(), ctx.now)
    }

    fn delivery(
        &self,
        tenant_id: TenantId,
        webhook_id: WebhookId,
        firing_id: Option<FiringId>,
        body: String,
        now: Time,
    ) -> WebhookDelivery {
        WebhookDelivery {
            tenant_id,
            id: self.entropy().id(now),
            webhook_id,
            firing_id,
            body,
            attempts: 0,
            next_at: Some(now),
            status: None,
            tried_at: None,
            delivered: false,
            created_at: now,
        }
    }

    /// Tells a webhook, once; what comes of it is in the log.
    ///
    /// # Errors
    /// When the store fails; the delivery is taken up again then.
    pub async fn deliver_webhook(&self, due: &Due<WebhookDelivery>) -> Result<(), IdpError> {
        let delivery = &due.delivery;
        // A suspended tenant says nothing; its deliveries wait, and end like all others.
        let tenant = self.tenant_by_host(&due.host).await?.filter(|tenant| tenant.id == delivery.tenant_id);
        let webhook =
            self.store().tenant(delivery.tenant_id).read().await?.webhook(delivery.webhook_id).await?;
        let (Some(tenant), Some(webhook)) = (tenant, webhook) else { return self.wait(delivery).await };
        if !webhook.enabled {
            let over = WebhookDelivery { next_at: None, ..delivery.clone() };
            return self.settle_webhook(over, None).await;
        }
        let now = self.clock().now();
        let (id, timestamp) = (delivery.id.to_string(), now.secs());
        let signatures = self.signatures(&webhook, (&id, timestamp, &delivery.body), now)?;
        let headers = [
            ("content-type", "application/json"),
            ("accept", "*/*"),
            ("webhook-id", &*id),
            ("webhook-timestamp", &timestamp.to_string()),
            ("webhook-signature", &signatures),
        ];
        let told = self.fetch().post(&webhook.url, delivery.body.clone(), &headers).await;
        let now = self.clock().now();
        let ctx = Ctx::new(tenant, now, no_request(self, now));
        let event = self
            .event(&ctx, types::WEBHOOK_DELIVER, Entity::system())
            .target(entity(&webhook))
            .debug("delivery", &*id);
        let event = match delivery.firing_id {
            Some(firing) => event.debug("firing", firing.to_string()),
            None => event.debug("test", "true"),
        };
        let fine = |status| (200..300).contains(&status);
        let attempt = Attempt::of(told, fine, &REASONS, (delivery.attempts, now), event);
        let settled = WebhookDelivery {
            next_at: attempt.next_at,
            status: attempt.status.map(i64::from),
            tried_at: Some(now),
            delivered: attempt.delivered,
            ..delivery.clone()
        };
        let event = match attempt.status.filter(|_| attempt.delivered) {
            Some(status) => attempt.event.debug("status", status.to_string()),
            None => attempt.event,
        };
        self.settle_webhook(settled, Some(event)).await
    }

    /// With the secret, and for a while with the one before.
    fn signatures(
        &self,
        webhook: &Webhook,
        (id, timestamp, body): (&str, i64, &str),
        now: Time,
    ) -> Result<String, IdpError> {
        let previous = webhook.sealed_previous.as_ref().filter(|_| webhook.previous_until > Some(now));
        let mut all = Vec::new();
        for sealed in [Some(&webhook.sealed_secret), previous].into_iter().flatten() {
            all.push(signature(&self.secrets().open(PURPOSE, sealed)?, id, timestamp, body));
        }
        Ok(all.join(" "))
    }

    async fn wait(&self, delivery: &WebhookDelivery) -> Result<(), IdpError> {
        match signet_domain::delivery::retry_at(delivery.attempts, self.clock().now()) {
            Some(_) => Ok(()),
            None => self.settle_webhook(WebhookDelivery { next_at: None, ..delivery.clone() }, None).await,
        }
    }

    /// Writes down what came of an attempt, and logs it, unless the delivery is gone.
    async fn settle_webhook(
        &self,
        delivery: WebhookDelivery,
        event: Option<signet_domain::event::Event>,
    ) -> Result<(), IdpError> {
        let store = self.store().tenant(delivery.tenant_id);
        let written = store.write(move |tx| {
            Box::pin(async move {
                let there = tx.settle_webhook_delivery(&delivery).await?;
                match event {
                    Some(event) if there => tx.append(&event).await,
                    _ => Ok(()),
                }
            })
        });
        Ok(written.await?)
    }
}

/// The log's view of a webhook. Of its address only where it leads: a path may hold somebody's key.
pub(crate) fn entity(webhook: &Webhook) -> Entity {
    Entity::new("Webhook", webhook.id, &place(&webhook.url), &webhook.name)
}

/// The beginning of an address, without its path.
#[must_use]
pub fn place(url: &str) -> String {
    let end = url.find("://").map_or(0, |at| at + 3);
    let path = url[end..].find(['/', '?']).map_or(url.len(), |at| end + at);
    url[..path].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        // The example of the specification's own libraries.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_log_sees_no_path() {
        assert_eq!(place("https://hooks.example:8443/T0/key?x"), "https://hooks.example:8443");
        assert_eq!(place("https://hooks.example"), "https://hooks.example");
    }
}
