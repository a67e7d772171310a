//! The running identity provider: what every use case stands on.

use crate::access_policy::PolicyWithRules;
use crate::app_keys::FetchedKeys;
use crate::cache::{AppConfig, Cache, Part, ServerConfig};
use crate::configured_claims::ConfiguredClaim;
use crate::flight::Flights;
use crate::keys::KeyPool;
use crate::nodes::Nodes;
use crate::password::{Cost, Hasher};
use crate::rates::RateStores;
use crate::secrets::{MasterKey, Secrets};
use crate::stories::Stories;
use crate::throttle::{LocalThrottle, Refusals};
use crate::{Ctx, IdpError};
use signet_domain::server::ServerStatus;
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_domain::{Clock, Entropy};
use signet_fetch::{Client, Policy};
use signet_limits::redis::Redis;
use signet_oauth::redirect::RedirectUri;
use signet_store::unscoped::Deployment;
use signet_store::{Engine, Store, StoreError};
use std::collections::HashSet;
use std::sync::Arc;

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
    /// Redis, if there is one. Nothing needs it.
    pub redis: Option<Redis>,
    /// What calls addresses that apps register; without it the public internet is called.
    pub fetch: Option<Client>,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            password_cost: Cost::default(),
            hash_threads: cores,
            hash_queue: 64 * cores,
            spare_keys: 2,
            redis: None,
            fetch: None,
        }
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
    nodes: Nodes,
    lookups: Flights<Result<Option<Arc<Tenant>>, String>>,
    local_throttle: Option<LocalThrottle>,
    refusals: Refusals,
    stories: Arc<Stories>,
    guesses: crate::secret_guard::Guesses,
    last_seen: crate::log_seals::LastSeen,
    new_store: bool,
    redis: Option<Redis>,
    rates: RateStores,
    fetch: Client,
    fetched_keys: FetchedKeys,
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
        let redis = settings.redis.clone();
        let rates = RateStores::new(redis.clone());
        let fetch = match &settings.fetch {
            Some(client) => client.clone(),
            None => Client::new(Policy::default()).map_err(|e| IdpError::Internal(e.to_string()))?,
        };
        let (nodes, lookups) = (Nodes::new(entropy.id(now)), Flights::default());
        let stories = Arc::default();
        let inner = Inner {
            store,
            clock,
            entropy,
            secrets,
            hasher,
            cache,
            keys,
            nodes,
            lookups,
            local_throttle,
            refusals: Refusals::default(),
            stories,
            guesses: crate::secret_guard::Guesses::default(),
            last_seen: crate::log_seals::LastSeen::default(),
            new_store,
            redis,
            rates,
            fetch,
            fetched_keys: FetchedKeys::default(),
        };
        let idp = Self(Arc::new(inner));
        idp.sign_log_floors();
        idp.join_nodes().await?;
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

    pub(crate) fn shared_cache(&self) -> Arc<Cache> {
        self.0.cache.clone()
    }

    pub(crate) fn nodes(&self) -> &Nodes {
        &self.0.nodes
    }

    pub(crate) fn key_pool(&self) -> &KeyPool {
        &self.0.keys
    }

    pub(crate) fn local_throttle(&self) -> Option<&LocalThrottle> {
        self.0.local_throttle.as_ref()
    }

    pub(crate) fn guesses(&self) -> &crate::secret_guard::Guesses {
        &self.0.guesses
    }

    pub(crate) fn last_seen(&self) -> &crate::log_seals::LastSeen {
        &self.0.last_seen
    }

    pub(crate) fn stories(&self) -> &Arc<Stories> {
        &self.0.stories
    }

    /// The connection to Redis, if the deployment has one.
    #[must_use]
    pub fn redis(&self) -> Option<&Redis> {
        self.0.redis.as_ref()
    }

    /// What calls addresses that apps register.
    pub(crate) fn fetch(&self) -> &Client {
        &self.0.fetch
    }

    pub(crate) fn fetched_keys(&self) -> &FetchedKeys {
        &self.0.fetched_keys
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    pub(crate) fn rate_stores(&self) -> &RateStores {
        &self.0.rates
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
        let found = self.0.lookups.share(host, self.look_up_tenant(host)).await;
        let found = found.map_err(StoreError::Unavailable)?;
        Ok(found.filter(|tenant| tenant.status == TenantStatus::Active))
    }

    /// Asks the database; a crowd that asks for one host shares the answer.
    async fn look_up_tenant(&self, host: &str) -> Result<Option<Arc<Tenant>>, String> {
        let generation = self.0.cache.generation();
        let found = self.0.store.unscoped_tenant_by_host(host).await.map_err(|error| error.to_string())?;
        let tenant = found.map(Arc::new);
        // One that is deleted is asked for each time: its host may soon be another's.
        if let Some(tenant) = tenant.as_ref().filter(|t| t.status != TenantStatus::Deleted) {
            self.0.cache.put_tenant(tenant.clone(), generation);
        }
        Ok(tenant)
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
        let claims = tx.claims(server.id).await?.into_iter().filter_map(ConfiguredClaim::of).collect();
        let policies = tx.access_policies(server.id).await?;
        let policies = PolicyWithRules::join(policies, &tx.access_rules(server.id).await?);
        let registration_policy = tx.registration_policy(server.id).await?;
        let config =
            Arc::new(ServerConfig { server, scopes, claims, policies, gateway, registration_policy });
        part.put_server(slug, config.clone());
        Ok(Some(config))
    }

    /// An app by its `client_id`, active or not, if it may be used at a server.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn app_at(
        &self,
        ctx: &Ctx,
        server: signet_domain::id::ServerId,
        client_id: &str,
    ) -> Result<Option<Arc<AppConfig>>, IdpError> {
        Ok(self.app(ctx, client_id).await?.filter(|config| config.is_for(server)))
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
        let registration = tx.registration(app.id).await?;
        let config = Arc::new(AppConfig { app, secrets, registration });
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
}
