//! The pages on the way through a sign-in: name and password, consent.

pub mod browser;
pub(crate) mod language;
pub(crate) mod open_things;
pub mod step;

mod account;
mod account_profile;
mod choose_account;
mod consent;
mod entry;
pub(crate) mod renewal;
mod sign_in;

use crate::App;
use axum::Router;
use axum::middleware::map_response;
use axum::routing::{get, post};

/// Every route of these pages.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(sign_in::get).post(sign_in::post))
        .route("/login/password", post(renewal::post))
        .route("/login/account", get(choose_account::get).post(choose_account::post))
        .merge(own_account())
        .route("/consent", get(consent::get).post(consent::post))
        .route("/consent/account", post(consent::other_account))
}

fn own_account() -> Router<App> {
    Router::new()
        .route("/account", get(account::get))
        .route("/account/profile", get(account_profile::get).post(account_profile::save))
        .route("/account/password", get(account::password).post(account::change))
        .route("/account/theme", post(account::choose_theme))
        .route("/account/sessions/{session}/end", post(account::end_session))
        .route("/account/apps/{app}/revoke", post(account::revoke))
        .layer(map_response(crate::html::alone))
}

/// The answer to a form that no page of ours sent.
fn forbidden(ctx: &signet_idp::Ctx) -> axum::response::Response {
    language::wrong(ctx, axum::http::StatusCode::FORBIDDEN, |errors| errors.form_unusable)
}
