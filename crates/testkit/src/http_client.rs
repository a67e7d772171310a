//! The one HTTP client of the tests: no proxies, no redirects, every name is this machine.

use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Url};
use serde_json::Value;

use crate::{Canaries, OpenApi, Reply};

/// Sends requests to one node.
#[derive(Clone)]
pub struct Http {
    client: Client,
    ca_pem: Option<Arc<str>>,
    canaries: Arc<Canaries>,
    /// The port in public URLs, and the port of the node they are sent to.
    ports: (u16, u16),
}

struct ThisMachine;

impl Resolve for ThisMachine {
    fn resolve(&self, _: Name) -> Resolving {
        let here: Addrs = Box::new(std::iter::once(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
        Box::pin(std::future::ready(Ok(here)))
    }
}

fn builder(ca_pem: Option<&str>) -> ClientBuilder {
    let builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .dns_resolver(ThisMachine)
        .timeout(Duration::from_secs(60));
    match ca_pem {
        Some(pem) => {
            let ca = reqwest::Certificate::from_pem(pem.as_bytes()).expect("the test authority");
            builder.tls_certs_only([ca])
        }
        None => builder.tls_certs_only([]),
    }
}

impl Http {
    pub(crate) fn new(ca_pem: Option<&str>, canaries: Arc<Canaries>, ports: (u16, u16)) -> Self {
        let client = builder(ca_pem).http1_only().build().expect("an HTTP client");
        Self { client, ca_pem: ca_pem.map(Arc::from), canaries, ports }
    }

    /// The same over HTTP/2 (with prior knowledge where there is no TLS).
    pub fn http2(&self) -> Self {
        let builder = builder(self.ca_pem.as_deref());
        let builder = if self.ca_pem.is_some() { builder } else { builder.http2_prior_knowledge() };
        Self { client: builder.build().expect("an HTTP/2 client"), ..self.clone() }
    }

    /// The same with connections of its own.
    pub fn fresh(&self) -> Self {
        Self::new(self.ca_pem.as_deref(), self.canaries.clone(), self.ports)
    }

    /// The secrets seen so far.
    pub fn canaries(&self) -> &Canaries {
        &self.canaries
    }

    /// Begins a request to an absolute URL.
    #[track_caller]
    pub fn call(&self, method: &str, url: &str) -> Call {
        let url: Url = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let checked = url.path().starts_with("/api/v1") || url.path().starts_with("/auth/");
        let (headers, body) = (HeaderMap::new(), None);
        Call { http: self.clone(), method, url, headers, body, checked, secret: true }
    }

    /// Begins a GET of an absolute URL.
    #[track_caller]
    pub fn get(&self, url: &str) -> Call {
        self.call("GET", url)
    }

    fn route(&self, url: &mut Url, headers: &mut HeaderMap) {
        if self.ports.0 != self.ports.1 && url.port_or_known_default() == Some(self.ports.0) {
            let host = format!("{}:{}", url.host_str().unwrap_or_default(), self.ports.0);
            headers.entry(HOST).or_insert(HeaderValue::from_str(&host).expect("a host"));
            url.set_port(Some(self.ports.1)).expect("a URL with a host");
        }
    }
}

/// A request being made; `.await` sends it.
#[must_use = "a call is sent by awaiting it"]
pub struct Call {
    http: Http,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    checked: bool,
    secret: bool,
}

/// Form and JSON members whose values are secrets.
const SECRET_MEMBERS: &[&str] = &[
    "access_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "registration_access_token",
    "code",
    "code_verifier",
    "id_token",
    "id_token_hint",
    "password",
    "provision_key",
    "refresh_token",
    "secret",
    "token",
];

impl Call {
    /// Adds a header; sent twice when added twice.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        self.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        self
    }

    /// Replaces the Host header, and with it the tenant.
    pub fn host(mut self, host: &str) -> Self {
        self.headers.insert(HOST, HeaderValue::from_str(host).expect("a host"));
        self
    }

    /// `Authorization: Bearer …`.
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// `Authorization: Basic …`, both parts form-encoded first as RFC 6749 2.3.1 says.
    pub fn basic(self, client_id: &str, secret: &str) -> Self {
        let encode = |part: &str| form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>();
        self.http.canaries.add(secret);
        let pair = format!("{}:{}", encode(client_id), encode(secret));
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        self.header(AUTHORIZATION.as_str(), &format!("Basic {encoded}"))
    }

    /// A form body; repeated names stay repeated.
    pub fn form<K: AsRef<str>, V: AsRef<str>>(self, fields: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            if self.secret && SECRET_MEMBERS.contains(&name.as_ref()) {
                self.http.canaries.add(value.as_ref());
            }
            form.append_pair(name.as_ref(), value.as_ref());
        }
        self.body("application/x-www-form-urlencoded", form.finish().as_bytes())
    }

