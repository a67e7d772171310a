//! Webhooks: addresses that are told of what happens.

use crate::id::{DeliveryId, FiringId, TenantId, WebhookId};
use crate::time::Time;

/// An address that is told, and the secret that signs what it is told.
#[derive(Clone, sqlx::FromRow)]
pub struct Webhook {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: WebhookId,
    /// The name that people read; unique in the tenant.
    pub name: String,
    /// The address.
    pub url: String,
    /// Whether it is told.
    pub enabled: bool,
    /// The secret, sealed.
    pub sealed_secret: Vec<u8>,
    /// The one before, sealed.
    pub sealed_previous: Option<Vec<u8>>,
    /// Until when the one before signs, too.
    pub previous_until: Option<Time>,
    /// When the secret was made.
    pub secret_made_at: Time,
    /// Rises with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a webhook was told, or has still to be.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WebhookDelivery {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id: `webhook-id`, the same at every attempt.
    pub id: DeliveryId,
    /// The webhook.
    pub webhook_id: WebhookId,
    /// What it tells of; none where somebody only tries the webhook.
    pub firing_id: Option<FiringId>,
    /// What it is told.
    pub body: String,
    /// Attempts so far, with the one under way.
    pub attempts: i64,
    /// When it is due; none when it is over.
    pub next_at: Option<Time>,
    /// The status of the last answer, if there was one.
    pub status: Option<i64>,
    /// When it was last tried.
    pub tried_at: Option<Time>,
    /// Whether it was told.
    pub delivered: bool,
    /// When it was queued.
    pub created_at: Time,
}
