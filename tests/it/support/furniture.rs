//! One row of everything that a tenant can have, straight into a store.

mod rows;

use signet_domain::access_policy::{AccessPolicy, AccessRule};
use signet_domain::alert::{Alert, AlertFiring};
use signet_domain::app::{App, AppSecret, AppStatus};
use signet_domain::brand::{Brand, Logo};
use signet_domain::claim::ClaimRow;
use signet_domain::credential::{ApiScope, ApiToken, Credential, CredentialToken};
use signet_domain::event::{Entity, Event, RequestFacts, types};
use signet_domain::flow::Flow;
use signet_domain::gateway::{ApiKey, Gateway, GatewayGrant};
use signet_domain::grant::{Consent, Grant, OneTime, OneTimeKind};
use signet_domain::group::Group;
use signet_domain::id::{GrantId, ServerId, TenantId, UserId};
use signet_domain::log_export::LogExport;
use signet_domain::logout::LogoutDelivery;
use signet_domain::rate_policy::RatePolicy;
use signet_domain::registration::{Registration, RegistrationPolicy, RegistrationToken};
use signet_domain::saved_search::SavedSearch;
use signet_domain::security::SecuritySettings;
use signet_domain::server::{KeyRow, KeyStatus, ScopeConsent, ScopeRow, Server};
use signet_domain::session::{Session, SessionKind};
use signet_domain::tenant::Tenant;
use signet_domain::token::{RefreshToken, RevocationKind};
use signet_domain::user::User;
use signet_domain::webhook::{Webhook, WebhookDelivery};
use signet_domain::{Clock, Time};
use signet_limits::counters::Batch;
use signet_limits::sliding_window::Rule;
use signet_store::lockout;
use signet_store::sqlx_types::Json;
use signet_store::stories::{Refusals, StoryKey};
use signet_store::{Engine, Store, Tx};
use signet_testkit::json;
use uuid::Uuid;

/// Locks at the first failure.
pub(crate) const RULE: lockout::Rule = lockout::Rule { limit: 1, window_seconds: 900, lock_seconds: 900 };

/// One row of everything that a tenant can have.
#[derive(Clone, Debug)]
pub(crate) struct Furniture {
    pub(crate) tenant: Tenant,
    pub(crate) now: Time,
    pub(crate) user: User,
    pub(crate) app: App,
    pub(crate) secret: AppSecret,
    pub(crate) server: Server,
    pub(crate) scope: ScopeRow,
    pub(crate) key: KeyRow,
    pub(crate) session: Session,
    pub(crate) flow: Flow,
    pub(crate) consent: Consent,
    pub(crate) grant: Grant,
    pub(crate) one_time: OneTime,
    pub(crate) refresh: RefreshToken,
    pub(crate) api_token: ApiToken,
    pub(crate) credential: Credential,
    pub(crate) credential_token: CredentialToken,
    pub(crate) gateway: Gateway,
    pub(crate) api_key: ApiKey,
    pub(crate) gateway_grant: GatewayGrant,
    pub(crate) event: Event,
    pub(crate) rate_policy: RatePolicy,
    pub(crate) group: Group,
    pub(crate) claim: ClaimRow,
    pub(crate) access_policy: AccessPolicy,
    pub(crate) access_rule: AccessRule,
    pub(crate) saved_search: SavedSearch,
    pub(crate) log_export: LogExport,
    pub(crate) logout: LogoutDelivery,
    pub(crate) registration_policy: RegistrationPolicy,
    pub(crate) registration_token: RegistrationToken,
    pub(crate) registration: Registration,
    pub(crate) alert: Alert,
    pub(crate) firing: AlertFiring,
    pub(crate) webhook: Webhook,
    pub(crate) delivery: WebhookDelivery,
    pub(crate) logo: Logo,
    pub(crate) brand: Brand,
    pub(crate) security: SecuritySettings,
}

fn id<I: From<Uuid>>() -> I {
    Uuid::now_v7().into()
}

