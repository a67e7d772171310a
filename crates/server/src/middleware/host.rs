//! Whose request it is: exactly one host, strictly read, and the tenant it belongs to.

use super::refusal::Refusal;
use crate::App;
use axum::http::{StatusCode, Version, header};
use hyper::Request;
use signet_domain::tenant::Tenant;
use signet_idp::IdpError;
use signet_idp::tenants::split_authority;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a request goes.
pub(super) enum Target {
    /// The probes, which have no host.
    Health,
    /// The operator's pages.
    Operator,
    /// A tenant.
    Tenant(Arc<Tenant>),
}

/// Unknown hosts that dev has spoken of, so that it does so once.
#[derive(Default)]
pub(super) struct KnownHosts(Mutex<HashSet<String>>);

/// Hosts that are remembered; a scanner doesn't fill the memory.
const MOST_REMEMBERED: usize = 64;

/// Finds out whose request it is.
pub(super) async fn target<B>(
    app: &App,
    known: &KnownHosts,
    request: &Request<B>,
) -> Result<Target, Refusal> {
    let wrong = || Refusal::new(StatusCode::BAD_REQUEST, "Bad host").closing().plain();
    let host = normal(&one_host(request).ok_or_else(wrong)?, app.config().is_https()).ok_or_else(wrong)?;
    if app.config().operator_host.as_deref() == Some(host.as_str()) {
        return Ok(Target::Operator);
    }
    match app.idp().tenant_by_host(&host).await {
        Ok(Some(tenant)) => Ok(Target::Tenant(tenant)),
        Ok(None) => {
            if app.config().is_dev() {
                say_once(app, known, &host).await;
            }
            Err(super::not_found().plain())
        }
        Err(error) => Err(unavailable(&error)),
    }
}

fn unavailable(error: &IdpError) -> Refusal {
    tracing::warn!(%error, "no tenant could be looked up");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "Not available: try again in a moment")
}

/// The one host that a request names, if all places that name one agree.
fn one_host<B>(request: &Request<B>) -> Option<String> {
    let mut headers = request.headers().get_all(header::HOST).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return None;
    }
    let header = match header {
        Some(value) => Some(value.to_str().ok()?.to_ascii_lowercase()),
        None => None,
    };
    let authority = request.uri().authority().map(|a| a.as_str().to_ascii_lowercase());
    match (header, authority) {
        (Some(header), Some(authority)) => (header == authority).then_some(header),
        (Some(header), None) => Some(header),
        // HTTP/2 has its `:authority`; before that, the header is a must.
        (None, Some(authority)) => (request.version() >= Version::HTTP_2).then_some(authority),
        (None, None) => None,
    }
}

/// The host without the port that its scheme implies.
fn normal(host: &str, https: bool) -> Option<String> {
    let (name, port) = split_authority(host)?;
    let implied = if https { 443 } else { 80 };
    Some(if port == Some(implied) { name.to_owned() } else { host.to_owned() })
}

async fn say_once(app: &App, known: &KnownHosts, host: &str) {
    {
        let mut said = known.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= MOST_REMEMBERED || !said.insert(host.to_owned()) {
            return;
        }
    }
    let tenants = app.idp().store().unscoped_tenants("", 20).await.unwrap_or_default();
    let mut hosts: Vec<&str> = tenants.iter().map(|t| t.tenant.host.as_str()).collect();
    hosts.extend(app.config().operator_host.as_deref());
    tracing::warn!("no tenant is at {host}; this server knows {}", hosts.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(uri: &str, hosts: &[&str], version: Version) -> Option<String> {
        let mut request = Request::builder().uri(uri).version(version);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        one_host(&request.body(()).unwrap()).and_then(|host| normal(&host, false))
    }

    #[test]
    fn in_16_one_host_or_none() {
        let h1 = Version::HTTP_11;
        assert_eq!(host("/", &["LocalHost:8080"], h1).as_deref(), Some("localhost:8080"));
        assert_eq!(host("/", &["a.test:80"], h1).as_deref(), Some("a.test"));
        assert_eq!(host("http://a.test/", &["a.test"], h1).as_deref(), Some("a.test"));
        assert_eq!(host("http://a.test/", &[], Version::HTTP_2).as_deref(), Some("a.test"));
        for (uri, hosts) in [
            ("/", &[][..]),
            ("/", &["a.test", "a.test"]),
            ("/", &["a.test", "b.test"]),
            ("/", &["u@a.test"]),
            ("/", &["a.test:80:80"]),
            ("/", &["a.test/x"]),
            ("/", &["a.test,b.test"]),
            ("/", &[""]),
            ("http://a.test/", &["b.test"]),
            ("http://u@a.test/", &["a.test"]),
            ("http://a.test/", &[]),
        ] {
            assert_eq!(host(uri, hosts, h1), None, "{uri} {hosts:?}");
        }
        assert_eq!(host("http://a.test/", &["b.test"], Version::HTTP_2), None);
    }
}
