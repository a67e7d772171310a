//! The running identity provider: what every use case stands on.

use crate::cache::{AppConfig, Cache, Part, ServerConfig};
use crate::keys::KeyPool;
use crate::password::{Cost, Hasher};
use crate::secrets::{MasterKey, Secrets};
use crate::throttle::LocalThrottle;
use crate::{Ctx, IdpError};
use signet_domain::server::ServerStatus;
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_domain::{Clock, Entropy, Time};
use signet_oauth::redirect::RedirectUri;
use signet_store::unscoped::Deployment;
use signet_store::{Engine, Store};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a deployment can be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How much work a password hash is.
    pub password_cost: Cost,
    /// Threads that hash passwords.
    pub hash_threads: usize,
    /// Most password hashes that wait.
    pub hash_queue: usize,
    /// RSA keys that are made ahead of need.
    pub spare_keys: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { password_cost: Cost::default(), hash_threads: cores, hash_queue: 64 * cores, spare_keys: 2 }
    }
}

/// The identity provider. Cheap to clone.
#[derive(Clone)]
pub struct Idp(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    entropy: Entropy,
    secrets: Secrets,
    hasher: Hasher,
    cache: Arc<Cache>,
    keys: KeyPool,
    local_throttle: Option<LocalThrottle>,
    new_store: bool,
}

impl Idp {
    /// Starts on an open store. A store without a deployment gets one, for `public_url`.
    ///
    /// # Errors
    /// When the store fails or the master key is not the store's.
    pub async fn start(
        store: Store,
        clock: Clock,
        master: MasterKey,
        public_url: &str,
        settings: &Settings,
    ) -> Result<Self, IdpError> {
        let entropy = Entropy::default();
        let now = clock.now();
        let (deployment, new_store) = match store.unscoped_deployment().await? {
            Some(deployment) => (deployment, false),
            None => {
                let sealed_hash_key = Secrets::new_hash_key(&master, &entropy)?;
                let new = Deployment {
                    epoch: 1,
                    sealed_hash_key,
                    public_url: public_url.to_owned(),
                    created_at: now,
                };
                (store.unscoped_make_deployment(new).await?, true)
            }
        };
        let secrets = Secrets::new(master, &deployment.sealed_hash_key)?;
        let hasher = Hasher::start(
            settings.password_cost,
            settings.hash_threads,
            settings.hash_queue,
            entropy.clone(),
        )?;
        let local_throttle =
            (store.engine() == Engine::Sqlite).then(|| LocalThrottle::new(clock.now(), new_store));
        let keys = KeyPool::start(settings.spare_keys);
        let cache = Arc::<Cache>::default();
        let inner = Inner { store, clock, entropy, secrets, hasher, cache, keys, local_throttle, new_store };
        let idp = Self(Arc::new(inner));
        idp.watch_changes();
        Ok(idp)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The clock; read it once per request.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The source of ids and secrets.
    #[must_use]
    pub fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    /// The keys.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    /// The password hashing pool.
    #[must_use]
    pub fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.0.cache
    }

    pub(crate) fn key_pool(&self) -> &KeyPool {
        &self.0.keys
    }

    pub(crate) fn local_throttle(&self) -> Option<&LocalThrottle> {
        self.0.local_throttle.as_ref()
    }

    /// Whether the store was made by this start.
    #[must_use]
    pub fn is_new_store(&self) -> bool {
        self.0.new_store
    }

    /// Whether every grant can be served: the store answers and the throttle may decide.
    pub async fn is_ready(&self) -> bool {
        self.0.local_throttle.as_ref().is_none_or(LocalThrottle::is_ready)
            && self.0.store.ping().await.is_ok()
    }

