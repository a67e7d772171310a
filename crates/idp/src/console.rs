//! What the admin console shows, and as whom an administrator acts there.
//!
//! | module | subject |
//! |---|---|
//! | [`overview`] | today at a glance |
//! | [`mod@file`], [`user_file`] | the log as a file, and the users |
//! | [`log`], [`kinds`], [`terms`], [`groups`], [`saved`] | searching the system log |
//! | [`exports`] | how far exports of the log have come |
//! | [`find`] | users, apps and events by a few letters |
//! | [`event`] | one event and what belongs to it |
//! | [`directory`] | users and apps with their recent past |
//! | [`history`] | what was changed of an app, a server or a user |
//! | [`first_sign_in`] | how far a new app has come |

pub mod about;
pub mod directory;
pub mod drawing;
pub mod event;
pub mod exports;
pub mod file;
pub mod find;
pub mod first_sign_in;
pub mod groups;
pub mod history;
pub mod kinds;
pub mod log;
pub mod overview;
pub mod saved;
pub mod spelling;
pub mod terms;
pub mod user_file;

pub use signet_store::console::AppName;

use crate::admin::caller::By;
use crate::admin::{Caller, Rights};
use crate::authorize::SignedIn;
use crate::ctx::{At, user_entity};
use crate::guard::Checked;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Event, EventType, types};
use signet_domain::session::{SessionKind, SessionLimits};
use signet_store::windows::Count;

/// The administrator of a console session, as the management use cases know callers; `None` without a role.
#[must_use]
pub fn caller(signed_in: &SignedIn) -> Option<Caller> {
    let SignedIn { session, user } = signed_in;
    Some(Caller {
        by: By::Console(session.id, user.id),
        entity: user_entity(user),
        name: "Console".to_owned(),
        rights: Rights::Role(user.admin_role?),
        token_hash: String::new(),
    })
}

/// Microseconds after which every console session has ended: what is noted of one is kept as long.
fn longest_session() -> i64 {
    SessionLimits::bounds(SessionKind::Console).1.end() * 60 * Time::SECOND
}

impl Idp {
    /// Whether this is the password of who is signed in: asked again before something dangerous. It is counted,
    /// locked and logged like at any other door.
    ///
    /// # Errors
    /// When the store fails or too many passwords wait to be checked.
    pub async fn console_confirm(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        password: &str,
    ) -> Result<bool, IdpError> {
        let user = &signed_in.user;
        let Ok(key) = signet_domain::login::canonical(&user.login_key, &ctx.tenant.default_domain) else {
            return Ok(false);
        };
        match self.check_password(ctx, &key, password).await? {
            Checked::Right(user) => {
                self.forgive_attempt(ctx, &user).await?;
                // It counts like a sign-in: what comes within the next minutes isn't asked about again.
                let (session, now) = (signed_in.session.id, ctx.now);
                let store = self.store().tenant(ctx.tenant_id());
                store
                    .write(move |tx| Box::pin(async move { tx.session_confirmed(session, now).await }))
                    .await?;
                Ok(true)
            }
            // Who is signed in has a password that holds, unless it expired this very moment.
            Checked::Expired(_) => Ok(false),
            Checked::Wrong { reason, mut events, .. } => {
                let event = self.event_at_console(ctx, signed_in, types::SESSION_START);
                let event = event.failed(reason.as_str()).target(user_entity(user));
                events.insert(0, event.debug("asked", "again"));
                self.record(ctx, events).await?;
                Ok(false)
            }
        }
    }

    /// Whether a form with this number is sent for the first time in a session: each may do its work once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_first_send(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        number: &str,
    ) -> Result<bool, IdpError> {
        let fine = (8..=64).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fine {
            return Ok(false);
        }
        let name = format!("console_form:{}:{number}", signed_in.session.id);
        let counted = self.store().tenant(ctx.tenant_id()).count(&name, longest_session(), 1).await?;
        Ok(matches!(counted, Count::Counted(_)))
    }

    /// Notes in the log that somebody takes a copy of it.
    ///
    /// # Errors
    /// When the store fails: then there is no copy.
    pub async fn note_console_log_export(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        format: &str,
    ) -> Result<(), IdpError> {
        let event = self.event_at_console(ctx, signed_in, types::LOG_READ).debug("export", format);
        self.record(ctx, vec![event]).await?;
        Ok(())
    }

    /// Notes in the log that a console session reads the log, once a session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_console_log_read(&self, ctx: &Ctx, signed_in: &SignedIn) -> Result<(), IdpError> {
        let name = format!("console_log_read:{}", signed_in.session.id);
        let tenant = self.store().tenant(ctx.tenant_id());
        // Looked at before it is counted: every view but the first is a read.
        if tenant.window(&name).await?.is_some() {
            return Ok(());
        }
        if matches!(tenant.count(&name, longest_session(), 1).await?, Count::Counted(_)) {
            self.record(ctx, vec![self.event_at_console(ctx, signed_in, types::LOG_READ)]).await?;
        }
        Ok(())
    }

    /// An event of who is signed in at the console.
    fn event_at_console(&self, ctx: &Ctx, signed_in: &SignedIn, event_type: EventType) -> Event {
        let mut event = self.event(ctx, event_type, user_entity(&signed_in.user)).of(&signed_in.user);
        event.session_id = Some(signed_in.session.id);
        event.debug("door", "console")
    }
}
