//! The one function that checks a password, whichever door it came through, and the one failure counter.
//!
//! Ten failures within 15 minutes from one source lock the login for that source, a hundred from all lock it
//! for everyone, for 15 minutes. Unknown logins are counted and locked the same way, and cost the same
//! statements and the same hash.
//!
//! An attempt is noted as under way before its password is looked at. As many are under way at once as may still
//! fail; who comes beyond that is told that the server is busy, and nobody is locked for what nobody has looked at.

use crate::ctx::user_entity;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Entity, Event, types};
use signet_domain::id::TenantId;
use signet_domain::login::{self, LoginKey};
use signet_domain::user::{User, UserStatus};
use signet_oauth::Reason;
use signet_store::lockout::{Begun, Failures, Rule};
use std::time::{Duration, Instant};

pub(crate) const PER_SOURCE: Rule = Rule { limit: 10, window_seconds: 900, lock_seconds: 900 };
pub(crate) const FROM_ALL: Rule = Rule { limit: 100, window_seconds: 900, lock_seconds: 900 };

/// The source that stands for all sources.
const ALL: &str = "";

/// Longest time that an attempt is under way. One that takes longer is given up, whatever its password.
const LEASE: Duration = Duration::from_secs(60);

/// How a password check ended.
#[derive(Debug)]
pub enum Checked {
    /// The password is right and the user may sign in. Call `note_right_password` in the transaction
    /// that uses it.
    Right(Box<User>),
    /// The password is right and has to be replaced before anything else. The attempt is forgiven.
    Expired(Box<User>),
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
        let open = self.begin_attempt(ctx.tenant_id(), key, &ctx.request.ip, ctx.now).await?;
        let began = Instant::now();
        let looked = self.look_at(ctx, key, password).await;
        let (user, matches) = match looked {
            Ok(looked) if began.elapsed() < LEASE => looked,
            // Others may have been let through in its place since.
            Ok(_) => return Err(IdpError::Overloaded { retry_after: 1 }),
            Err(error) => {
                if open {
                    self.give_up_attempt(ctx, key).await?;
                }
                return Err(error);
            }
        };
        let user = user.map(Box::new);
        let reason = match &user {
            _ if !open => Reason::UserLockedOut,
            None => Reason::UnknownUser,
            _ if !matches => Reason::InvalidPasswordCredentials,
            Some(user) => match user.status {
                UserStatus::Active => return Ok(Checked::Right(user.clone())),
                UserStatus::PasswordExpired => {
                    self.forgive_attempt(ctx, user).await?;
                    return Ok(Checked::Expired(user.clone()));
                }
                _ => Reason::UserInactive,
            },
        };
        let counted = match open {
            true => Some(self.note_failure(ctx.tenant_id(), key, &ctx.request.ip, ctx.now).await?),
            false => None,
        };
        let events = self.lock_events(ctx, key, user.as_deref(), counted.as_ref());
        Ok(Checked::Wrong { reason, user, events })
    }

    /// The user of a login, and whether the password is theirs. Locked or not, known or not: the hash is always
    /// computed.
    async fn look_at(
        &self,
        ctx: &Ctx,
        key: &LoginKey,
        password: &str,
    ) -> Result<(Option<User>, bool), IdpError> {
        let user = self.store().tenant(ctx.tenant_id()).read().await?.user_by_login(key.as_str()).await?;
        let hash = user.as_ref().and_then(|u| u.password_hash.as_deref());
        let matches = self.hasher().verify(password, hash).await?;
        Ok((user, matches))
    }

    /// Whether a password is right and its login open, for who is no tenant's user. Without a hash it does the same.
    ///
    /// # Errors
    /// [`IdpError::Overloaded`], [`IdpError::Store`].
    pub async fn check_guarded(
        &self,
        (tenant, key, source): (TenantId, &LoginKey, &str),
        now: Time,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, IdpError> {
        let open = self.begin_attempt(tenant, key, source, now).await?;
        let began = Instant::now();
        let verified = self.hasher().verify(password, hash).await;
        if !open {
            return verified.map(|_| false);
        }
        let (login, from) = (key.as_str().to_owned(), source.to_owned());
        let store = self.store().tenant(tenant);
        match verified {
            Ok(_) if began.elapsed() >= LEASE => Err(IdpError::Overloaded { retry_after: 1 }),
            Ok(true) => {
                store.write(move |tx| Box::pin(async move { tx.forgive(&login, &from).await })).await?;
                Ok(true)
            }
            Ok(false) => self.note_failure(tenant, key, source, now).await.map(|_| false),
            Err(error) => {
                store
                    .write(move |tx| Box::pin(async move { tx.give_up_attempt(&login, &from).await }))
                    .await?;
                Err(error)
            }
        }
    }

    /// Notes on both counters that an attempt is under way; `false` when either is locked.
    async fn begin_attempt(
        &self,
        tenant: TenantId,
        key: &LoginKey,
        source: &str,
        now: Time,
    ) -> Result<bool, IdpError> {
        let (key, source) = (key.as_str().to_owned(), source.to_owned());
        let lease = Time(now.0.saturating_add(i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX)));
        let store = self.store().tenant(tenant);
        let begun = store.write(move |tx| {
            Box::pin(async move {
                let one = tx.begin_attempt(&key, &source, PER_SOURCE, now, lease).await?;
                let all = tx.begin_attempt(&key, ALL, FROM_ALL, now, lease).await?;
                match (one, all) {
                    (Begun::Open, Begun::Open) => {}
                    (Begun::Open, _) => tx.give_up_attempt_from(&key, &source).await?,
                    (_, Begun::Open) => tx.give_up_attempt_from(&key, ALL).await?,
                    _ => {}
                }
                Ok([one, all])
            })
        });
        let begun = begun.await?;
        if begun.contains(&Begun::Locked) {
            return Ok(false);
        }
        if begun.contains(&Begun::Busy) {
            return Err(IdpError::Overloaded { retry_after: 1 });
        }
        Ok(true)
    }

    /// Ends an attempt whose password was wrong: by source, and from all.
    async fn note_failure(
        &self,
        tenant: TenantId,
        key: &LoginKey,
        source: &str,
        now: Time,
    ) -> Result<[Failures; 2], IdpError> {
        let (key, source) = (key.as_str().to_owned(), source.to_owned());
        let store = self.store().tenant(tenant);
        let noted = store.write(move |tx| {
            Box::pin(async move {
                let one = tx.note_failure(&key, &source, PER_SOURCE, now).await?;
                Ok([one, tx.note_failure(&key, ALL, FROM_ALL, now).await?])
            })
        });
        Ok(noted.await?)
    }

    /// Ends an attempt that nobody looked at.
    async fn give_up_attempt(&self, ctx: &Ctx, key: &LoginKey) -> Result<(), IdpError> {
        let (key, source) = (key.as_str().to_owned(), ctx.request.ip.clone());
        self.store()
            .tenant(ctx.tenant_id())
            .write(move |tx| Box::pin(async move { tx.give_up_attempt(&key, &source).await }))
            .await?;
        Ok(())
    }

    /// Ends an attempt whose password was right though nothing came of it: it must not lock.
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

    /// Ends the attempt, whose password was right. What it led to must be given up for a reason that comes back: checking
    /// a password takes its time, and meanwhile the user may have been shut out or signed out everywhere, or their
    /// password replaced.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn note_right_password(
        tx: &mut signet_store::Tx,
        ctx: &Ctx,
        user: &User,
    ) -> signet_store::Result<Result<(), Reason>> {
        tx.forgive(&user.login_key, &ctx.request.ip).await?;
        if tx.note_login(user, ctx.now).await? {
            return Ok(Ok(()));
        }
        Ok(Err(match tx.user(user.id).await? {
            Some(found) if found.password_changed_at != user.password_changed_at => {
                Reason::InvalidPasswordCredentials
            }
            Some(found) if found.status == user.status => Reason::SignedOutMeanwhile,
            _ => Reason::UserInactive,
        }))
    }

    fn lock_events(
        &self,
        ctx: &Ctx,
        key: &LoginKey,
        user: Option<&User>,
        counted: Option<&[Failures; 2]>,
    ) -> Vec<Event> {
        let Some([one, all]) = counted else { return Vec::new() };
        // The failure that reached the limit, no later one.
        let locks = |f: &Failures, rule: Rule| f.locked_until > ctx.now && f.failures == rule.limit;
        if !locks(one, PER_SOURCE) && !locks(all, FROM_ALL) {
            return Vec::new();
        }
        let shown = login::for_log(key.as_str());
        let who = user.map_or_else(|| Entity::new("User", "unknown", &shown, &shown), user_entity);
        let mut event = self.event(ctx, types::ACCOUNT_LOCK, who.clone()).failed("LOCKED_OUT").target(who);
        event.user_id = user.map(|u| u.id.to_string());
        let reach = if locks(all, FROM_ALL) { "every source" } else { "this source" };
        vec![event.debug("lockedFor", reach).debug("lockSeconds", PER_SOURCE.lock_seconds.to_string())]
    }
}
