//! A running Signet.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::engine::{Engine, FromEngine};
use crate::ports::free_port;
use crate::postgres::TestDatabase;
use crate::process::{Launch, Process, StartError, server_command};
use crate::{Canaries, Clock, Credentials, Http, Node, PrivatePostgres, Tenant, TestCa, watchdog};

/// The process, its store, and all that goes with them. Fields are dropped in this order.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) engine: Engine,
    pub(crate) credentials: Credentials,
    pub(crate) canaries: Arc<Canaries>,
    ca_pem: Option<String>,
    /// Held for its drop.
    _database: Option<TestDatabase>,
    pub(crate) dir: TempDir,
}

/// A running Signet and the means to talk to it. When it is dropped the process is killed, and the test fails
/// if a secret turned up in what the server wrote.
pub struct TestApp {
    pub(crate) running: Arc<Running>,
    pub(crate) http: Http,
    pub(crate) shared: bool,
}

impl FromEngine for TestApp {
    async fn from_engine(engine: Engine) -> Self {
        Self::start(engine).await
    }
}

impl TestApp {
    /// Starts the server on a fresh store.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, false, &[]).await
    }

    /// Starts the server on a fresh store, listening for TLS only, with a certificate of the test's authority.
    pub async fn start_tls(engine: Engine) -> Self {
        Self::start_with(engine, true, &[]).await
    }

    /// Starts the server with further arguments.
    pub async fn start_with(engine: Engine, tls: bool, extra: &[&str]) -> Self {
        Self::of(Arc::new(Running::start(engine, tls, extra).await), false)
    }

    /// Starts the server on a PostgreSQL of the test's own, which must outlive it.
    pub async fn start_on(postgres: &PrivatePostgres, extra: &[&str]) -> Self {
        Self::start_at(postgres.url(), extra).await
    }

    /// The same at an address that leads to one.
    pub async fn start_at(url: &str, extra: &[&str]) -> Self {
        let running = Running::start_on(Engine::Postgres, Some(url), false, extra).await;
        Self::of(Arc::new(running), false)
    }

    pub(crate) fn of(running: Arc<Running>, shared: bool) -> Self {
        let port = running.process.launch().port;
        let http = Http::new(running.ca_pem.as_deref(), running.canaries.clone(), (port, port));
        Self { running, http, shared }
    }

    /// The engine it runs on.
    pub fn engine(&self) -> Engine {
        self.running.engine
    }

    /// What `dev-credentials.json` says.
    pub fn credentials(&self) -> &Credentials {
        &self.running.credentials
    }

    /// A caller at this tenant: `acme` or `globex`.
    pub fn tenant(&self, name: &str) -> Tenant {
        Tenant::new(self.http.clone(), name, self.credentials().tenant(name).clone())
    }

    /// A caller at acme.
    pub fn acme(&self) -> Tenant {
        self.tenant("acme")
    }

    /// A caller at globex.
    pub fn globex(&self) -> Tenant {
        self.tenant("globex")
    }

    /// The operator's URL, without a slash at its end.
    pub fn operator_url(&self) -> &str {
        self.credentials().operator.url.trim_end_matches('/')
    }

    /// The HTTP client.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.running.process.launch().port
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        &self.running.process.launch().data_dir
    }

    /// The PostgreSQL database; none on SQLite.
    pub fn database_url(&self) -> Option<&str> {
        self.running.process.launch().database_url.as_deref()
    }

    /// The master key's file, where the test gave one (on PostgreSQL).
    pub fn master_key_file(&self) -> Option<&Path> {
        self.running.process.launch().master_key.as_deref()
    }

    /// The test authority's certificate, when it speaks TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.running.ca_pem.as_deref()
    }

    /// All it has written to its standard output and error so far.
    pub fn output(&self) -> String {
        let files = self.running.process.launch().outputs();
        files
            .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned())
            .concat()
    }

    /// The server's clock.
    pub fn clock(&self) -> Clock {
        self.own("move the clock");
        Clock::new(self.data_dir().join("control.sock"))
    }

    /// `NAME ADDRESS,ADDRESS;ADDRESS` says what a name leads to when apps are called, one look-up after the other;
    /// the last answer stays. `NAME` alone tells how often it was looked up.
    pub async fn names(&self, order: &str) -> i64 {
        self.own("script names");
        Clock::new(self.data_dir().join("control.sock")).ask(&format!("names {order}")).await
    }

    /// kill -9.
    pub fn kill9(&self) {
        self.own("kill the server");
        self.running.process.kill();
    }

    /// Stops (`Signal::STOP`), continues (`Signal::CONT`) or ends (`Signal::TERM`) the process.
    pub fn signal(&self, signal: Signal) {
        self.own("signal the server");
        self.running.process.signal(signal);
    }

    /// Limits the size of files that the server writes, in bytes, or lifts the limit: the next write beyond it fails as
    /// on a full disk.
    pub fn limit_files(&self, bytes: Option<u64>) {
        self.own("limit the server");
        self.running.process.limit_files(bytes);
    }

    /// SIGTERM, and wait for the end; fails when it does not end within ten seconds.
    pub async fn stop(&self) {
        self.signal(Signal::TERM);
        for _ in 0..1_000 {
            if !self.running.process.runs() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("still running 10 s after SIGTERM");
    }

    /// Whether the process runs.
    pub fn alive(&self) -> bool {
        self.running.process.runs()
    }

    /// kill -9, then the same again on the same store and port.
    pub async fn restart(&self) {
        self.kill9();
        self.start_again().await;
    }

    /// Starts it again after [`kill9`](Self::kill9) or [`stop`](Self::stop).
    pub async fn start_again(&self) {
        self.own("start the server");
        match self.running.process.spawn().await {
            Ok(()) => {}
            Err(StartError::PortTaken) => panic!("somebody took port {}", self.port()),
            Err(StartError::Other(said)) => panic!("{said}"),
        }
    }

    /// Another process on the same PostgreSQL database, with the same master key, public URL and arguments.
    pub async fn node(&self) -> Node {
        self.node_with(&[]).await
    }

    /// Another process of the same deployment, with further arguments.
    pub async fn node_with(&self, extra: &[&str]) -> Node {
        assert_eq!(self.engine(), Engine::Postgres, "a second node needs PostgreSQL");
        Node::start(&self.running, self.ca_pem(), extra).await
    }

    /// This many further processes of the same deployment.
    pub async fn nodes(&self, count: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        for _ in 0..count {
            nodes.push(self.node().await);
        }
        nodes
    }

    /// Sends these bytes over a connection of their own and reads until it is closed, or for 2 s of silence.
    pub async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        // A server that refuses early may close before all is written.
        let _refused_early = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let silence = Duration::from_secs(2);
        while let Ok(Ok(1..)) = tokio::time::timeout(silence, stream.read_buf(&mut answer)).await {}
        answer
    }

    /// A TCP connection to the server.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port())).await.expect("a connection to the server")
    }

    /// The secrets seen so far.
    pub fn canaries(&self) -> &Canaries {
        &self.running.canaries
    }

    /// Fails the test when the server wrote a secret; done when the app is dropped, too.
    pub fn assert_no_leak(&self) {
        let found = self.running.leaks();
        assert!(found.is_empty(), "the server wrote a secret:\n{}", found.join("\n"));
    }

    fn own(&self, what: &str) {
        assert!(!self.shared, "a test that shares its app may not {what}: take a TestApp instead");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            report(&self.running.process.tail());
            return;
        }
        if !self.shared {
            self.running.process.kill();
        }
        self.assert_no_leak();
    }
}

