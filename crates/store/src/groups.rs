//! Groups and their members.

use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::group::Group;
use signet_domain::id::{GroupId, UserId};
use signet_domain::user::User;

impl Tx {
    /// The group with an id.
    pub async fn group(&mut self, id: GroupId) -> Result<Option<Group>> {
        const SQL: &str = "SELECT * FROM user_groups WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, Group, SQL, self.tenant, id)
    }

    /// Groups after an id, in the order of creation.
    pub async fn groups(&mut self, after: Option<GroupId>, limit: i64) -> Result<Vec<Group>> {
        const SQL: &str = "SELECT * FROM user_groups WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        let after = after.unwrap_or(GroupId(uuid::Uuid::nil()));
        fetch_all!(self, Group, SQL, self.tenant, after, limit)
    }

    /// Groups whose name begins with a folded text, by name.
    pub async fn groups_with_prefix(&mut self, prefix: &str, limit: i64) -> Result<Vec<Group>> {
        const SQL: &str =
            "SELECT * FROM user_groups WHERE tenant_id = $1 AND name_key >= $2 AND name_key < $3
            ORDER BY name_key LIMIT $4";
        let end = format!("{prefix}\u{10ffff}");
        fetch_all!(self, Group, SQL, self.tenant, prefix, &end, limit)
    }

    /// The groups of a user, by name.
    pub async fn groups_of(&mut self, user: UserId, limit: i64) -> Result<Vec<Group>> {
        const SQL: &str = "SELECT g.* FROM group_members m
            JOIN user_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
            WHERE m.tenant_id = $1 AND m.user_id = $2 ORDER BY g.name_key LIMIT $3";
        fetch_all!(self, Group, SQL, self.tenant, user, limit)
    }

    /// Creates a group. [`StoreError::Conflict`] when its name is taken.
    pub async fn insert_group(&mut self, g: &Group) -> Result<()> {
        const SQL: &str =
            "INSERT INTO user_groups (tenant_id, id, name, name_key, description, version, created_at,
            updated_at, members_changed_at) VALUES ($1,$2,$3,$4,$5,1,$6,$6,$6)";
        let key = g.name.to_lowercase();
        execute!(self, SQL, self.tenant, g.id, &g.name, key, &g.description, g.created_at)?;
        Ok(())
    }

    /// Writes a group back if it is still at the version that was read.
    pub async fn update_group(&mut self, g: &Group, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE user_groups SET name = $3, name_key = $4, description = $5, updated_at = $6,
            version = version + 1 WHERE tenant_id = $1 AND id = $2 AND version = $7";
        let key = g.name.to_lowercase();
        let rows = execute!(self, SQL, self.tenant, g.id, &g.name, key, &g.description, now, g.version)?;
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Deletes a group. Its members stay, without it.
    pub async fn delete_group(&mut self, id: GroupId) -> Result<bool> {
        const SQL: &str = "DELETE FROM user_groups WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }

    /// Members of a group after an id, in the order of their creation.
    pub async fn group_members(
        &mut self,
        group: GroupId,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<User>> {
        const SQL: &str = "SELECT u.* FROM group_members m
            JOIN users u ON u.tenant_id = m.tenant_id AND u.id = m.user_id
            WHERE m.tenant_id = $1 AND m.group_id = $2 AND m.user_id > $3 ORDER BY m.user_id LIMIT $4";
        let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
        fetch_all!(self, User, SQL, self.tenant, group, after, limit)
    }

    /// Puts a user into a group; `false` when they were in it before. [`StoreError::Reference`] when either of them
    /// is not there.
    pub async fn add_group_member(&mut self, group: GroupId, user: UserId, now: Time) -> Result<bool> {
        const SQL: &str = "INSERT INTO group_members (tenant_id, group_id, user_id, created_at)
            VALUES ($1,$2,$3,$4) ON CONFLICT (tenant_id, group_id, user_id) DO NOTHING";
        let rows = execute!(self, SQL, self.tenant, group, user, now)?;
        self.note_members(group, rows, now).await
    }

    /// How many users are in a group, counted up to `most`.
    pub async fn group_size(&mut self, group: GroupId, most: i64) -> Result<i64> {
        const SQL: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM group_members
            WHERE tenant_id = $1 AND group_id = $2 LIMIT $3) AS few";
        fetch_one!(self, (i64,), SQL, self.tenant, group, most).map(|(size,)| size)
    }

    /// Takes a user out of a group; `false` when they weren't in it.
    pub async fn remove_group_member(&mut self, group: GroupId, user: UserId, now: Time) -> Result<bool> {
        const SQL: &str = "DELETE FROM group_members WHERE tenant_id = $1 AND group_id = $2 AND user_id = $3";
        let rows = execute!(self, SQL, self.tenant, group, user)?;
        self.note_members(group, rows, now).await
    }

    async fn note_members(&mut self, group: GroupId, changed: u64, now: Time) -> Result<bool> {
        const SQL: &str = "UPDATE user_groups SET members_changed_at = $3 WHERE tenant_id = $1 AND id = $2";
        if changed == 0 {
            return Ok(false);
        }
        execute!(self, SQL, self.tenant, group, now)?;
        Ok(true)
    }
}
