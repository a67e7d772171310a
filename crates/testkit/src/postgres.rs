//! A PostgreSQL database for one test, or a server of the test's own.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use rustix::process::{Pid, Signal};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::ports::free_port;
use crate::watchdog;

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

/// Set by `scripts/test`: where the server's programs lie, and who runs them when the tests run as root.
const PROGRAMS: &str = "SIGNET_TEST_POSTGRES_BIN";
const ACCOUNT: &str = "SIGNET_TEST_POSTGRES_ACCOUNT";

/// A PostgreSQL of a test's own, which it may kill and start again. Its disk survives that.
pub struct PrivatePostgres {
    port: u16,
    url: String,
    server: Mutex<Option<Child>>,
    /// Removed when dropped.
    dir: TempDir,
}

impl PrivatePostgres {
    /// Makes and starts one.
    pub async fn start() -> Self {
        // Only this machine reaches it, and only for as long as the test runs.
        let init = ["-U", "signet", "-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync"];
        Self::made_by("initdb", &init).await
    }

    /// A standby of this one, up to date but for what is under way.
    pub async fn standby(&self) -> Self {
        let from = format!("postgres://signet@127.0.0.1:{}/postgres", self.port);
        let copy = ["-d", &from, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync"];
        Self::made_by("pg_basebackup", &copy).await
    }

    async fn made_by(tool: &str, args: &[&str]) -> Self {
        let dir = tempfile::Builder::new().prefix("signet-postgres-").tempdir().expect("a directory");
        watchdog::directory(dir.path());
        if let Some((user, group)) = account() {
            std::os::unix::fs::chown(dir.path(), Some(user), Some(group)).expect("the directory's owner");
        }
        let data = dir.path().join("data");
        let made = program(tool, dir.path()).arg("-D").arg(&data).args(args).output().expect("a tool");
        assert!(made.status.success(), "{tool}: {}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let url = format!("postgres://signet@127.0.0.1:{port}/postgres");
        let postgres = Self { port, url, server: Mutex::new(None), dir };
        postgres.start_again().await;
        postgres
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its URL as if it listened on another port.
    pub fn url_at(&self, port: u16) -> String {
        format!("postgres://signet@127.0.0.1:{port}/postgres")
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs statements, one after the other.
    pub async fn run(&self, statements: &[&str]) {
        let url: Url = self.url.parse().expect("a URL");
        for sql in statements {
            statement(&url, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }

    /// The number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.url).await.expect("a connection");
        let (number,): (i64,) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("a number");
        number
    }

    /// Starts it again after [`kill`](Self::kill), and waits until it takes connections.
    pub async fn start_again(&self) {
        let child = program("postgres", self.dir.path())
            .arg("-D")
            .arg(self.dir.path().join("data"))
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "max_connections=200", "-c"])
            .arg(format!("unix_socket_directories={}", self.dir.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("postgres");
        watchdog::started(child.id());
        let before = self.child().replace(child);
        assert!(before.is_none(), "this PostgreSQL runs");
        let url: Url = self.url.parse().expect("a URL");
        for _ in 0..400 {
            if statement(&url, "SELECT 1").await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL on port {} does not answer", self.port);
    }

    /// Ends it at once, as a crash does: nothing is flushed that was not before, and it recovers at its next start.
    pub fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            let signalled = rustix::process::kill_process(Pid::from_child(&child), Signal::QUIT);
            signalled.expect("the signal is delivered");
            child.wait().expect("the end of PostgreSQL");
            watchdog::ended(child.id());
        }
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The numbers of the user and group that run PostgreSQL, which refuses to run as root.
fn account() -> Option<(u32, u32)> {
    let text = std::env::var(ACCOUNT).ok()?;
    let (user, group) = text.split_once(':')?;
    Some((user.parse().ok()?, group.parse().ok()?))
}

fn program(name: &str, dir: &Path) -> Command {
    let programs = std::env::var_os(PROGRAMS)
        .unwrap_or_else(|| panic!("{PROGRAMS} is not set: run ./scripts/test, which sets it"));
    let mut command = Command::new(Path::new(&programs).join(name));
    command.current_dir(dir).stdin(Stdio::null());
    if let Some((user, group)) = account() {
        command.uid(user).gid(group);
    }
    command
}
