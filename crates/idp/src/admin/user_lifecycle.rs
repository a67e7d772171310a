//! A user's life: what may follow what.

use super::users::{UserView, set_password};
use super::{AdminError, Caller};
use crate::ctx::{At, user_entity};
use crate::guard::Checked;
use crate::{Ctx, Idp};
use signet_domain::event::{EventType, types};
use signet_domain::login::LoginKey;
use signet_domain::user::{AdminRole, User, UserStatus};
use signet_oauth::Secret;
use signet_store::Tx;

/// A step of a user's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Staged or gone, and now active (or waiting for a password).
    Activate,
    /// Gone.
    Deactivate,
    /// Shut out for now.
    Suspend,
    /// No longer shut out.
    Unsuspend,
    /// Wrong passwords forgotten.
    Unlock,
    /// A new password must be set first.
    ExpirePassword,
}

impl Step {
    fn event_type(self) -> EventType {
        match self {
            Self::Activate => types::USER_ACTIVATE,
            Self::Deactivate => types::USER_DEACTIVATE,
            Self::Suspend => types::USER_SUSPEND,
            Self::Unsuspend => types::USER_UNSUSPEND,
            Self::Unlock => types::ACCOUNT_UNLOCK,
            Self::ExpirePassword => types::PASSWORD_EXPIRE,
        }
    }

    /// Whether nothing of the user's is let in after it.
    const fn shuts_out(self) -> bool {
        matches!(self, Self::Deactivate | Self::Suspend)
    }

    /// The status after the step.
    fn next(self, user: &User) -> Result<UserStatus, AdminError> {
        use UserStatus as S;
        match (self, user.status) {
            (Self::Activate, S::Staged | S::Deprovisioned) => {
                Ok(if user.password_hash.is_some() { S::Active } else { S::Provisioned })
            }
            (Self::Activate, S::Active | S::PasswordExpired | S::Provisioned) => {
                Err(AdminError::AlreadyActive)
            }
            (Self::Deactivate, S::Deprovisioned) => Err(AdminError::Status),
            (Self::Deactivate, _) => Ok(S::Deprovisioned),
            (Self::Suspend, S::Active) => Ok(S::Suspended),
            (Self::Unsuspend, S::Suspended) => Ok(S::Active),
            (Self::Unlock, status) => Ok(status),
            (Self::ExpirePassword, S::Active | S::PasswordExpired) => Ok(S::PasswordExpired),
            _ => Err(AdminError::Status),
        }
    }
}

impl Idp {
    /// Takes a step of a user's life.
    ///
    /// # Errors
    /// [`AdminError::Status`] when the user is not where the step begins.
    pub async fn admin_user_step(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        step: Step,
    ) -> Result<UserView, AdminError> {
        let (idp, tenant) = (self.clone(), ctx.tenant_id());
        let (ctx, caller, key) = (ctx.clone(), caller.clone(), key.to_owned());
        let view = self
            .change(&ctx.clone(), move |tx| {
                Box::pin(async move {
                    let user = Self::find_user(tx, &ctx, &caller, &key).await?;
                    idp.take_step(tx, &ctx, &caller, user, step).await
                })
            })
            .await?;
        if step.shuts_out() {
            self.say_that_it_refuses(tenant, view.user.id).await;
        }
        Ok(view)
    }

    async fn take_step(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        caller: &Caller,
        mut user: User,
        step: Step,
    ) -> Result<UserView, AdminError> {
        if !caller.rights.may_change(&user) {
            return Err(AdminError::Forbidden);
        }
        let status = step.next(&user)?;
        if step == Step::Unlock && !tx.unlock(&user.login_key, ctx.now).await? {
            return Err(AdminError::Status);
        }
        if user.status != status {
            if user.status == UserStatus::Active {
                keep_a_super_admin(tx, &user).await?;
            }
            if step == Step::Activate {
                user.activated_at = Some(ctx.now);
            }
            user.status = status;
            user.status_changed_at = Some(ctx.now);
            tx.update_user(&user, ctx.now).await?;
        }
        if step.shuts_out() || step == Step::ExpirePassword {
            self.cut_user_off(tx, user.id, ctx.now).await?;
        }
        if step.shuts_out() {
            tx.note_cutoff(user.id, ctx.now).await?;
        }
        tx.append(&caller.event(self, ctx, step.event_type()).of(&user).target(user_entity(&user))).await?;
        let user = tx.user(user.id).await?.ok_or_else(|| AdminError::not_found(user.id, "User"))?;
        Self::view_user(tx, ctx, user).await
    }

