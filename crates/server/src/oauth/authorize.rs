//! `GET` and `POST …/v1/authorize` (RFC 6749 §3.1).

use super::asked::Asked;
use super::form;
use crate::App;
use crate::cookie;
use crate::pages::browser::Browser;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_idp::authorize::{AuthorizeCall, Page};
use signet_oauth::{OAuthError, Params};

pub(super) async fn get(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default().as_bytes());
    answer(&app, &asked, &headers, params).await
}

pub(super) async fn post(State(app): State<App>, asked: Asked, headers: HeaderMap, body: Bytes) -> Response {
    answer(&app, &asked, &headers, form::body(&headers, &body)).await
}

async fn answer(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
    params: Result<Params, OAuthError>,
) -> Response {
    let params = match params {
        Ok(params) => params,
        Err(error) => {
            let recorded =
                app.idp().unread_authorization_request(&asked.ctx, &asked.server.server, &error).await;
            return step::page(&asked.ctx, &Page(recorded.map_or_else(OAuthError::from, |()| error)));
        }
    };
    let browser = match Browser::of(app, &asked.ctx, headers).await {
        Ok(browser) => browser,
        Err(error) => return step::page(&asked.ctx, &error.into()),
    };
    let call = AuthorizeCall {
        server: &asked.server,
        params: &params,
        signed_in: browser.signed_in.as_ref(),
        browser: &browser.cookie,
    };
    let mut response = match app.idp().authorize(&asked.ctx, &call).await {
        Ok(next) => browser.keep(&asked.ctx, step::go(&asked.ctx, next)),
        Err(page) => step::page(&asked.ctx, &page),
    };
    // The sign-in may have expired, or ended elsewhere.
    if browser.signed_in.is_none() {
        cookie::unwatch(&mut response, &asked.ctx.tenant, headers);
    }
    response
}
