//! Tenants: one customer account each.

use crate::id::TenantId;
use crate::text_enum::text_enum;
use crate::time::Time;

text_enum! {
    /// Whether a tenant is served.
    pub enum TenantStatus {
        /// Served.
        Active = "ACTIVE",
        /// Every request gets the answer of an unknown host.
        Suspended = "SUSPENDED",
        /// The same; it can be restored until it is erased.
        Deleted = "DELETED",
    }
}

/// One customer account: its own host name, issuer, users, apps, keys, log and quota.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Tenant {
    /// The id.
    pub id: TenantId,
    /// The account number, for contracts that want an integer.
    pub number: i64,
    /// Short unique name: lower-case letters, digits and hyphens.
    pub name: String,
    /// The name that people read.
    pub display_name: String,
    /// The `Host` that requests for it carry, lower case, with the port unless it is the scheme's own.
    pub host: String,
    /// Base URL without a trailing slash; also the issuer of the org server.
    pub url: String,
    /// The domain that a login without one belongs to.
    pub default_domain: String,
    /// Whether it is served.
    pub status: TenantStatus,
    /// Made by the demo seed, and removed with it.
    pub demo: bool,
    /// Grows with every change of the tenant's configuration; caches compare it.
    pub config_version: i64,
    /// When it was created.
    pub created_at: Time,
}

/// A tenant that was deleted, and what is left of it once it is erased.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TenantDeletion {
    /// The tenant's id, which no other ever gets.
    pub id: TenantId,
    /// Its account number, which no other ever gets.
    pub number: i64,
    /// Its short name.
    pub name: String,
    /// Its host. Another tenant may have it once this one is erased.
    pub host: String,
    /// What it was before.
    pub was: TenantStatus,
    /// The operator's login.
    pub deleted_by: String,
    /// When it was deleted.
    pub deleted_at: Time,
    /// Until when it can be restored.
    pub erase_at: Time,
    /// When erasing began.
    pub began_at: Option<Time>,
    /// When nothing more was left of it.
    pub erased_at: Option<Time>,
}

impl Tenant {
    /// Whether its pages are served over TLS, which decides the cookies' names and flags.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }
}
