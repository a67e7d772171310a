//! What every request passes on its way in and every answer on its way out, in the order of [`Edge::answer`].

mod access;
mod body;
mod documents;
mod headers;
mod host;
mod locales;
mod path;
mod peer;
mod refusal;
mod trace;

pub(crate) use refusal::not_found;

use crate::App;
use crate::extract::OperatorCtx;
use crate::theme;
use access::Line;
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode, Version, header};
use axum::response::Response;
use futures_util::FutureExt;
use host::{KnownHosts, Target};
use hyper::body::Incoming;
use refusal::Refusal;
use signet_domain::event::RequestFacts;
use signet_idp::Ctx;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use tower::ServiceExt;
use tracing::Instrument;

/// Answers every request that a connection brings.
#[derive(Clone)]
pub(crate) struct Edge {
    app: App,
    tenant: Router,
    operator: Router,
    health: Router,
    known: Arc<KnownHosts>,
    documents: Arc<documents::Documents>,
}

impl Edge {
    pub(crate) fn new(app: App) -> Self {
        Self {
            tenant: crate::routes::tenant(&app),
            operator: crate::routes::operator(&app),
            health: crate::routes::health(&app),
            known: Arc::default(),
            documents: Arc::default(),
            app,
        }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: hyper::Request<Incoming>, peer: SocketAddr) -> Response {
        let span = trace::span(&request);
        let response = self.answer_in_span(request, peer).instrument(span.clone()).await;
        trace::complete(&span, &response);
        response
    }

    async fn answer_in_span(&self, request: hyper::Request<Incoming>, peer: SocketAddr) -> Response {
        let started = Instant::now();
        let now = self.app.idp().clock().now();
        let facts = RequestFacts {
            id: self.app.idp().entropy().id(now),
            ip: peer::client_ip(peer.ip(), request.headers(), &self.app.config().trusted_proxies).to_string(),
            user_agent: peer::user_agent(request.headers()),
            path: request.uri().path().to_owned(),
            is_safe: request.method().is_safe(),
        };
        let mut line = Line::new(&request, &facts, started);
        let closes = request.version() < Version::HTTP_2;
        // Where a chunked body ends is told by its own bytes, so nothing is read after one.
        let last = closes && request.headers().contains_key(header::TRANSFER_ENCODING);
        let document = documents::key(&request);
        let answer = self.route(request, &facts, now, &mut line).await;
        let (mut response, refused) = match self.documents.heed(document, answer).await {
            Ok(response) => (response, false),
            Err(refusal) => (refusal.render(&facts), refusal.closes()),
        };
        if closes && (last || refused) {
            response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        }
        headers::complete(&mut response, &facts, self.app.config().pins_https());
        signet_metrics::REQUESTS.add(route_of(&response), response.status().as_u16());
        line.write(&response, self.app.config().mode);
        response
    }

    async fn route(
        &self,
        request: hyper::Request<Incoming>,
        facts: &RequestFacts,
        now: signet_domain::Time,
        line: &mut Line,
    ) -> Result<Response, Refusal> {
        path::check(request.method(), request.uri())?;
        let target = match request.uri().path() {
            "/health/live" | "/health/ready" => Target::Health,
            _ => host::target(&self.app, &self.known, &request).await?,
        };
        let mut request = body::read(request).await?;
        let router = match target {
            Target::Health => &self.health,
            Target::Operator => {
                let operator = crate::operator::signed_in(&self.app, request.headers(), now).await;
                let dark = crate::operator::theme_chosen(&self.app, request.headers());
                let ctx = OperatorCtx { now, request: facts.clone(), operator, dark };
                request.extensions_mut().insert(ctx);
                &self.operator
            }
            Target::Tenant(tenant) => {
                line.tenant(&tenant.name);
                let locales = locales::wanted(request.headers());
                let dark = theme::chosen(request.headers(), &tenant);
                let ctx = Ctx { locales, dark, ..Ctx::new(tenant, now, facts.clone()) };
                request.extensions_mut().insert(ctx);
                &self.tenant
            }
        };
        run(router.clone(), request).await
    }
}

/// The template of the route that answered. A real path may hold a login, and strangers invent as many as they like.
fn route_of(response: &Response) -> Option<&str> {
    response.extensions().get::<MatchedPath>().map(MatchedPath::as_str)
}

/// A panic ends one request, not the connection and not the server. The panic hook has logged it.
///
/// What a POST has begun it finishes, even if its caller hangs up: an attempt that was counted must not be missing
/// from the log.
async fn run(router: Router, request: Request) -> Result<Response, Refusal> {
    let finishes = request.method() == Method::POST;
    let sentence = if request.method().is_safe() {
        "Something went wrong on our side, and nothing was changed"
    } else {
        "Something went wrong on our side; what was sent may or may not have been saved, so look before trying again"
    };
    let broken = move || Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, sentence);
    let answer = async move {
        match AssertUnwindSafe(router.oneshot(request)).catch_unwind().await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(never)) => match never {},
            Err(_) => Err(broken()),
        }
    };
    if !finishes {
        return answer.await;
    }
    tokio::spawn(answer.in_current_span()).await.unwrap_or_else(|_| Err(broken()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;

    /// Whatever the method: a POST runs in a task of its own.
    #[tokio::test]
    async fn in_27_a_panic_costs_its_own_request_only() {
        #[expect(clippy::panic, reason = "that is what is tested")]
        async fn broken() -> &'static str {
            panic!("on purpose");
        }
        let router =
            Router::new().route("/broken", get(broken).post(broken)).route("/", get(async || "fine"));
        let ask = async |method: Method, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            run(router.clone(), request).await
        };
        for method in [Method::GET, Method::POST] {
            assert!(ask(method.clone(), "/broken").await.is_err_and(|refusal| refusal.status() == 500));
            assert!(ask(Method::GET, "/").await.is_ok_and(|response| response.status() == 200), "{method}");
        }
    }
}
