//! A store with two tenants, each with one row of everything.

use std::collections::BTreeMap;

use signet_domain::{Clock, Time};
use signet_store::log_seals::{LogFloor, LogLink, LogSeal, Place};
use signet_store::{Options, Store, TenantStore};
use signet_testkit::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::furniture::Furniture;

/// A connection that sees everything.
enum Outside {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A store with two furnished tenants.
pub(crate) struct House {
    /// The store.
    pub(crate) store: Store,
    /// The tenant whose ids are misused.
    pub(crate) a: Furniture,
    /// The tenant that misuses them.
    pub(crate) b: Furniture,
    outside: Outside,
    _dir: tempfile::TempDir,
    _database: Option<TestDatabase>,
}

impl House {
    /// Makes it on an engine.
    pub(crate) async fn new(engine: signet_testkit::Engine) -> Self {
        use sqlx::Connection;
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("store.db");
        let database = match engine {
            signet_testkit::Engine::Sqlite => None,
            signet_testkit::Engine::Postgres => Some(TestDatabase::create().await),
        };
        let options = match &database {
            None => Options::Sqlite { path: path.clone(), create: true },
            Some(database) => Options::Postgres { url: database.url.clone(), connections: 4 },
        };
        let store = Store::open(&options, Clock::SYSTEM).await.expect("an empty store");
        let (a, b) = (Furniture::new("a", 1), Furniture::new("b", 2));
        a.store(&store).await;
        b.store(&store).await;
        seal(&store, &a, &b).await;
        // On PostgreSQL events wait for the oldest transaction of the whole server, and other tests have theirs.
        let mut counted = 0;
        while counted < 2 {
            counted += store.unscoped_count_events(1_000).await.expect("a step of counting");
            signet_testkit::tokio::task::yield_now().await;
        }
        let outside = match &database {
            None => Outside::Sqlite(
                SqliteConnection::connect(path.to_str().expect("a path in UTF-8")).await.expect("the file"),
            ),
            Some(database) => {
                Outside::Postgres(PgConnection::connect(&database.url).await.expect("the database"))
            }
        };
        Self { store, a, b, outside, _dir: dir, _database: database }
    }

    /// The second tenant's rows.
    pub(crate) fn at_b(&self) -> TenantStore {
        self.store.tenant(self.b.tenant.id)
    }

    /// Every row of the first tenant, by table.
    pub(crate) async fn rows_of_a(&mut self) -> BTreeMap<String, Vec<String>> {
        self.rows_of(self.a.tenant.id.0).await
    }

    /// The same of the second one.
    pub(crate) async fn rows_of_b(&mut self) -> BTreeMap<String, Vec<String>> {
        self.rows_of(self.b.tenant.id.0).await
    }

    async fn rows_of(&mut self, tenant: Uuid) -> BTreeMap<String, Vec<String>> {
        match &mut self.outside {
            Outside::Sqlite(db) => sqlite_rows(db, tenant).await,
            Outside::Postgres(db) => postgres_rows(db, tenant).await,
        }
    }
}

/// A seal and a floor for each. What their codes mean doesn't matter to the store.
async fn seal(store: &Store, a: &Furniture, b: &Furniture) {
    let (from, to) = (Place::BEGINNING.into(), Place { epoch: 1, txid: 1, seq: 1 }.into());
    let link = LogLink {
        number: 1,
        from,
        to,
        sealed_at: a.now,
        tenants: vec![0],
        previous: Vec::new(),
        code: vec![1],
    };
    let seal =
        |of: &Furniture| LogSeal { number: 1, tenant_id: of.tenant.id, newest: of.now, entries: vec![0] };
    assert!(store.unscoped_add_link(link, vec![seal(a), seal(b)], None).await.expect("a link"));
    for (of, code) in [(a, vec![1]), (b, vec![2])] {
        let floor = LogFloor { before: Time(1), code };
        let tenant = store.tenant(of.tenant.id);
        let raise = tenant.write(move |tx| Box::pin(async move { tx.raise_log_floor(&floor).await }));
        raise.await.expect("a floor");
    }
}

async fn sqlite_rows(db: &mut SqliteConnection, tenant: Uuid) -> BTreeMap<String, Vec<String>> {
    const COLUMNS: &str = "SELECT m.name, group_concat('quote(' || c.name || ')', ' || '', '' || '),
          max(c.name = 'tenant_id')
        FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\\_%' ESCAPE '\\'
        GROUP BY m.name";
    let tables: Vec<(String, String, bool)> =
        sqlx::query_as(COLUMNS).fetch_all(&mut *db).await.expect("the tables");
    let mut all = BTreeMap::new();
    for (table, columns, owned) in tables {
        let column = match (owned, table.as_str()) {
            (true, _) => "tenant_id",
            (false, "tenants") => "id",
            _ => continue,
        };
        let sql = format!("SELECT {columns} FROM {table} WHERE {column} = $1 ORDER BY 1");
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).fetch_all(&mut *db).await.expect("the rows");
        all.insert(table, rows.into_iter().map(|(row,)| row).collect());
    }
    all
}

async fn postgres_rows(db: &mut PgConnection, tenant: Uuid) -> BTreeMap<String, Vec<String>> {
    const TABLES: &str =
        "SELECT table_name::text, bool_or(column_name = 'tenant_id') FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%' GROUP BY 1";
    let tables: Vec<(String, bool)> = sqlx::query_as(TABLES).fetch_all(&mut *db).await.expect("the tables");
    let mut all = BTreeMap::new();
    for (table, owned) in tables {
        let column = match (owned, table.as_str()) {
            (true, _) => "tenant_id",
            (false, "tenants") => "id",
            _ => continue,
        };
        let sql = format!("SELECT CAST(t AS TEXT) FROM {table} t WHERE {column} = $1 ORDER BY 1");
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).fetch_all(&mut *db).await.expect("the rows");
        all.insert(table, rows.into_iter().map(|(row,)| row).collect());
    }
    all
}
