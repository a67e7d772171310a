//! Further processes of a deployment.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use crate::app::Running;
use crate::ports::free_port;
use crate::process::{Launch, Process, StartError};
use crate::{Canaries, Clock, Credentials, Http, Tenant};

/// Another process of the same deployment; killed when dropped. The deployment's public URLs, asked through its
/// callers, reach this process.
pub struct Node {
    process: Process,
    http: Http,
    credentials: Credentials,
    canaries: Arc<Canaries>,
}

impl Node {
    pub(crate) async fn start(first: &Running, ca_pem: Option<&str>, extra: &[&str]) -> Self {
        let launch = first.process.launch();
        let data_dir = tempfile::tempdir_in(first.dir.path()).expect("a directory").keep();
        let mut tries = 0;
        let process = loop {
            let mut launch = Launch { data_dir: data_dir.clone(), port: free_port(), ..launch.clone() };
            launch.extra.extend(extra.iter().map(|&argument| argument.to_owned()));
            match Process::start(launch).await {
                Ok(process) => break process,
                Err(StartError::PortTaken) if tries < 5 => tries += 1,
                Err(StartError::PortTaken) => panic!("six ports were taken"),
                Err(StartError::Other(said)) => panic!("{said}"),
            }
        };
        let ports = (launch.port, process.launch().port);
        let canaries = first.canaries.clone();
        let http = Http::new(ca_pem, canaries.clone(), ports);
        Self { process, http, credentials: first.credentials.clone(), canaries }
    }

    /// A caller at this tenant, over this node.
    pub fn tenant(&self, name: &str) -> Tenant {
        Tenant::new(self.http.clone(), name, self.credentials.tenant(name).clone())
    }

    /// A caller at acme, over this node.
    pub fn acme(&self) -> Tenant {
        self.tenant("acme")
    }

    /// The HTTP client; public URLs reach this node.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Its data directory.
    pub fn data_dir(&self) -> &std::path::Path {
        &self.process.launch().data_dir
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.process.launch().port
    }

    /// This node's clock.
    pub fn clock(&self) -> Clock {
        Clock::new(self.process.launch().data_dir.join("control.sock"))
    }

    /// kill -9.
    pub fn kill9(&self) {
        self.process.kill();
    }

    /// Starts it again after [`kill9`](Self::kill9), on the same port.
    pub async fn start_again(&self) {
        match self.process.spawn().await {
            Ok(()) => {}
            Err(StartError::PortTaken) => panic!("somebody took port {}", self.port()),
            Err(StartError::Other(said)) => panic!("{said}"),
        }
    }

    /// SIGTERM, and wait for the end; fails when it does not end within ten seconds.
    pub async fn stop(&self) {
        self.signal(Signal::TERM);
        for _ in 0..1_000 {
            if !self.process.runs() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("still running 10 s after SIGTERM");
    }

    /// Sends a signal, for instance `Signal::STOP` or `Signal::CONT`.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// All it has written to its standard output and error so far.
    pub fn output(&self) -> String {
        let files = self.process.launch().outputs();
        files
            .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned())
            .concat()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.process.kill();
        let files = self.process.launch().outputs();
        let found: Vec<_> = files.iter().flat_map(|file| self.canaries.found_in_file(file)).collect();
        if std::thread::panicking() {
            crate::app::report(&self.process.tail());
        } else {
            assert!(found.is_empty(), "a node wrote a secret:\n{}", found.join("\n"));
        }
    }
}
