//! The operator's pages: who runs this installation signs in and sees its tenants.

mod pages;
mod session;

pub(crate) use session::signed_in;

use crate::App;
use crate::extract::Operator;
use crate::html;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

/// What the pages call their owner.
const OWNER: &str = "Signet";

/// Its routes.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(pages::home))
        .route("/tenants", get(pages::tenants))
        .route("/sign-in", get(session::show).post(session::submit))
        .route("/sign-out", post(session::sign_out))
}

/// The answer to every path that leads nowhere.
pub(crate) async fn nowhere(Operator(ctx): Operator) -> Response {
    if ctx.request.path.starts_with("/api/") {
        return crate::middleware::not_found().render(&ctx.request);
    }
    html::not_found_page(OWNER, &ctx.request)
}
