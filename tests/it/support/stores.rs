//! Empty stores of both engines, for tests that look at them from outside.

use signet_domain::Clock;
use signet_store::{Options, Store};
use signet_testkit::{TestDatabase, tokio};
use sqlx::{Connection, PgConnection, SqliteConnection};

/// A migrated SQLite file and a migrated PostgreSQL database, each with a connection of the test's own.
pub(crate) struct Migrated {
    /// The file.
    pub(crate) sqlite: SqliteConnection,
    /// The database.
    pub(crate) postgres: PgConnection,
    _dir: tempfile::TempDir,
    _database: TestDatabase,
}

/// Makes both.
pub(crate) async fn migrated() -> Migrated {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("store.db");
    let options = Options::Sqlite { path: path.clone(), create: true };
    Store::open(&options, Clock::SYSTEM).await.expect("a new file").close().await;
    let database = TestDatabase::create().await;
    let options = Options::Postgres { url: database.url.clone(), connections: 2 };
    Store::open(&options, Clock::SYSTEM).await.expect("a new database").close().await;
    let sqlite = SqliteConnection::connect(path.to_str().expect("a path in UTF-8")).await;
    let postgres = PgConnection::connect(&database.url).await;
    Migrated {
        sqlite: sqlite.expect("the file"),
        postgres: postgres.expect("the database"),
        _dir: dir,
        _database: database,
    }
}

/// Runs a test that has both engines at once.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(test);
}
