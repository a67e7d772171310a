//! Rows of many columns.

use signet_domain::Time;
use signet_domain::access_policy::{ALL_CLIENTS, AccessPolicy, AccessRule};
use signet_domain::alert::{Alert, AlertFiring, SearchTerms};
use signet_domain::app::{App, AppKind, AppMetadata, AppStatus, ConsentMethod, Rotation};
use signet_domain::brand::{Brand, Logo};
use signet_domain::claim::{ClaimRow, ClaimTarget, ClaimValueType, InForce};
use signet_domain::gateway::{Gateway, PkceMode};
use signet_domain::id::{EventId, FiringId, ServerId, TenantId, UserId};
use signet_domain::log_export::{ExportFormat, ExportState, LogExport};
use signet_domain::rate_policy::{RateIdentifier, RatePolicy, RateStrategy, WindowType};
use signet_domain::registration::{RegistrationMode, RegistrationPolicy, RegistrationToken};
use signet_domain::server::{Server, ServerKind, ServerStatus};
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_domain::user::{AdminRole, User, UserStatus};
use signet_domain::webhook::{Webhook, WebhookDelivery};
use signet_store::sqlx_types::Json;

use super::{bytes, id};

pub(super) fn claim(tenant_id: TenantId, server_id: ServerId, name: &str, now: Time) -> ClaimRow {
    ClaimRow {
        tenant_id,
        server_id,
        id: id(),
        name: format!("claim-{name}"),
        target: ClaimTarget::Resource,
        value_type: ClaimValueType::Expression,
        value: "1".to_owned(),
        group_filter: None,
        scopes: Json(Vec::new()),
        always_in_token: false,
        status: InForce::Active,
        version: 1,
        created_at: now,
    }
}

pub(super) fn log_export(tenant_id: TenantId, user_id: UserId, name: &str, now: Time) -> LogExport {
    LogExport {
        tenant_id,
        id: id(),
        user_id,
        made_by: name.to_owned(),
        format: ExportFormat::Csv,
        query: "?outcome=refused".to_owned(),
        from_at: now.plus_secs(-3_600),
        until_at: now,
        reached_at: now.plus_secs(-600),
        events: 1,
        bytes: 1,
        state: ExportState::Running,
        began_at: now,
        told_at: now,
    }
}

