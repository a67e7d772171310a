//! Somebody else's server, which Signet calls: it answers what a test tells it to, and remembers what it was asked.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use signet_testkit::{Value, tokio};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What it says.
#[derive(Clone)]
pub(crate) enum Answer {
    /// These bytes, and the end.
    Bytes(Vec<u8>),
    /// A head that is fine, and then a byte now and then, for ever.
    Drips,
    /// Nothing, for ever.
    Hangs,
}

impl Answer {
    /// A status without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self::of(status, "text/plain", "")
    }

    /// A JSON document.
    pub(crate) fn json(document: &Value) -> Self {
        Self::of(200, "application/json", &document.to_string())
    }

    /// A body of a type.
    pub(crate) fn of(status: u16, kind: &str, body: &str) -> Self {
        let length = body.len();
        Self::raw(&format!(
            "HTTP/1.1 {status} Status\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }

    /// Exactly this.
    pub(crate) fn raw(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

/// What it was asked: the head and the body as they came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    /// The head in the case that it came in.
    pub(crate) raw_head: String,
    pub(crate) body: String,
}

impl Asked {
    /// The headers, by names in lower case.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.head.lines().skip(1).filter_map(|line| line.split_once(": ").map(|(name, _)| name));
        let values =
            self.raw_head.lines().skip(1).filter_map(|line| line.split_once(": ").map(|(_, value)| value));
        names.zip(values)
    }

    /// A field of the form in the body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let mut fields = form_urlencoded::parse(self.body.as_bytes());
        fields.find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
    }
}

#[derive(Default)]
struct State {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
    connections: usize,
}

/// A server of somebody else's; it ends with the test.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Outside {
    /// One at an address of this machine. It answers 200 with nothing.
    pub(crate) async fn at(ip: &str) -> Self {
        Self::start(bound(ip, 0).await.expect("a free port"), None)
    }

    /// Two at two addresses, on one port.
    pub(crate) async fn twins(first: &str, second: &str) -> (Self, Self) {
        for _ in 0..20 {
            let one = bound(first, 0).await.expect("a free port");
            let port = one.local_addr().expect("its address").port();
            if let Ok(other) = bound(second, port).await {
                return (Self::start(one, None), Self::start(other, None));
            }
        }
        panic!("no port is free at both {first} and {second}");
    }

    /// One that speaks TLS.
    pub(crate) async fn with_tls(tls: TlsAcceptor) -> Self {
        Self::start(bound("127.0.0.1", 0).await.expect("a free port"), Some(tls))
    }

    fn start(listener: TcpListener, tls: Option<TlsAcceptor>) -> Self {
        let address = listener.local_addr().expect("its address");
        let outside = Self { address, state: Arc::default() };
        let own = outside.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.state().connections += 1;
                let (own, tls) = (own.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => own.serve(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                own.serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        outside
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    /// What it says from now on: one answer after the other, and the last one for ever.
    pub(crate) fn says(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state().answers = answers.into_iter().collect();
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// How many connections were made to it, whether or not anything was asked.
    pub(crate) fn connections(&self) -> usize {
        self.state().connections
    }

    /// Waits until it was asked so often.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Asked> {
        for _ in 0..200 {
            let asked = self.asked();
            if asked.len() >= count {
                return asked;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("wanted {count} requests; there were {:#?}", self.asked());
    }

    /// Its URL under its own address, without TLS.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its URL under a name.
    pub(crate) fn named(&self, scheme: &str, name: &str) -> String {
        format!("{scheme}://{name}:{}/", self.address.port())
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Some(asked) = read(&mut stream).await else { return };
        let answer = {
            let mut state = self.state();
            state.asked.push(asked);
            if state.answers.len() > 1 { state.answers.pop_front() } else { state.answers.front().cloned() }
        };
        match answer.unwrap_or_else(|| Answer::status(200)) {
            Answer::Bytes(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            Answer::Drips => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await;
                while stream.write_all(b" ").await.is_ok() && stream.flush().await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
            Answer::Hangs => std::future::pending().await,
        }
    }
}

async fn bound(ip: &str, port: u16) -> std::io::Result<TcpListener> {
    let ip: IpAddr = ip.parse().expect("an address");
    TcpListener::bind((ip, port)).await
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let raw_head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let head = raw_head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let length: usize = length.unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Asked { head, raw_head, body: String::from_utf8_lossy(&body).into_owned() })
}
