//! Signing in with a password, for apps and for the console; sessions.

use crate::authorize::SignedIn;
use crate::ctx::user_entity;
use crate::guard::Checked;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Entity, Event, bounded, types};
use signet_domain::id::{AppId, FlowId};
use signet_domain::login;
use signet_domain::session::{Session, SessionKind};
use signet_domain::user::User;
use signet_oauth::Reason;

/// A sign-in attempt on a page.
pub struct SignInCall<'a> {
    /// The login as typed.
    pub login: &'a str,
    /// The password as typed.
    pub password: &'a str,
    /// Where.
    pub door: Door<'a>,
}

/// Where someone signs in.
pub struct Door<'a> {
    /// For apps or for the console.
    pub kind: SessionKind,
    /// The cookie that forms and flows of the browser are bound to.
    pub browser: &'a str,
    /// The flow that it belongs to, if any.
    pub flow: Option<FlowId>,
    /// The app that it is for, if any.
    pub app: Option<(AppId, &'a str)>,
    /// The cookie of the session that the browser has now, which the new one replaces.
    pub replaces: Option<&'a str>,
}

/// How it ended.
pub enum SignInResult {
    /// Signed in: the new session and its cookie's value.
    Done {
        /// The session.
        signed_in: Box<SignedIn>,
        /// The cookie's value.
        cookie: String,
    },
    /// The password is right and has to be replaced first.
    Renew {
        /// For [`Idp::renew_password`].
        ticket: String,
    },
    /// Refused; the page says the same whatever the reason.
    Refused {
        /// The log's reason.
        reason: Reason,
    },
}

impl Door<'_> {
    /// Whether it is for this user at all.
    pub(crate) fn admits(&self, user: &User) -> bool {
        self.kind == SessionKind::User || user.admin_role.is_some()
    }
}

impl Idp {
    /// Signs someone in. A new session gets a new cookie, always.
    ///
    /// # Errors
    /// When the store fails or too many hashes wait.
    pub async fn sign_in(&self, ctx: &Ctx, call: &SignInCall<'_>) -> Result<SignInResult, IdpError> {
        let Ok(key) = login::canonical(call.login, &ctx.tenant.default_domain) else {
            let event = self.failed_sign_in(ctx, call, None, Reason::UnknownUser);
            self.record(ctx, vec![event]).await?;
            return Ok(SignInResult::Refused { reason: Reason::UnknownUser });
        };
        let door = &call.door;
        let (reason, user, mut events) = match self.check_password(ctx, &key, call.password).await? {
            Checked::Right(user) if door.admits(&user) => {
                match self.begin_session(ctx, door, *user.clone()).await? {
                    Ok((signed_in, cookie)) => return Ok(SignInResult::Done { signed_in, cookie }),
                    Err(reason) => (reason, Some(user), Vec::new()),
                }
            }
            Checked::Expired(user) if door.admits(&user) => {
                let reason = Reason::ExpiredPasswordCredentials;
                let event = self.failed_sign_in(ctx, call, Some(&user), reason);
                self.record(ctx, vec![event]).await?;
                return Ok(SignInResult::Renew { ticket: self.renewal_ticket(ctx, door, &user)? });
            }
            Checked::Right(user) => {
                self.forgive_attempt(ctx, &user).await?;
                (Reason::AccessDenied, Some(user), Vec::new())
            }
            // Its attempt is forgiven already.
            Checked::Expired(user) => (Reason::AccessDenied, Some(user), Vec::new()),
            Checked::Wrong { reason, user, events } => (reason, user, events),
        };
        events.push(self.failed_sign_in(ctx, call, user.as_deref(), reason));
        self.record(ctx, events).await?;
        Ok(SignInResult::Refused { reason })
    }

