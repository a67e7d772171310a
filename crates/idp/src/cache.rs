//! What is kept in memory of a tenant's configuration: the tenant itself, its servers with their scopes, its
//! apps with their secrets, its signing keys. Nothing that is used once is ever decided from here.
//!
//! A commit that changes configuration empties the tenant's part on its own node at once. Other nodes find out
//! by polling (see [`crate::nodes`]); a node that has not polled for a second asks the database instead.

use crate::access_policy::PolicyWithRules;
use crate::configured_claims::ConfiguredClaim;
use signet_domain::app::{App, AppSecret};
use signet_domain::brand::Brand;
use signet_domain::gateway::Gateway;
use signet_domain::id::{ServerId, TenantId};
use signet_domain::rate_policy::RatePolicy;
use signet_domain::registration::{Registration, RegistrationMode, RegistrationPolicy};
use signet_domain::security::SecuritySettings;
use signet_domain::server::{ScopeRow, Server};
use signet_domain::tenant::Tenant;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Most apps of one tenant that are kept; past it the part is emptied, not grown.
const APPS: usize = 10_000;

/// A server with what belongs to it.
#[derive(Debug)]
pub struct ServerConfig {
    /// The server.
    pub server: Server,
    /// Its scopes, by name.
    pub scopes: Vec<ScopeRow>,
    /// Claims that it adds to its tokens, by name: those that are in force.
    pub claims: Vec<ConfiguredClaim>,
    /// Its access policies, in the order in which they are asked.
    pub policies: Vec<PolicyWithRules>,
    /// Its gateway profile, if it has one.
    pub gateway: Option<Gateway>,
    /// What was said of apps that register themselves, if anything was.
    pub registration_policy: Option<RegistrationPolicy>,
}

impl ServerConfig {
    /// What apps that register themselves may have; none where they can't.
    #[must_use]
    pub fn registration(&self) -> Option<&RegistrationPolicy> {
        self.registration_policy.as_ref().filter(|policy| policy.mode != RegistrationMode::Off)
    }
}

/// An app with its live secrets.
#[derive(Debug)]
pub struct AppConfig {
    /// The app.
    pub app: App,
    /// Its secrets.
    pub secrets: Vec<AppSecret>,
    /// How it registered itself, if no administrator made it.
    pub registration: Option<Registration>,
}

impl AppConfig {
    /// Whether it may be used at a server: one that registered itself only where it did.
    #[must_use]
    pub fn is_for(&self, server: ServerId) -> bool {
        self.registration.as_ref().is_none_or(|registration| registration.server_id == server)
    }

    /// Whether it registered itself and has never got a token, as far as this node knows.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.registration.as_ref().is_some_and(|registration| registration.expires_at.is_some())
    }
}

/// One tenant's part. It is thrown away as a whole, so a load that began before a change can only fill a part
/// that nobody looks at any more.
#[derive(Default)]
pub struct Part {
    servers: Mutex<HashMap<String, Arc<ServerConfig>>>,
    apps: Mutex<HashMap<String, Arc<AppConfig>>>,
    keys: Mutex<HashMap<ServerId, Arc<crate::keys::ServerKeys>>>,
    origins: Mutex<Option<Arc<HashSet<String>>>>,
    policies: Mutex<Option<Arc<[RatePolicy]>>>,
    /// Known to be none, too.
    brand: Mutex<Option<Option<Arc<Brand>>>>,
    security: Mutex<Option<Arc<SecuritySettings>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

macro_rules! slots {
    ($($(#[$doc:meta])* $get:ident, $put:ident, $field:ident: $key:ty => $value:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $get(&self, key: &$key) -> Option<Arc<$value>> {
            lock(&self.$field).get(key).cloned()
        }

        /// Keeps one.
        pub fn $put(&self, key: impl Into<<$key as ToOwned>::Owned>, value: Arc<$value>) {
            let mut slots = lock(&self.$field);
            if slots.len() >= APPS {
                slots.clear();
            }
            slots.insert(key.into(), value);
        }
    )*};
}

impl Part {
    slots! {
        /// A server by the name in its path.
        server, put_server, servers: str => ServerConfig;
        /// An app by its `client_id`.
        app, put_app, apps: str => AppConfig;
        /// The keys of a server.
        keys, put_keys, keys: ServerId => crate::keys::ServerKeys;
    }
}

impl Part {
    /// The origins of all apps' redirect URIs.
    #[must_use]
    pub fn origins(&self) -> Option<Arc<HashSet<String>>> {
        lock(&self.origins).clone()
    }

