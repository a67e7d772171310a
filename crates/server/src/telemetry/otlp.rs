//! Traces to an OpenTelemetry collector: OTLP over plain HTTP, as JSON.
//!
//! The exporter has a thread of its own, so its client is the simplest that can be: one blocking connection per
//! batch. A collector belongs on the same machine or network; it speaks TLS to whatever is behind it.

use axum::body::Bytes;
use http::{Request, Response, Uri};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::OnceLock;
use std::time::Duration;
use tracing_opentelemetry::OpenTelemetryLayer;

/// How long the collector may take for anything.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most of an answer that is read.
const MOST_BYTES: u64 = 64 * 1024;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Where traces go: `http://host[:port][/path]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector(String);

impl std::fmt::Display for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Collector {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "--otlp-endpoint {text:?} is no http:// URL without a user: write it like http://localhost:4318"
            )
        };
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        if uri.scheme_str() != Some("http") || authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong());
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// The layer that turns spans into traces.
pub(super) fn layer<S>(collector: &Collector) -> Result<OpenTelemetryLayer<S, Tracer>, String>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client)
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("{collector}/v1/traces"))
        .with_timeout(PATIENCE)
        .build()
        .map_err(|e| format!("--otlp-endpoint {collector} can't be used: {e}"))?;
    let resource = Resource::builder_empty()
        .with_service_name("signet")
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    let tracer = provider.tracer("signet");
    let _first = PROVIDER.set(provider);
    Ok(tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false))
}

/// Sends what waits, and ends the exporter.
pub(super) fn stop() {
    if let Some(provider) = PROVIDER.get() {
        let _ = provider.shutdown_with_timeout(PATIENCE);
    }
}

/// Sends one request over a connection of its own.
#[derive(Debug)]
struct Client;

#[async_trait::async_trait]
impl HttpClient for Client {
    /// It blocks: the exporter's thread has nothing else to do.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        Ok(send(&request)?)
    }
}

fn send(request: &Request<Bytes>) -> std::io::Result<Response<Bytes>> {
    let wrong = |what: &'static str| std::io::Error::new(std::io::ErrorKind::InvalidData, what);
    let authority = request.uri().authority().ok_or_else(|| wrong("the collector's URL has no host"))?;
    let address = (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
    let address =
        address.to_socket_addrs()?.next().ok_or_else(|| wrong("the collector's host has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\ncontent-length: {}\r\n",
        request.method(),
        request.uri().path(),
        request.body().len()
    )
    .into_bytes();
    for (name, value) in request.headers() {
        if !["host", "connection", "content-length"].contains(&name.as_str()) {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head)?;
    stream.write_all(request.body())?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    // What it says beside the status changes nothing here.
    let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    let status =
        status.filter(|_| answer.starts_with(b"HTTP/1.")).and_then(|digits| digits.parse::<u16>().ok());
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status
        .and_then(|status| http::StatusCode::from_u16(status).ok())
        .ok_or_else(|| wrong("the collector does not answer like HTTP"))?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_plain_urls() {
        assert_eq!(Collector::parse("http://localhost:4318/").unwrap().to_string(), "http://localhost:4318");
        for wrong in
            ["localhost:4318", "https://collector", "http://u:p@collector", "ftp://x", "http://c?k=v", ""]
        {
            assert!(Collector::parse(wrong).is_err(), "{wrong}");
        }
    }
}