fn bytes() -> Vec<u8> {
    [Uuid::now_v7().into_bytes(), Uuid::now_v7().into_bytes()].concat()
}

impl Furniture {
    /// Makes the rows of a tenant; nothing is stored.
    pub(crate) fn new(name: &str, number: i64) -> Self {
        let now = Clock::SYSTEM.now();
        let later = now.plus_secs(3_600);
        let tenant_id: TenantId = id();
        let (user_id, server_id, grant_id): (UserId, ServerId, GrantId) = (id(), id(), id());
        let app = rows::app(tenant_id, name, now);
        let access_policy = rows::access_policy(tenant_id, server_id, name, now);
        let alert = rows::alert(tenant_id, name, now);
        let webhook = rows::webhook(tenant_id, name, now);
        let logo = rows::logo(tenant_id, now);
        let credential = Credential {
            tenant_id,
            id: id(),
            client_id: format!("credential-{name}"),
            secret_hash: bytes(),
            name: format!("Credential of {name}"),
            scope: ApiScope::ManageAll,
            demo: false,
            created_at: now,
            last_used_at: None,
            revoked_at: None,
        };
        let session = Session {
            tenant_id,
            id: id(),
            token_hash: bytes(),
            kind: SessionKind::User,
            user_id,
            auth_time: now,
            last_seen_at: now,
            expires_at: later,
            ended_at: None,
            ip: "192.0.2.1".to_owned(),
            user_agent: String::new(),
            created_at: now,
        };
        let flow = Flow {
            tenant_id,
            id: id(),
            handle_hash: bytes(),
            browser_hash: bytes(),
            server_id,
            app_id: app.id,
            request: Json(json!({})),
            created_at: now,
            expires_at: later,
            finished_at: None,
            chosen_session_id: None,
        };
        let request = RequestFacts {
            id: id(),
            ip: "192.0.2.1".to_owned(),
            user_agent: String::new(),
            path: "/".to_owned(),
            is_safe: false,
        };
        let mut event = Event::new(id(), now, types::AS_ACCESS_TOKEN, Entity::system(), &request);
        event.client_id = Some(app.client_id.clone());
        event.flow_id = Some(flow.id);
        event.grant_id = Some(grant_id);
        let firing = rows::firing(&alert, event.id);
        Self {
            secret: AppSecret {
                tenant_id,
                app_id: app.id,
                id: id(),
                hash: bytes(),
                sealed: Some(bytes()),
                ending: None,
                status: AppStatus::Active,
                created_at: now,
                last_used_at: None,
            },
            server: rows::server(tenant_id, server_id, name, now),
            scope: ScopeRow {
                tenant_id,
                server_id,
                id: id(),
                name: format!("scope-{name}"),
                display_name: String::new(),
                description: String::new(),
                consent: ScopeConsent::Implicit,
                is_default: false,
                published: true,
                system: false,
                version: 1,
                created_at: now,
            },
            key: KeyRow {
                tenant_id,
                server_id,
                id: id(),
                kid: format!("kid-{name}"),
                alg: "ES256".to_owned(),
                status: KeyStatus::Retiring,
                sealed_private: bytes(),
                public_jwk: Json(json!({ "kty": "EC" })),
                created_at: now,
                activated_at: Some(now),
                retired_at: Some(now),
                due_at: Some(now),
            },
            consent: Consent {
                tenant_id,
                user_id,
                app_id: app.id,
                server_id,
                scopes: "orders:read".to_owned(),
                created_at: now,
                updated_at: now,
            },
            grant: Grant {
                tenant_id,
                id: grant_id,
                server_id,
                app_id: app.id,
                user_id: Some(user_id),
                session_id: Some(session.id),
                flow_id: Some(flow.id),
                grant_type: "authorization_code".to_owned(),
                scopes: "openid".to_owned(),
                auth_time: Some(now),
                nonce: None,
                claims: None,
                created_at: now,
                revoked_at: None,
            },
            one_time: OneTime {
                tenant_id,
                server_id,
                kind: OneTimeKind::Code,
                hash: bytes(),
                grant_id: Some(grant_id),
                payload: Json(json!({})),
                created_at: now,
                expires_at: later,
                spent_at: None,
            },
            refresh: RefreshToken {
                tenant_id,
                id: id(),
                grant_id,
                hash: bytes(),
                generation: 0,
                created_at: now,
                idle_expires_at: later,
                absolute_expires_at: later,
                rotated_at: None,
                leeway_until: None,
                successor_sealed: None,
                used_ip: None,
                jkt: None,
            },
            api_token: ApiToken {
                tenant_id,
                id: id(),
                name: format!("Token of {name}"),
                hash: bytes(),
                user_id,
                demo: false,
                created_at: now,
                expires_at: later,
                last_used_at: None,
                revoked_at: None,
            },
            credential_token: CredentialToken {
                tenant_id,
                hash: bytes(),
                credential_id: credential.id,
                created_at: now,
                expires_at: later,
                revoked_at: None,
            },
            rate_policy: rows::rate_policy(tenant_id, name, now),
            group: Group {
                tenant_id,
                id: id(),
                name: format!("Group of {name}"),
                description: String::new(),
                version: 1,
                created_at: now,
                updated_at: now,
                members_changed_at: now,
            },
            claim: rows::claim(tenant_id, server_id, name, now),
            access_rule: rows::access_rule(&access_policy, name),
            access_policy,
            saved_search: SavedSearch {
                tenant_id,
                id: id(),
                owner_id: Some(user_id),
                name: format!("Search of {name}"),
                query: "?outcome=refused".to_owned(),
                made_by: name.to_owned(),
                created_at: now,
            },
            log_export: rows::log_export(tenant_id, user_id, name, now),
            registration_policy: rows::registration_policy(tenant_id, server_id, now),
            registration_token: rows::registration_token(tenant_id, server_id, name, now),
            registration: Registration {
                tenant_id,
                app_id: app.id,
                server_id,
                token_id: None,
                hash: bytes(),
                grant_types: Json(Vec::new()),
                scopes: Json(Vec::new()),
                created_at: now,
                expires_at: Some(later),
            },
            logout: LogoutDelivery {
                tenant_id,
                id: id(),
                app_id: app.id,
                server_id,
                user_id,
                session_id: session.id,
                attempts: 0,
                next_at: later,
                created_at: now,
            },
            delivery: rows::delivery(&webhook, firing.id),
            brand: rows::brand(&logo, now),
            security: SecuritySettings { version: 1, ..SecuritySettings::usual(tenant_id, now) },
            logo,
            webhook,
            firing,
            alert,
            gateway: rows::gateway(tenant_id, server_id, now),
            api_key: ApiKey {
                tenant_id,
                app_id: app.id,
                id: id(),
                name: format!("Key of {name}"),
                hash: bytes(),
                created_at: now,
                last_used_at: None,
            },
            gateway_grant: GatewayGrant {
                tenant_id,
                grant_id,
                authenticated_userid: format!("someone-of-{name}"),
                generation: 0,
            },
            user: rows::user(tenant_id, user_id, name, now),
            tenant: rows::tenant(tenant_id, name, number, now),
            now,
            app,
            session,
            flow,
            credential,
            event,
        }
    }

