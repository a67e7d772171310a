//! Users: finding, creating, changing.

use super::access::{Access, Area};
use super::change::Diff;
use super::profile::{self, Profile};
use super::user_lifecycle::keep_a_super_admin;
use super::{AdminError, Caller, Expected, groups};
use crate::ctx::{At, user_entity};
use crate::grants::LONGEST_TOKEN_SECONDS;
use crate::{Ctx, Idp};
use serde_json::{Map, Value};
use signet_domain::event::types;
use signet_domain::id::UserId;
use signet_domain::login;
use signet_domain::token::RevocationKind;
use signet_domain::user::{User, UserStatus};
use signet_domain::{Time, event::Event};
use signet_oauth::Secret;
use signet_store::Tx;

/// A user, and until when the login is locked.
#[derive(Debug, Clone)]
pub struct UserView {
    /// The user.
    pub user: User,
    /// The end of the lock, if there is one.
    pub locked_until: Option<Time>,
}

/// What is sent to create or change a user.
#[derive(Debug, Clone, Default)]
pub struct UserInput {
    /// Members of the profile.
    pub profile: Option<Map<String, Value>>,
    /// A password to set.
    pub password: Option<Secret>,
    /// Whether the next sign-in asks for another one.
    pub renew: bool,
}

/// How a user is created.
#[derive(Debug, Clone, Default)]
pub struct Creation {
    /// Whether the user is active at once.
    pub activate: bool,
    /// Ids of groups that the user is in from the beginning.
    pub groups: Vec<String>,
}

impl Idp {
    /// Finds a user by id, login, short login, or `me`.
    pub(crate) async fn find_user(
        tx: &mut Tx,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<User, AdminError> {
        let id = if key == "me" { caller.user() } else { UserId::parse(key) };
        let user = match id {
            Some(id) => tx.user(id).await?,
            None => match login::canonical(key, &ctx.tenant.default_domain) {
                Ok(login) if key != "me" => tx.user_by_login(login.as_str()).await?,
                _ => None,
            },
        };
        user.ok_or_else(|| AdminError::not_found(key, "User"))
    }

    pub(crate) async fn view_user(tx: &mut Tx, ctx: &Ctx, user: User) -> Result<UserView, AdminError> {
        let locked_until = tx.locked_until(&user.login_key, ctx.now).await?;
        Ok(UserView { user, locked_until })
    }

    /// One user.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_user(&self, ctx: &Ctx, caller: &Caller, key: &str) -> Result<UserView, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let user = Self::find_user(&mut tx, ctx, caller, key).await?;
        Self::view_user(&mut tx, ctx, user).await
    }

