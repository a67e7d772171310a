//! The protocol's endpoints. The org server's are at `/oauth2/v1/…`, a custom server's at
//! `/oauth2/{server}/v1/…`; one handler serves both.

mod asked;
mod authorize;
mod cors;
mod discovery;
mod form;
mod introspect;
mod logout;
mod par;
mod register;
mod respond;
mod revoke;
mod session;
mod token;
mod userinfo;

pub(crate) use respond::json;
pub(crate) use token::put_limit;

use crate::App;
use axum::Router;
use axum::routing::{MethodRouter, get, post};

/// Where a server is.
const BASES: [&str; 2] = ["/oauth2", "/oauth2/{server}"];

/// The routes of the protocol that people see.
pub fn pages() -> Router<App> {
    BASES.iter().fold(Router::new(), |router, base| {
        let at = |name: &str| format!("{base}/v1/{name}");
        router
            .route(&at("authorize"), get(authorize::get).post(authorize::post))
            .route(&at("logout"), get(logout::get).post(logout::post))
            .route(&at("session"), get(session::get))
    })
}

/// Its other routes.
pub fn routes() -> Router<App> {
    let mut router = Router::new();
    for base in BASES {
        let at = |name: &str| format!("{base}/v1/{name}");
        router = router
            .route(&at("token"), endpoint(post(token::post)))
            .route(&at("introspect"), endpoint(post(introspect::post)))
            .route(&at("revoke"), endpoint(post(revoke::post)))
            .route(&at("userinfo"), endpoint(get(userinfo::get).post(userinfo::post)))
            .route(&at("par"), endpoint(post(par::post)))
            .route(&at("clients"), post(register::post))
            .route(&at("clients/{client}"), get(register::get).put(register::put).delete(register::delete))
            .route(&at("keys"), public(get(discovery::keys)));
    }
    // OpenID Connect Discovery appends the well-known part to the issuer; RFC 8414 §3 inserts it before the
    // path. Both are served for both documents.
    for document in ["openid-configuration", "oauth-authorization-server"] {
        router = router
            .route(&format!("/.well-known/{document}"), public(get(discovery::metadata)))
            .route(&format!("/oauth2/{{server}}/.well-known/{document}"), public(get(discovery::metadata)))
            .route(&format!("/.well-known/{document}/oauth2/{{server}}"), public(get(discovery::metadata)));
    }
    router
}

/// What an app in a browser calls from its own origins.
fn endpoint(route: MethodRouter<App>) -> MethodRouter<App> {
    route.options(cors::preflight)
}

/// What any page may read.
fn public(route: MethodRouter<App>) -> MethodRouter<App> {
    route.options(cors::public_preflight)
}
