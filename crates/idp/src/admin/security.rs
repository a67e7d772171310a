//! The tenant's rules for new passwords, for how long sessions last, and for what users change themselves.

use super::change::{Diff, Facts};
use super::error::Causes;
use super::{AdminError, Caller, Expected};
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Entity, types};
use signet_domain::id::TenantId;
use signet_domain::security::{
    MAX_WORDS, MIN_LENGTH, NIST_MIN_LENGTH, NIST_USER_LIFETIME_MINUTES, SecuritySettings, WORD_CHARS,
};
use signet_domain::session::{Session, SessionKind, SessionLimits};
use signet_store::{StoreError, Tx};
use std::collections::HashSet;
use std::sync::Arc;

/// Sessions that a preview looks at: the newest ones, so that it is as fast with millions of them.
const LOOKED_AT: usize = 5_000;

/// The rules as they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityInput {
    /// Fewest characters of a new password.
    pub min_length: i64,
    /// What a new password must not contain.
    pub forbidden_words: Vec<String>,
    /// Sign-ins for apps.
    pub users: SessionLimits,
    /// The console's sessions.
    pub console: SessionLimits,
    /// Whether users change their own names at their account.
    pub own_names: bool,
}

impl Default for SecurityInput {
    fn default() -> Self {
        Self::of(&SecuritySettings::usual(TenantId(uuid::Uuid::nil()), Time(0)))
    }
}

impl SecurityInput {
    /// The rules that hold.
    #[must_use]
    pub fn of(settings: &SecuritySettings) -> Self {
        Self {
            min_length: settings.min_length,
            forbidden_words: settings.forbidden_words.0.clone(),
            users: settings.limits(SessionKind::User),
            console: settings.limits(SessionKind::Console),
            own_names: settings.own_names,
        }
    }

    /// The same, made as strict as NIST SP 800-63B-4 has it where a password is all that is asked for.
    #[must_use]
    pub fn toward_nist(mut self) -> Self {
        self.min_length = self.min_length.max(NIST_MIN_LENGTH);
        let lifetime = self.users.lifetime_minutes.min(NIST_USER_LIFETIME_MINUTES);
        self.users =
            SessionLimits { idle_minutes: self.users.idle_minutes.min(lifetime), lifetime_minutes: lifetime };
        self
    }

    fn check(&self) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.range("password.minLength", self.min_length, MIN_LENGTH);
        let words = "password.forbiddenWords";
        if self.forbidden_words.len() > MAX_WORDS {
            causes.add(words, format_args!("must be at most {MAX_WORDS}"));
        } else if let Some(bad) = self.forbidden_words.iter().find(|word| !is_word(word)) {
            let shown: String = bad.chars().filter(|c| !c.is_control()).take(*WORD_CHARS.end()).collect();
            causes.add(
                words,
                format_args!(
                    "“{shown}” must have {} to {} characters, without control characters and spaces around it",
                    WORD_CHARS.start(),
                    WORD_CHARS.end()
                ),
            );
        }
        for (name, kind, limits) in
            [("users", SessionKind::User, self.users), ("console", SessionKind::Console, self.console)]
        {
            let (idle, lifetime) = SessionLimits::bounds(kind);
            causes.range(&format!("sessions.{name}.idleMinutes"), limits.idle_minutes, idle);
            let member = format!("sessions.{name}.lifetimeMinutes");
            causes.range(&member, limits.lifetime_minutes, lifetime.clone());
            if lifetime.contains(&limits.lifetime_minutes) && limits.lifetime_minutes < limits.idle_minutes {
                causes.add(&member, "must not be less than idleMinutes");
            }
        }
        causes.check("security")
    }

    fn put(&self, settings: &mut SecuritySettings, now: Time) {
        let mut seen = HashSet::new();
        let folded = self.forbidden_words.iter().map(|word| word.to_lowercase());
        settings.min_length = self.min_length;
        settings.forbidden_words.0 = folded.filter(|word| seen.insert(word.clone())).collect();
        settings.limit(SessionKind::User, self.users, now);
        settings.limit(SessionKind::Console, self.console, now);
        settings.own_names = self.own_names;
    }
}

/// Of a length both as it was typed and folded, which can be longer.
fn is_word(word: &str) -> bool {
    let fits = |text: &str| WORD_CHARS.contains(&text.chars().count());
    fits(word) && fits(&word.to_lowercase()) && word.trim() == word && !word.chars().any(char::is_control)
}

/// What a change would do.
#[derive(Debug, Clone)]
pub struct SecurityPreview {
    /// The rules that hold.
    pub before: SecuritySettings,
    /// Those that would.
    pub after: SecuritySettings,
    /// Sessions that would end at once, of those that were looked at.
    pub ends: usize,
    /// Whether there are older ones that weren't looked at.
    pub more: bool,
}

impl SecurityPreview {
    /// Whether a session would end.
    #[must_use]
    pub fn would_end(&self, session: &Session, now: Time) -> bool {
        let kind = session.kind;
        session.is_live(now, &self.before.rule(kind)) && !session.is_live(now, &self.after.rule(kind))
    }

    /// Counts what would end.
    pub(super) async fn look(&mut self, tx: &mut Tx, now: Time) -> Result<(), StoreError> {
        let newest = tx.newest_sessions(i64::try_from(LOOKED_AT).unwrap_or(i64::MAX)).await?;
        self.ends = newest.iter().filter(|session| self.would_end(session, now)).count();
        self.more = newest.len() == LOOKED_AT;
        Ok(())
    }

    fn shortens(&self) -> bool {
        [SessionKind::User, SessionKind::Console]
            .into_iter()
            .any(|kind| self.after.limits(kind).is_shorter_than(self.before.limits(kind)))
    }
}

