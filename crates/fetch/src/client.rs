//! The call itself.

use crate::address::is_public;
use crate::budget::Budget;
use crate::names::{Names, SystemNames};
use crate::target::{BadTarget, Place, Target, is_loopback};
use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// The most of an answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How long a call may take, from looking the name up to the last byte of the answer.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Calls at a time. The next one waits, within its own time.
const CALLS: usize = 64;

/// Names that are looked up at a time: the system's resolver can't be stopped, so its threads are counted.
const LOOK_UPS: usize = 32;

/// The most that is read before an answer's body begins, in bytes.
const HEAD_BYTES: usize = 16 * 1024;

/// Addresses of one name that are tried.
const TRIES: usize = 4;

/// What may be called.
pub struct Policy {
    /// Ports; `None` allows every port, which is for development only.
    pub ports: Option<Vec<u16>>,
    /// Addresses that may be called although they aren't public.
    pub also: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
    /// Whether this machine may be called without TLS, as far as `also` has its addresses: for development.
    pub plain_loopback: bool,
    /// Authorities that are trusted besides the public ones.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Who looks names up.
    pub names: Arc<dyn Names>,
}

impl Default for Policy {
    /// The public internet, over TLS, on port 443.
    fn default() -> Self {
        Self {
            ports: Some(vec![443]),
            also: Box::new(|_| false),
            plain_loopback: false,
            authorities: Vec::new(),
            names: Arc::new(SystemNames),
        }
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy")
            .field("ports", &self.ports)
            .field("plain_loopback", &self.plain_loopback)
            .finish_non_exhaustive()
    }
}

/// Why a call came to nothing. There are no finer kinds on purpose: what a tenant can read must not tell an address
/// that isn't allowed from one where nobody listens. The operator's trace has the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// No answer was had: the address may not be called, nobody is there, TLS failed, or it took too long.
    #[error("no answer")]
    NoAnswer,
    /// There was an answer, and it can't be used: another status, another type, too long or compressed.
    #[error("unusable answer")]
    Unusable,
    /// The host was called too often of late.
    #[error("called too often")]
    TooOften,
}

/// Calls addresses that strangers registered. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    policy: Policy,
    tls: TlsConnector,
    calls: Semaphore,
    look_ups: Arc<Semaphore>,
    budget: Budget,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Client").field(&self.0.policy).finish()
    }
}

/// An answer's head, and its body as far as it was wanted.
struct Answer {
    status: StatusCode,
    content_type: Option<String>,
    body: Bytes,
}