    /// Creates a user.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] naming every broken rule; a login that is taken is one.
    pub async fn admin_create_user(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        input: UserInput,
        how: Creation,
    ) -> Result<UserView, AdminError> {
        let sent = input.profile.unwrap_or_default();
        let profile = Profile::default().with(&sent, &ctx.tenant.default_domain)?;
        let password_hash = match &input.password {
            Some(password) => Some(self.hash_new_password(ctx, password, &profile.login_key).await?),
            None => None,
        };
        let status = match (how.activate, &password_hash) {
            (false, _) => UserStatus::Staged,
            (true, None) => UserStatus::Provisioned,
            (true, Some(_)) if input.renew => UserStatus::PasswordExpired,
            (true, Some(_)) => UserStatus::Active,
        };
        let mut user = new_user(self, ctx, status, password_hash);
        profile.put(&mut user);
        let mut events =
            vec![caller.event(self, ctx, types::USER_CREATE).of(&user).target(user_entity(&user))];
        if how.activate {
            events.push(caller.event(self, ctx, types::USER_ACTIVATE).of(&user).target(user_entity(&user)));
        }
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                user.number = tx.next_user_number().await?;
                tx.insert_user(&user).await.map_err(|e| AdminError::taken("login", e))?;
                tx.append_all(&events).await?;
                for group in &how.groups {
                    let group = groups::find(tx, group).await?;
                    idp.set_member(tx, &ctx, &caller, (&group, &user), true).await?;
                }
                Self::view_user(tx, &ctx, user).await
            })
        })
        .await
    }

    /// Changes a user: with `replace` the profile becomes what was sent, otherwise what was sent is merged in.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn admin_update_user(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        input: UserInput,
        replace: bool,
        expected: &Expected,
    ) -> Result<UserView, AdminError> {
        let before = self.admin_user(ctx, caller, key).await?.user;
        if !caller.rights.may_change(&before) {
            return Err(AdminError::Forbidden);
        }
        expected.check(before.version)?;
        if before.status == UserStatus::Deprovisioned {
            return Err(AdminError::Status);
        }
        let mut after = before.clone();
        if let Some(sent) = &input.profile {
            let base = if replace { Profile::default() } else { Profile::of(&before) };
            base.with(sent, &ctx.tenant.default_domain)?.put(&mut after);
        }
        let event = caller.event(self, ctx, types::PROFILE_UPDATE);
        let mut events = Vec::from_iter(profile_event(event, &before, &after));
        if let Some(password) = &input.password {
            caller.require(Area::Users, Access::SetPassword)?;
            let hash = self.hash_new_password(ctx, password, &after.login_key).await?;
            events.extend(set_password(self, ctx, caller, &mut after, (hash, input.renew)));
        }
        let cut_off = input.password.is_some();
        let (idp, ctx) = (self.clone(), ctx.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                if !events.is_empty() {
                    if before.status == UserStatus::Active && after.status != UserStatus::Active {
                        keep_a_super_admin(tx, &before).await?;
                    }
                    tx.update_user(&after, ctx.now).await.map_err(|e| AdminError::taken("login", e))?;
                    if cut_off {
                        idp.cut_user_off(tx, after.id, ctx.now).await?;
                    }
                    tx.append_all(&events).await?;
                }
                let user = tx.user(after.id).await?.ok_or_else(|| AdminError::not_found(after.id, "User"))?;
                Self::view_user(tx, &ctx, user).await
            })
        })
        .await
    }

    /// Sets the time zone in the caller's own profile, whatever the role may change besides; an empty name clears it.
    /// Whether there is such a zone was looked at before.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`] for a caller that is nobody.
    pub async fn admin_set_own_zone(&self, ctx: &Ctx, caller: &Caller, zone: &str) -> Result<(), AdminError> {
        let own = caller.user().ok_or(AdminError::Forbidden)?;
        let sent = Map::from_iter([("timezone".to_owned(), Value::from(zone))]);
        self.change_own_profile(ctx, own, sent, caller.event(self, ctx, types::PROFILE_UPDATE)).await
    }

    /// Changes some members of somebody's own profile; the event tells what, if anything is another one then.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], and [`AdminError::NotFound`] for who is gone.
    pub(crate) async fn change_own_profile(
        &self,
        ctx: &Ctx,
        own: UserId,
        sent: Map<String, Value>,
        event: Event,
    ) -> Result<(), AdminError> {
        let ctx = ctx.clone();
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let before = tx.user(own).await?.ok_or_else(|| AdminError::not_found(own, "User"))?;
                let mut after = before.clone();
                Profile::of(&before).with(&sent, &ctx.tenant.default_domain)?.put(&mut after);
                if let Some(event) = profile_event(event, &before, &after) {
                    tx.update_user(&after, ctx.now).await?;
                    tx.append(&event).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// The event of a change of a profile; none where nothing of it is another one.
fn profile_event(event: Event, before: &User, after: &User) -> Option<Event> {
    let diff = Diff::of(profile::facts(before), profile::facts(after));
    (!diff.is_empty()).then(|| diff.into_event(event.of(after), user_entity(after)))
}

fn new_user(idp: &Idp, ctx: &Ctx, status: UserStatus, password_hash: Option<String>) -> User {
    let activated = (status != UserStatus::Staged).then_some(ctx.now);
    User {
        tenant_id: ctx.tenant_id(),
        id: idp.entropy().id(ctx.now),
        number: 0,
        login: String::new(),
        login_key: String::new(),
        email: String::new(),
        first_name: String::new(),
        last_name: String::new(),
        profile: signet_store::sqlx_types::Json(Map::new()),
        status,
        admin_role: None,
        password_changed_at: password_hash.as_ref().map(|_| ctx.now),
        password_hash,
        demo: false,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
        status_changed_at: activated,
        activated_at: activated,
        last_login_at: None,
    }
}

/// Sets a hash; who waited for a password becomes active by it, or has to choose another one first.
pub(crate) fn set_password(
    idp: &Idp,
    ctx: &Ctx,
    caller: &Caller,
    user: &mut User,
    (hash, renew): (String, bool),
) -> Vec<Event> {
    user.password_hash = Some(hash);
    user.password_changed_at = Some(ctx.now);
    let mut said = vec![types::PASSWORD_UPDATE];
    let status = if renew { UserStatus::PasswordExpired } else { UserStatus::Active };
    let signs_in =
        matches!(user.status, UserStatus::Active | UserStatus::Provisioned | UserStatus::PasswordExpired);
    if signs_in && user.status != status {
        if user.status == UserStatus::Provisioned {
            said.insert(0, types::USER_ACTIVATE);
        }
        user.status = status;
        user.status_changed_at = Some(ctx.now);
    }
    if user.status == UserStatus::PasswordExpired {
        said.push(types::PASSWORD_EXPIRE);
    }
    let event = |what| caller.event(idp, ctx, what).of(user).target(user_entity(user));
    said.into_iter().map(event).collect()
}

impl Idp {
    /// Ends whatever a user has open: sessions, of which their apps are told, grants with their refresh tokens,
    /// access tokens.
    pub(crate) async fn cut_user_off(&self, tx: &mut Tx, user: UserId, now: Time) -> Result<(), AdminError> {
        self.end_all_sessions(tx, user, now).await?;
        revoke_tokens_of(tx, user, now).await
    }
}

/// Ends a user's grants with their refresh tokens, and access tokens.
pub(crate) async fn revoke_tokens_of(tx: &mut Tx, user: UserId, now: Time) -> Result<(), AdminError> {
    tx.revoke_grants_of(user, now).await?;
    let until = now.plus_secs(LONGEST_TOKEN_SECONDS);
    Ok(tx.put_revocation(RevocationKind::User, &user.to_string(), now, until).await?)
}
