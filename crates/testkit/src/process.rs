//! One running `signet-under-test`.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};

use crate::{TestCa, engine, watchdog};

/// Migrating and seeding included, on a busy machine.
const LONGEST_START: Duration = Duration::from_secs(60);

/// How a node is started.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) data_dir: PathBuf,
    pub(crate) port: u16,
    pub(crate) public_url: String,
    pub(crate) database_url: Option<String>,
    pub(crate) master_key: Option<PathBuf>,
    pub(crate) tls: Option<TestCa>,
    pub(crate) extra: Vec<String>,
}

/// A process, or the place where it was.
pub(crate) struct Process {
    launch: Launch,
    child: Mutex<Option<Child>>,
}

/// Why a start failed.
pub(crate) enum StartError {
    PortTaken,
    Other(String),
}

impl Launch {
    fn command(&self) -> Command {
        let mut command = server_command();
        command.arg("dev").arg("--listen").arg(format!("127.0.0.1:{}", self.port));
        command.arg("--public-url").arg(&self.public_url).arg("--data-dir").arg(&self.data_dir);
        if let Some(url) = &self.database_url {
            command.arg("--database-url").arg(url);
        }
        if let Some(file) = &self.master_key {
            command.arg("--master-key-file").arg(file);
        }
        if let Some(tls) = &self.tls {
            command.arg("--tls-cert").arg(&tls.cert_file).arg("--tls-key").arg(&tls.key_file);
        }
        command.args(&self.extra);
        command
    }

    pub(crate) fn outputs(&self) -> [PathBuf; 2] {
        ["stdout", "stderr"].map(|name| self.data_dir.with_extension(name))
    }
}

/// The server without this process's settings, as talkative as it can be.
pub(crate) fn server_command() -> Command {
    let mut command = Command::new(engine::binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SIGNET_") {
            command.env_remove(name);
        }
    }
    // Nobody is there: whatever asked a proxy of the environment would get nowhere.
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command.env("RUST_BACKTRACE", "1").env("RUST_LOG", "info,signet=trace").stdin(Stdio::null());
    command
}

impl Process {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(launch: Launch) -> Result<Self, StartError> {
        let process = Self { launch, child: Mutex::new(None) };
        process.spawn().await?;
        Ok(process)
    }

    /// Starts it again, where it was.
    pub(crate) async fn spawn(&self) -> Result<(), StartError> {
        let [stdout, stderr] = self
            .launch
            .outputs()
            .map(|path| File::options().create(true).append(true).open(path).expect("a file for the output"));
        let child = self.launch.command().stdout(stdout).stderr(stderr).spawn();
        let child = child.unwrap_or_else(|error| panic!("{}: {error}", engine::binary().display()));
        watchdog::started(child.id());
        *self.child() = Some(child);
        let began = Instant::now();
        while !self.answers().await {
            if let Some(status) = self.exited() {
                let said = self.tail();
                let taken = ["in use", "taken", "AddrInUse"].iter().any(|words| said.contains(words));
                return Err(if taken {
                    StartError::PortTaken
                } else {
                    StartError::Other(format!("the server ended ({status}) before it was ready:\n{said}"))
                });
            }
            if began.elapsed() > LONGEST_START {
                self.kill();
                let said = self.tail();
                return Err(StartError::Other(format!("not ready after {LONGEST_START:?}:\n{said}")));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it was started and has not ended.
    pub(crate) fn runs(&self) -> bool {
        self.exited().is_none() && self.child().is_some()
    }

    pub(crate) fn launch(&self) -> &Launch {
        &self.launch
    }

    /// How it ended, if that was noticed just now.
    fn exited(&self) -> Option<ExitStatus> {
        let mut slot = self.child();
        let status = slot.as_mut()?.try_wait().expect("the state of the server")?;
        watchdog::ended(slot.take().map_or(0, |child| child.id()));
        Some(status)
    }

    /// kill -9, and wait until it is gone.
    pub(crate) fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            let _gone_already = child.kill();
            child.wait().expect("the end of the server");
            watchdog::ended(child.id());
        }
    }

    /// Sends a signal.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let slot = self.child();
        let child = slot.as_ref().expect("a running server");
        let limit = Rlimit { current: bytes, maximum: None };
        rustix::process::prlimit(Some(Pid::from_child(child)), Resource::Fsize, limit).expect("a limit");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let slot = self.child();
        let child = slot.as_ref().expect("a running server");
        rustix::process::kill_process(Pid::from_child(child), signal).expect("the signal is delivered");
    }

    async fn answers(&self) -> bool {
        if self.launch.public_url.starts_with("https://") {
            // Behind TLS an open port and the credentials say as much.
            return self.launch.data_dir.join("dev-credentials.json").exists()
                && TcpStream::connect((Ipv4Addr::LOCALHOST, self.launch.port)).is_ok();
        }
        let port = self.launch.port;
        let ask = move || ready(port).unwrap_or(false);
        tokio::task::spawn_blocking(ask).await.expect("the ready check")
    }

    /// The end of what it wrote.
    pub(crate) fn tail(&self) -> String {
        let [stdout, stderr] = self.launch.outputs().map(|path| last_lines(&path, 60));
        format!("--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn ready(port: u16) -> std::io::Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: ready.invalid\r\nConnection: close\r\n\r\n")?;
    let mut start = [0; 12];
    stream.read_exact(&mut start)?;
    Ok(start.ends_with(b" 200"))
}

fn last_lines(path: &Path, count: usize) -> String {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
