//! Which path leads where.

use crate::{
    App, api, assets, brand, console, demo, docs, gateway, health, home, oauth, operator, pages, setup,
};
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::Uri;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use signet_idp::Ctx;

/// Everything at a tenant's host.
pub(crate) fn tenant(app: &App) -> Router {
    let for_people = Router::new()
        .route("/", get(home::home))
        .merge(oauth::pages())
        .merge(pages::routes())
        .merge(brand::routes())
        .merge(setup::routes())
        .merge(demo::routes())
        .route_layer(from_fn_with_state(app.clone(), brand::wear));
    Router::new()
        .merge(for_people)
        .route("/assets/{*rest}", get(assets::asset))
        .merge(oauth::routes())
        .merge(gateway::routes())
        .merge(api::routes())
        .merge(console::routes())
        .merge(docs::routes())
        .layer(from_fn(remember_route))
        .fallback(nowhere)
        .with_state(app.clone())
}

/// Everything at the operator's host.
pub(crate) fn operator(app: &App) -> Router {
    Router::new()
        .route("/assets/{*rest}", get(assets::asset))
        .merge(operator::routes())
        .merge(api::operator_routes())
        .layer(from_fn(remember_route))
        .fallback(operator::nowhere)
        .with_state(app.clone())
}

/// What answers whatever the host.
pub(crate) fn health(app: &App) -> Router {
    health::routes().layer(from_fn(remember_route)).with_state(app.clone())
}

/// Hands the route's own path to the access log.
async fn remember_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// APIs are answered in their own shape, people with a page.
async fn nowhere(State(app): State<App>, uri: Uri, Extension(mut ctx): Extension<Ctx>) -> Response {
    let refusal = crate::middleware::not_found();
    let is_api = ["/api/", "/auth/", "/oauth2/", "/gateway/", "/.well-known/"]
        .iter()
        .any(|p| uri.path().starts_with(p));
    if is_api {
        return refusal.render(&ctx.request);
    }
    ctx.brand = app.idp().brand(ctx.tenant_id()).await;
    pages::language::wrong(&ctx, StatusCode::NOT_FOUND, |errors| errors.no_page)
}
