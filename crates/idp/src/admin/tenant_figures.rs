//! A tenant in numbers, for its operator: how much there is of what and when it was last used, and nothing of what it
//! says.

use super::AdminError;
use crate::Idp;
use crate::console::kinds::any_type;
use signet_domain::Time;
use signet_domain::event::types::{self, EventType};
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_store::Tx;
use signet_store::log_query::{LogQuery, Order};
use signet_store::tenant_figures::TenantFigures;

/// Counting ends here: `over 100,000` says enough, and is quick however many there are.
pub const MOST_COUNTED: i64 = 100_000;
/// Days in which a sign-in is looked for.
pub const LATELY_DAYS: i64 = 30;

const DAY_SECONDS: i64 = 86_400;

/// What an operator is told of a tenant.
#[derive(Debug, Clone)]
pub struct TenantInNumbers {
    /// The numbers; a count above [`MOST_COUNTED`] stands for more than that.
    pub figures: TenantFigures,
    /// When an administrator last opened its console, as far as its log reaches back.
    pub console_opened_at: Option<Time>,
    /// Since when it is suspended, as far as its log reaches back.
    pub suspended_at: Option<Time>,
}

impl Idp {
    /// A tenant in numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_tenant_in_numbers(
        &self,
        tenant: &Tenant,
        now: Time,
    ) -> Result<TenantInNumbers, AdminError> {
        let mut tx = self.store().tenant(tenant.id).read().await?;
        let figures = tx.tenant_figures(MOST_COUNTED + 1, now.plus_secs(-LATELY_DAYS * DAY_SECONDS)).await?;
        let console_opened_at = newest(&mut tx, types::SESSION_ADMIN).await?;
        let suspended_at = match tenant.status {
            TenantStatus::Suspended => newest(&mut tx, types::TENANT_SUSPEND).await?,
            TenantStatus::Active | TenantStatus::Deleted => None,
        };
        Ok(TenantInNumbers { figures, console_opened_at, suspended_at })
    }
}

/// When the newest event of a type happened. Both are of the types that an index keeps apart.
async fn newest(tx: &mut Tx, of: EventType) -> Result<Option<Time>, AdminError> {
    let (condition, order) = (any_type(&[of]), Order::PublishedDescending);
    let query = LogQuery { condition, order, limit: 1, ..LogQuery::default() };
    Ok(tx.log(&query).await?.first().map(|event| event.published))
}
