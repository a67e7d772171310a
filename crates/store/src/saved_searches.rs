//! Searches of the log that an administrator keeps, for themselves or for everybody.

use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, Tx};
use signet_domain::id::{SavedSearchId, UserId};
use signet_domain::saved_search::SavedSearch;

impl Tx {
    /// One search; another administrator's own is none.
    pub async fn saved_search(&mut self, id: SavedSearchId, user: UserId) -> Result<Option<SavedSearch>> {
        const SQL: &str = "SELECT * FROM saved_searches
            WHERE tenant_id = $1 AND id = $2 AND (owner_id IS NULL OR owner_id = $3)";
        fetch_optional!(self, SavedSearch, SQL, self.tenant, id, user)
    }

    /// An administrator's own searches and those for everybody, by name.
    pub async fn saved_searches(&mut self, user: UserId) -> Result<Vec<SavedSearch>> {
        const SQL: &str = "SELECT * FROM saved_searches
            WHERE tenant_id = $1 AND (owner_id IS NULL OR owner_id = $2) ORDER BY name, id";
        fetch_all!(self, SavedSearch, SQL, self.tenant, user)
    }

    /// How many of the tenant's searches there are, of one administrator or of everybody.
    pub async fn count_saved_searches(&mut self, owner: Option<UserId>) -> Result<i64> {
        const SQL: &str = "SELECT COUNT(*) FROM saved_searches
            WHERE tenant_id = $1 AND COALESCE(owner_id, tenant_id) = COALESCE($2, tenant_id)";
        fetch_one!(self, (i64,), SQL, self.tenant, owner).map(|(n,)| n)
    }

    /// Keeps a search.
    pub async fn insert_saved_search(&mut self, s: &SavedSearch) -> Result<()> {
        const SQL: &str =
            "INSERT INTO saved_searches (tenant_id, id, owner_id, name, query, made_by, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        execute!(self, SQL, self.tenant, s.id, s.owner_id, &s.name, &s.query, &s.made_by, s.created_at)
            .map(|_| ())
    }

    /// Forgets a search. Whether there was one.
    pub async fn delete_saved_search(&mut self, id: SavedSearchId) -> Result<bool> {
        const SQL: &str = "DELETE FROM saved_searches WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id).map(|rows| rows > 0)
    }
}
