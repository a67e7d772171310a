//! Administrator roles. A user has one or none; nobody changes their own, and one active super administrator
//! always stays.

use super::user_lifecycle::keep_a_super_admin;
use super::users::UserView;
use super::{Access, AdminError, Area, Caller, change::Diff};
use crate::ctx::{At, user_entity};
use crate::{Ctx, Idp};
use serde_json::Value;
use signet_domain::event::types;
use signet_domain::user::{AdminRole, User};

impl Idp {
    /// Gives a user a role, or takes a role away: `from` must be the role that the user has, if it is given.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`] for one's own role, [`AdminError::LastAdmin`].
    pub async fn admin_set_role(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        from: Option<&str>,
        to: Option<AdminRole>,
    ) -> Result<UserView, AdminError> {
        caller.require(Area::Roles, Access::Write)?;
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, from) = (key.to_owned(), from.map(str::to_owned));
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let mut user = Self::find_user(tx, &ctx, &caller, &key).await?;
                if let Some(role) = from
                    && user.admin_role.map(AdminRole::as_str) != Some(role.as_str())
                {
                    return Err(AdminError::not_found(role, "Role"));
                }
                if caller.user() == Some(user.id) {
                    return Err(AdminError::Forbidden);
                }
                if user.admin_role == to {
                    return Self::view_user(tx, &ctx, user).await;
                }
                keep_a_super_admin(tx, &user).await?;
                let before = facts(&user);
                user.admin_role = to;
                tx.update_user(&user, ctx.now).await?;
                let kind = if to.is_some() { types::PRIVILEGE_GRANT } else { types::PRIVILEGE_REVOKE };
                let event = caller.event(&idp, &ctx, kind).of(&user);
                tx.append(&Diff::of(before, facts(&user)).into_event(event, user_entity(&user))).await?;
                Self::view_user(tx, &ctx, user).await
            })
        })
        .await
    }
}

fn facts(user: &User) -> super::change::Facts {
    vec![("role", user.admin_role.map_or(Value::Null, |role| role.as_str().into()))]
}
