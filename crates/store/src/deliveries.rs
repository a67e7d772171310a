//! Queues of calls to addresses of others: sign-outs for apps, and what webhooks are told.
//!
//! Whoever takes a delivery up has it alone for a while; should that node go away, another takes it up after that.

use crate::macros::{execute, fetch_all};
use crate::{Result, Store};
use signet_domain::Time;
use signet_domain::delivery::CLAIM_SECONDS;
use signet_domain::id::TenantId;
use signet_domain::logout::LogoutDelivery;
use signet_domain::webhook::WebhookDelivery;
use uuid::Uuid;

/// The host of a delivery's tenant, and the delivery.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Due<D> {
    /// The tenant's host.
    pub host: String,
    /// What is due.
    #[sqlx(flatten)]
    pub delivery: D,
}

/// A few of each app, so that one whose address swallows everything holds up no other.
const DUE_LOGOUTS: &str =
    "SELECT t.host, d.tenant_id, d.id, d.app_id, d.server_id, d.user_id, d.session_id, d.attempts,
      d.next_at, d.created_at FROM (
        SELECT q.*, ROW_NUMBER() OVER (PARTITION BY tenant_id, app_id ORDER BY next_at, id) AS turn
        FROM logout_deliveries q WHERE next_at <= $1) d
    JOIN tenants t ON t.id = d.tenant_id WHERE d.turn <= $3 ORDER BY d.next_at, d.id LIMIT $2";

/// The same of each webhook.
const DUE_WEBHOOKS: &str =
    "SELECT t.host, d.tenant_id, d.id, d.webhook_id, d.firing_id, d.body, d.attempts, d.next_at, d.status, d.tried_at,
      d.delivered, d.created_at FROM (
        SELECT q.*, ROW_NUMBER() OVER (PARTITION BY tenant_id, webhook_id ORDER BY next_at, id) AS turn
        FROM webhook_deliveries q WHERE next_at <= $1) d
    JOIN tenants t ON t.id = d.tenant_id WHERE d.turn <= $3 ORDER BY d.next_at, d.id LIMIT $2";

/// Whoever moves it ahead has it.
const CLAIM_LOGOUT: &str = "UPDATE logout_deliveries SET next_at = $4, attempts = attempts + 1
    WHERE tenant_id = $1 AND id = $2 AND next_at = $3";

/// The same.
const CLAIM_WEBHOOK: &str = "UPDATE webhook_deliveries SET next_at = $4, attempts = attempts + 1
    WHERE tenant_id = $1 AND id = $2 AND next_at = $3";

/// Deliveries of one app or webhook that are taken up together.
const TOGETHER: i64 = 4;

/// A delivery as the queues know it.
trait Queued {
    /// Its key, and when it is due.
    fn place(&self) -> (TenantId, Uuid, Option<Time>);
    /// Notes that it is taken up, until an instant.
    fn taken(&mut self, until: Time);
}

impl Queued for LogoutDelivery {
    fn place(&self) -> (TenantId, Uuid, Option<Time>) {
        (self.tenant_id, self.id.0, Some(self.next_at))
    }

    fn taken(&mut self, until: Time) {
        (self.attempts, self.next_at) = (self.attempts + 1, until);
    }
}

impl Queued for WebhookDelivery {
    fn place(&self) -> (TenantId, Uuid, Option<Time>) {
        (self.tenant_id, self.id.0, self.next_at)
    }

    fn taken(&mut self, until: Time) {
        (self.attempts, self.next_at) = (self.attempts + 1, Some(until));
    }
}

const NIL: TenantId = TenantId(Uuid::nil());

impl Store {
    /// Takes up sign-outs that are due, of all tenants: no other node gets them for a while.
    pub async fn unscoped_claim_logouts(&self, now: Time, limit: i64) -> Result<Vec<Due<LogoutDelivery>>> {
        let due = {
            let mut tx = self.read(NIL).await?;
            fetch_all!(tx, Due<LogoutDelivery>, DUE_LOGOUTS, now, limit, TOGETHER)?
        };
        take_up(self, CLAIM_LOGOUT, due, now).await
    }

    /// The same of what webhooks have to be told.
    pub async fn unscoped_claim_webhooks(&self, now: Time, limit: i64) -> Result<Vec<Due<WebhookDelivery>>> {
        let due = {
            let mut tx = self.read(NIL).await?;
            fetch_all!(tx, Due<WebhookDelivery>, DUE_WEBHOOKS, now, limit, TOGETHER)?
        };
        take_up(self, CLAIM_WEBHOOK, due, now).await
    }
}

/// Those of the deliveries that no other node took up before.
async fn take_up<D: Queued>(
    store: &Store,
    claim: &'static str,
    due: Vec<Due<D>>,
    now: Time,
) -> Result<Vec<Due<D>>> {
    let mut claimed = Vec::new();
    let until = now.plus_secs(CLAIM_SECONDS);
    for mut due in due {
        let (tenant, id, next_at) = due.delivery.place();
        let took = store
            .write(NIL, move |tx| Box::pin(async move { execute!(tx, claim, tenant, id, next_at, until) }));
        if took.await? == 1 {
            due.delivery.taken(until);
            claimed.push(due);
        }
    }
    Ok(claimed)
}
