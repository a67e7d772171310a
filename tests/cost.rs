//! A password attempt costs the same whoever it is for: as many statements and as many hashes for a known user as
//! for one who doesn't exist. In a process of its own, because it listens to every statement.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "test code: a panic is how a test fails, and its clock is the machine's"
)]

use std::fmt::Debug;
use std::sync::Mutex;

use signet_domain::app::AppKind;
use signet_domain::credential::ApiScope;
use signet_domain::event::{Entity, RequestFacts};
use signet_domain::session::SessionKind;
use signet_domain::tenant::Tenant;
use signet_domain::user::{User, UserStatus};
use signet_domain::{Clock, login};
use signet_idp::admin::app_rules::AppSettings;
use signet_idp::admin::caller::By;
use signet_idp::admin::{Caller, Rights};
use signet_idp::secrets::MasterKey;
use signet_idp::sign_in::{SignInCall, SignInResult};
use signet_idp::tenants::{NewTenant, no_request, rows};
use signet_idp::token::TokenCall;
use signet_idp::{Ctx, Idp, Settings};
use signet_oauth::dpop::Presented;
use signet_oauth::{Params, Secret};
use signet_store::{Options, Store};
use signet_testkit::{Engine, TestDatabase, run};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Every statement since it was last emptied.
static STATEMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Hears of statements, and of nothing else.
struct Listener;

struct Sql(String);

impl Visit for Sql {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "summary" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, event: &Event<'_>) {
        let mut sql = Sql(String::new());
        event.record(&mut sql);
        // A node looks for changes of others all the time, says that it is there and whom it refuses, asks every new
        // connection about the server behind it, and once a second whether anybody guesses at secrets of apps.
        let beside = [
            "SELECT n.clock",
            "INTO nodes",
            "FROM nodes",
            "INTO node_refusals",
            "LISTEN",
            "pg_is_in_recovery",
            "SELECT 1 FROM windows",
        ];
        if !beside.iter().any(|part| sql.0.contains(part)) {
            STATEMENTS.lock().unwrap().push(sql.0);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Which door a password comes through.
#[derive(Debug, Clone, Copy)]
enum Door {
    Page,
    PasswordGrant,
}

/// Whose password is wrong: the first is nobody's.
const PEOPLE: [(&str, Option<UserStatus>, bool); 5] = [
    ("unknown", None, false),
    ("wrong password", Some(UserStatus::Active), true),
    ("suspended", Some(UserStatus::Suspended), true),
    ("deprovisioned", Some(UserStatus::Deprovisioned), true),
    ("without a password", Some(UserStatus::Provisioned), false),
];

/// An app that may use the password grant.
struct Client {
    id: String,
    secret: Secret,
}

impl Client {
    async fn new(idp: &Idp, tenant: &Tenant) -> Self {
        let ctx = ctx(idp, tenant);
        let caller = Caller {
            by: By::ApiToken(idp.entropy().id(ctx.now), idp.entropy().id(ctx.now)),
            entity: Entity::system(),
            name: "test".to_owned(),
            rights: Rights::Scope(ApiScope::ManageAll),
            token_hash: String::new(),
        };
        let settings = AppSettings {
            label: "Legacy".to_owned(),
            kind: Some(AppKind::Web),
            grant_types: Some(vec!["authorization_code".to_owned(), "password".to_owned()]),
            redirect_uris: vec!["https://app.test/callback".to_owned()],
            ..AppSettings::default()
        };
        let made = idp.admin_create_app(&ctx, &caller, settings, None, true).await.expect("an app");
        Self { id: made.app.client_id, secret: made.secret.expect("a web app's secret") }
    }
}

fn ctx(idp: &Idp, tenant: &Tenant) -> Ctx {
    let now = idp.clock().now();
    let request = RequestFacts {
        id: idp.entropy().id(now),
        ip: "192.0.2.1".to_owned(),
        user_agent: String::new(),
        path: "/".to_owned(),
        is_safe: false,
    };
    Ctx {
        tenant: std::sync::Arc::new(tenant.clone()),
        now,
        request,
        locales: String::new(),
        dark: None,
        brand: None,
        trial_by: None,
    }
}

/// Both engines one after the other: there is one listener.
#[test]
fn every_attempt_costs_the_same() {
    tracing::subscriber::set_global_default(Listener).expect("the first listener");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        run(engine, attempts_cost_the_same);
    }
}

async fn attempts_cost_the_same(engine: Engine) {
    let dir = tempfile::tempdir().expect("a directory");
    let database = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(TestDatabase::create().await),
    };
    let options = match &database {
        None => Options::Sqlite { path: dir.path().join("store.db"), create: true },
        Some(database) => Options::Postgres { url: database.url.clone(), connections: 4 },
    };
    let store = Store::open(&options, Clock::SYSTEM).await.expect("an empty store");
    let settings = Settings { hash_threads: 1, hash_queue: 4, spare_keys: 0, ..Settings::default() };
    let idp = Idp::start(store, Clock::SYSTEM, MasterKey::new([7; 32]), "http://localhost:1", &settings);
    let idp = idp.await.expect("an identity provider");
    let now = idp.clock().now();
    let new = NewTenant {
        name: "acme".to_owned(),
        display_name: "Acme".to_owned(),
        url: "http://localhost:1".to_owned(),
        default_domain: "acme.test".to_owned(),
        demo: false,
    };
    let tenant = idp.create_tenant(new, now, &no_request(&idp, now)).await.expect("a tenant");
    let client = Client::new(&idp, &tenant).await;
    // The tenth failure at the page locks, which is an event more, for everyone. Four grants are let through.
    for (door, attempts) in [(Door::Page, 12), (Door::PasswordGrant, 4)] {
        // From here on what the cache holds is in it.
        cost(&idp, &tenant, &client, door, "first@acme.test").await;
        let mut nobody = Vec::new();
        for (what, status, has_password) in PEOPLE {
            let name = format!("{}-{door:?}@acme.test", what.replace(' ', "-")).to_lowercase();
            if let Some(status) = status {
                insert(&idp, &tenant, &name, status, has_password).await;
            }
            for attempt in 0..attempts {
                let found = cost(&idp, &tenant, &client, door, &name).await;
                assert_eq!(found.0, 1, "one hash");
                assert!(!found.1.is_empty(), "no statement was heard");
                if what == "unknown" {
                    nobody.push(found);
                } else {
                    assert_eq!(found, nobody[attempt], "{engine:?} {door:?}: attempt {attempt} for {what}");
                }
            }
        }
    }
    idp.store().close().await;
}

