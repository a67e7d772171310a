//! The page behind the one-time link that gives a tenant its first administrator.

use crate::console::when;
use crate::extract::Tenant;
use crate::pages::browser::form_is_ours;
use crate::{App, cookie, html};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, routing::get};
use serde::Deserialize;
use signet_idp::tenants::SetupError;
use signet_idp::{Ctx, IdpError};
use signet_web::{Csrf, Setup, Shell};

/// Its routes.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/setup", get(show).post(submit))
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
struct Filled {
    csrf: String,
    flow: String,
    login: String,
    password: String,
    password_again: String,
}

async fn show(State(app): State<App>, Tenant(ctx): Tenant, Query(link): Query<Link>) -> Response {
    let (login, expires) = match app.idp().setup_link(&ctx, &link.token).await {
        Ok(found) => (found.login, Some(when::moment(found.expires_at, ctx.now))),
        Err(error) => return refused(&ctx, &error),
    };
    let browser = app.idp().entropy().secret("");
    let form = match empty(&app, &ctx, &browser, link.token).await {
        Ok(empty) => Setup { login, expires, ..empty },
        Err(error) => return refused(&ctx, &error.into()),
    };
    let cookie = cookie::set(&cookie::name(&ctx.tenant, "setup"), &browser, ctx.tenant.is_https(), None);
    ([(header::SET_COOKIE, cookie)], html::page(&form)).into_response()
}

async fn submit(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    Form(filled): Form<Filled>,
) -> Response {
    let name = cookie::name(&ctx.tenant, "setup");
    let browser = cookie::get(&headers, &name).unwrap_or_default();
    if browser.is_empty() || !form_is_ours(&app, ctx.tenant_id(), browser, &headers, &filled.csrf) {
        let words = (
            "Not accepted",
            "This form was not ours, or your browser keeps no cookies. Open the link again.",
        );
        return html::error_page(&ctx, StatusCode::FORBIDDEN, words.0, words.1);
    }
    let form = match empty(&app, &ctx, browser, filled.flow.clone()).await {
        Ok(empty) => Setup { login: filled.login.clone(), ..empty },
        Err(error) => return refused(&ctx, &error.into()),
    };
    if filled.password != filled.password_again {
        let error = Some("The two passwords differ. Type both again.".to_owned());
        return html::page_with(StatusCode::BAD_REQUEST, &Setup { error, ..form }, &[]);
    }
    match app.idp().finish_setup(&ctx, &filled.flow, filled.login.trim(), &filled.password).await {
        Ok(_) => {
            let gone = cookie::clear(&name, ctx.tenant.is_https());
            ([(header::SET_COOKIE, gone)], Redirect::to("/console")).into_response()
        }
        Err(SetupError::Invalid(error)) => {
            html::page_with(StatusCode::BAD_REQUEST, &Setup { error: Some(error), ..form }, &[])
        }
        Err(error) => refused(&ctx, &error),
    }
}

async fn empty(app: &App, ctx: &Ctx, browser: &str, token: String) -> Result<Setup, IdpError> {
    Ok(Setup {
        shell: Shell::new(&ctx.tenant.display_name, "Set up"),
        csrf: Csrf::new(app.idp().secrets().csrf(ctx.tenant_id(), browser)),
        action: "/setup".to_owned(),
        flow: token,
        login: String::new(),
        error: None,
        min_length: app.idp().setup_rules(ctx).await?.min_length,
        expires: None,
    })
}

fn refused(ctx: &Ctx, error: &SetupError) -> Response {
    match error {
        SetupError::Failed(IdpError::Overloaded { .. }) => {
            html::error_page(ctx, StatusCode::SERVICE_UNAVAILABLE, "Busy", "Try again in a moment.")
        }
        SetupError::Failed(error) => {
            tracing::error!(%error, "a set-up failed");
            let words = ("Something went wrong", "Nothing was saved. Try again in a moment.");
            html::error_page(ctx, StatusCode::INTERNAL_SERVER_ERROR, words.0, words.1)
        }
        SetupError::Gone | SetupError::Invalid(_) => {
            let sentence =
                "This link was used or has expired. Ask whoever runs this installation for a new one.";
            html::error_page(ctx, StatusCode::NOT_FOUND, "This link no longer works", sentence)
        }
    }
}
