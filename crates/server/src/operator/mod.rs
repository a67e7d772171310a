//! The operator's pages: who runs this installation signs in, sees how it is, and makes and suspends tenants.

mod deletion;
mod pages;
mod session;
mod tenant_forms;
mod tenants;
mod visit;
mod work;

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
        .route("/tenants", get(tenants::list))
        .route("/tenants/new", get(tenant_forms::new).post(tenant_forms::create))
        .route("/tenants/{name}", get(tenants::show))
        .route("/tenants/{name}/suspend", get(tenant_forms::suspension).post(tenant_forms::suspend))
        .route("/tenants/{name}/unsuspend", post(tenant_forms::unsuspend))
        .route("/tenants/deleted", get(deletion::list))
        .route("/tenants/{name}/delete", get(deletion::ask).post(deletion::delete))
        .route("/tenants/{name}/restore", post(deletion::restore))
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
