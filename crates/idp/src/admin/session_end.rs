//! The end of every session of the tenant at once, for the day on which something has leaked.

use super::security::{SecurityPreview, entity, find, write};
use super::{AdminError, Caller};
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::security::SecuritySettings;
use signet_domain::session::Session;

impl Idp {
    /// How many sessions would end, the caller's own among them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_end_sessions_preview(&self, ctx: &Ctx) -> Result<SecurityPreview, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let before = find(&mut tx, ctx).await?;
        let mut after = before.clone();
        after.end_sessions(ctx.now);
        let mut preview = SecurityPreview { before, after, ends: 0, more: false };
        preview.look(&mut tx, ctx.now).await?;
        Ok(preview)
    }

    /// Ends every session that began until now but this one, on every node at once: users sign in again, and so do
    /// administrators. It writes the settings' one row, however many sessions there are. Tokens and grants stay.
    ///
    /// # Errors
    /// [`AdminError::Stale`] when the settings changed in the same instant, or when somebody else ended every session,
    /// this one too, before this came to pass.
    pub async fn admin_end_all_sessions(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        own: Option<&Session>,
    ) -> Result<(), AdminError> {
        let event = caller.event(self, ctx, types::SESSIONS_END).target(entity(ctx));
        let (at, own) = (ctx.clone(), own.cloned());
        self.change(ctx, move |tx| {
            Box::pin(async move {
                let before = find(tx, &at).await?;
                // As it is now: another one's end of all sessions may have come in between.
                let own = match own {
                    Some(own) => {
                        let rule = before.rule(own.kind);
                        let open = tx.session(own.id).await?.filter(|own| own.is_live(at.now, &rule));
                        Some(open.ok_or(AdminError::Stale)?)
                    }
                    None => None,
                };
                let mut after = before.clone();
                after.end_sessions(past_all(&before, at.now));
                write(tx, &after, at.now).await?;
                if let Some(own) = own {
                    let rule = after.rule(own.kind);
                    let ended = rule.lifetime_ended_at;
                    // What it was to last when it began is never exceeded.
                    let ends = own.ends_at(&rule);
                    tx.keep_session(own.id, Time(ended.0.saturating_add(1)), ends).await?;
                }
                tx.append(&event).await?;
                Ok(())
            })
        })
        .await
    }
}

/// The instant until which sessions end: not before a session that an earlier end of all kept, which counts as begun an
/// instant after it.
fn past_all(before: &SecuritySettings, now: Time) -> Time {
    let ended = before.user_lifetime_ended_at.max(before.console_lifetime_ended_at);
    now.max(Time(ended.0.saturating_add(1)))
}