    /// Deactivates a user, or deletes one that is deactivated.
    ///
    /// # Errors
    /// [`AdminError::LastAdmin`].
    pub async fn admin_delete_user(&self, ctx: &Ctx, caller: &Caller, key: &str) -> Result<(), AdminError> {
        let (idp, tenant) = (self.clone(), ctx.tenant_id());
        let (ctx, caller, key) = (ctx.clone(), caller.clone(), key.to_owned());
        let cut_off = self
            .change(&ctx.clone(), move |tx| {
                Box::pin(async move {
                    let user = Self::find_user(tx, &ctx, &caller, &key).await?;
                    if user.status != UserStatus::Deprovisioned {
                        let view = idp.take_step(tx, &ctx, &caller, user, Step::Deactivate).await?;
                        return Ok(Some(view.user.id));
                    }
                    if !caller.rights.may_change(&user) {
                        return Err(AdminError::Forbidden);
                    }
                    idp.cut_user_off(tx, user.id, ctx.now).await?;
                    tx.delete_user(user.id).await?;
                    let event = caller.event(&idp, &ctx, types::USER_DELETE).of(&user);
                    tx.append(&event.target(user_entity(&user))).await?;
                    Ok(None)
                })
            })
            .await?;
        if let Some(user) = cut_off {
            self.say_that_it_refuses(tenant, user).await;
        }
        Ok(())
    }

    /// Changes a password by the old one, which the one guard checks like at any other door.
    ///
    /// # Errors
    /// [`AdminError::OldPassword`] when it is wrong or the login is locked.
    pub async fn admin_change_password(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        old: &Secret,
        new: &Secret,
    ) -> Result<UserView, AdminError> {
        caller.require(super::Area::Users, super::Access::SetPassword)?;
        let user = self.admin_user(ctx, caller, key).await?.user;
        if !caller.rights.may_change(&user) && caller.user() != Some(user.id) {
            return Err(AdminError::Forbidden);
        }
        if !matches!(user.status, UserStatus::Active | UserStatus::PasswordExpired) {
            return Err(AdminError::Status);
        }
        let login: LoginKey = signet_domain::login::canonical(&user.login_key, &ctx.tenant.default_domain)
            .map_err(|_| AdminError::Status)?;
        let hash = self.hash_new_password(ctx, new, &user.login_key).await?;
        let mut user = match self.check_password(ctx, &login, old.expose()).await? {
            Checked::Right(user) | Checked::Expired(user) => *user,
            Checked::Wrong { reason, mut events, .. } => {
                let event = caller.event(self, ctx, types::PASSWORD_UPDATE).of(&user);
                events.push(event.target(user_entity(&user)).failed(reason.as_str()));
                self.record(ctx, events).await?;
                return Err(AdminError::OldPassword);
            }
        };
        let events = set_password(self, ctx, caller, &mut user, (hash, false));
        let (idp, ctx) = (self.clone(), ctx.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                tx.forgive(&user.login_key, &ctx.request.ip).await?;
                tx.update_user(&user, ctx.now).await?;
                idp.cut_user_off(tx, user.id, ctx.now).await?;
                tx.append_all(&events).await?;
                Self::view_user(tx, &ctx, user).await
            })
        })
        .await
    }
}

/// Refuses to take away the last active super administrator.
pub(crate) async fn keep_a_super_admin(tx: &mut Tx, user: &User) -> Result<(), AdminError> {
    let is_one = user.admin_role == Some(AdminRole::Super) && user.is_active();
    if is_one && tx.other_super_admins(user.id).await? == 0 {
        return Err(AdminError::LastAdmin);
    }
    Ok(())
}
