//! Rows in their usual form: what the seed and the set-up link put into a new tenant.

use crate::Idp;
use crate::secrets::SecretKind;
use signet_domain::Time;
use signet_domain::app::{App, AppKind, AppMetadata, AppStatus, ConsentMethod, Rotation};
use signet_domain::credential::{ApiScope, ApiToken, Credential};
use signet_domain::id::{AppId, UserId};
use signet_domain::login::{self, LoginKey};
use signet_domain::server::{ScopeConsent, ScopeRow, Server};
use signet_domain::tenant::Tenant;
use signet_domain::user::{AdminRole, User, UserStatus};
use signet_store::sqlx_types::Json;

/// Seconds without use after which an API token ends.
pub const API_TOKEN_SECONDS: i64 = 30 * 86_400;

/// Where a scope comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeSort {
    /// Comes with every server, and needs no word.
    System,
    /// Someone's own, and needs the user's word.
    Custom,
}

/// A scope from its name, short name and sentence.
#[must_use]
pub fn scope(idp: &Idp, server: &Server, words: (&str, &str, &str), sort: ScopeSort) -> ScopeRow {
    let (name, display_name, description) = words;
    let system = sort == ScopeSort::System;
    ScopeRow {
        tenant_id: server.tenant_id,
        server_id: server.id,
        id: idp.entropy().id(server.created_at),
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        description: description.to_owned(),
        consent: if system { ScopeConsent::Implicit } else { ScopeConsent::Required },
        is_default: false,
        published: true,
        system,
        version: 1,
        created_at: server.created_at,
    }
}

/// An active user with a password. Its number is taken when it is inserted.
#[must_use]
pub fn user(idp: &Idp, tenant: &Tenant, login: (&str, LoginKey), hash: String, now: Time) -> User {
    let (login, key) = login;
    let email = if login::looks_like_login(login) && login.contains('@') { login } else { key.as_str() };
    User {
        tenant_id: tenant.id,
        id: idp.entropy().id::<UserId>(now),
        number: 0,
        login: login.to_owned(),
        login_key: key.as_str().to_owned(),
        email: email.to_owned(),
        first_name: String::new(),
        last_name: String::new(),
        profile: Json(serde_json::Map::new()),
        status: UserStatus::Active,
        admin_role: None,
        password_hash: Some(hash),
        demo: tenant.demo,
        version: 1,
        created_at: now,
        updated_at: now,
        status_changed_at: Some(now),
        activated_at: Some(now),
        password_changed_at: Some(now),
        last_login_at: None,
    }
}

/// The same as an administrator who may do everything.
#[must_use]
pub fn administrator(user: User) -> User {
    User { admin_role: Some(AdminRole::Super), ..user }
}

/// An active app with the usual settings of its kind; grants and redirect URIs are the caller's.
#[must_use]
pub fn app(idp: &Idp, tenant: &Tenant, kind: AppKind, label: &str, now: Time) -> App {
    let id: AppId = idp.entropy().id(now);
    let public = matches!(kind, AppKind::Browser | AppKind::Native);
    App {
        tenant_id: tenant.id,
        id,
        client_id: id.to_string(),
        label: label.to_owned(),
        kind,
        status: AppStatus::Active,
        auth_method: if public { "none" } else { "client_secret_basic" }.to_owned(),
        grant_types: Json(Vec::new()),
        redirect_uris: Json(Vec::new()),
        post_logout_redirect_uris: Json(Vec::new()),
        allowed_scopes: Json(Vec::new()),
        pkce_required: true,
        consent_method: ConsentMethod::Required,
        rotation: if public { Rotation::Rotate } else { Rotation::Static },
        leeway_seconds: 30,
        par_required: false,
        jwks: Json(Vec::new()),
        jwks_uri: None,
        request_uris: Json(Vec::new()),
        backchannel_logout_uri: None,
        backchannel_logout_session_required: false,
        metadata: Json(AppMetadata::default()),
        frontchannel_logout_uri: None,
        frontchannel_logout_session_required: false,
        external_id: None,
        demo: tenant.demo,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// An API token of an administrator.
#[must_use]
pub fn api_token(idp: &Idp, admin: &User, name: &str, token: &str) -> ApiToken {
    ApiToken {
        tenant_id: admin.tenant_id,
        id: idp.entropy().id(admin.created_at),
        name: name.to_owned(),
        hash: idp.secrets().hash(SecretKind::ApiToken, admin.tenant_id, token),
        user_id: admin.id,
        demo: admin.demo,
        created_at: admin.created_at,
        expires_at: admin.created_at.plus_secs(API_TOKEN_SECONDS),
        last_used_at: None,
        revoked_at: None,
    }
}

/// An API credential that may do everything.
#[must_use]
pub fn credential(idp: &Idp, tenant: &Tenant, client_id: &str, secret: &str, now: Time) -> Credential {
    Credential {
        tenant_id: tenant.id,
        id: idp.entropy().id(now),
        client_id: client_id.to_owned(),
        secret_hash: idp.secrets().hash(SecretKind::CredentialSecret, tenant.id, secret),
        name: "Demo credential".to_owned(),
        scope: ApiScope::ManageAll,
        demo: tenant.demo,
        created_at: now,
        last_used_at: None,
        revoked_at: None,
    }
}
