//! A form of the way in, sent by this browser's own page.

use super::browser::Browser;
use super::step;
use crate::{App, cookie};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use signet_domain::session::SessionKind;
use signet_idp::Ctx;
use signet_idp::authorize::{OpenFlow, Page, SignedIn};
use signet_idp::sign_in::Door;
use signet_oauth::{OAuthError, Params, Reason};

/// A form, with what it is about.
pub(super) struct Entry {
    /// For the reader.
    pub(super) ctx: Ctx,
    pub(super) browser: Browser,
    pub(super) params: Params,
    /// The request of an app that waits for the answer.
    pub(super) open: Option<OpenFlow>,
}

impl Entry {
    /// Reads one.
    ///
    /// # Errors
    /// The page for one that can't be read, that no page of ours sent, or whose flow is over.
    pub(super) async fn of(app: &App, ctx: &Ctx, headers: &HeaderMap, body: &[u8]) -> Result<Self, Response> {
        let result = async {
            let params = Params::parse(body).map_err(Page)?;
            let browser = Browser::of(app, ctx, headers).await?;
            if !browser.csrf_matches(app, ctx, headers, params.get("csrf").unwrap_or_default()) {
                return Ok(Err(super::forbidden(ctx)));
            }
            let open = open(app, ctx, &browser, params.get("flow")).await?;
            let ctx = for_reader(ctx, open.as_ref());
            Ok(Ok(Self { ctx, browser, params, open }))
        };
        let result: Result<_, Page> = result.await;
        match result {
            Ok(entry) => entry,
            Err(page) => Err(step::page(ctx, &page)),
        }
    }

    /// The handle of the flow, or nothing.
    pub(super) fn handle(&self) -> &str {
        self.params.get("flow").unwrap_or_default()
    }

    /// The login, as typed.
    pub(super) fn login(&self) -> &str {
        self.params.get("login").unwrap_or_default()
    }

    /// The door at which somebody signs in.
    pub(super) fn door(&self) -> Door<'_> {
        Door {
            kind: SessionKind::User,
            browser: &self.browser.cookie,
            flow: self.open.as_ref().map(|o| o.flow.id),
            app: self.open.as_ref().map(|o| (o.app.app.id, o.app.app.client_id.as_str())),
            replaces: self.browser.session_cookie.as_deref(),
        }
    }

    /// The flow, where the form makes no sense without one.
    pub(super) fn flow(&mut self) -> Result<OpenFlow, Page> {
        self.open.take().ok_or_else(|| Page(OAuthError::new(Reason::RequestExpired)))
    }

    /// Whether somebody is whom the page named that the form is on: in another tab, another may have signed in.
    pub(super) fn names(&self, signed_in: &SignedIn) -> bool {
        self.params.get("account") == Some(signed_in.user.id.to_string().as_str())
    }

    /// The answer, or the page that says why there is none.
    pub(super) fn answer(&self, result: Result<Response, Page>) -> Response {
        result.unwrap_or_else(|page| step::page(&self.ctx, &page))
    }

    /// Goes on with who is signed in now, and hands the browser its cookie.
    pub(super) async fn go_on(
        &self,
        app: &App,
        headers: &HeaderMap,
        signed_in: &SignedIn,
        cookie: &str,
    ) -> Result<Response, Page> {
        let ctx = &self.ctx;
        let mut response = match &self.open {
            Some(open) => step::go(ctx, app.idp().resume(ctx, open, self.handle(), Some(signed_in)).await?),
            None => step::redirect("/account"),
        };
        let name = cookie::name(&ctx.tenant, "session");
        let value = cookie::set(&name, cookie, ctx.tenant.is_https(), None);
        response.headers_mut().append(header::SET_COOKIE, value);
        cookie::unwatch(&mut response, &ctx.tenant, headers);
        Ok(response)
    }
}

/// The request for a reader for whom the app may want a language.
pub(super) fn for_reader(ctx: &Ctx, open: Option<&OpenFlow>) -> Ctx {
    ctx.clone().preferring(open.and_then(|o| o.request.ui_locales.as_deref()))
}

/// The flow of a handle, if a page has one.
pub(super) async fn open(
    app: &App,
    ctx: &Ctx,
    browser: &Browser,
    handle: Option<&str>,
) -> Result<Option<OpenFlow>, Page> {
    match handle {
        Some(handle) => app.idp().open_flow(ctx, handle, &browser.cookie).await.map(Some),
        None => Ok(None),
    }
}
