//! A store with two tenants, on each engine.

use signet_domain::event::{Entity, Event, EventType, RequestFacts};
use signet_domain::id::{RequestId, TenantId};
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_domain::{Clock, Entropy, Time};
use signet_store::{Options, Store};
use sqlx::Connection;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

/// 2026-01-02T03:04:05Z.
pub(crate) const NOW: Time = Time::from_secs(1_767_323_045);

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) acme: TenantId,
    pub(crate) globex: TenantId,
    pub(crate) entropy: Entropy,
    /// The database's URL.
    pub(crate) url: String,
    /// Where SQLite's file is, for as long as it is needed.
    _dir: Option<TempDir>,
}

/// The fixture on every engine there is.
pub(crate) async fn each() -> Vec<Fixture> {
    let mut all = vec![sqlite().await];
    if let Ok(url) = std::env::var("SIGNET_TEST_POSTGRES_URL") {
        all.push(postgres(&url).await);
    }
    all
}

async fn sqlite() -> Fixture {
    let dir = tempfile::tempdir().expect("a directory for the store");
    let path = dir.path().join("signet.db");
    let url = format!("sqlite://{}", path.display());
    let options = Options::Sqlite { path, create: true };
    with_tenants(Store::open(&options, Clock::SYSTEM).await.expect("a store"), url, Some(dir)).await
}

async fn postgres(url: &str) -> Fixture {
    let name: uuid::Uuid = Entropy::default().id(Clock::SYSTEM.now());
    let name = format!("log_{}", name.simple());
    let mut admin = sqlx::PgConnection::connect(url).await.expect("the PostgreSQL server");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut admin).await.expect("a database of its own");
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    let url = format!("{server}/{name}");
    let options = Options::Postgres { url: url.clone(), connections: 8 };
    with_tenants(Store::open(&options, Clock::SYSTEM).await.expect("a store"), url, None).await
}

async fn with_tenants(store: Store, url: String, dir: Option<TempDir>) -> Fixture {
    let entropy = Entropy::default();
    let mut ids = Vec::new();
    for (number, name) in [(1, "acme"), (2, "globex")] {
        let tenant = Tenant {
            id: entropy.id(NOW),
            number,
            name: name.into(),
            display_name: name.into(),
            host: format!("{name}.localhost"),
            url: format!("http://{name}.localhost"),
            default_domain: format!("{name}.test"),
            status: TenantStatus::ALL[0],
            demo: false,
            config_version: 1,
            created_at: NOW,
        };
        ids.push(tenant.id);
        store.unscoped_insert_tenant(tenant, |_| Box::pin(async { Ok(()) })).await.expect("a tenant");
    }
    Fixture { store, acme: ids[0], globex: ids[1], entropy, url, _dir: dir }
}

static NEXT: AtomicI64 = AtomicI64::new(0);

impl Fixture {
    /// An event of its own request, later than all before it.
    pub(crate) fn event(&self, event_type: EventType, actor: &str) -> Event {
        let now = Time(NOW.0 + NEXT.fetch_add(1, Ordering::SeqCst) * 1000);
        let request = RequestFacts {
            id: self.entropy.id::<RequestId>(now),
            ip: "203.0.113.9".into(),
            user_agent: "curl/8".into(),
            path: "/oauth2/default/v1/token".into(),
            is_safe: false,
        };
        let actor = Entity::new("User", format!("00u{actor}"), &format!("{actor}@acme.test"), actor);
        Event::new(self.entropy.id(now), now, event_type, actor, &request)
    }

    /// Commits events of a tenant together.
    pub(crate) async fn write(&self, tenant: TenantId, events: Vec<Event>) {
        self.store
            .tenant(tenant)
            .write(move |tx| Box::pin(async move { tx.append_all(&events).await }))
            .await
            .expect("the events are written");
    }

    /// Counts until a number of events are counted. On a PostgreSQL server that other tests use too, their
    /// open transactions hold this one's horizon back for a moment.
    pub(crate) async fn count_events(&self, batch: i64, expected: u64) {
        let mut counted = 0;
        for _ in 0..2_000 {
            counted += self.store.unscoped_count_events(batch).await.expect("a step");
            if counted >= expected {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(counted, expected);
    }

    /// Has alerts hear so many events.
    pub(crate) async fn hear_events(&self, expected: u64) {
        let mut heard = 0;
        for _ in 0..2_000 {
            if let Some(step) = self.store.unscoped_alert_step(100).await.expect("a step") {
                heard += step.events;
                assert!(self.store.unscoped_end_alert_step(step, Vec::new()).await.expect("its end"));
            }
            if heard >= expected {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(heard, expected);
    }
}