impl Idp {
    /// The tenant's rules, as far as this node knows: other nodes' changes are heard of within a second.
    ///
    /// # Errors
    /// When the store fails: without them nothing is decided.
    pub async fn security(&self, ctx: &Ctx) -> Result<Arc<SecuritySettings>, IdpError> {
        let part = self.cache().part(ctx.tenant_id());
        if let Some(known) = part.security() {
            return Ok(known);
        }
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let settings = Arc::new(find(&mut tx, ctx).await?);
        part.put_security(settings.clone());
        Ok(settings)
    }

    /// The tenant's rules, asked of the database.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_security(&self, ctx: &Ctx) -> Result<SecuritySettings, AdminError> {
        Ok(find(&mut self.store().tenant(ctx.tenant_id()).read().await?, ctx).await?)
    }

    /// What would change if these rules held, and how many sessions would end.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn admin_security_preview(
        &self,
        ctx: &Ctx,
        input: &SecurityInput,
    ) -> Result<SecurityPreview, AdminError> {
        input.check()?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let before = find(&mut tx, ctx).await?;
        let mut after = before.clone();
        input.put(&mut after, ctx.now);
        let mut preview = SecurityPreview { before, after, ends: 0, more: false };
        if preview.shortens() {
            preview.look(&mut tx, ctx.now).await?;
        }
        Ok(preview)
    }

    /// Replaces the rules.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_put_security(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        input: SecurityInput,
        expected: &Expected,
    ) -> Result<SecuritySettings, AdminError> {
        input.check()?;
        self.change_security(ctx, caller, Some(input), expected).await
    }

    /// Gives the tenant back the rules with which it began.
    ///
    /// # Errors
    /// [`AdminError::Stale`].
    pub async fn admin_reset_security(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        expected: &Expected,
    ) -> Result<(), AdminError> {
        self.change_security(ctx, caller, None, expected).await.map(drop)
    }

    async fn change_security(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        input: Option<SecurityInput>,
        expected: &Expected,
    ) -> Result<SecuritySettings, AdminError> {
        let kind = if input.is_some() { types::SECURITY_UPDATE } else { types::SECURITY_RESET };
        let event = caller.event(self, ctx, kind);
        let (at, expected) = (ctx.clone(), expected.clone());
        self.change(ctx, move |tx| {
            Box::pin(async move {
                let before = find(tx, &at).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                // The row stays, so that a version that was read once never comes back, nor a session that ended.
                input.unwrap_or_default().put(&mut after, at.now);
                let diff = Diff::of(facts(&before), facts(&after));
                if diff.is_empty() {
                    return Ok(before);
                }
                write(tx, &after, at.now).await?;
                tx.append(&diff.into_event(event, entity(&at))).await?;
                Ok(find(tx, &at).await?)
            })
        })
        .await
    }
}

/// Writes the rules back, if they are still at the version that was read.
pub(super) async fn write(tx: &mut Tx, after: &SecuritySettings, now: Time) -> Result<(), StoreError> {
    if after.version > 0 {
        return tx.update_security_settings(after, now).await;
    }
    // Two who were first at once: the later one hasn't seen the other's.
    let first = |error| if matches!(error, StoreError::Conflict) { StoreError::Stale } else { error };
    tx.insert_security_settings(after).await.map_err(first)
}

pub(super) fn entity(ctx: &Ctx) -> Entity {
    let (id, name) = (ctx.tenant_id(), &ctx.tenant.name);
    Entity::new("SecuritySettings", id, name, &ctx.tenant.display_name)
}

pub(super) async fn find(tx: &mut Tx, ctx: &Ctx) -> Result<SecuritySettings, StoreError> {
    let found = tx.security_settings().await?;
    Ok(found.unwrap_or_else(|| SecuritySettings::usual(ctx.tenant_id(), ctx.now)))
}

fn facts(settings: &SecuritySettings) -> Facts {
    let (users, console) = (settings.limits(SessionKind::User), settings.limits(SessionKind::Console));
    vec![
        ("minLength", settings.min_length.into()),
        ("forbiddenWords", settings.forbidden_words.0.clone().into()),
        ("usersIdleMinutes", users.idle_minutes.into()),
        ("usersLifetimeMinutes", users.lifetime_minutes.into()),
        ("consoleIdleMinutes", console.idle_minutes.into()),
        ("consoleLifetimeMinutes", console.lifetime_minutes.into()),
        ("ownNames", settings.own_names.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preset_only_ever_tightens() {
        let preset = SecurityInput::default().toward_nist();
        assert_eq!((preset.min_length, preset.users), (15, SecurityInput::default().users));
        let long = SessionLimits { idle_minutes: 50_000, lifetime_minutes: 129_600 };
        let strict = SecurityInput { min_length: 20, users: long, ..preset }.toward_nist();
        assert_eq!((strict.min_length, strict.users.lifetime_minutes), (20, 43_200));
        assert!(strict.check().is_ok(), "neither limit is longer than it may be");
    }

    #[test]
    fn words_are_bounded() {
        let with = |words: &[&str]| {
            let forbidden_words = words.iter().map(|word| (*word).to_owned()).collect();
            SecurityInput { forbidden_words, ..SecurityInput::default() }.check()
        };
        assert!(with(&["acme", "Straße 7", "ÄÖÜß"]).is_ok());
        for bad in ["abc", "", " acme", "acme\u{7}", &"x".repeat(65), &"İ".repeat(40)] {
            assert!(with(&[bad]).is_err(), "{bad}");
        }
        assert!(with(&["word"; 101]).is_err());
    }
}