    /// Adds to the URL's query.
    pub fn query<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        for (name, value) in pairs {
            self.url.query_pairs_mut().append_pair(name.as_ref(), value.as_ref());
        }
        self
    }

    /// A JSON body.
    pub fn json(self, value: &Value) -> Self {
        if self.secret {
            register(&self.http.canaries, value, 0);
        }
        self.body("application/json", value.to_string().as_bytes())
    }

    /// Any body; an empty content type sends none.
    pub fn body(mut self, content_type: &str, bytes: &[u8]) -> Self {
        self.headers.remove(CONTENT_TYPE);
        self.body = Some(bytes.to_vec());
        if content_type.is_empty() { self } else { self.header(CONTENT_TYPE.as_str(), content_type) }
    }

    /// Doesn't hold the answer against the API description: for what is not an operation.
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    /// What is sent from here on isn't secret, though it goes where secrets go.
    pub fn not_secret(mut self) -> Self {
        self.secret = false;
        self
    }

    /// Sends it; a connection that breaks is an error, not a failed test.
    pub async fn try_send(self) -> Result<Reply, reqwest::Error> {
        let Self { http, method, url, mut headers, body, checked, secret } = self;
        if secret {
            for value in headers.get_all(AUTHORIZATION).iter().chain(headers.get_all(COOKIE)) {
                note_credentials(&http.canaries, &String::from_utf8_lossy(value.as_bytes()));
            }
        }
        let mut target = url.clone();
        http.route(&mut target, &mut headers);
        let mut request = http.client.request(method.clone(), target).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?.to_vec();
        let reply = Reply { asked: format!("{method} {url}"), url, status, headers, body };
        note_reply(&http.canaries, &reply);
        if checked && let Some(description) = OpenApi::checked_in() {
            description.check(&method, &reply);
        }
        Ok(reply)
    }
}

impl IntoFuture for Call {
    type Output = Reply;
    type IntoFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let asked = format!("{} {}", self.method, self.url);
            self.try_send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"))
        })
    }
}

fn note_credentials(canaries: &Canaries, line: &str) {
    for word in line.split([' ', ';']) {
        canaries.add(word.trim_start_matches("SSWS").trim_start_matches("bearer:"));
        canaries.add(word.split_once('=').map_or("", |(_, value)| value));
    }
}

fn note_reply(canaries: &Canaries, reply: &Reply) {
    for cookie in reply.cookies() {
        canaries.add(&cookie.value);
    }
    if reply.is_redirect() {
        for (name, value) in reply.location().query_pairs() {
            if name == "code" || name == "access_token" {
                canaries.add(&value);
            }
        }
    }
    if let Ok(value) = serde_json::from_slice::<Value>(&reply.body) {
        register(canaries, &value, 0);
    }
}

fn register(canaries: &Canaries, value: &Value, depth: usize) {
    match value {
        _ if depth > 8 => {}
        Value::Array(items) => items.iter().for_each(|item| register(canaries, item, depth + 1)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if SECRET_MEMBERS.contains(&name.as_str()) => canaries.add(text),
                    Value::Object(inner) if name == "password" => {
                        inner.values().filter_map(Value::as_str).for_each(|text| canaries.add(text));
                    }
                    _ => register(canaries, value, depth + 1),
                }
            }
        }
        _ => {}
    }
}
