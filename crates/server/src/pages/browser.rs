//! What a browser brings along: its sign-in, and a cookie that ties flows and forms to it.

use crate::App;
use crate::cookie;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use signet_domain::id::TenantId;
use signet_domain::session::SessionKind;
use signet_idp::authorize::SignedIn;
use signet_idp::{Ctx, IdpError};

/// Longest value that is taken for one of our cookies, in bytes.
const MAX_COOKIE: usize = 128;

/// A browser.
pub struct Browser {
    /// Its sign-in, if it has a live one.
    pub signed_in: Option<SignedIn>,
    /// The value of the cookie that flows and forms are bound to. It is no sign-in.
    pub cookie: String,
    /// The session cookie as it was sent, good or not.
    pub session_cookie: Option<String>,
    fresh: bool,
}

impl Browser {
    /// Reads a browser's cookies. A missing, doubled or foreign one counts as none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(app: &App, ctx: &Ctx, headers: &HeaderMap) -> Result<Self, IdpError> {
        let sent = |kind: &str| cookie::get(headers, &cookie::name(&ctx.tenant, kind)).map(str::to_owned);
        let session_cookie = sent("session");
        let signed_in = match &session_cookie {
            Some(value) => app.idp().session(ctx, SessionKind::User, value).await?,
            None => None,
        };
        let known = sent("browser").filter(|v| {
            v.len() <= MAX_COOKIE && v.starts_with("sgb") && v.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        let fresh = known.is_none();
        let cookie = known.unwrap_or_else(|| app.idp().entropy().secret("sgb"));
        Ok(Self { signed_in, cookie, session_cookie, fresh })
    }

    /// Sends the cookie with an answer if the browser hasn't got it yet.
    #[must_use]
    pub fn keep(&self, ctx: &Ctx, mut response: Response) -> Response {
        if self.fresh {
            let name = cookie::name(&ctx.tenant, "browser");
            let value = cookie::set(&name, &self.cookie, ctx.tenant.is_https(), None);
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }

    /// The token of this browser's forms.
    #[must_use]
    pub fn csrf(&self, app: &App, ctx: &Ctx) -> String {
        app.idp().secrets().csrf(ctx.tenant_id(), &self.cookie)
    }

    /// Whether a form came from one of this browser's own pages.
    #[must_use]
    pub fn csrf_matches(&self, app: &App, ctx: &Ctx, headers: &HeaderMap, token: &str) -> bool {
        !self.fresh && form_is_ours(app, ctx.tenant_id(), &self.cookie, headers, token)
    }
}

/// Whether a form came from a page of ours: its token belongs to the cookie, and the browser doesn't say that
/// another site sent it.
#[must_use]
pub fn form_is_ours(app: &App, tenant: TenantId, cookie: &str, headers: &HeaderMap, token: &str) -> bool {
    let cross_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site.as_bytes() != b"same-origin" && site.as_bytes() != b"none");
    let expected = app.idp().secrets().csrf(tenant, cookie);
    !cross_site && signet_oauth::compare::ct_eq(expected.as_bytes(), token.as_bytes())
}