    /// Begins the session of a user whose password was right; with the cookie's value. There is none for a reason if the
    /// user was shut out or signed out everywhere, or their password replaced, while it was checked.
    pub(crate) async fn begin_session(
        &self,
        ctx: &Ctx,
        door: &Door<'_>,
        user: User,
    ) -> Result<Result<(Box<SignedIn>, String), Reason>, IdpError> {
        let (prefix, kind) = cookie_kind(door.kind);
        let lifetime = self.security(ctx).await?.limits(door.kind).lifetime_minutes;
        let cookie = self.entropy().secret(prefix);
        let session = Session {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            token_hash: self.secrets().hash(kind, ctx.tenant_id(), &cookie),
            kind: door.kind,
            user_id: user.id,
            auth_time: ctx.now,
            last_seen_at: ctx.now,
            expires_at: ctx.now.plus_secs(60 * lifetime),
            ended_at: None,
            ip: ctx.request.ip.clone(),
            user_agent: bounded(&ctx.request.user_agent, 256),
            created_at: ctx.now,
        };
        let event_type = match door.kind {
            SessionKind::User => types::SESSION_START,
            SessionKind::Console => types::SESSION_ADMIN,
        };
        let mut event = self.event(ctx, event_type, user_entity(&user)).target(user_entity(&user));
        tie(&mut event, door, Some(&user));
        event.session_id = Some(session.id);
        let replaced = door.replaces.map(|old| self.secrets().hash(kind, ctx.tenant_id(), old));
        let idp = self.clone();
        let (facts, owner, new, session_kind) = (ctx.clone(), user.clone(), session.clone(), door.kind);
        let begun = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    if let Err(reason) = Self::note_right_password(tx, &facts, &owner).await? {
                        return Ok(Err(reason));
                    }
                    if let Some(hash) = replaced
                        && let Some(old) = tx.session_by_token(session_kind, &hash).await?
                    {
                        idp.end_session_and_tell(tx, old.id, old.user_id, facts.now).await?;
                    }
                    tx.insert_session(&new).await?;
                    tx.append(&event).await.map(Ok)
                })
            })
            .await?;
        Ok(begun.map(|()| (Box::new(SignedIn { session, user }), cookie)))
    }

    fn failed_sign_in(&self, ctx: &Ctx, call: &SignInCall<'_>, user: Option<&User>, reason: Reason) -> Event {
        let who = user.map_or_else(
            || {
                let shown = login::for_log(call.login);
                Entity::new("User", "unknown", &shown, &shown)
            },
            user_entity,
        );
        let mut event =
            self.event(ctx, types::SESSION_START, who.clone()).failed(reason.as_str()).target(who);
        if call.door.kind == SessionKind::Console {
            event = event.debug("door", "console");
        }
        tie(&mut event, &call.door, user);
        event
    }

    /// The live sign-in that a cookie stands for. Its use is noted, to the minute.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn session(
        &self,
        ctx: &Ctx,
        kind: SessionKind,
        cookie: &str,
    ) -> Result<Option<SignedIn>, IdpError> {
        let signed_in = self.session_unused(ctx, kind, cookie).await?;
        if let Some(SignedIn { session, .. }) = &signed_in
            && ctx.now.since(session.last_seen_at) > 60 * Time::SECOND
        {
            let (id, now) = (session.id, ctx.now);
            let tenant = self.store().tenant(ctx.tenant_id());
            tenant.write(move |tx| Box::pin(async move { tx.touch_session(id, now).await })).await?;
        }
        Ok(signed_in)
    }

    /// The same for what a page asks by itself: that keeps nobody signed in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn session_unused(
        &self,
        ctx: &Ctx,
        kind: SessionKind,
        cookie: &str,
    ) -> Result<Option<SignedIn>, IdpError> {
        let (prefix, secret_kind) = cookie_kind(kind);
        if !cookie.starts_with(prefix) || cookie.len() > 128 {
            return Ok(None);
        }
        let hash = self.secrets().hash(secret_kind, ctx.tenant_id(), cookie);
        let rule = self.security(ctx).await?.rule(kind);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let session = tx.session_by_token(kind, &hash).await?.filter(|s| s.is_live(ctx.now, &rule));
        let Some(session) = session else { return Ok(None) };
        let Some(user) = tx.user(session.user_id).await?.filter(User::is_active) else { return Ok(None) };
        if kind == SessionKind::Console && user.admin_role.is_none() {
            return Ok(None);
        }
        Ok(Some(SignedIn { session, user }))
    }
}

/// A session cookie of one kind is nothing at the other's pages.
const fn cookie_kind(kind: SessionKind) -> (&'static str, SecretKind) {
    match kind {
        SessionKind::User => ("sgs", SecretKind::Session),
        SessionKind::Console => ("sgk", SecretKind::ConsoleSession),
    }
}

pub(crate) fn tie(event: &mut Event, door: &Door<'_>, user: Option<&User>) {
    event.flow_id = door.flow;
    event.client_id = door.app.map(|(_, client_id)| client_id.to_owned());
    event.user_id = user.map(|u| u.id.to_string());
}
