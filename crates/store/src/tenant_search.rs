//! Tenants by the beginning of their name or host, for the operator's list.

use crate::macros::fetch_all;
use crate::unscoped::TenantSummary;
use crate::{Result, Store};
use signet_domain::id::TenantId;

const NIL: TenantId = TenantId(uuid::Uuid::nil());

impl Store {
    /// Tenants whose name or host begins with a text in small letters, after a name, in the order of names.
    ///
    /// Names and hosts are in small letters by their own rules, so each is a range of its unique index.
    pub async fn unscoped_tenants_with_prefix(
        &self,
        after: &str,
        prefix: &str,
        limit: i64,
    ) -> Result<Vec<TenantSummary>> {
        const SQL: &str = "SELECT t.*, (SELECT COUNT(*) FROM users u WHERE u.tenant_id = t.id) AS users
            FROM tenants t WHERE t.name > $1 AND t.id IN (
              SELECT id FROM (SELECT id FROM tenants WHERE name > $1 AND name >= $2 AND name < $3
                ORDER BY name LIMIT $4) AS a
              UNION SELECT id FROM (SELECT id FROM tenants WHERE name > $1 AND host >= $2 AND host < $3
                ORDER BY name LIMIT $4) AS b)
            ORDER BY t.name LIMIT $4";
        let end = format!("{prefix}\u{10ffff}");
        let mut tx = self.read(NIL).await?;
        fetch_all!(tx, TenantSummary, SQL, after, prefix, &end, limit)
    }
}
