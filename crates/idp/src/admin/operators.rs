//! The operator's side: proving who one is, and tenants.

use super::AdminError;
use crate::{Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{RequestFacts, types};
use signet_domain::id::TenantId;
use signet_domain::login;
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_store::unscoped::{Operator, TenantSummary};

/// Most tenants on a page.
pub const MAX_LIMIT: i64 = 200;

/// Where failures of operators are counted: they belong to no tenant.
const NO_TENANT: TenantId = TenantId(uuid::Uuid::nil());
/// The domain of operators' short logins.
pub const OPERATOR_DOMAIN: &str = "signet.test";

impl Idp {
    /// The operator of a login and a password; `None` when they don't match or the login is locked. Unknown
    /// logins are counted, locked and hashed like known ones.
    ///
    /// # Errors
    /// [`IdpError::Overloaded`], [`IdpError::Store`].
    pub async fn check_operator(
        &self,
        login: &str,
        password: &str,
        source: &str,
        now: Time,
    ) -> Result<Option<Operator>, IdpError> {
        let Ok(key) = login::canonical(login, OPERATOR_DOMAIN) else { return Ok(None) };
        let operator = self.store().unscoped_operator(key.as_str()).await?;
        let hash = operator.as_ref().map(|o| o.password_hash.as_str());
        if !self.check_guarded((NO_TENANT, &key, source), now, password, hash).await? {
            tracing::warn!(source, "an operator's password was refused");
            return Ok(None);
        }
        Ok(operator)
    }

    /// Tenants in the order of their names, and whether there are more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_tenants(
        &self,
        after: &str,
        limit: i64,
    ) -> Result<(Vec<TenantSummary>, bool), AdminError> {
        let limit = limit.clamp(1, MAX_LIMIT);
        Ok(page_of(self.store().unscoped_tenants(after, limit + 1).await?, limit))
    }

    /// The same of those whose name or host begins with a text, in capitals or not; it may be a whole address.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_tenants_like(
        &self,
        q: &str,
        after: &str,
        limit: i64,
    ) -> Result<(Vec<TenantSummary>, bool), AdminError> {
        let limit = limit.clamp(1, MAX_LIMIT);
        let found = self.store().unscoped_tenants_with_prefix(after, &prefix(q), limit + 1).await?;
        Ok(page_of(found, limit))
    }

    /// A tenant by its name.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn operator_tenant(&self, name: &str) -> Result<Tenant, AdminError> {
        let found = self.store().unscoped_tenant_by_name(name).await?;
        found.ok_or_else(|| AdminError::not_found(name, "Tenant"))
    }

    /// Suspends a tenant or ends its suspension; the tenant's own log tells.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Invalid`] when it is deleted.
    pub async fn operator_set_tenant_status(
        &self,
        operator: &Operator,
        name: &str,
        status: TenantStatus,
        now: Time,
        request: &RequestFacts,
    ) -> Result<Tenant, AdminError> {
        let tenant = self.operator_tenant(name).await?;
        if tenant.status == status {
            return Ok(tenant);
        }
        let event_type = match status {
            TenantStatus::Active => types::TENANT_UNSUSPEND,
            TenantStatus::Suspended => types::TENANT_SUSPEND,
            TenantStatus::Deleted => return Err(AdminError::Forbidden),
        };
        if tenant.status == TenantStatus::Deleted {
            return Err(AdminError::invalid("tenant", "status: it is deleted; restore it first"));
        }
        let event = self.tenant_change(operator, &tenant, event_type, now, request);
        self.store().unscoped_set_tenant_status(tenant.id, (tenant.status, status), event).await?;
        Ok(Tenant { status, ..tenant })
    }
}

/// What fits a page, and whether there was one tenant more.
fn page_of(mut tenants: Vec<TenantSummary>, limit: i64) -> (Vec<TenantSummary>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = tenants.len() > limit;
    tenants.truncate(limit);
    (tenants, more)
}

/// How a name or a host that was typed or copied begins: in small letters, and without what an address has around it.
fn prefix(q: &str) -> String {
    let q = q.trim().to_lowercase();
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| q.strip_prefix(scheme)).unwrap_or(&q);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn an_address_is_looked_for_by_its_host() {
        for (typed, looked_for) in [
            ("acme", "acme"),
            (" ACME ", "acme"),
            ("https://Login.Example.com/console?x=y", "login.example.com"),
            ("http://acme.localhost:8080/", "acme.localhost:8080"),
            ("https", "https"),
            ("%_", "%_"),
        ] {
            assert_eq!(prefix(typed), looked_for, "{typed}");
        }
    }
}
