//! What a server says of itself: discovery documents and keys.

use super::asked::Asked;
use super::{cors, respond};
use crate::App;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use signet_domain::claim::ClaimTarget;
use signet_domain::key_life::KEY_SET_MAX_AGE_SECONDS;
use signet_domain::server::ServerKind;
use signet_idp::IdpError;
use signet_idp::cache::ServerConfig;
use signet_oauth::jwt::Alg;
use signet_oauth::metadata::{Endpoints, Metadata};
use signet_oauth::token_request::GrantType;
use signet_web::Language;
use std::collections::BTreeSet;

/// `GET /.well-known/openid-configuration` and its sisters (OpenID Connect Discovery §4, RFC 8414 §3).
pub(super) async fn metadata(State(app): State<App>, asked: Asked) -> Response {
    // What is set counts once a key of it signs; without a store what is set is all that is known.
    let algs = match app.idp().server_keys(&asked.ctx, &asked.server.server).await {
        Ok(keys) => keys.algs(),
        Err(_) => asked.server.server.signing_alg.parse().into_iter().collect(),
    };
    let mut response = axum::Json(document(&asked.server, algs)).into_response();
    shared(&mut response);
    response
}

/// `GET …/v1/keys` (RFC 7517 §5).
pub(super) async fn keys(State(app): State<App>, asked: Asked) -> Response {
    match app.idp().server_keys(&asked.ctx, &asked.server.server).await {
        Ok(keys) => {
            let mut response = axum::Json(&keys.jwks).into_response();
            shared(&mut response);
            response
        }
        Err(IdpError::Gone) => crate::middleware::not_found().render(&asked.ctx.request),
        Err(error) => {
            let mut response = respond::error(&error.into(), &asked.server.server.issuer);
            cors::public(&mut response);
            response
        }
    }
}

fn shared(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // A key signs only once no copy that this allows can lack it.
    let kept = format!("public, max-age={KEY_SET_MAX_AGE_SECONDS}");
    if let Ok(kept) = HeaderValue::try_from(kept) {
        headers.insert(header::CACHE_CONTROL, kept);
    }
    cors::public(response);
}

fn document(config: &ServerConfig, algs: Vec<Alg>) -> Metadata {
    let server = &config.server;
    let mut endpoints = match server.kind {
        ServerKind::Org => Endpoints::below(&format!("{}/oauth2", server.issuer)),
        ServerKind::Custom => Endpoints::below(&server.issuer),
    };
    endpoints.registration = config.registration().map(|_| server.endpoint("clients"));
    let custom_scopes = server.kind == ServerKind::Custom;
    let grants = GrantType::ALL
        .iter()
        .copied()
        // The org server has no scope that an app could use for itself.
        .filter(|g| custom_scopes || *g != GrantType::ClientCredentials)
        .collect();
    let scopes = config.scopes.iter().filter(|s| s.published).map(|s| s.name.clone()).collect();
    let mut document = Metadata::new(&server.issuer, endpoints, grants, scopes, algs);
    document.ui_locales_supported = Language::ALL.map(|language| language.tag().to_owned()).to_vec();
    document.claims_supported.extend(further_claims(config));
    document.check_session_iframe = server.session_management.then(|| server.endpoint("session"));
    document
}

/// The claims about a user that this server gives beside the standard ones.
fn further_claims(config: &ServerConfig) -> BTreeSet<String> {
    let scope = config.scopes.iter().map(|scope| scope.name.as_str()).filter(|name| *name == "groups");
    let configured = config.claims.iter().filter(|claim| claim.target == ClaimTarget::Identity);
    scope.chain(configured.map(|claim| claim.name.as_str())).map(str::to_owned).collect()
}
