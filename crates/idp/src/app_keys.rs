//! The keys of apps: registered by value, or published by the app at its `jwks_uri` (RFC 7591 §2).
//!
//! Published keys are kept for [`FRESH`]. A key that isn't among them is looked for at the source, at most once in
//! [`BETWEEN`] for each app on each node, however often somebody asks. While the source is away the last known
//! keys are good for [`STALE`], and then no longer: an app that took a key back must get rid of it.

use crate::{Ctx, Idp};
use serde_json::Value;
use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::id::AppId;
use signet_oauth::Reason;
use signet_oauth::jwk::PublicJwk;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Microseconds for which fetched keys are used without asking again.
pub(crate) const FRESH: i64 = 10 * 60 * Time::SECOND;

/// Microseconds from one fetch for an app to the next.
pub(crate) const BETWEEN: i64 = 60 * Time::SECOND;

/// Microseconds after which keys that can't be fetched again are no longer used.
pub(crate) const STALE: i64 = 3_600 * Time::SECOND;

/// Most apps whose keys are kept; past it all are fetched anew.
const APPS: usize = 1_000;

/// Most keys of one app that are looked at.
const KEYS: usize = 100;

/// Media types of key sets: what RFC 7517 §8.5 registers, and what everybody sends.
const TYPES: &[&str] = &["application/jwk-set+json", "application/json"];

/// Keys, and when they were fetched.
#[derive(Clone)]
struct Kept {
    keys: Arc<[PublicJwk]>,
    at: Time,
}

/// What is known of one app's keys. Whoever fetches holds `tried`, and a crowd waits for one fetch.
#[derive(Default)]
struct Slot {
    kept: Mutex<Option<Kept>>,
    tried: tokio::sync::Mutex<Option<Time>>,
}

impl Slot {
    /// Keys that are young enough.
    fn kept(&self, now: Time, oldest: i64) -> Option<Arc<[PublicJwk]>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|kept| now.since(kept.at) < oldest).map(|kept| kept.keys.clone())
    }
}

/// The fetched keys of a node.
#[derive(Default)]
pub(crate) struct FetchedKeys(Mutex<HashMap<(AppId, String), Arc<Slot>>>);

impl FetchedKeys {
    fn slot(&self, app: AppId, uri: &str) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (app, uri.to_owned());
        if slots.len() >= APPS && !slots.contains_key(&key) {
            slots.clear();
        }
        slots.entry(key).or_default().clone()
    }
}

impl Idp {
    /// The keys of an app, among which `suits` looks for the one that is needed.
    ///
    /// # Errors
    /// The log's reason when there are none.
    pub(crate) async fn app_keys(
        &self,
        ctx: &Ctx,
        app: &App,
        suits: impl Fn(&[PublicJwk]) -> bool,
    ) -> Result<Arc<[PublicJwk]>, Reason> {
        let Some(uri) = &app.jwks_uri else {
            let keys: Arc<[PublicJwk]> =
                app.jwks.iter().filter_map(|key| serde_json::from_value(key.clone()).ok()).collect();
            return if keys.is_empty() { Err(Reason::ClientAssertionJwksNotConfigured) } else { Ok(keys) };
        };
        let slot = self.fetched_keys().slot(app.id, uri);
        if let Some(keys) = slot.kept(ctx.now, FRESH).filter(|keys| suits(keys)) {
            return Ok(keys);
        }
        let mut tried = slot.tried.lock().await;
        // Somebody may have fetched while this one waited.
        if let Some(keys) = slot.kept(ctx.now, FRESH).filter(|keys| suits(keys)) {
            return Ok(keys);
        }
        if tried.is_none_or(|at| ctx.now.since(at) >= BETWEEN) {
            *tried = Some(ctx.now);
            if let Some(keys) = self.fetch_keys(uri).await {
                *slot.kept.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Kept { keys: keys.clone(), at: ctx.now });
                return Ok(keys);
            }
        }
        slot.kept(ctx.now, STALE).ok_or(Reason::ClientJwksUnavailable)
    }

    async fn fetch_keys(&self, uri: &str) -> Option<Arc<[PublicJwk]>> {
        let body = self.fetch().get(uri, TYPES).await.ok()?;
        let keys = key_set(&body);
        (!keys.is_empty()).then(|| keys.into())
    }
}

/// The keys of a published set that can be used. Others are passed over: sets hold keys for encryption too.
fn key_set(body: &[u8]) -> Vec<PublicJwk> {
    let Ok(Value::Object(mut set)) = serde_json::from_slice(body) else { return Vec::new() };
    let Some(Value::Array(keys)) = set.remove("keys") else { return Vec::new() };
    keys.into_iter().take(KEYS).filter_map(|key| serde_json::from_value(key).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use signet_oauth::jwt::{Alg, SigningKey};

    #[test]
    fn a_published_set_may_hold_what_is_of_no_use() {
        let jwk = |alg| serde_json::to_value(SigningKey::generate(alg).unwrap().public_jwk()).unwrap();
        let (good, mut unnamed, mut encrypts) = (jwk(Alg::ES256), jwk(Alg::RS256), jwk(Alg::RS256));
        unnamed.as_object_mut().unwrap().remove("alg");
        encrypts["use"] = "enc".into();
        let mut private = good.clone();
        private["d"] = "AAAA".into();
        let oct = json!({ "kty": "oct", "k": "AAAA" });
        let set = json!({ "keys": [good, unnamed, encrypts, private, oct, 7, null], "x": 1 });
        let keys = key_set(set.to_string().as_bytes());
        assert_eq!(keys.iter().map(PublicJwk::alg).collect::<Vec<_>>(), [Alg::ES256, Alg::RS256]);
        for nothing in ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "<html>", "{\"keys\":[{}]}"] {
            assert!(key_set(nothing.as_bytes()).is_empty(), "{nothing}");
        }
    }
}