async fn insert(idp: &Idp, tenant: &Tenant, name: &str, status: UserStatus, has_password: bool) {
    let now = idp.clock().now();
    let key = login::canonical(name, &tenant.default_domain).expect("a login");
    let hash = idp.hasher().hash("the right password").await.expect("a hash");
    let user = rows::user(idp, tenant, (name, key), hash, now);
    let user = User { status, password_hash: user.password_hash.clone().filter(|_| has_password), ..user };
    let rows = idp.store().tenant(tenant.id);
    let written = rows.write(move |tx| {
        Box::pin(async move {
            let number = tx.next_user_number().await?;
            tx.insert_user(&User { number, ..user }).await
        })
    });
    written.await.expect("a user");
}

/// Hashes and statements of one wrong password.
async fn cost(idp: &Idp, tenant: &Tenant, client: &Client, door: Door, name: &str) -> (u64, Vec<String>) {
    let ctx = ctx(idp, tenant);
    let server = idp.server(&ctx, "default").await.expect("the store").expect("a server");
    let hashes = idp.hasher().computed();
    STATEMENTS.lock().unwrap().clear();
    match door {
        Door::Page => {
            let call = SignInCall {
                login: name,
                password: "the wrong password",
                door: signet_idp::sign_in::Door {
                    kind: SessionKind::User,
                    browser: "sgbANY",
                    flow: None,
                    app: None,
                    replaces: None,
                },
            };
            let result = idp.sign_in(&ctx, &call).await.expect("an answer");
            assert!(matches!(result, SignInResult::Refused { .. }), "{name} is signed in");
        }
        Door::PasswordGrant => {
            let form = format!(
                "grant_type=password&scope=openid&username={name}&password=the+wrong+password&client_id={}\
                 &client_secret={}",
                client.id,
                client.secret.expose()
            );
            let params = Params::parse(form.as_bytes()).expect("a form");
            let call = TokenCall {
                vouched: None,
                server: &server,
                params: &params,
                authorization: None,
                query_has_credentials: false,
                proof: Presented::Nothing,
                header: &|_| None,
            };
            let refused = idp.token(&ctx, &call).await.result.expect_err("a wrong password");
            assert!(refused.limited.is_none(), "{name} is throttled");
        }
    }
    let statements = std::mem::take(&mut *STATEMENTS.lock().unwrap());
    (idp.hasher().computed() - hashes, statements)
}
