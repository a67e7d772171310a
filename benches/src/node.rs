//! A signet of its own, on a new SQLite file, stopped when it is dropped.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;

pub(crate) struct Node {
    child: Child,
    dir: PathBuf,
    /// Whether the data stays when it stops.
    keep: bool,
    pub(crate) port: u16,
    pub(crate) credentials: Value,
}

impl Node {
    pub(crate) async fn start(signet: &Path, port: u16) -> Self {
        Self::start_with(signet, port, &[]).await
    }

    /// With further arguments.
    pub(crate) async fn start_with(signet: &Path, port: u16, args: &[&str]) -> Self {
        let dir = std::env::temp_dir().join(format!("signet-bench-{}-{port}", std::process::id()));
        let mut node = Self::start_in(signet, port, &dir, args, None).await;
        node.keep = false;
        node
    }

    /// On a directory that stays. With a log, what it says at those levels goes to the file.
    pub(crate) async fn start_in(
        signet: &Path,
        port: u16,
        dir: &Path,
        args: &[&str],
        log: Option<(&str, &Path)>,
    ) -> Self {
        let mut command = Command::new(signet);
        command
            .args(["dev", "--listen", &format!("127.0.0.1:{port}"), "--public-url"])
            .arg(format!("http://localhost:{port}"))
            .arg("--data-dir")
            .arg(dir)
            .args(args)
            .env("SIGNET_LOG", log.map_or("warn", |(levels, _)| levels))
            .stdout(Stdio::null());
        // The server refuses variables that it doesn't know.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SIGNET_BENCH_")) {
            command.env_remove(name);
        }
        if let Some((_, file)) = log {
            let file = std::fs::File::create(file).unwrap();
            command.stdout(file.try_clone().unwrap()).stderr(file);
        }
        let child = command.spawn().unwrap();
        wait(port).await;
        let file = dir.join("dev-credentials.json");
        while !file.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let credentials = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        Self { child, dir: dir.to_owned(), keep: true, port, credentials }
    }

    pub(crate) fn acme(&self) -> &Value {
        &self.credentials["tenants"]["acme"]
    }

    pub(crate) fn basic(&self, app: &str) -> String {
        basic(&self.acme()["apps"][app])
    }

    /// A service app with its own server that signs by `alg`: the path of its token endpoint and its Basic header.
    pub(crate) async fn service(&self, alg: &str) -> (String, String) {
        let server = json!({"name": alg, "audiences": ["api://bench"], "signingAlgorithm": alg});
        let server = self.api("POST", "/api/v1/authorizationServers", &server).await;
        let id = text(&server["id"]);
        let scope = json!({"name": "bench:read"});
        self.api("POST", &format!("/api/v1/authorizationServers/{id}/scopes"), &scope).await;
        let app = json!({"name": "oidc_client", "label": alg, "signOnMode": "OPENID_CONNECT",
            "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
            "settings": {"oauthClient": {"application_type": "service", "grant_types": ["client_credentials"],
                "response_types": ["token"]}}});
        let app = self.api("POST", "/api/v1/apps", &app).await;
        (format!("/oauth2/{id}/v1/token"), basic(&app["credentials"]["oauthClient"]))
    }

    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// One management API call; gives its JSON.
    pub(crate) async fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: SSWS {}\r\ncontent-type: application/json\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.host(),
            text(&self.acme()["api_token"]),
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {response}");
        serde_json::from_str(body).unwrap_or(Value::Null)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !self.keep {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// The header with which a client shows its id and secret.
fn basic(client: &Value) -> String {
    use base64::Engine as _;
    let pair = format!("{}:{}", text(&client["client_id"]), text(&client["client_secret"]));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Waits for a port to open.
pub(crate) async fn wait(port: u16) {
    for _ in 0..500 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing listens on {port}");
}