impl Client {
    /// A client for a policy.
    ///
    /// # Errors
    /// When an authority's certificate can't be used.
    pub fn new(policy: Policy) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for authority in &policy.authorities {
            roots.add(authority.clone())?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(Inner {
            policy,
            tls: TlsConnector::from(Arc::new(config)),
            calls: Semaphore::new(CALLS),
            look_ups: Arc::new(Semaphore::new(LOOK_UPS)),
            budget: Budget::default(),
        })))
    }

    /// Whether an address may be registered: everything that can be told without looking its name up. It is told
    /// again at every call.
    ///
    /// # Errors
    /// What is wrong with it, in words for whoever wrote it.
    pub fn check(&self, url: &str) -> Result<Target, BadTarget> {
        let target = Target::parse(url)?;
        let policy = &self.0.policy;
        let plain = policy.plain_loopback && target.names_loopback();
        if !(target.is_https() || plain) {
            return Err(BadTarget::Scheme);
        }
        if policy.ports.as_ref().is_some_and(|ports| !ports.contains(&target.port)) {
            return Err(BadTarget::Port);
        }
        match target.place() {
            Place::Address(address) if !self.may_reach(&target, address) => Err(BadTarget::Address),
            _ => Ok(target),
        }
    }

    /// Gets a document of one of these media types, or of any if none is named.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn get(&self, url: &str, types: &[&str]) -> Result<Bytes, Failed> {
        let target = self.target(url)?;
        if !self.0.budget.take(target.host(), Instant::now()) {
            return Err(Failed::TooOften);
        }
        let accept = if types.is_empty() { "*/*".to_owned() } else { types.join(", ") };
        let request = request(&target, Method::GET, Bytes::new(), &[(header::ACCEPT, &accept)])?;
        let answer = self.within(&target, request, Some(types)).await?;
        if answer.status != StatusCode::OK {
            tracing::debug!(host = target.host(), status = answer.status.as_u16(), "an answer can't be used");
            return Err(Failed::Unusable);
        }
        if !types.is_empty() && !is_one_of(answer.content_type.as_deref(), types) {
            tracing::debug!(host = target.host(), "an answer has the wrong type");
            return Err(Failed::Unusable);
        }
        Ok(answer.body)
    }

    /// Posts a form; gives the answer's status. The answer's body isn't looked at.
    ///
    /// # Errors
    /// [`Failed::NoAnswer`].
    pub async fn post_form(&self, url: &str, form: String) -> Result<u16, Failed> {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "*/*")];
        self.post(url, form, &headers).await
    }

    /// Posts a body with these headers, which must be legal ones; gives the answer's status. The answer's body isn't
    /// looked at, and no redirect is followed.
    ///
    /// # Errors
    /// [`Failed::NoAnswer`].
    pub async fn post(&self, url: &str, body: String, headers: &[(&str, &str)]) -> Result<u16, Failed> {
        let target = self.target(url)?;
        let mut named = Vec::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| no_answer(&target, &error))?;
            named.push((name, *value));
        }
        let request = request(&target, Method::POST, body.into(), &named)?;
        self.within(&target, request, None).await.map(|answer| answer.status.as_u16())
    }

    fn target(&self, url: &str) -> Result<Target, Failed> {
        self.check(url).map_err(|error| {
            tracing::debug!(%error, "an address may not be called");
            Failed::NoAnswer
        })
    }

    /// Whether an address may be connected to for a target.
    fn may_reach(&self, target: &Target, address: IpAddr) -> bool {
        let known = (self.0.policy.also)(address);
        if target.is_https() { known || is_public(address) } else { known && is_loopback(address) }
    }

    async fn within(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
        wanted: Option<&[&str]>,
    ) -> Result<Answer, Failed> {
        let call = async {
            let _permit = self.0.calls.acquire().await.map_err(|_| Failed::NoAnswer)?;
            self.call(target, request, wanted).await
        };
        timeout(PATIENCE, call).await.unwrap_or_else(|_| {
            tracing::debug!(host = target.host(), "a call took too long");
            Err(Failed::NoAnswer)
        })
    }

    async fn call(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
        wanted: Option<&[&str]>,
    ) -> Result<Answer, Failed> {
        let addresses = self.addresses(target).await?;
        let stream = connect(target, &addresses).await?;
        if !target.is_https() {
            return exchange(target, stream, request, wanted).await;
        }
        let name = match target.place() {
            Place::Name(name) => {
                ServerName::try_from(name.trim_end_matches('.').to_owned()).map_err(|_| Failed::NoAnswer)?
            }
            Place::Address(address) => ServerName::IpAddress(address.into()),
        };
        let stream = self.0.tls.connect(name, stream).await.map_err(|error| no_answer(target, &error))?;
        exchange(target, stream, request, wanted).await
    }

    /// The addresses of a target, looked up once; the connection goes to these and to no others. One that may not
    /// be called spoils them all.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Failed> {
        let found = match target.place() {
            Place::Address(address) => vec![address],
            Place::Name(name) => {
                self.look_up(name.to_owned()).await.map_err(|error| no_answer(target, &error))?
            }
        };
        if found.is_empty() || found.iter().any(|address| !self.may_reach(target, *address)) {
            tracing::debug!(host = target.host(), "a name leads to addresses that may not be called");
            return Err(Failed::NoAnswer);
        }
        Ok(found.into_iter().map(|address| SocketAddr::new(address, target.port)).collect())
    }

    async fn look_up(&self, name: String) -> std::io::Result<Vec<IpAddr>> {
        let permit = self.0.look_ups.clone().acquire_owned().await.map_err(std::io::Error::other)?;
        let names = self.0.policy.names.clone();
        let found = tokio::task::spawn_blocking(move || {
            // Held until the resolver is done, though nobody may be waiting for it any more.
            let _permit = permit;
            names.look_up(&name)
        });
        found.await.map_err(std::io::Error::other)?
    }
}