pub(super) fn registration_policy(tenant_id: TenantId, server_id: ServerId, now: Time) -> RegistrationPolicy {
    RegistrationPolicy {
        tenant_id,
        server_id,
        mode: RegistrationMode::Open,
        grant_types: Json(Vec::new()),
        scopes: Json(Vec::new()),
        pkce_required: true,
        max_apps: 10,
        per_source: 10,
        unused_days: 30,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn registration_token(
    tenant_id: TenantId,
    server_id: ServerId,
    name: &str,
    now: Time,
) -> RegistrationToken {
    RegistrationToken {
        tenant_id,
        server_id,
        id: id(),
        name: format!("Token of {name}"),
        hash: bytes(),
        grant_types: Json(Vec::new()),
        scopes: Json(Vec::new()),
        max_uses: 5,
        uses: 0,
        created_at: now,
        expires_at: now.plus_secs(3_600),
        last_used_at: None,
    }
}

pub(super) fn access_policy(tenant_id: TenantId, server_id: ServerId, name: &str, now: Time) -> AccessPolicy {
    AccessPolicy {
        tenant_id,
        server_id,
        id: id(),
        name: format!("Access policy of {name}"),
        description: String::new(),
        priority: 1,
        status: InForce::Active,
        clients: Json(vec![ALL_CLIENTS.to_owned()]),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn access_rule(policy: &AccessPolicy, name: &str) -> AccessRule {
    AccessRule {
        tenant_id: policy.tenant_id,
        server_id: policy.server_id,
        policy_id: policy.id,
        id: id(),
        name: format!("Rule of {name}"),
        priority: 1,
        status: InForce::Active,
        grant_types: Json(Vec::new()),
        user_ids: Json(Vec::new()),
        group_ids: Json(Vec::new()),
        scopes: Json(Vec::new()),
        access_token_seconds: None,
        refresh_idle_seconds: None,
        refresh_absolute_seconds: None,
        version: 1,
        created_at: policy.created_at,
        updated_at: policy.created_at,
    }
}

pub(super) fn rate_policy(tenant_id: TenantId, name: &str, now: Time) -> RatePolicy {
    RatePolicy {
        tenant_id,
        id: id(),
        name: format!("Policy of {name}"),
        enabled: true,
        dry_run: false,
        identifier: RateIdentifier::App,
        header_name: None,
        path: None,
        grant_types: Json(vec!["password".to_owned()]),
        limits: Json(vec![3]),
        window_sizes: Json(vec![30]),
        window_type: WindowType::Sliding,
        namespace: "shared".to_owned(),
        strategy: RateStrategy::Cluster,
        sync_rate_ms: 0,
        disable_penalty: false,
        hide_client_headers: false,
        retry_after_jitter_max: 0,
        error_code: 429,
        error_message: "API rate limit exceeded".to_owned(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn tenant(id: TenantId, name: &str, number: i64, now: Time) -> Tenant {
    Tenant {
        id,
        number,
        name: name.to_owned(),
        display_name: name.to_owned(),
        host: format!("{name}.example"),
        url: format!("https://{name}.example"),
        default_domain: format!("{name}.test"),
        status: TenantStatus::Active,
        demo: false,
        config_version: 1,
        created_at: now,
    }
}

pub(super) fn user(tenant_id: TenantId, id: UserId, name: &str, now: Time) -> User {
    User {
        tenant_id,
        id,
        number: 1_000,
        login: format!("ada@{name}.test"),
        login_key: format!("ada@{name}.test"),
        email: format!("ada@{name}.test"),
        first_name: format!("First{name}"),
        last_name: format!("Last{name}"),
        profile: Json(signet_testkit::serde_json::Map::new()),
        status: UserStatus::Active,
        admin_role: Some(AdminRole::Super),
        password_hash: None,
        demo: false,
        version: 1,
        created_at: now,
        updated_at: now,
        status_changed_at: None,
        activated_at: None,
        password_changed_at: None,
        last_login_at: None,
    }
}

pub(super) fn app(tenant_id: TenantId, name: &str, now: Time) -> App {
    App {
        tenant_id,
        id: id(),
        client_id: format!("client-{name}"),
        label: name.to_owned(),
        kind: AppKind::Web,
        status: AppStatus::Active,
        auth_method: "client_secret_basic".to_owned(),
        grant_types: Json(Vec::new()),
        redirect_uris: Json(Vec::new()),
        post_logout_redirect_uris: Json(Vec::new()),
        allowed_scopes: Json(Vec::new()),
        pkce_required: true,
        consent_method: ConsentMethod::Required,
        rotation: Rotation::Rotate,
        leeway_seconds: 30,
        par_required: false,
        jwks: Json(Vec::new()),
        jwks_uri: None,
        request_uris: Json(Vec::new()),
        backchannel_logout_uri: Some("https://app.example/logout".to_owned()),
        backchannel_logout_session_required: false,
        metadata: Json(AppMetadata::default()),
        frontchannel_logout_uri: Some("https://app.example/out".to_owned()),
        frontchannel_logout_session_required: false,
        external_id: None,
        demo: false,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn server(tenant_id: TenantId, id: ServerId, name: &str, now: Time) -> Server {
    Server {
        tenant_id,
        id,
        kind: ServerKind::Custom,
        slug: format!("slug-{name}"),
        name: name.to_owned(),
        description: String::new(),
        audience: "api://default".to_owned(),
        issuer: format!("https://{name}.example/oauth2/slug-{name}"),
        status: ServerStatus::Active,
        signing_alg: "ES256".to_owned(),
        key_rotation_days: 90,
        session_management: false,
        access_token_seconds: 3_600,
        id_token_seconds: 3_600,
        refresh_idle_seconds: 3_600,
        refresh_absolute_seconds: 3_600,
        demo: false,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn gateway(tenant_id: TenantId, server_id: ServerId, now: Time) -> Gateway {
    Gateway {
        tenant_id,
        server_id,
        scopes: Json(Vec::new()),
        mandatory_scope: false,
        authorization_code: true,
        client_credentials: false,
        password_grant: false,
        token_expiration: 7_200,
        refresh_token_ttl: 0,
        reuse_refresh_token: false,
        persistent_refresh_token: false,
        pkce: PkceMode::Lax,
        global_credentials: false,
        hide_credentials: false,
        anonymous: None,
        auth_header_name: "authorization".to_owned(),
        realm: None,
        token_in_query: false,
        token_in_form: false,
        api_keys: true,
        api_key_in_query: false,
        provision_hash: bytes(),
        provision_made_at: now,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn alert(tenant_id: TenantId, name: &str, now: Time) -> Alert {
    Alert {
        tenant_id,
        id: id(),
        name: format!("Alert of {name}"),
        shipped: None,
        enabled: true,
        muted_until: None,
        search: Json(SearchTerms { q: name.to_owned(), ..SearchTerms::default() }),
        at_least: 1,
        window_minutes: 1,
        times_usual: 0,
        heard: Json::default(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn firing(alert: &Alert, event_id: EventId) -> AlertFiring {
    let now = alert.created_at;
    AlertFiring {
        tenant_id: alert.tenant_id,
        id: id(),
        alert_id: alert.id,
        event_id,
        since_at: now,
        until_at: now,
        events: 1,
        last_at: now,
        fired_at: now,
        acknowledged_at: None,
        acknowledged_by: None,
    }
}

pub(super) fn webhook(tenant_id: TenantId, name: &str, now: Time) -> Webhook {
    Webhook {
        tenant_id,
        id: id(),
        name: format!("Webhook of {name}"),
        url: "https://hooks.example/in".to_owned(),
        enabled: true,
        sealed_secret: bytes(),
        sealed_previous: None,
        previous_until: None,
        secret_made_at: now,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn logo(tenant_id: TenantId, now: Time) -> Logo {
    let bytes = bytes();
    let hash = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Logo {
        tenant_id,
        hash,
        content_type: "image/png".to_owned(),
        width: 40,
        height: 40,
        bytes,
        created_at: now,
    }
}

pub(super) fn brand(logo: &Logo, now: Time) -> Brand {
    let mut brand = Brand::none(logo.tenant_id, now);
    brand.set_logo(Some(logo));
    Brand { version: 1, ..brand }
}

pub(super) fn delivery(webhook: &Webhook, firing: FiringId) -> WebhookDelivery {
    WebhookDelivery {
        tenant_id: webhook.tenant_id,
        id: id(),
        webhook_id: webhook.id,
        firing_id: Some(firing),
        body: "{}".to_owned(),
        attempts: 0,
        next_at: Some(webhook.created_at.plus_secs(3_600)),
        status: None,
        tried_at: None,
        delivered: false,
        created_at: webhook.created_at,
    }
}
