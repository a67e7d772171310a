//! Who allowed an app something: by a consent, by grants, or both.

use crate::macros::{execute, fetch_all};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::id::{AppId, UserId};
use signet_domain::user::User;

/// Scopes that a user allowed an app, once or several times.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AllowedScopes {
    /// The user.
    pub user_id: UserId,
    /// The scopes, separated by single spaces.
    pub scopes: String,
    /// When first.
    pub first_at: Time,
    /// When last.
    pub last_at: Time,
}

impl Tx {
    /// Users who allowed an app something that still holds, in the order of their creation.
    ///
    /// Both tables are read in the order of an index and no further than the page needs, however many grants there are.
    pub async fn people_of_app(
        &mut self,
        app: AppId,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<User>> {
        const SQL: &str = "SELECT u.* FROM (
                SELECT user_id FROM (SELECT DISTINCT user_id FROM grants WHERE tenant_id = $1 AND app_id = $2
                    AND revoked_at IS NULL AND user_id > $3 ORDER BY user_id LIMIT $4) g
                UNION
                SELECT user_id FROM (SELECT DISTINCT user_id FROM consents WHERE tenant_id = $1 AND app_id = $2
                    AND user_id > $3 ORDER BY user_id LIMIT $4) c
            ) p JOIN users u ON u.tenant_id = $1 AND u.id = p.user_id ORDER BY u.id LIMIT $4";
        let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
        fetch_all!(self, User, SQL, self.tenant, app, after, limit)
    }

    /// What users from one to another, by their ids, allowed an app.
    pub async fn scopes_of_people(
        &mut self,
        app: AppId,
        (first, last): (UserId, UserId),
    ) -> Result<Vec<AllowedScopes>> {
        const SQL: &str =
            "SELECT user_id, scopes, MIN(created_at) AS first_at, MAX(created_at) AS last_at FROM grants
            WHERE tenant_id = $1 AND app_id = $2 AND revoked_at IS NULL AND user_id >= $3 AND user_id <= $4
            GROUP BY user_id, scopes
            UNION ALL
            SELECT user_id, scopes, created_at AS first_at, updated_at AS last_at FROM consents
            WHERE tenant_id = $1 AND app_id = $2 AND user_id >= $3 AND user_id <= $4";
        fetch_all!(self, AllowedScopes, SQL, self.tenant, app, first, last)
    }

    /// Forgets what everybody allowed an app; gives how many consents that were.
    pub async fn delete_consents_to_app(&mut self, app: AppId) -> Result<u64> {
        const SQL: &str = "DELETE FROM consents WHERE tenant_id = $1 AND app_id = $2";
        execute!(self, SQL, self.tenant, app)
    }
}
