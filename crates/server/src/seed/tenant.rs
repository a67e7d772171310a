//! One demo tenant.

use super::credentials::{ApiCredential, Apps, BrowserApp, Person, ServiceApp, TenantCredentials, WebApp};
use signet_domain::Time;
use signet_domain::app::{App, AppKind, AppSecret};
use signet_domain::credential::{ApiToken, Credential};
use signet_domain::login::canonical;
use signet_domain::server::Server;
use signet_domain::tenant::Tenant;
use signet_domain::user::User;
use signet_idp::tenants::{BaseUrl, NewTenant, TenantError, no_request, rows};
use signet_idp::{Idp, IdpError};
use signet_store::sqlx_types::Json;
use signet_store::{StoreError, Tx};

/// The scope that needs the user's word.
pub(super) const ORDERS: &str = "orders:read";

/// Where apps on a developer's machine usually listen.
const DEVELOPER_ORIGINS: [&str; 3] =
    ["http://localhost:3000", "http://localhost:4200", "http://localhost:5173"];

/// What is put into the tenant, in one commit.
struct Rows {
    users: [User; 2],
    apps: [App; 3],
    secrets: [AppSecret; 2],
    token: ApiToken,
    credential: Credential,
}

/// Makes the tenant with everything in it.
pub(super) async fn make(
    idp: &Idp,
    (name, display_name): (&str, &str),
    url: BaseUrl,
    now: Time,
) -> Result<TenantCredentials, TenantError> {
    let new = NewTenant {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        url: url.to_string(),
        default_domain: format!("{name}.test"),
        demo: true,
    };
    let tenant = idp.create_tenant(new, now, &no_request(idp, now)).await?;
    let told = generate(idp, &tenant);
    let rows = rows(idp, &tenant, &told, now).await?;
    let (store, idp) = (idp.store().tenant(tenant.id), idp.clone());
    store.write(move |tx| Box::pin(async move { insert(&idp, tx, rows).await })).await?;
    Ok(told)
}

/// Everything that is generated. Client ids come with the rows.
fn generate(idp: &Idp, tenant: &Tenant) -> TenantCredentials {
    let entropy = idp.entropy();
    let person = |name: &str| Person {
        login: format!("{name}@{}", tenant.default_domain),
        password: entropy.password(),
    };
    let redirect_uris = redirect_uris(&tenant.url);
    let app_id = || entropy.id::<signet_domain::id::AppId>(tenant.created_at).to_string();
    TenantCredentials {
        url: tenant.url.clone(),
        issuer: tenant.url.clone(),
        default_issuer: format!("{}/oauth2/default", tenant.url),
        admin: person("admin"),
        user: person("ada"),
        apps: Apps {
            web: WebApp {
                client_id: app_id(),
                client_secret: entropy.secret(""),
                redirect_uris: redirect_uris.clone(),
            },
            browser: BrowserApp { client_id: app_id(), redirect_uris },
            service: ServiceApp {
                client_id: app_id(),
                client_secret: entropy.secret(""),
                scopes: vec![ORDERS.to_owned()],
            },
        },
        api_token: entropy.secret("sgt"),
        api_credential: ApiCredential { client_id: hex_id(idp), client_secret: entropy.secret("") },
    }
}

fn redirect_uris(url: &str) -> Vec<String> {
    let developers = DEVELOPER_ORIGINS.iter().map(|origin| format!("{origin}/callback"));
    std::iter::once(format!("{url}/demo/callback")).chain(developers).collect()
}

fn post_logout_redirect_uris(url: &str) -> Vec<String> {
    let developers = DEVELOPER_ORIGINS.iter().flat_map(|origin| [(*origin).to_owned(), format!("{origin}/")]);
    std::iter::once(format!("{url}/")).chain(developers).collect()
}

/// 64 hexadecimal characters.
fn hex_id(idp: &Idp) -> String {
    let mut bytes = [0; 32];
    idp.entropy().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn rows(idp: &Idp, tenant: &Tenant, told: &TenantCredentials, now: Time) -> Result<Rows, IdpError> {
    let admin = rows::administrator(user(idp, tenant, (&told.admin, "Alex", "Admin"), now).await?);
    let ada = user(idp, tenant, (&told.user, "Ada", "Lovelace"), now).await?;
    let apps = apps(idp, tenant, &told.apps, now);
    let secrets = [
        idp.secret_row(&apps[0], &told.apps.web.client_secret.as_str().into(), now)?,
        idp.secret_row(&apps[2], &told.apps.service.client_secret.as_str().into(), now)?,
    ];
    let token = rows::api_token(idp, &admin, "Demo token", &told.api_token);
    let api = &told.api_credential;
    let credential = rows::credential(idp, tenant, &api.client_id, &api.client_secret, now);
    Ok(Rows { users: [admin, ada], apps, secrets, token, credential })
}

async fn user(
    idp: &Idp,
    tenant: &Tenant,
    (person, first_name, last_name): (&Person, &str, &str),
    now: Time,
) -> Result<User, IdpError> {
    let key =
        canonical(&person.login, &tenant.default_domain).map_err(|e| IdpError::Internal(e.to_string()))?;
    let hash = idp.hasher().hash(&person.password).await?;
    let user = rows::user(idp, tenant, (&person.login, key), hash, now);
    Ok(User { first_name: first_name.to_owned(), last_name: last_name.to_owned(), ..user })
}

fn apps(idp: &Idp, tenant: &Tenant, told: &Apps, now: Time) -> [App; 3] {
    let app = |kind, client_id: &str, label: &str, grants: &[&str]| {
        let mut app = rows::app(idp, tenant, kind, label, now);
        app.id = signet_domain::id::AppId::parse(client_id).unwrap_or(app.id);
        app.client_id = client_id.to_owned();
        app.grant_types = Json(grants.iter().map(|&g| g.to_owned()).collect());
        app
    };
    let mut web = app(
        AppKind::Web,
        &told.web.client_id,
        "Demo web app",
        &["authorization_code", "refresh_token", "password"],
    );
    web.redirect_uris = Json(told.web.redirect_uris.clone());
    let mut browser = app(
        AppKind::Browser,
        &told.browser.client_id,
        "Demo browser app",
        &["authorization_code", "refresh_token"],
    );
    browser.redirect_uris = Json(told.browser.redirect_uris.clone());
    for app in [&mut web, &mut browser] {
        app.post_logout_redirect_uris = Json(post_logout_redirect_uris(&tenant.url));
    }
    let mut service = app(AppKind::Service, &told.service.client_id, "Demo service", &["client_credentials"]);
    service.allowed_scopes = Json(told.service.scopes.clone());
    [web, browser, service]
}

async fn insert(idp: &Idp, tx: &mut Tx, rows: Rows) -> Result<(), StoreError> {
    for mut user in rows.users {
        user.number = tx.next_user_number().await?;
        tx.insert_user(&user).await?;
    }
    for app in &rows.apps {
        tx.insert_app(app).await?;
    }
    for secret in &rows.secrets {
        tx.insert_app_secret(secret).await?;
    }
    tx.insert_api_token(&rows.token).await?;
    tx.insert_credential(&rows.credential).await?;
    let server: Option<Server> = tx.server_by_slug("default").await?;
    let server = server.ok_or_else(|| StoreError::Internal("the server `default` is missing".into()))?;
    let words = (ORDERS, "Orders", "See your orders");
    tx.insert_scope(&rows::scope(idp, &server, words, rows::ScopeSort::Custom)).await
}
