//! Pages as responses: one content type, one strict policy.

use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use signet_domain::event::RequestFacts;
use signet_idp::Ctx;
use signet_oauth::redirect::RedirectUri;
use signet_web::{ErrorPage, Page, Shell, Template};
use std::collections::BTreeSet;

/// A page.
#[must_use]
pub fn page(page: &impl Page) -> Response {
    page_with(StatusCode::OK, page, &[])
}

/// A part of a page, which a script of ours asked for.
#[must_use]
pub(crate) fn part(part: &impl Template) -> Response {
    let Ok(html) = part.render() else {
        tracing::error!("a part of a page could not be rendered");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let policy = "default-src 'none'; frame-ancestors 'none'";
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, html).into_response()
}

/// A page with a status, whose forms may lead to these origins besides our own.
#[must_use]
pub fn page_with(status: StatusCode, page: &impl Page, form_action: &[&str]) -> Response {
    render(status, page, &Policy { form_action, ..Policy::default() })
}

/// A page that loads these addresses of apps in frames; their origins, and nothing else, may be framed.
#[must_use]
pub(crate) fn page_with_frames(page: &impl Page, frames: &[String]) -> Response {
    let origins: BTreeSet<String> =
        frames.iter().filter_map(|uri| RedirectUri::stored(uri.as_str(), false).origin()).collect();
    let frames: Vec<&str> = origins.iter().map(String::as_str).collect();
    render(StatusCode::OK, page, &Policy { frames: &frames, ..Policy::default() })
}

/// A page that shows pages of ours in frames.
#[must_use]
pub(crate) fn page_with_own_frames(status: StatusCode, page: &impl Page) -> Response {
    render(status, page, &Policy { frames: &[SELF], ..Policy::default() })
}

/// A page that is shown in a frame of ours.
#[must_use]
pub(crate) fn framed_page(page: &impl Page) -> Response {
    render(StatusCode::OK, page, &Policy { framed_by: SELF, ..Policy::default() })
}

fn render(status: StatusCode, page: &impl Page, policy: &Policy<'_>) -> Response {
    let Ok(html) = page.html() else {
        tracing::error!(title = page.shell().title, "a page could not be rendered");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let policy = HeaderValue::try_from(policy.header(page.shell().asks));
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(page.shell().language.tag()));
    response
}

/// Our own origin.
const SELF: &str = "'self'";
/// Nobody's.
const NONE: &str = "'none'";

/// What differs between the policies of our pages.
struct Policy<'p> {
    /// Where forms may lead besides our own origin.
    form_action: &'p [&'p str],
    /// What may be loaded in frames.
    frames: &'p [&'p str],
    /// Who may load the page in a frame.
    framed_by: &'static str,
}

impl Default for Policy<'_> {
    fn default() -> Self {
        Self { form_action: &[], frames: &[], framed_by: NONE }
    }
}

impl Policy<'_> {
    /// The header. `asks` says whether the page's scripts may ask our own origin.
    fn header(&self, asks: bool) -> String {
        let (connect, framed_by) = (if asks { SELF } else { NONE }, self.framed_by);
        let mut policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; \
             connect-src {connect}; base-uri 'none'; frame-ancestors {framed_by}; form-action 'self'"
        );
        append(&mut policy, self.form_action);
        if !self.frames.is_empty() {
            policy.push_str("; frame-src");
            append(&mut policy, self.frames);
        }
        policy
    }
}

/// A space or semicolon would end the source and begin another.
fn append(policy: &mut String, sources: &[&str]) {
    let fine = |source: &&&str| **source == SELF || !source.contains([' ', ';', ',', '\'', '\r', '\n']);
    for source in sources.iter().filter(fine) {
        policy.push(' ');
        policy.push_str(source);
    }
}

/// Keeps windows of other origins away from a page. Not for sign-in and consent: an app that opens them in a window
/// of its own waits there for the answer.
pub(crate) async fn alone(mut response: Response) -> Response {
    let name = header::HeaderName::from_static("cross-origin-opener-policy");
    response.headers_mut().insert(name, HeaderValue::from_static("same-origin"));
    response
}

/// A page in English that says what went wrong at a tenant: for administrators and developers.
#[must_use]
pub fn error_page(ctx: &Ctx, status: StatusCode, heading: &str, sentence: &str) -> Response {
    failure(Shell::new(&ctx.tenant.display_name, heading), &ctx.request, status, sentence)
}

/// What the page of a path that leads nowhere says.
pub(crate) const NOT_FOUND: (&str, &str) = ("Page not found", "There is nothing at this address.");

/// The page of a path that leads nowhere.
pub(crate) fn not_found_page(owner: &str, facts: &RequestFacts) -> Response {
    failure(Shell::new(owner, NOT_FOUND.0), facts, StatusCode::NOT_FOUND, NOT_FOUND.1)
}

/// A page in English that says what went wrong, under the shell's title.
pub(crate) fn failure(shell: Shell, facts: &RequestFacts, status: StatusCode, sentence: &str) -> Response {
    page_with(status, &ErrorPage::new(shell, status.as_u16(), sentence, facts.id.to_string()), &[])
}

/// How long what is under a name that changes with its content may be kept.
pub(crate) const FOR_EVER: &str = "public, max-age=31536000, immutable";