    /// Puts them into a store.
    pub(crate) async fn store(&self, store: &Store) {
        store
            .unscoped_insert_tenant(self.tenant.clone(), |_| Box::pin(async { Ok(()) }))
            .await
            .expect("a tenant");
        let own = self.clone();
        let tenant = store.tenant(self.tenant.id);
        tenant
            .write(move |tx| Box::pin(async move { own.insert(tx).await }))
            .await
            .expect("a row of everything");
        let of = ("00T1", "GET /api/v1/users");
        tenant.count_call("quota", 3_600_000_000, 5_000, of).await.expect("a counted window");
        tenant.decide_rates(&batch(), None).await.expect("a counted request");
        if store.engine() == Engine::Postgres {
            tenant.throttle(&self.user.login_key).await.expect("a ring");
        }
    }

    /// The story of a full window.
    pub(crate) fn story(&self) -> StoryKey {
        StoryKey { rule: "throttle", key: "k".into(), window_at: self.now }
    }

    /// Its first refusal.
    pub(crate) fn refusals(&self) -> Refusals {
        let requests = vec![self.event.request.id, self.event.request.id];
        let (event, now) = (self.event.id, self.now);
        Refusals {
            event,
            count: 1,
            first_at: now,
            last_at: now,
            ends_at: now,
            requests,
            first_is_logged: true,
            facts: String::new(),
        }
    }

