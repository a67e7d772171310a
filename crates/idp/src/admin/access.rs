//! What a caller may do: one table for administrator roles and API credentials' scopes.

use signet_domain::credential::ApiScope;
use signet_domain::user::{AdminRole, User};

/// A part of the management API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Users.
    Users,
    /// Administrator roles of users.
    Roles,
    /// Groups and who is in them: they open doors, so who may only look after users may not move them about.
    Groups,
    /// Apps, authorization servers and scopes.
    Apps,
    /// API tokens and API credentials.
    Callers,
    /// The system log.
    Logs,
    /// What holds for the whole tenant, such as how its pages look.
    Settings,
}

/// What is done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Looking.
    Read,
    /// Changing.
    Write,
    /// Setting a user's password.
    SetPassword,
}

/// Where a caller's rights come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// An administrator's role.
    Role(AdminRole),
    /// An API credential's scope.
    Scope(ApiScope),
}

impl Rights {
    /// Whether everything is allowed.
    #[must_use]
    pub fn is_all(self) -> bool {
        matches!(self, Self::Role(AdminRole::Super) | Self::Scope(ApiScope::ManageAll))
    }

    /// Whether something is allowed.
    #[must_use]
    pub fn may(self, area: Area, access: Access) -> bool {
        match self {
            Self::Role(AdminRole::Super) | Self::Scope(ApiScope::ManageAll) => true,
            Self::Role(AdminRole::ReadOnly) | Self::Scope(ApiScope::ReadAll) => access == Access::Read,
            Self::Role(AdminRole::HelpDesk) => {
                area == Area::Users || (area == Area::Groups && access == Access::Read)
            }
            Self::Role(AdminRole::App) => {
                area == Area::Apps || (area == Area::Groups && access == Access::Read)
            }
            Self::Scope(ApiScope::ReadUsers) => {
                matches!(area, Area::Users | Area::Groups) && access == Access::Read
            }
            Self::Scope(ApiScope::ManageUsers) => {
                matches!(area, Area::Users | Area::Groups) && access != Access::SetPassword
            }
        }
    }

    /// Whether a user may be changed: an administrator's account only by who may do everything. Otherwise a
    /// help desk could take over a super administrator.
    #[must_use]
    pub fn may_change(self, user: &User) -> bool {
        self.is_all() || user.admin_role.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_may_do_everything_touches_roles_and_callers() {
        for rights in all().filter(|r| !r.is_all()) {
            for area in [Area::Roles, Area::Callers, Area::Settings] {
                assert!(!rights.may(area, Access::Write), "{rights:?} {area:?}");
            }
        }
    }

    #[test]
    fn readers_never_write() {
        for rights in [
            Rights::Role(AdminRole::ReadOnly),
            Rights::Scope(ApiScope::ReadAll),
            Rights::Scope(ApiScope::ReadUsers),
        ] {
            for area in [
                Area::Users,
                Area::Groups,
                Area::Roles,
                Area::Apps,
                Area::Callers,
                Area::Logs,
                Area::Settings,
            ] {
                assert!(!rights.may(area, Access::Write) && !rights.may(area, Access::SetPassword));
            }
        }
        assert!(!Rights::Scope(ApiScope::ReadUsers).may(Area::Apps, Access::Read));
        assert!(!Rights::Scope(ApiScope::ManageUsers).may(Area::Users, Access::SetPassword));
    }

    fn all() -> impl Iterator<Item = Rights> {
        let roles = AdminRole::ALL.iter().map(|r| Rights::Role(*r));
        roles.chain(ApiScope::ALL.iter().map(|s| Rights::Scope(*s)))
    }
}
