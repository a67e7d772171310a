//! From what comes next to a response.

use super::language::{self, texts};
use crate::{cookie, html, theme};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signet_idp::Ctx;
use signet_idp::authorize::{Page, Step};
use signet_oauth::authorize::ResponseMode;
use signet_oauth::redirect::RedirectUri;
use signet_oauth::response::AuthorizeResponse;
use signet_oauth::{OAuthError, Reason};
use signet_web::{ErrorPage, Fact, FormPost, Hidden, Link, Shell};

/// A redirect that turns a POST into a GET, so that a password is never sent on.
#[must_use]
pub fn redirect(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    // What is no header value can't be a registered URI either.
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Shows what comes next.
#[must_use]
pub fn go(ctx: &Ctx, step: Step) -> Response {
    match step {
        Step::SignIn { handle } => redirect(&format!("/login?flow={handle}")),
        Step::ChooseAccount { handle } => redirect(&format!("/login/account?flow={handle}")),
        Step::Consent { handle } => redirect(&format!("/consent?flow={handle}")),
        Step::Respond(answer) => {
            let mut response = respond(ctx, &answer);
            if let Some(state) = &answer.browser_state {
                cookie::watch(&mut response, &ctx.tenant, state);
            }
            response
        }
        Step::Offer(answer, error) => offer(ctx, &answer, &error),
    }
}

/// Says what was wrong, and lets the user go back to the app or not.
fn offer(ctx: &Ctx, answer: &AuthorizeResponse, error: &OAuthError) -> Response {
    if answer.mode == ResponseMode::FormPost {
        return form_post(ctx, answer, Some(error_page(ctx, error).sentence));
    }
    let way_on = texts(ctx).form_post.heading.with(host_of(&answer.redirect_uri));
    let page = ErrorPage { way_on: Some(Link::new(way_on, answer.location())), ..error_page(ctx, error) };
    html::page_with(StatusCode::BAD_REQUEST, &page, &[])
}

fn respond(ctx: &Ctx, response: &AuthorizeResponse) -> Response {
    if response.mode != ResponseMode::FormPost {
        return redirect(&response.location());
    }
    form_post(ctx, response, None)
}

/// The answer as a form, which goes by itself, or waits for its user where it is a refusal.
fn form_post(ctx: &Ctx, response: &AuthorizeResponse, refusal: Option<String>) -> Response {
    let page = FormPost {
        refusal,
        shell: language::shell(ctx, texts(ctx).form_post.title),
        action: response.redirect_uri.clone(),
        fields: response.form_fields().map(|(name, value)| Hidden::new(name, value)).collect(),
        app_name: host_of(&response.redirect_uri),
    };
    html::page_with(StatusCode::OK, &page, &[&form_target(&response.redirect_uri)])
}

/// The page of a request that can't be answered to its app.
#[must_use]
pub fn page(ctx: &Ctx, Page(error): &Page) -> Response {
    let page = error_page(ctx, error);
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = html::page_with(status, &page, &[]);
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn error_page(ctx: &Ctx, error: &OAuthError) -> ErrorPage {
    // The browser is no OAuth client: to it, whatever was wrong with the request is a 400.
    let status = if error.status() >= 500 { error.status() } else { 400 };
    let page = language::error(
        ctx,
        status,
        match error.reason {
            Reason::RequestExpired => |errors| errors.flow_over,
            _ if status >= 500 && ctx.request.is_safe => |errors| errors.not_now,
            _ if status >= 500 => |errors| errors.not_now_sent,
            _ => |errors| errors.bad_request,
        },
    );
    let detail = vec![
        Fact::code("error", error.code().as_str()),
        Fact::code("reason", error.reason.as_str()),
        Fact::text(texts(ctx).errors.explanation, error.body().error_description),
    ];
    ErrorPage { detail, ..page }
}

/// The frame of a tenant's page in English: for administrators and developers.
#[must_use]
pub fn shell(ctx: &Ctx, title: &str) -> Shell {
    let shell = Shell { theme: theme::of(ctx), ..Shell::new(ctx.tenant.display_name.clone(), title) };
    if ctx.tenant.demo { shell.note("Demo tenant") } else { shell }
}

/// What `form-action` must admit for a page whose form ends at a redirect URI: Chrome holds the redirects
/// after a form to it as well.
#[must_use]
pub fn form_target(redirect_uri: &str) -> String {
    RedirectUri::stored(redirect_uri, false)
        .origin()
        .or_else(|| redirect_uri.split_once(':').map(|(scheme, _)| format!("{scheme}:")))
        .unwrap_or_default()
}

/// The host that a redirect URI leads to, for people.
#[must_use]
pub fn host_of(redirect_uri: &str) -> String {
    let rest = redirect_uri.split_once("://").map_or(redirect_uri, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
}
