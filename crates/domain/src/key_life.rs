//! The life of a signing key: published, active, retiring, removed, and when each begins.
//!
//! Two times decide it. An app may keep a key set for [`KEY_SET_SECONDS`], and may have got it from a cache that kept it
//! for [`KEY_SET_MAX_AGE_SECONDS`] before, so a key is published [`PUBLISHED_SECONDS`] before it signs: then nobody
//! meets a token whose key they have never seen. And a token may live for [`LONGEST_TOKEN_SECONDS`], so a key stays
//! published that long after it has stopped signing.

use crate::Time;
use crate::server::{KeyRow, KeyStatus, Server};
use crate::token::LONGEST_TOKEN_SECONDS;

/// Seconds that an app may keep a key set: the longest that common libraries do.
pub const KEY_SET_SECONDS: i64 = 86_400;
/// Seconds that caches on the way may keep a key set, as its `Cache-Control` says.
pub const KEY_SET_MAX_AGE_SECONDS: i64 = 300;
/// Seconds for which a key is published before it signs: both, and a minute for a node that heeds a change late.
pub const PUBLISHED_SECONDS: i64 = KEY_SET_SECONDS + KEY_SET_MAX_AGE_SECONDS + 60;

/// The keys of a server and what is to become of them.
#[derive(Debug, Clone, Copy)]
pub struct KeyLife<'k> {
    /// The server.
    pub server: &'k Server,
    /// Its keys.
    pub keys: &'k [KeyRow],
}

impl<'k> KeyLife<'k> {
    fn the(&self, status: KeyStatus) -> Option<&'k KeyRow> {
        self.keys.iter().find(|key| key.status == status)
    }

    /// The key that signs.
    #[must_use]
    pub fn active(&self) -> Option<&'k KeyRow> {
        self.the(KeyStatus::Active)
    }

    /// The key that is published to follow it.
    #[must_use]
    pub fn next(&self) -> Option<&'k KeyRow> {
        self.the(KeyStatus::Next)
    }

    /// From when on the next key may sign: nobody who has kept a key set for as long as they may lacks it then.
    #[must_use]
    pub fn ripe_at(&self) -> Option<Time> {
        let next = self.next()?;
        // Whoever knows an active key that is no older has seen the next one beside it.
        let beside = self.active().is_some_and(|active| active.created_at >= next.created_at);
        Some(if beside { next.created_at } else { next.created_at.plus_secs(PUBLISHED_SECONDS) })
    }

    /// Whether the next key would sign by an algorithm that the server is no longer set to.
    #[must_use]
    pub fn next_is_outdated(&self) -> bool {
        self.next().is_some_and(|next| next.alg != self.server.signing_alg)
    }

    /// When the next key takes over by itself; `None` when keys are only rolled by hand, or there is none yet.
    #[must_use]
    pub fn rotates_at(&self) -> Option<Time> {
        let (active, ripe) = (self.active()?, self.ripe_at()?);
        if self.server.key_rotation_days == 0 || self.next_is_outdated() {
            return None;
        }
        // Another algorithm was asked for, and there is no reason to wait for the end of a period.
        let asked = active.alg != self.server.signing_alg;
        let period = self.server.key_rotation_days.saturating_mul(86_400);
        let due = active.activated_at.unwrap_or(active.created_at).plus_secs(period);
        Some(if asked { ripe } else { due.max(ripe) })
    }

    /// When the state of a key ends: the next begins to sign, the active stops, a retiring one is removed.
    #[must_use]
    pub fn until(&self, key: &KeyRow) -> Option<Time> {
        match key.status {
            KeyStatus::Next | KeyStatus::Active => self.rotates_at(),
            KeyStatus::Retiring => {
                Some(key.retired_at.unwrap_or(key.created_at).plus_secs(LONGEST_TOKEN_SECONDS))
            }
        }
    }

    /// When somebody has to look after a key; `None` for one that nothing happens to by itself.
    #[must_use]
    pub fn due_at(&self, key: &KeyRow) -> Option<Time> {
        match key.status {
            KeyStatus::Next => self.next_is_outdated().then_some(key.created_at),
            KeyStatus::Active if self.next().is_none() => Some(key.created_at),
            KeyStatus::Active | KeyStatus::Retiring => self.until(key),
        }
    }
}

/// Since when a key is in its state.
#[must_use]
pub fn since(key: &KeyRow) -> Time {
    match key.status {
        KeyStatus::Next => key.created_at,
        KeyStatus::Active => key.activated_at.unwrap_or(key.created_at),
        KeyStatus::Retiring => key.retired_at.unwrap_or(key.created_at),
    }
}
