//! Users.

use crate::id::{TenantId, UserId};
use crate::text_enum::text_enum;
use crate::time::Time;

text_enum! {
    /// Where a user is in life. Locked-out is not here: it is a state of the login, and passes.
    pub enum UserStatus {
        /// Created, not activated.
        Staged = "STAGED",
        /// Activated, without a password yet.
        Provisioned = "PROVISIONED",
        /// Signs in.
        Active = "ACTIVE",
        /// Must set a new password first.
        PasswordExpired = "PASSWORD_EXPIRED",
        /// Shut out by an administrator, for now.
        Suspended = "SUSPENDED",
        /// Gone, but not deleted.
        Deprovisioned = "DEPROVISIONED",
    }
}

impl UserStatus {
    /// Whether an administrator shut the user out: for now or for good.
    #[must_use]
    pub const fn is_shut_out(self) -> bool {
        matches!(self, Self::Suspended | Self::Deprovisioned)
    }
}

text_enum! {
    /// What an administrator may do in the tenant.
    pub enum AdminRole {
        /// Everything.
        Super = "SUPER_ADMIN",
        /// Apps and authorization servers.
        App = "APP_ADMIN",
        /// Users: unlock, reset, suspend.
        HelpDesk = "HELP_DESK_ADMIN",
        /// Sees everything, changes nothing.
        ReadOnly = "READ_ONLY_ADMIN",
    }
}

/// A person with a login at one tenant.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct User {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The immutable id: `sub` of every token.
    pub id: UserId,
    /// The integer id that some contracts want; unique in the tenant.
    pub number: i64,
    /// The login as written.
    pub login: String,
    /// The login in canonical form; unique in the tenant.
    pub login_key: String,
    /// E-mail address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Other profile members, by name.
    pub profile: sqlx::types::Json<serde_json::Map<String, serde_json::Value>>,
    /// Where the user is in life.
    pub status: UserStatus,
    /// The administrator role, if any.
    pub admin_role: Option<AdminRole>,
    /// The password's argon2id hash (PHC string), if there is one.
    pub password_hash: Option<String>,
    /// Made by the demo seed.
    pub demo: bool,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// When the status last changed.
    pub status_changed_at: Option<Time>,
    /// When it was activated.
    pub activated_at: Option<Time>,
    /// When the password was last set.
    pub password_changed_at: Option<Time>,
    /// The last successful sign-in.
    pub last_login_at: Option<Time>,
}

impl User {
    /// Given and family name, or the login where there are none.
    #[must_use]
    pub fn display_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        let name = name.trim();
        if name.is_empty() { self.login.clone() } else { name.to_owned() }
    }

    /// Whether the user may sign in and hold tokens.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }
}
