//! nginx, as it would stand in front of the API, in a directory of its own and on a port of its own.

use crate::{Error, Signet};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// A running nginx; it ends when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    /// Where it listens.
    pub address: String,
    _child: Child,
    _dir: tempfile::TempDir,
}

/// The program: `NGINX`, or where Debian puts it, or whatever PATH has.
fn program() -> String {
    let debian = "/usr/sbin/nginx";
    let found = std::path::Path::new(debian).exists().then(|| debian.to_owned());
    std::env::var("NGINX").ok().or(found).unwrap_or_else(|| "nginx".to_owned())
}

impl Nginx {
    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    /// When it doesn't start.
    pub async fn start(signet: &Signet, server: &str, api: &str) -> Result<Self, Error> {
        let mut last = String::new();
        // Between looking for a free port and listening on it somebody else may take it.
        for _ in 0..5 {
            let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
            match Self::start_at(&free.to_string(), signet, server, api).await {
                Ok(nginx) => return Ok(nginx),
                Err(error) => last = error.to_string(),
            }
        }
        Err(last.into())
    }

    async fn start_at(address: &str, signet: &Signet, server: &str, api: &str) -> Result<Self, Error> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().display().to_string();
        let config = include_str!("../nginx.conf")
            .replace("@DIR@", &path)
            .replace("@LISTEN@", address)
            .replace("@API@", api)
            .replace("@TENANT@", &signet.host)
            .replace("@SIGNET@", &signet.address)
            .replace("@SERVER@", server);
        let file = dir.path().join("nginx.conf");
        tokio::fs::write(&file, config).await?;
        let mut child = Command::new(program())
            .args(["-p", &path, "-e", "stderr", "-c"])
            .arg(&file)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}; install nginx", program()))?;
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return Ok(Self { address: address.to_owned(), _child: child, _dir: dir });
            }
            if let Some(status) = child.try_wait()? {
                return Err(format!("nginx ended: {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err("nginx does not answer".into())
    }
}
