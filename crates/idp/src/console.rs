//! What the admin console shows, and as whom an administrator acts there.
//!
//! | module | subject |
//! |---|---|
//! | [`overview`] | today at a glance |
//! | [`log`], [`kinds`] | searching the system log |
//! | [`event`] | one event and what belongs to it |
//! | [`directory`] | users and apps with their recent past |

pub mod directory;
pub mod event;
pub mod kinds;
pub mod log;
pub mod overview;

use crate::admin::caller::By;
use crate::admin::{Caller, Rights};
use crate::authorize::SignedIn;
use crate::ctx::user_entity;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::session::Session;
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

impl Idp {
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
        let length = Session::ABSOLUTE_SECONDS * Time::SECOND;
        if matches!(tenant.count(&name, length, 1).await?, Count::Counted(_)) {
            let mut event = self.event(ctx, types::LOG_READ, user_entity(&signed_in.user));
            event.session_id = Some(signed_in.session.id);
            event.user_id = Some(signed_in.user.id.to_string());
            self.record(ctx, vec![event.debug("door", "console")]).await?;
        }
        Ok(())
    }
}
