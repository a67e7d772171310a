//! The one function that checks a password, whichever door it came through, and the one failure counter.
//!
//! Ten failures within 15 minutes from one source lock the login for that source, a hundred from all lock it
//! for everyone, for 15 minutes. Unknown logins are counted and locked the same way, and cost the same
//! statements and the same hash.

use crate::ctx::user_entity;
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::{Entity, Event, types};
use signet_domain::login::{self, LoginKey};
use signet_domain::user::{User, UserStatus};
use signet_oauth::Reason;
use signet_store::lockout::{Failures, Rule};

pub(crate) const PER_SOURCE: Rule = Rule { limit: 10, window_seconds: 900, lock_seconds: 900 };
pub(crate) const FROM_ALL: Rule = Rule { limit: 100, window_seconds: 900, lock_seconds: 900 };

/// The source that stands for all sources.
const ALL: &str = "";

/// How a password check ended.
#[derive(Debug)]
pub enum Checked {
    /// The password is right and the user may sign in. Call [`Idp::note_right_password`] in the transaction
    /// that uses it.
    Right(Box<User>),
    /// It is not; the log hears the reason, the caller only that name and password don't match.
    Wrong {
        /// The log's reason.
        reason: Reason,
        /// The user, if the login has one.
        user: Option<Box<User>>,
        /// Events that must be committed with the refusal: a lock that this attempt closed.
        events: Vec<Event>,
    },
}

impl Idp {
    /// Checks a password.
    ///
    /// # Errors
    /// [`IdpError::Overloaded`] when too many hashes wait; [`IdpError::Store`].
    #[tracing::instrument(target = "signet::trace", name = "password.check", skip_all)]
    pub async fn check_password(
        &self,
        ctx: &Ctx,
        key: &LoginKey,
        password: &str,
    ) -> Result<Checked, IdpError> {
        let counted = self.count_attempt(ctx, key).await?;
        let user = self.store().tenant(ctx.tenant_id()).read().await?.user_by_login(key.as_str()).await?;
        let hash = user.as_ref().and_then(|u| u.password_hash.as_deref());
        // Locked or not, known or not: the hash is always computed.
        let matches = self.hasher().verify(password, hash).await?;
        let user = user.map(Box::new);
        let reason = match (&counted, &user) {
            (None, _) => Reason::UserLockedOut,
            (_, None) => Reason::UnknownUser,
            _ if !matches => Reason::InvalidPasswordCredentials,
            (_, Some(user)) => match user.status {
                UserStatus::Active => return Ok(Checked::Right(user.clone())),
                UserStatus::PasswordExpired => Reason::ExpiredPasswordCredentials,
                _ => Reason::UserInactive,
            },
        };
        let events = self.lock_events(ctx, key, user.as_deref(), counted.as_ref());
        Ok(Checked::Wrong { reason, user, events })
    }

    /// Counts an attempt on both counters, before its password is looked at; `None` when either is locked.
    async fn count_attempt(&self, ctx: &Ctx, key: &LoginKey) -> Result<Option<[Failures; 2]>, IdpError> {
        let (key, source, now) = (key.as_str().to_owned(), ctx.request.ip.clone(), ctx.now);
        let counted = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    let one = tx.count_failure(&key, &source, PER_SOURCE, now).await?;
                    let all = tx.count_failure(&key, ALL, FROM_ALL, now).await?;
                    Ok(one.zip(all).map(|(one, all)| [one, all]))
                })
            })
            .await?;
        Ok(counted)
    }

    /// Takes a counted attempt back whose password was right though nothing came of it: it must not lock.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forgive_attempt(&self, ctx: &Ctx, user: &User) -> Result<(), IdpError> {
        let (login, source) = (user.login_key.clone(), ctx.request.ip.clone());
        self.store()
            .tenant(ctx.tenant_id())
            .write(move |tx| Box::pin(async move { tx.forgive(&login, &source).await }))
            .await?;
        Ok(())
    }

    /// Takes the counted attempt back, since its password was right.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_right_password(
        tx: &mut signet_store::Tx,
        ctx: &Ctx,
        user: &User,
    ) -> signet_store::Result<()> {
        tx.forgive(&user.login_key, &ctx.request.ip).await?;
        tx.note_login(user.id, ctx.now).await
    }

    fn lock_events(
        &self,
        ctx: &Ctx,
        key: &LoginKey,
        user: Option<&User>,
        counted: Option<&[Failures; 2]>,
    ) -> Vec<Event> {
        let Some(counted) = counted else { return Vec::new() };
        let locked = |f: &Failures| f.locked_until > ctx.now;
        if !counted.iter().any(locked) {
            return Vec::new();
        }
        let shown = login::for_log(key.as_str());
        let who = user.map_or_else(|| Entity::new("User", "unknown", &shown, &shown), user_entity);
        let mut event = self.event(ctx, types::ACCOUNT_LOCK, who.clone()).failed("LOCKED_OUT").target(who);
        event.user_id = user.map(|u| u.id.to_string());
        let reach = if locked(&counted[1]) { "every source" } else { "this source" };
        vec![event.debug("lockedFor", reach).debug("lockSeconds", PER_SOURCE.lock_seconds.to_string())]
    }
}
