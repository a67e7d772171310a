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

impl Tenant {
    /// Whether its pages are served over TLS, which decides the cookies' names and flags.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }
}
