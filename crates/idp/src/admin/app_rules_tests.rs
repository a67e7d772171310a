use super::*;
use signet_domain::Time;
use signet_domain::app::AppStatus;
use signet_domain::id::{AppId, TenantId};

fn app(kind: AppKind) -> App {
    App {
        tenant_id: TenantId(uuid::Uuid::nil()),
        id: AppId(uuid::Uuid::nil()),
        client_id: "c".into(),
        label: String::new(),
        kind,
        status: AppStatus::Active,
        auth_method: String::new(),
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
        backchannel_logout_uri: None,
        backchannel_logout_session_required: false,
        metadata: Json(AppMetadata::default()),
        frontchannel_logout_uri: None,
        frontchannel_logout_session_required: false,
        external_id: None,
        demo: false,
        version: 1,
        created_at: Time(0),
        updated_at: Time(0),
    }
}

fn outbound() -> Client {
    Client::new(signet_fetch::Policy::default()).unwrap()
}

fn settings(grants: &[&str], uris: &[&str]) -> AppSettings {
    AppSettings {
        label: "x".into(),
        grant_types: (!grants.is_empty()).then(|| grants.iter().map(|g| (*g).into()).collect()),
        redirect_uris: uris.iter().map(|u| (*u).into()).collect(),
        ..AppSettings::default()
    }
}

fn causes(kind: AppKind, settings: AppSettings) -> Vec<String> {
    match settings.put(&mut app(kind), &outbound()) {
        Ok(()) => Vec::new(),
        Err(AdminError::Invalid { causes, .. }) => causes,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_kind_has_its_defaults() {
    let mut web = app(AppKind::Web);
    settings(&[], &["https://a.test/cb"]).put(&mut web, &outbound()).unwrap();
    assert_eq!((web.auth_method.as_str(), web.rotation), ("client_secret_basic", Rotation::Static));
    assert_eq!(
        (web.grant_types.0.as_slice(), web.pkce_required),
        (&["authorization_code".to_owned()][..], true)
    );
    let mut browser = app(AppKind::Browser);
    settings(&[], &["https://a.test/cb"]).put(&mut browser, &outbound()).unwrap();
    assert_eq!((browser.auth_method.as_str(), browser.rotation), ("none", Rotation::Rotate));
    let mut service = app(AppKind::Service);
    settings(&[], &[]).put(&mut service, &outbound()).unwrap();
    assert_eq!(service.grant_types.0, ["client_credentials"]);
}

#[test]
fn what_a_kind_may_not_be() {
    let uri = &["https://a.test/cb"][..];
    assert_eq!(causes(AppKind::Browser, settings(&["authorization_code", "password"], uri)).len(), 1);
    assert_eq!(causes(AppKind::Native, settings(&["client_credentials"], &[])).len(), 1);
    assert_eq!(causes(AppKind::Service, settings(&["authorization_code"], uri)).len(), 2);
    assert_eq!(causes(AppKind::Web, settings(&["refresh_token", "client_credentials"], &[])).len(), 1);
    assert_eq!(causes(AppKind::Web, settings(&["authorization_code"], &[])).len(), 1);
    assert_eq!(causes(AppKind::Web, settings(&["password", "password"], &[])).len(), 1);
    assert_eq!(causes(AppKind::Web, settings(&[], &["http://a.test/cb", "https://*.test/cb"])).len(), 2);
    let basic = AppSettings { auth_method: Some("client_secret_basic".into()), ..settings(&[], uri) };
    assert_eq!(causes(AppKind::Browser, basic.clone()).len(), 1);
    assert_eq!(causes(AppKind::Web, AppSettings { auth_method: Some("none".into()), ..basic }).len(), 1);
    let open = AppSettings { pkce_required: Some(false), ..settings(&[], uri) };
    assert_eq!(causes(AppKind::Web, open.clone()).len(), 0);
    assert_eq!(causes(AppKind::Browser, open).len(), 1);
    let stale =
        AppSettings { rotation: Some(Rotation::Static), leeway_seconds: Some(61), ..settings(&[], uri) };
    assert_eq!(causes(AppKind::Browser, stale).len(), 2);
    let implicit = AppSettings { response_types: Some(vec!["token".into()]), ..settings(&[], uri) };
    assert_eq!(causes(AppKind::Web, implicit).len(), 1);
    let other = AppSettings { kind: Some(AppKind::Web), ..settings(&[], uri) };
    assert_eq!(causes(AppKind::Browser, other).len(), 1);
}

#[test]
fn ss_16_addresses_that_are_called_are_looked_at_when_they_are_saved() {
    let told = |uri: &str| {
        let logout =
            AppSettings { backchannel_logout_uri: Some(uri.into()), ..settings(&[], &["https://a.test/cb"]) };
        causes(AppKind::Web, logout)
    };
    assert!(told("https://a.test/logout?tenant=7").is_empty());
    for bad in [
        "http://a.test/x",
        "https://10.0.0.1/x",
        "https://127.1/",
        "https://a.test:22/",
        "https://a.test/#x",
        "x",
    ] {
        assert_eq!(told(bad).len(), 1, "{bad}");
        let keys = AppSettings {
            auth_method: Some("private_key_jwt".into()),
            jwks_uri: Some(bad.into()),
            ..settings(&[], &["https://a.test/cb"])
        };
        assert_eq!(causes(AppKind::Web, keys).len(), 1, "{bad}");
    }
}

#[test]
fn keys_come_by_value_or_by_address() {
    let with = |method: &str, jwks: Vec<Value>, uri: Option<&str>| {
        let keys = AppSettings {
            auth_method: Some(method.into()),
            jwks,
            jwks_uri: uri.map(str::to_owned),
            ..settings(&[], &["https://a.test/cb"])
        };
        causes(AppKind::Web, keys)
    };
    let key = signet_oauth::jwt::SigningKey::generate(signet_oauth::jwt::Alg::ES256).unwrap();
    let key = || vec![serde_json::to_value(key.public_jwk()).unwrap()];
    let uri = Some("https://a.test/jwks");
    assert!(with("private_key_jwt", Vec::new(), uri).is_empty());
    assert!(with("private_key_jwt", key(), None).is_empty());
    assert_eq!(with("private_key_jwt", key(), uri), ["jwks_uri: give either jwks or jwks_uri, not both"]);
    assert_eq!(with("private_key_jwt", Vec::new(), None).len(), 1);
    assert!(with("client_secret_basic", Vec::new(), uri).is_empty(), "it may sign its requests");
}
