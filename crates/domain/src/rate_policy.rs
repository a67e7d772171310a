//! Rate policies: how many tokens may be created.

use crate::id::{RatePolicyId, TenantId};
use crate::text_enum::text_enum;
use crate::time::Time;
use sqlx::types::Json;

text_enum! {
    /// What a policy counts by.
    pub enum RateIdentifier {
        /// All tokens of the tenant together.
        Tenant = "tenant",
        /// Each authorization server.
        Server = "server",
        /// Each app.
        App = "app",
        /// Each user; where there is none, each app.
        User = "user",
        /// Each API credential.
        Credential = "credential",
        /// Each address; of IPv6 the first 64 bits.
        Ip = "ip",
        /// One path, all callers together.
        Path = "path",
        /// Each value of a request header; where it is missing, each address.
        Header = "header",
    }
}

text_enum! {
    /// How a window ends.
    pub enum WindowType {
        /// The window before weighs on this one.
        Sliding = "sliding",
        /// Nothing is left of it.
        Fixed = "fixed",
    }
}

text_enum! {
    /// Where a policy counts.
    pub enum RateStrategy {
        /// In each node's memory.
        Local = "local",
        /// In the database.
        Cluster = "cluster",
        /// In Redis.
        Redis = "redis",
    }
}

/// A rate policy.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RatePolicy {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: RatePolicyId,
    /// The name that people read; unique in the tenant.
    pub name: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Whether it only logs what it would refuse.
    pub dry_run: bool,
    /// What it counts by.
    pub identifier: RateIdentifier,
    /// The header whose value counts.
    pub header_name: Option<String>,
    /// The path that counts.
    pub path: Option<String>,
    /// Grant types that it counts.
    pub grant_types: Json<Vec<String>>,
    /// Most tokens in each window.
    pub limits: Json<Vec<u32>>,
    /// Length of each window in seconds, by the same position.
    pub window_sizes: Json<Vec<u32>>,
    /// How a window ends.
    pub window_type: WindowType,
    /// Policies of one namespace share counters.
    pub namespace: String,
    /// Where it counts.
    pub strategy: RateStrategy,
    /// -1: on this node only; 0: with every request; otherwise milliseconds between exchanges.
    pub sync_rate_ms: i64,
    /// Whether refused requests don't count.
    pub disable_penalty: bool,
    /// Whether answers say nothing of it.
    pub hide_client_headers: bool,
    /// Most seconds that are added to `Retry-After` at random.
    pub retry_after_jitter_max: i64,
    /// HTTP status of a refusal.
    pub error_code: i64,
    /// `message` of a refusal.
    pub error_message: String,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}
