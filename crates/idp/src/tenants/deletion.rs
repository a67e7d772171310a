//! Deleting a tenant: it is gone for everybody at once, comes back if its operator wants it within the grace, and is
//! erased after that.

use crate::admin::AdminError;
use crate::{Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Entity, Event, EventRow, EventType, RequestFacts, types};
use signet_domain::id::TenantId;
use signet_domain::tenant::{Tenant, TenantDeletion, TenantStatus};
use signet_store::housekeeping::Swept;
use signet_store::log_query::{LogQuery, Order};
use signet_store::tenant_deletions::OPERATOR;
use signet_store::unscoped::Operator;
use std::ops::RangeInclusive;

/// Days that a deleted tenant is kept unless others are said, and those that may be.
pub const GRACE_DAYS: i64 = 30;
/// At least a day, so that a mistake can be taken back.
pub const GRACE: RangeInclusive<i64> = 1..=365;

/// Most deletions that are listed.
const LISTED: i64 = 100;

impl Idp {
    /// Deletes a tenant. It is served no more, and erased after so many days.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Invalid`], [`AdminError::Stale`] when it is deleted already.
    pub async fn operator_delete_tenant(
        &self,
        operator: &Operator,
        name: &str,
        grace_days: i64,
        now: Time,
        request: &RequestFacts,
    ) -> Result<(Tenant, TenantDeletion), AdminError> {
        if !GRACE.contains(&grace_days) {
            let cause = format!("graceDays: must be from {} to {}", GRACE.start(), GRACE.end());
            return Err(AdminError::invalid("tenant", cause));
        }
        let tenant = self.operator_tenant(name).await?;
        let deletion = TenantDeletion {
            id: tenant.id,
            number: tenant.number,
            name: tenant.name.clone(),
            host: tenant.host.clone(),
            was: tenant.status,
            deleted_by: operator.login.clone(),
            deleted_at: now,
            erase_at: now.plus_secs(grace_days * 86_400),
            began_at: None,
            erased_at: None,
        };
        if tenant.status == TenantStatus::Deleted {
            return Err(AdminError::Stale);
        }
        let event = self.tenant_change(operator, &tenant, types::TENANT_DELETE, now, request);
        let event = self.tenant_end(event.debug("eraseAt", deletion.erase_at.rfc3339()), tenant.id);
        self.store().unscoped_begin_deletion(deletion.clone(), event).await?;
        Ok((Tenant { status: TenantStatus::Deleted, ..tenant }, deletion))
    }

    /// Takes a deletion back: the tenant is what it was before.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] when it isn't deleted, [`AdminError::Stale`] when erasing has begun.
    pub async fn operator_restore_tenant(
        &self,
        operator: &Operator,
        name: &str,
        now: Time,
        request: &RequestFacts,
    ) -> Result<Tenant, AdminError> {
        let tenant = self.operator_tenant(name).await?;
        let deletion = self.operator_deletion(&tenant).await?;
        let deletion = deletion.ok_or_else(|| AdminError::not_found(name, "TenantDeletion"))?;
        let event = self.tenant_change(operator, &tenant, types::TENANT_RESTORE, now, request);
        let status = deletion.was;
        if !self.store().unscoped_restore_tenant(deletion, event).await? {
            return Err(AdminError::Stale);
        }
        Ok(Tenant { status, ..tenant })
    }

    /// The deletion of a tenant, if it is deleted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_deletion(&self, tenant: &Tenant) -> Result<Option<TenantDeletion>, AdminError> {
        Ok(self.store().unscoped_deletion(tenant.id).await?)
    }

    /// The newest deletions, and what is left of tenants that were erased.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_deletions(&self) -> Result<Vec<TenantDeletion>, AdminError> {
        Ok(self.store().unscoped_deletions(LISTED).await?)
    }

    /// The newest events of the operator's own log: tenants that were deleted, restored, erased.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_log(&self, limit: u32) -> Result<Vec<EventRow>, AdminError> {
        let query = LogQuery { order: Order::PublishedDescending, limit, ..LogQuery::default() };
        Ok(self.store().tenant(OPERATOR).read().await?.log(&query).await?)
    }

    /// Erases some rows of a deleted tenant whose grace is over. Nodes that do so at once do no harm.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erase_tenants(&self, batch: i64) -> Result<Swept, IdpError> {
        let now = self.clock().now();
        let Some(due) = self.store().unscoped_due_erasure(now).await? else { return Ok(Swept::default()) };
        let mut swept = self.store().unscoped_erase_rows(due.id, batch).await?;
        if !swept.more {
            let event = self.tenant_erased(due.id, &due.name, &due.host, now);
            // The next one, if there is one.
            swept.more = self.store().unscoped_finish_erasure(due.id, now, event).await?;
        }
        Ok(swept)
    }

    /// The event that is left of a tenant.
    #[must_use]
    pub fn tenant_erased(&self, id: TenantId, name: &str, host: &str, now: Time) -> Event {
        let request = super::no_request(self, now);
        let event = Event::new(self.entropy().id(now), now, types::TENANT_ERASE, Entity::system(), &request);
        self.tenant_end(event.target(Entity::new("Tenant", id, name, name)).debug("host", host), id)
    }

    /// An event of something that an operator did to a tenant.
    pub(crate) fn tenant_change(
        &self,
        operator: &Operator,
        tenant: &Tenant,
        event_type: EventType,
        now: Time,
        request: &RequestFacts,
    ) -> Event {
        let actor = Entity::new("SystemPrincipal", operator.id, &operator.login, "Operator");
        let target = Entity::new("Tenant", tenant.id, &tenant.name, &tenant.display_name);
        Event::new(self.entropy().id(now), now, event_type, actor, request).target(target)
    }
}
