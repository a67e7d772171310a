//! Redis for tests: a database on the server that `scripts/test` started, or a server of the test's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Url;
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::ports::free_port;
use crate::watchdog;

/// Set by `scripts/test`.
const URL: &str = "SIGNET_TEST_REDIS_URL";
const SERVER: &str = "SIGNET_TEST_REDIS_SERVER";

/// A database of a test's own on the Redis that all tests share. Nobody kills or flushes that one.
pub struct TestRedis {
    url: String,
}

impl TestRedis {
    /// The next database that no test has.
    pub fn create() -> Self {
        let url = std::env::var(URL).unwrap_or_else(|_| {
            panic!("tests on Redis need a server in {URL}: run ./scripts/test, which starts one")
        });
        let mut own: Url = url.parse().unwrap_or_else(|error| panic!("{URL}: {error}"));
        let number = command(&url, &["INCR", "next-test-database"]).expect("Redis counts");
        own.set_path(&format!("/{number}"));
        Self { url: own.into() }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends a command; the answer as text, a list's items one a line.
    pub fn command(&self, words: &[&str]) -> String {
        command(&self.url, words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }
}

/// A Redis of a test's own, which it may kill, stop, flush and slow down. It is killed when dropped.
pub struct PrivateRedis {
    port: u16,
    url: String,
    password: String,
    server: PathBuf,
    child: Mutex<Option<Child>>,
    dir: TempDir,
}

impl PrivateRedis {
    /// Starts one on a port of its own, with a password and without a disk.
    pub fn start() -> Self {
        let server = std::env::var_os(SERVER).map_or_else(|| PathBuf::from("redis-server"), PathBuf::from);
        let password = format!("redis-{}-{:016x}", std::process::id(), fresh());
        let dir = tempfile::Builder::new().prefix("signet-redis-").tempdir().expect("a directory");
        watchdog::directory(dir.path());
        let port = free_port();
        let url = format!("redis://:{password}@127.0.0.1:{port}/0");
        let redis = Self { port, url, password, server, child: Mutex::new(None), dir };
        redis.start_again();
        redis
    }

    /// Its URL, with the password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The password in its URL, which nothing may write down.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it again after [`kill9`](Self::kill9), empty, on the same port, and waits until it answers.
    pub fn start_again(&self) {
        let mut slot = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(slot.is_none(), "this Redis runs");
        let child = Command::new(&self.server)
            .args([
                "--port",
                &self.port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .args(["--requirepass", &self.password, "--dir"])
            .arg(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.server.display()));
        watchdog::started(child.id());
        *slot = Some(child);
        drop(slot);
        let began = Instant::now();
        while command(&self.url, &["PING"]).ok().as_deref() != Some("PONG") {
            assert!(began.elapsed() < Duration::from_secs(20), "Redis on port {} does not answer", self.port);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// kill -9; what it held is gone. Connections are refused until [`start_again`](Self::start_again).
    pub fn kill9(&self) {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut child) = child {
            let _gone_already = child.kill();
            child.wait().expect("the end of Redis");
            watchdog::ended(child.id());
        }
    }

    /// Stops it (`Signal::STOP`: connections stay open and nothing answers) or lets it go on (`Signal::CONT`).
    pub fn signal(&self, signal: Signal) {
        let slot = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let child = slot.as_ref().expect("a running Redis");
        rustix::process::kill_process(Pid::from_child(child), signal).expect("the signal is delivered");
    }

    /// FLUSHALL.
    pub fn flush(&self) {
        self.command(&["FLUSHALL"]);
    }

    /// Sends a command; the answer as text, a list's items one a line, nil as the empty text.
    pub fn command(&self, words: &[&str]) -> String {
        command(&self.url, words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// A number that no other server of these tests has.
fn fresh() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

/// One command over a connection of its own.
fn command(url: &str, words: &[&str]) -> Result<String, String> {
    let url: Url = url.parse().map_err(|error| format!("{error}"))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, url.port().unwrap_or(6379)));
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).map_err(|e| e.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(|e| e.to_string())?;
    let mut stream = BufReader::new(stream);
    if let Some(password) = url.password() {
        ask(&mut stream, &["AUTH", password])?;
    }
    let database = url.path().trim_start_matches('/');
    if !database.is_empty() && database != "0" {
        ask(&mut stream, &["SELECT", database])?;
    }
    ask(&mut stream, words)
}

fn ask(stream: &mut BufReader<TcpStream>, words: &[&str]) -> Result<String, String> {
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.get_mut().write_all(request.as_bytes()).map_err(|e| e.to_string())?;
    answer(stream)
}

fn answer(stream: &mut BufReader<TcpStream>) -> Result<String, String> {
    let mut line = String::new();
    stream.read_line(&mut line).map_err(|e| e.to_string())?;
    let line = line.trim_end();
    let (kind, rest) = line.split_at_checked(1).ok_or("Redis hung up")?;
    let number = || rest.parse::<i64>().map_err(|e| e.to_string());
    match kind {
        "+" | ":" => Ok(rest.to_owned()),
        "-" => Err(rest.to_owned()),
        "$" => {
            let Ok(length) = usize::try_from(number()?) else { return Ok(String::new()) };
            let mut bytes = vec![0; length + 2];
            stream.read_exact(&mut bytes).map_err(|e| e.to_string())?;
            bytes.truncate(length);
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        "*" => {
            let items: Result<Vec<_>, _> = (0..number()?.max(0)).map(|_| answer(stream)).collect();
            Ok(items?.join("\n"))
        }
        _ => Err(format!("Redis said {line:?}")),
    }
}