#[expect(clippy::print_stderr, reason = "shown by the test harness beside the failure")]
pub(crate) fn report(tail: &str) {
    eprintln!("{tail}");
}

impl Running {
    pub(crate) async fn start(engine: Engine, tls: bool, extra: &[&str]) -> Self {
        Self::start_on(engine, None, tls, extra).await
    }

    /// On a database that is there, or else on one of its own.
    async fn start_on(engine: Engine, url: Option<&str>, tls: bool, extra: &[&str]) -> Self {
        let dir = tempfile::Builder::new().prefix("signet-test-").tempdir().expect("a directory");
        watchdog::directory(dir.path());
        let database = match (engine, url) {
            (Engine::Sqlite, _) | (_, Some(_)) => None,
            (Engine::Postgres, None) => Some(TestDatabase::create().await),
        };
        let tls = tls.then(|| TestCa::write_into(dir.path()));
        let database_url = url.map(str::to_owned).or(database.as_ref().map(|database| database.url.clone()));
        let master_key = database_url.is_some().then(|| new_master_key(dir.path()));
        let extra: Vec<String> = extra.iter().map(|&arg| arg.to_owned()).collect();
        let own_authority = extra.iter().any(|arg| arg == "--tls");
        let scheme = if tls.is_some() || own_authority { "https" } else { "http" };
        let mut tries = 0;
        let process = loop {
            let (port, data_dir) = (free_port(), dir.path().join(format!("data{tries}")));
            let public_url = format!("{scheme}://localhost:{port}");
            let (database_url, master_key) = (database_url.clone(), master_key.clone());
            let (tls, extra) = (tls.clone(), extra.clone());
            let launch = Launch { data_dir, port, public_url, database_url, master_key, tls, extra };
            match Process::start(launch).await {
                Ok(process) => break process,
                Err(StartError::PortTaken) if tries < 5 => tries += 1,
                Err(StartError::PortTaken) => panic!("six ports were taken"),
                Err(StartError::Other(said)) => panic!("{said}"),
            }
        };
        let file = process.launch().data_dir.join("dev-credentials.json");
        let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let credentials: Credentials =
            serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let canaries = Arc::new(Canaries::default());
        credentials.secrets().into_iter().for_each(|secret| canaries.add(secret));
        let own_authority = own_authority.then(|| process.launch().data_dir.join("tls/ca.pem"));
        let ca_pem = match own_authority {
            Some(file) => Some(std::fs::read_to_string(file).expect("the authority that `--tls` made")),
            None => tls.map(|ca| ca.ca_pem),
        };
        Self { process, engine, credentials, canaries, ca_pem, _database: database, dir }
    }

    fn leaks(&self) -> Vec<String> {
        let files = self.process.launch().outputs();
        files.iter().flat_map(|file| self.canaries.found_in_file(file)).collect()
    }
}

fn new_master_key(dir: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let made = server_command().args(["key", "new"]).output().expect("the server makes a key");
    assert!(made.status.success(), "`key new`: {}", String::from_utf8_lossy(&made.stderr));
    let file = dir.join("master.key");
    std::fs::write(&file, made.stdout).expect("the key's file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    file
}
