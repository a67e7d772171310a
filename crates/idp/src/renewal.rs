//! A password that someone else has set, or that has expired, is replaced at the door, by who has just proved to know it.
//!
//! Nothing is kept between the two forms: the page carries a ticket, sealed for this door of this browser. It is good
//! for ten minutes, and for as long as the password is the one that was checked.

use crate::admin::AdminError;
use crate::admin::password_rules::PasswordFault;
use crate::authorize::SignedIn;
use crate::ctx::{At, user_entity};
use crate::sign_in::{Door, tie};
use crate::{Ctx, Idp, IdpError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::id::UserId;
use signet_domain::session::SessionKind;
use signet_domain::user::{User, UserStatus};
use signet_oauth::Secret;

const MINUTES: i64 = 10;

/// How choosing a new password ended.
pub enum Renewed {
    /// It is set, and its user is signed in.
    Done {
        /// The session.
        signed_in: Box<SignedIn>,
        /// The cookie's value.
        cookie: String,
    },
    /// It can't be this one.
    Fault(PasswordFault),
    /// The ticket is no good, or not any more: the old password must be given again.
    Stale,
}

#[derive(Serialize, Deserialize)]
struct Ticket {
    user: UserId,
    /// Which password was checked: when it was set, in microseconds.
    set_at: Option<i64>,
    /// When it was checked, in microseconds.
    at: i64,
}

impl Ticket {
    fn is_for(&self, user: &User) -> bool {
        user.status == UserStatus::PasswordExpired && user.password_changed_at.map(|at| at.0) == self.set_at
    }
}

fn purpose(ctx: &Ctx, door: &Door<'_>) -> Vec<u8> {
    let kind = match door.kind {
        SessionKind::User => "apps",
        SessionKind::Console => "console",
    };
    format!("password-renewal {} {kind} {}", ctx.tenant_id(), door.browser).into_bytes()
}

impl Idp {
    pub(crate) fn renewal_ticket(&self, ctx: &Ctx, door: &Door<'_>, user: &User) -> Result<String, IdpError> {
        let set_at = user.password_changed_at.map(|at| at.0);
        let ticket = Ticket { user: user.id, set_at, at: ctx.now.0 };
        let plain = serde_json::to_vec(&ticket).map_err(|error| IdpError::Internal(error.to_string()))?;
        let sealed = self.secrets().seal(self.entropy(), &purpose(ctx, door), &plain)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The user of a ticket, whose password is still the one that was checked.
    async fn ticket_holder(
        &self,
        ctx: &Ctx,
        ticket: &str,
        door: &Door<'_>,
    ) -> Result<Option<(Ticket, User)>, IdpError> {
        let opened = URL_SAFE_NO_PAD
            .decode(ticket)
            .ok()
            .and_then(|sealed| self.secrets().open(&purpose(ctx, door), &sealed).ok())
            .and_then(|plain| serde_json::from_slice::<Ticket>(&plain).ok())
            .filter(|ticket| ctx.now.since(Time(ticket.at)) < MINUTES * 60 * Time::SECOND);
        let Some(ticket) = opened else { return Ok(None) };
        let user = self.store().tenant(ctx.tenant_id()).read().await?.user(ticket.user).await?;
        Ok(user.filter(|user| ticket.is_for(user) && door.admits(user)).map(|user| (ticket, user)))
    }

    /// Sets the password that its user chose in place of an expired one, and signs them in.
    ///
    /// # Errors
    /// When the store fails or too many hashes wait.
    pub async fn renew_password(
        &self,
        ctx: &Ctx,
        ticket: &str,
        new: &Secret,
        door: &Door<'_>,
    ) -> Result<Renewed, IdpError> {
        let Some((ticket, user)) = self.ticket_holder(ctx, ticket, door).await? else {
            return Ok(Renewed::Stale);
        };
        let hash = match self.hash_new_password(ctx, new, &user.login_key).await {
            Ok(hash) => hash,
            Err(AdminError::Password(fault)) => return Ok(Renewed::Fault(fault)),
            Err(AdminError::Failed(error)) => return Err(error),
            Err(_) => return Ok(Renewed::Stale),
        };
        if self.hasher().verify(new.expose(), user.password_hash.as_deref()).await? {
            return Ok(Renewed::Fault(PasswordFault::Same));
        }
        let mut event = self.event(ctx, types::PASSWORD_UPDATE, user_entity(&user)).of(&user);
        event = event.target(user_entity(&user)).debug("door", "sign-in");
        tie(&mut event, door, Some(&user));
        let (idp, at) = (self.clone(), ctx.clone());
        let changed = self.change(ctx, move |tx| {
            Box::pin(async move {
                // Of two answers to one page the first one counts.
                let mut user = tx
                    .user(ticket.user)
                    .await?
                    .filter(|user| ticket.is_for(user))
                    .ok_or(AdminError::Stale)?;
                user.password_hash = Some(hash);
                user.password_changed_at = Some(at.now);
                user.status = UserStatus::Active;
                user.status_changed_at = Some(at.now);
                tx.update_user(&user, at.now).await?;
                idp.cut_user_off(tx, user.id, at.now).await?;
                tx.append(&event).await?;
                Ok(user)
            })
        });
        match changed.await {
            Ok(user) => {
                let begun = self.begin_session(ctx, door, user).await?;
                Ok(begun.map_or(Renewed::Stale, |(signed_in, cookie)| Renewed::Done { signed_in, cookie }))
            }
            Err(AdminError::Failed(error)) => Err(error),
            Err(_) => Ok(Renewed::Stale),
        }
    }
}