    async fn insert(&self, tx: &mut Tx) -> signet_store::Result<()> {
        tx.insert_user(&self.user).await?;
        tx.note_cutoff(self.user.id, self.now).await?;
        tx.note_refusal(self.user.id, self.tenant.id.0).await?;
        tx.pause_caller("00T1", self.now).await?;
        tx.count_refusals(&self.story(), &self.refusals()).await?;
        tx.insert_app(&self.app).await?;
        tx.insert_app_secret(&self.secret).await?;
        tx.insert_server(&self.server).await?;
        tx.insert_scope(&self.scope).await?;
        tx.insert_signing_key(&self.key).await?;
        tx.set_signing_key_status(self.server.id, self.key.id, KeyStatus::Retiring, self.now).await?;
        tx.insert_session(&self.session).await?;
        tx.insert_flow(&self.flow).await?;
        tx.put_consent(&self.consent).await?;
        tx.insert_grant(&self.grant).await?;
        tx.insert_one_time(&self.one_time).await?;
        tx.insert_refresh_token(self.server.id, &self.refresh).await?;
        tx.insert_gateway(&self.gateway).await?;
        tx.insert_api_key(&self.api_key).await?;
        tx.insert_gateway_grant(&self.gateway_grant).await?;
        tx.insert_api_token(&self.api_token).await?;
        tx.insert_credential(&self.credential).await?;
        tx.insert_credential_token(&self.credential_token).await?;
        let user = self.user.id.to_string();
        tx.put_revocation(RevocationKind::User, &user, self.now, self.now.plus_secs(3_600)).await?;
        tx.note_failure(&self.user.login_key, "192.0.2.1", RULE, self.now).await?;
        tx.insert_rate_policy(&self.rate_policy).await?;
        tx.insert_group(&self.group).await?;
        tx.add_group_member(self.group.id, self.user.id, self.now).await?;
        tx.insert_claim(&self.claim).await?;
        tx.insert_access_policy(&self.access_policy).await?;
        tx.insert_access_rule(&self.access_rule).await?;
        tx.insert_saved_search(&self.saved_search).await?;
        tx.put_log_export(&self.log_export).await?;
        tx.insert_logout(&self.logout).await?;
        tx.insert_registration_policy(&self.registration_policy).await?;
        tx.insert_registration_token(&self.registration_token).await?;
        tx.insert_registration(&self.registration).await?;
        tx.insert_alert(&self.alert).await?;
        tx.insert_firing(&self.firing).await?;
        tx.insert_webhook(&self.webhook).await?;
        tx.add_alert_webhook(self.alert.id, self.webhook.id).await?;
        tx.insert_webhook_delivery(&self.delivery).await?;
        tx.put_brand_logo(&self.logo).await?;
        tx.insert_brand(&self.brand).await?;
        tx.insert_security_settings(&self.security).await?;
        tx.append(&self.event).await
    }
}

/// One request under a key that both tenants use, in a window that no test outlasts.
pub(crate) fn batch() -> Batch {
    let mut batch = Batch::default();
    batch.ask(7, vec![Rule { limit: 1, window_us: 31_536_000_000_000, sliding: false }], true, false);
    batch
}