fn request(
    target: &Target,
    method: Method,
    body: Bytes,
    headers: &[(header::HeaderName, &str)],
) -> Result<Request<Full<Bytes>>, Failed> {
    let mut request = Request::builder()
        .method(method)
        .uri(target.path_and_query())
        .header(header::HOST, target.authority())
        .header(header::USER_AGENT, concat!("Signet/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(Full::new(body)).map_err(|error| no_answer(target, &error))
}

/// The first of the addresses that takes a connection.
async fn connect(target: &Target, addresses: &[SocketAddr]) -> Result<TcpStream, Failed> {
    // One that swallows everything must leave time for the next.
    let tries = u32::try_from(addresses.len().min(TRIES)).unwrap_or(1);
    for address in addresses.iter().take(TRIES) {
        match timeout(PATIENCE / (tries + 1), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => tracing::debug!(host = target.host(), %error, "no connection"),
            Err(_) => tracing::debug!(host = target.host(), "no connection in time"),
        }
    }
    Err(Failed::NoAnswer)
}

/// Sends the request and reads the answer; its body only if one is wanted.
async fn exchange<S>(
    target: &Target,
    stream: S,
    request: Request<Full<Bytes>>,
    wanted: Option<&[&str]>,
) -> Result<Answer, Failed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let made = http1::Builder::new().max_buf_size(HEAD_BYTES).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = made.map_err(|error| no_answer(target, &error))?;
    // Ends with the call, whichever way that ends: nothing goes on behind its back.
    let mut connection = std::pin::pin!(connection);
    let asked = async {
        let response = sender.send_request(request).await.map_err(|error| no_answer(target, &error))?;
        let (head, body) = response.into_parts();
        let text = |name| head.headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
        let content_type = text(header::CONTENT_TYPE).map(str::to_owned);
        if wanted.is_none() {
            return Ok(Answer { status: head.status, content_type, body: Bytes::new() });
        }
        if text(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            tracing::debug!(host = target.host(), "an answer is compressed");
            return Err(Failed::Unusable);
        }
        let body = read(target, body).await?;
        Ok(Answer { status: head.status, content_type, body })
    };
    let mut asked = std::pin::pin!(asked);
    tokio::select! {
        // What was read before the connection's end is still there to be had.
        ended = &mut connection => {
            if let Err(error) = ended {
                tracing::debug!(host = target.host(), %error, "a connection ended early");
            }
            asked.await
        }
        answer = &mut asked => answer,
    }
}

/// Reads a body up to its bound.
async fn read(target: &Target, mut body: Incoming) -> Result<Bytes, Failed> {
    let too_long = || {
        tracing::debug!(host = target.host(), "an answer is too long");
        Err(Failed::Unusable)
    };
    if body.size_hint().lower() > MAX_ANSWER_BYTES as u64 {
        return too_long();
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| no_answer(target, &error))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > MAX_ANSWER_BYTES {
                return too_long();
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes.freeze())
}

/// Media types compare without case and parameters.
fn is_one_of(content_type: Option<&str>, types: &[&str]) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    types.iter().any(|known| essence.eq_ignore_ascii_case(known))
}

fn no_answer(target: &Target, error: &dyn std::fmt::Display) -> Failed {
    tracing::debug!(host = target.host(), %error, "a call came to nothing");
    Failed::NoAnswer
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
