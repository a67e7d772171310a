//! Groups of users.

use crate::id::{GroupId, TenantId};
use crate::time::Time;

/// A group of users. Membership is what claims and access rules ask about.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Group {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: GroupId,
    /// The name that people and tokens read; unique in the tenant, whatever its case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Grows with every change of name or description.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When its name or description last changed.
    pub updated_at: Time,
    /// When somebody last came or went.
    pub members_changed_at: Time,
}