    /// The active tenant of a host name. A suspended one is as unknown as one that isn't there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenant_by_host(&self, host: &str) -> Result<Option<Arc<Tenant>>, IdpError> {
        if let Some(tenant) = self.0.cache.tenant(host) {
            return Ok((tenant.status == TenantStatus::Active).then_some(tenant));
        }
        let generation = self.0.cache.generation();
        let Some(tenant) = self.0.store.unscoped_tenant_by_host(host).await? else { return Ok(None) };
        let tenant = Arc::new(tenant);
        self.0.cache.put_tenant(tenant.clone(), generation);
        Ok((tenant.status == TenantStatus::Active).then_some(tenant))
    }

    /// The tenant's part of the cache.
    #[must_use]
    pub fn part(&self, ctx: &Ctx) -> Arc<Part> {
        self.0.cache.part(ctx.tenant_id())
    }

    /// An active server by the name in its path (`org` for the org server) or its wire id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn server(&self, ctx: &Ctx, slug: &str) -> Result<Option<Arc<ServerConfig>>, IdpError> {
        let config = self.server_any_status(ctx, slug).await?;
        Ok(config.filter(|c| c.server.status == ServerStatus::Active))
    }

    /// A server by the name in its path or its wire id, active or not.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn server_any_status(
        &self,
        ctx: &Ctx,
        slug: &str,
    ) -> Result<Option<Arc<ServerConfig>>, IdpError> {
        let part = self.part(ctx);
        if let Some(config) = part.server(slug) {
            return Ok(Some(config));
        }
        let mut tx = self.0.store.tenant(ctx.tenant_id()).read().await?;
        let server = match signet_domain::id::ServerId::parse(slug) {
            Some(id) => tx.server(id).await?,
            None => tx.server_by_slug(slug).await?,
        };
        let Some(server) = server else { return Ok(None) };
        let scopes = tx.scopes(server.id).await?;
        let gateway = tx.gateway(server.id).await?;
        let config = Arc::new(ServerConfig { server, scopes, gateway });
        part.put_server(slug, config.clone());
        Ok(Some(config))
    }

    /// An app by its `client_id`, active or not.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn app(&self, ctx: &Ctx, client_id: &str) -> Result<Option<Arc<AppConfig>>, IdpError> {
        let part = self.part(ctx);
        if let Some(config) = part.app(client_id) {
            return Ok(Some(config));
        }
        let mut tx = self.0.store.tenant(ctx.tenant_id()).read().await?;
        let Some(app) = tx.app_by_client_id(client_id).await? else { return Ok(None) };
        let secrets = tx.app_secrets(app.id).await?;
        let config = Arc::new(AppConfig { app, secrets });
        part.put_app(client_id, config.clone());
        Ok(Some(config))
    }

    /// The origins of the redirect URIs of all the tenant's active apps: the pages that may call its endpoints.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn app_origins(&self, ctx: &Ctx) -> Result<Arc<HashSet<String>>, IdpError> {
        let part = self.part(ctx);
        if let Some(origins) = part.origins() {
            return Ok(origins);
        }
        let mut tx = self.0.store.tenant(ctx.tenant_id()).read().await?;
        let (mut origins, mut after) = (HashSet::new(), None);
        loop {
            let apps = tx.apps(after, 1000).await?;
            let uris = apps.iter().filter(|a| a.is_active()).flat_map(|a| a.redirect_uris.iter());
            origins.extend(uris.filter_map(|uri| RedirectUri::stored(uri.as_str(), false).origin()));
            after = apps.last().map(|a| a.id);
            if apps.len() < 1000 {
                break;
            }
        }
        let origins = Arc::new(origins);
        part.put_origins(origins.clone());
        Ok(origins)
    }

    /// Keeps the cache true: this node's commits empty it at once; on PostgreSQL other nodes' are found by
    /// polling every 250 ms, and a poll older than a second means that the cache is not believed.
    fn watch_changes(&self) {
        let cache = self.0.cache.clone();
        self.0.store.on_change(move |tenant| cache.forget(tenant));
        if self.0.store.engine() == Engine::Postgres {
            tokio::spawn(poll_changes(self.clone()));
        }
    }
}

/// Rows may become visible late, by as much as a transaction lasts: each poll looks back this far.
const LOOK_BACK_SECONDS: i64 = 15;

async fn poll_changes(idp: Idp) {
    let mut seen = HashMap::new();
    // The first poll reads everything: what this node holds may be older than it knows.
    let mut newest = Time(0);
    let mut last_good = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(250));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let started = Instant::now();
        let poll = idp.0.store.unscoped_changes_since(newest.plus_secs(-LOOK_BACK_SECONDS));
        match tokio::time::timeout(Duration::from_millis(700), poll).await {
            Ok(Ok(changes)) => {
                seen.retain(|_, at| changes.iter().any(|(_, changed)| changed == at));
                for (tenant, at) in changes {
                    if seen.insert(tenant, at) != Some(at) {
                        idp.0.cache.forget(tenant);
                    }
                    newest = newest.max(at);
                }
                if !idp.0.cache.is_fresh() {
                    idp.0.cache.clear();
                }
                last_good = started;
                idp.0.cache.set_fresh(true);
            }
            Ok(Err(error)) => tracing::warn!(%error, "could not poll for changes"),
            Err(_) => tracing::warn!("polling for changes takes too long"),
        }
        if last_good.elapsed() > Duration::from_millis(750) {
            idp.0.cache.set_fresh(false);
        }
    }
}
