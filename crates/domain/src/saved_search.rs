//! Searches of the system log that are kept.

use crate::id::{SavedSearchId, TenantId, UserId};
use crate::time::Time;

/// A search that is kept.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SavedSearch {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: SavedSearchId,
    /// Whose it is; everybody's if nobody's.
    pub owner_id: Option<UserId>,
    /// What it is called.
    pub name: String,
    /// What is searched for, as the log's address has it.
    pub query: String,
    /// The login of who made it.
    pub made_by: String,
    /// When.
    pub created_at: Time,
}
