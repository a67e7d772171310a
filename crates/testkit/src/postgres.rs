//! A PostgreSQL database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Url;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Set by `scripts/test`.
const URL: &str = "SIGNET_TEST_POSTGRES_URL";

/// An empty database of a test's own, dropped with the value.
pub struct TestDatabase {
    name: String,
    /// Its URL.
    pub url: String,
}

fn server() -> Url {
    let url = std::env::var(URL).unwrap_or_else(|_| {
        panic!("tests on PostgreSQL need a server in {URL}: run ./scripts/test, which starts one")
    });
    url.parse().unwrap_or_else(|error| panic!("{URL}: {error}"))
}

impl TestDatabase {
    /// Makes one on the server that `scripts/test` started.
    pub async fn create() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut url = server();
        let name = format!("signet_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        statement(&url, &format!("CREATE DATABASE {name}")).await.expect("a database for the test");
        url.set_path(&format!("/{name}"));
        Self { name, url: url.into() }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let dropped = statement_on_own_thread(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        if let Err(error) = dropped
            && !std::thread::panicking()
        {
            panic!("the test's database could not be dropped: {error}");
        }
    }
}

async fn statement(server: &Url, sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(server.as_str()).await?;
    connection.execute(AssertSqlSafe(sql)).await?;
    connection.close().await
}

/// `Drop` isn't async, and the test's runtime may be ending.
fn statement_on_own_thread(sql: String) -> Result<(), String> {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        runtime.block_on(statement(&server(), &sql)).map_err(|error| error.to_string())
    };
    std::thread::spawn(work).join().map_err(|_| "the thread panicked".to_owned())?
}