    /// The rate policies that are in force.
    #[must_use]
    pub fn rate_policies(&self) -> Option<Arc<[RatePolicy]>> {
        lock(&self.policies).clone()
    }

    /// How the pages for users look, if that was looked up; none where nobody has said.
    #[must_use]
    pub fn brand(&self) -> Option<Option<Arc<Brand>>> {
        lock(&self.brand).clone()
    }

    /// Keeps it.
    pub fn put_brand(&self, brand: Option<Arc<Brand>>) {
        *lock(&self.brand) = Some(brand);
    }

    /// The rules for passwords and sessions.
    #[must_use]
    pub fn security(&self) -> Option<Arc<SecuritySettings>> {
        lock(&self.security).clone()
    }

    /// Keeps them.
    pub fn put_security(&self, settings: Arc<SecuritySettings>) {
        *lock(&self.security) = Some(settings);
    }

    /// Keeps them.
    pub fn put_rate_policies(&self, policies: Arc<[RatePolicy]>) {
        *lock(&self.policies) = Some(policies);
    }

    /// Keeps them.
    pub fn put_origins(&self, origins: Arc<HashSet<String>>) {
        *lock(&self.origins) = Some(origins);
    }
}

/// The whole cache of a node.
pub struct Cache {
    hosts: RwLock<HashMap<String, Arc<Tenant>>>,
    parts: RwLock<HashMap<TenantId, Arc<Part>>>,
    /// What `polled` counts from.
    origin: Instant,
    /// Microseconds at which the last good look at others' changes began; [`ALONE`] where there are no others.
    polled: AtomicU64,
    generation: AtomicU64,
}

const ALONE: u64 = u64::MAX;

/// How old the last look at others' changes may be. An instant is compared and no flag is set, so a process that
/// was stopped and goes on doesn't believe what it held before.
const STALE_AFTER: Duration = Duration::from_secs(1);

impl Default for Cache {
    fn default() -> Self {
        Self {
            hosts: RwLock::default(),
            parts: RwLock::default(),
            origin: Instant::now(),
            polled: AtomicU64::new(ALONE),
            generation: AtomicU64::new(0),
        }
    }
}

impl Cache {
    /// The tenant of a host, if it is known and the cache may be believed.
    #[must_use]
    pub fn tenant(&self, host: &str) -> Option<Arc<Tenant>> {
        if !self.is_fresh() {
            return None;
        }
        self.hosts.read().unwrap_or_else(PoisonError::into_inner).get(host).cloned()
    }

    /// Grows with everything that is forgotten. Read it before loading a tenant to keep.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Keeps a tenant that was loaded in a generation, unless something was forgotten since: it may be old.
    pub fn put_tenant(&self, tenant: Arc<Tenant>, generation: u64) {
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation() == generation {
            hosts.insert(tenant.host.clone(), tenant);
        }
    }

    /// A tenant's part. While the cache may not be believed, an empty one that is not kept.
    #[must_use]
    pub fn part(&self, tenant: TenantId) -> Arc<Part> {
        if !self.is_fresh() {
            return Arc::default();
        }
        if let Some(part) = self.parts.read().unwrap_or_else(PoisonError::into_inner).get(&tenant) {
            return part.clone();
        }
        self.parts.write().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_default().clone()
    }

    /// Forgets a tenant.
    pub fn forget(&self, tenant: TenantId) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.hosts.write().unwrap_or_else(PoisonError::into_inner).retain(|_, t| t.id != tenant);
        self.parts.write().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.hosts.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.parts.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Says that the changes of others up to an instant are heeded. Whoever never says so has no others.
    pub fn set_polled(&self, at: Instant) {
        let micros = at.saturating_duration_since(self.origin).as_micros();
        self.polled.store(u64::try_from(micros).unwrap_or(ALONE - 1), Ordering::SeqCst);
    }

    /// How old what the cache says may be; nothing where there are no others.
    #[must_use]
    pub fn age(&self) -> Duration {
        match self.polled.load(Ordering::SeqCst) {
            ALONE => Duration::ZERO,
            polled => self.origin.elapsed().saturating_sub(Duration::from_micros(polled)),
        }
    }

    /// Whether the cache may be believed.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.age() < STALE_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_looked_after_for_a_second_is_not_believed() {
        let long_ago = Instant::now();
        let cache = Cache::default();
        assert!(cache.is_fresh(), "there are no others");
        cache.set_polled(Instant::now());
        assert!(cache.is_fresh());
        let cache = Cache { origin: long_ago.checked_sub(STALE_AFTER).unwrap(), ..Cache::default() };
        cache.set_polled(cache.origin);
        assert!(!cache.is_fresh());
    }
}
