//! The operator's pages: who runs this installation signs in, sees how it is, and makes and suspends tenants.

mod deletion;
mod numbers;
mod pages;
mod session;
mod tenant_forms;
mod tenants;
mod theme_choice;
mod visit;
mod work;

pub(crate) use session::{signed_in, theme_chosen};

use crate::extract::{Operator, OperatorCtx};
use crate::{App, html, theme};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use signet_web::Shell;

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
        .route("/theme", post(theme_choice::post))
}

/// How a page introduces itself, in the colours that the browser was told.
fn shell(ctx: &OperatorCtx, title: &str) -> Shell {
    Shell { theme: theme::named(ctx.dark), ..Shell::new(OWNER, title) }
}

/// A page that says what went wrong.
fn wrong(ctx: &OperatorCtx, status: StatusCode, (heading, sentence): (&str, &str)) -> Response {
    html::failure(shell(ctx, heading), &ctx.request, status, sentence)
}

/// The answer to every path that leads nowhere.
pub(crate) async fn nowhere(Operator(ctx): Operator) -> Response {
    if ctx.request.path.starts_with("/api/") {
        return crate::middleware::not_found().render(&ctx.request);
    }
    wrong(&ctx, StatusCode::NOT_FOUND, html::NOT_FOUND)
}
