//! Users.

use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::id::UserId;
use signet_domain::user::{User, UserStatus};

impl Tx {
    /// The user with an id.
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>> {
        const SQL: &str = "SELECT * FROM users WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, User, SQL, self.tenant, id)
    }

    /// The user with a login in canonical form.
    pub async fn user_by_login(&mut self, login_key: &str) -> Result<Option<User>> {
        const SQL: &str = "SELECT * FROM users WHERE tenant_id = $1 AND login_key = $2";
        fetch_optional!(self, User, SQL, self.tenant, login_key)
    }

    /// Users after an id, in the order of creation.
    pub async fn users(&mut self, after: Option<UserId>, limit: i64) -> Result<Vec<User>> {
        const SQL: &str = "SELECT * FROM users WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
        fetch_all!(self, User, SQL, self.tenant, after, limit)
    }

    /// Users with a status after an id, in the order of creation.
    pub async fn users_with_status(
        &mut self,
        status: UserStatus,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<User>> {
        const SQL: &str =
            "SELECT * FROM users WHERE tenant_id = $1 AND id > $2 AND status = $4 ORDER BY id LIMIT $3";
        let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
        fetch_all!(self, User, SQL, self.tenant, after, limit, status)
    }

    /// Users with an administrator's role after an id, in the order of creation.
    pub async fn administrators(&mut self, after: Option<UserId>, limit: i64) -> Result<Vec<User>> {
        const SQL: &str = "SELECT * FROM users WHERE tenant_id = $1 AND id > $2 AND admin_role IS NOT NULL
            ORDER BY id LIMIT $3";
        let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
        fetch_all!(self, User, SQL, self.tenant, after, limit)
    }

    /// Users whose login, e-mail, given or family name begins with a folded text.
    ///
    /// Each column is a range scan of its own index: `LIKE` folds differently on the two engines. If there are more
    /// than are wanted, they are the first ones of each column's alphabet, so that a letter that half of all users
    /// have costs no more than a whole name.
    pub async fn users_with_prefix(&mut self, prefix: &str, limit: i64) -> Result<Vec<User>> {
        const SQL: &str = "SELECT * FROM users WHERE tenant_id = $1 AND id IN (
              SELECT id FROM (SELECT id FROM users WHERE tenant_id = $1 AND login_key >= $2 AND login_key < $3
                ORDER BY login_key LIMIT $4) AS a
              UNION SELECT id FROM (SELECT id FROM users WHERE tenant_id = $1 AND email_key >= $2 AND email_key < $3
                ORDER BY email_key LIMIT $4) AS b
              UNION SELECT id FROM (SELECT id FROM users WHERE tenant_id = $1 AND first_key >= $2 AND first_key < $3
                ORDER BY first_key LIMIT $4) AS c
              UNION SELECT id FROM (SELECT id FROM users WHERE tenant_id = $1 AND last_key >= $2 AND last_key < $3
                ORDER BY last_key LIMIT $4) AS d)
            ORDER BY id LIMIT $4";
        let end = format!("{prefix}\u{10ffff}");
        fetch_all!(self, User, SQL, self.tenant, prefix, &end, limit)
    }

    /// Takes the next integer id.
    pub async fn next_user_number(&mut self) -> Result<i64> {
        const SQL: &str = "UPDATE tenants SET next_user_number = next_user_number + 1 WHERE id = $1
            RETURNING next_user_number - 1";
        let (number,): (i64,) = fetch_one!(self, (i64,), SQL, self.tenant)?;
        Ok(number)
    }

    /// Creates a user. [`StoreError::Conflict`] when the login is taken.
    pub async fn insert_user(&mut self, u: &User) -> Result<()> {
        const SQL: &str = "INSERT INTO users (tenant_id, id, number, login, login_key, email, email_key, first_name,
            first_key, last_name, last_key, profile, status, admin_role, password_hash, demo, version, created_at,
            updated_at, status_changed_at, activated_at, password_changed_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,1,$17,$17,$18,$19,$20)";
        execute!(
            self,
            SQL,
            self.tenant,
            u.id,
            u.number,
            &u.login,
            &u.login_key,
            &u.email,
            u.email.to_lowercase(),
            &u.first_name,
            u.first_name.to_lowercase(),
            &u.last_name,
            u.last_name.to_lowercase(),
            &u.profile,
            u.status,
            u.admin_role,
            &u.password_hash,
            u.demo,
            u.created_at,
            u.status_changed_at,
            u.activated_at,
            u.password_changed_at
        )?;
        Ok(())
    }

    /// Writes a user back if it is still at the version that was read; gives the new version.
    pub async fn update_user(&mut self, u: &User, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE users SET login = $3, login_key = $4, email = $5, email_key = $6, first_name = $7,
            first_key = $8, last_name = $9, last_key = $10, profile = $11, status = $12, admin_role = $13,
            password_hash = $14, updated_at = $15, status_changed_at = $16, activated_at = $17,
            password_changed_at = $18, version = version + 1
            WHERE tenant_id = $1 AND id = $2 AND version = $19";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            u.id,
            &u.login,
            &u.login_key,
            &u.email,
            u.email.to_lowercase(),
            &u.first_name,
            u.first_name.to_lowercase(),
            &u.last_name,
            u.last_name.to_lowercase(),
            &u.profile,
            u.status,
            u.admin_role,
            &u.password_hash,
            now,
            u.status_changed_at,
            u.activated_at,
            u.password_changed_at,
            u.version
        )?;
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Notes a successful sign-in of a user as they were when their password was checked; `false` when their status or
    /// their password has changed since, or all their sessions were ended after `began`. Whoever changes that
    /// afterwards waits for this transaction.
    pub async fn note_login(&mut self, user: &User, began: Time) -> Result<bool> {
        const SQL: &str =
            "UPDATE users SET last_login_at = $3 WHERE tenant_id = $1 AND id = $2 AND status = $4
            AND password_changed_at IS NOT DISTINCT FROM $5 AND signed_out_at <= $3";
        execute!(self, SQL, self.tenant, user.id, began, user.status, user.password_changed_at).map(|n| n > 0)
    }

    /// Notes that all sessions of a user end now: a sign-in that began before begins none. Sign-ins of the user wait
    /// for this transaction.
    pub async fn note_signed_out(&mut self, user: UserId, now: Time) -> Result<()> {
        const SQL: &str = "UPDATE users SET signed_out_at = $3
            WHERE tenant_id = $1 AND id = $2 AND signed_out_at < $3";
        execute!(self, SQL, self.tenant, user, now).map(|_| ())
    }

    /// Deletes a user with sessions, grants and consents.
    pub async fn delete_user(&mut self, id: UserId) -> Result<bool> {
        const SQL: &str = "DELETE FROM users WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }

    /// How many active super administrators there are besides one user. Writing the tenant's row first makes two
    /// who would each be the last stand in line.
    pub async fn other_super_admins(&mut self, but: UserId) -> Result<i64> {
        const LOCK: &str = "UPDATE tenants SET next_user_number = next_user_number WHERE id = $1";
        execute!(self, LOCK, self.tenant)?;
        const SQL: &str = "SELECT COUNT(*) FROM users WHERE tenant_id = $1 AND admin_role = 'SUPER_ADMIN'
            AND status = 'ACTIVE' AND id <> $2";
        let (n,): (i64,) = fetch_one!(self, (i64,), SQL, self.tenant, but)?;
        Ok(n)
    }
}
