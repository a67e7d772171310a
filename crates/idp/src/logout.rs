//! Signing out (OpenID Connect RP-Initiated Logout 1.0).
//!
//! What a request says is believed part by part (§4): a hint, a `client_id` or an address that doesn't prove itself is
//! put aside and told to the log, and the request goes on as if it hadn't had it.

use crate::access_token::ALGS;
use crate::authorize::SignedIn;
use crate::cache::{AppConfig, ServerConfig};
use crate::ctx::{At, app_entity, nobody, user_entity};
use crate::frontchannel::{Farewell, farewells};
use crate::grants::end_grant;
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::types;
use signet_oauth::jwt::{self, ClaimCheck};
use signet_oauth::redirect::{RedirectUri, for_the_log};
use signet_oauth::{Params, Reason};
use std::sync::Arc;

/// The fact of an event that names the address which was refused.
const POST_LOGOUT_URI: &str = "postLogoutRedirectUri";

/// A hint that this server signed. It may have expired; it may be anybody's.
pub struct Hint {
    /// The app it was issued to.
    pub app: Arc<AppConfig>,
    /// The user, by what the app calls them.
    pub sub: String,
    /// The session, by wire id.
    pub sid: Option<String>,
}

/// Where a browser wants to be after signing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayBack {
    /// Nowhere, or nothing says for which app.
    None,
    /// To an address that the app has not registered.
    Unregistered,
    /// To this one, which the app has registered; `state` is part of it.
    To(String),
}

/// A request to sign out, as far as it proves itself.
pub struct LogoutRequest {
    /// The hint, if it is an ID token of this server for the app that the request names.
    pub hint: Option<Hint>,
    /// The app that asks: the hint's, or that of `client_id`. Without a hint anybody can name it.
    pub app: Option<Arc<AppConfig>>,
    /// Where that app wants the browser.
    pub back: WayBack,
}

impl LogoutRequest {
    /// Whether the request proves that the app was given this sign-in, so that nobody has to be asked.
    #[must_use]
    pub fn is_of(&self, idp: &Idp, signed_in: &SignedIn) -> bool {
        self.hint.as_ref().is_some_and(|hint| {
            hint.sub == idp.subject(&hint.app.app, signed_in.user.id)
                && hint.sid.as_deref().is_none_or(|sid| sid == signed_in.session.id.to_string())
        })
    }

    /// Whether the browser may be sent on without anybody having said so here. Not for an app that registered itself:
    /// else whoever may register one had a redirector in Signet's name (RFC 9700 §4.11.2).
    #[must_use]
    pub fn may_redirect_unasked(&self) -> bool {
        self.hint.as_ref().is_some_and(|hint| hint.app.registration.is_none())
    }
}

impl Idp {
    /// Reads a request to sign out. What doesn't prove itself is in the log, and missing in the answer.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn logout_request(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        params: &Params,
        signed_in: Option<&SignedIn>,
    ) -> Result<LogoutRequest, IdpError> {
        let mut refused = Vec::new();
        let named = params.get("client_id");
        let mut read = None;
        if let Some(token) = params.get("id_token_hint") {
            read = self.id_token_hint(ctx, config, token).await?;
            if read.is_none() {
                refused.push(Reason::IdTokenInvalid);
            }
        }
        // §2: the two have to agree; if they don't, neither is used.
        let contradicted = read.as_ref().is_some_and(|h| named.is_some_and(|id| id != h.app.app.client_id));
        let mut app = None;
        if contradicted {
            read = None;
            refused.push(Reason::MismatchedClient);
        } else if let Some(hint) = &read {
            app = Some(hint.app.clone());
        } else if let Some(id) = named {
            app = self.app_at(ctx, config.server.id, id).await?.filter(|app| app.app.is_active());
            if app.is_none() {
                refused.push(Reason::UnknownClient);
            }
        }
        let asked = params.get("post_logout_redirect_uri");
        let back = match (&app, asked) {
            (Some(app), Some(asked)) => way_back(app, asked, params.get("state")),
            _ => WayBack::None,
        };
        if back == WayBack::Unregistered {
            refused.push(Reason::IllegalPostLogoutRedirectUri);
        }
        for reason in refused {
            let unregistered = (reason == Reason::IllegalPostLogoutRedirectUri).then_some(asked).flatten();
            self.refused_logout(ctx, config, (signed_in, app.as_deref()), (reason, unregistered)).await?;
        }
        Ok(LogoutRequest { hint: read, app, back })
    }

    /// Records what a request to sign out didn't prove, and which address that was if it was one.
    async fn refused_logout(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        (signed_in, app): (Option<&SignedIn>, Option<&AppConfig>),
        (reason, address): (Reason, Option<&str>),
    ) -> Result<(), IdpError> {
        let actor = match (signed_in, app) {
            (Some(signed_in), _) => user_entity(&signed_in.user),
            (None, Some(app)) => app_entity(&app.app),
            (None, None) => nobody(),
        };
        let mut event = self.event(ctx, types::SESSION_END, actor).failed(reason.as_str()).at(&config.server);
        event.user_id = signed_in.map(|s| s.user.id.to_string());
        event.session_id = signed_in.map(|s| s.session.id);
        event.client_id = app.map(|app| app.app.client_id.clone());
        if let Some(address) = address {
            event = event.debug(POST_LOGOUT_URI, for_the_log(address).0);
        }
        self.record(ctx, vec![event]).await
    }

    /// Records a request to sign out whose parameters can't be read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unread_logout(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        reason: Reason,
    ) -> Result<(), IdpError> {
        self.refused_logout(ctx, config, (None, None), (reason, None)).await
    }

    /// Reads an `id_token_hint`; `None` for anything that is not an ID token of this server for one of its active apps.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn id_token_hint(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        hint: &str,
    ) -> Result<Option<Hint>, IdpError> {
        let keys = self.server_keys(ctx, &config.server).await?;
        let Ok(verified) = jwt::verify(hint, &keys.jwks.keys, ALGS) else { return Ok(None) };
        let text = |name: &str| verified.claims.get(name).and_then(|v| v.as_str()).map(str::to_owned);
        let (Some(client_id), Some(sub)) = (text("aud"), text("sub")) else { return Ok(None) };
        let check = ClaimCheck {
            issuer: &config.server.issuer,
            audience: Some(&client_id),
            typ: None,
            now: ctx.now.secs(),
            leeway: 0,
        };
        if check.check_expired_ok(&verified).is_err() {
            return Ok(None);
        }
        let sid = text("sid");
        let app = self.app_at(ctx, config.server.id, &client_id).await?;
        Ok(app.filter(|app| app.app.is_active()).map(|app| Hint { app, sub, sid }))
    }

    /// Ends a session, with the grants that were given in it and their tokens. Gives the apps that the browser has
    /// to tell of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, ctx: &Ctx, signed_in: &SignedIn) -> Result<Vec<Farewell>, IdpError> {
        let (session, user, now) = (signed_in.session.id, signed_in.user.id, ctx.now);
        let idp = self.clone();
        let mut event = self
            .event(ctx, types::SESSION_END, user_entity(&signed_in.user))
            .target(user_entity(&signed_in.user));
        event.session_id = Some(session);
        event.user_id = Some(user.to_string());
        let told = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    if !idp.end_session_and_tell(tx, session, user, now).await? {
                        return Ok(Vec::new());
                    }
                    let told = farewells(tx, session, user).await?;
                    if !told.is_empty() {
                        let apps: Vec<&str> = told.iter().map(|app| app.client_id.as_str()).collect();
                        event = event.debug("frontChannelLogout", apps.join(","));
                    }
                    for grant in tx.grants_of_session(session, user).await? {
                        end_grant(tx, grant.id, now).await?;
                    }
                    tx.append(&event).await?;
                    Ok(told)
                })
            })
            .await?;
        Ok(told)
    }
}

/// The URI that was asked for with the `state`, if the app registered exactly it.
fn way_back(app: &AppConfig, asked: &str, state: Option<&str>) -> WayBack {
    let mut registered = app.app.post_logout_redirect_uris.iter();
    if !registered.any(|uri| RedirectUri::stored(uri.as_str(), false).matches(asked)) {
        return WayBack::Unregistered;
    }
    let mut uri = asked.to_owned();
    if let Some(state) = state {
        uri.push(if uri.contains('?') { '&' } else { '?' });
        uri.push_str("state=");
        uri.extend(percent_encoding::utf8_percent_encode(state, percent_encoding::NON_ALPHANUMERIC));
    }
    WayBack::To(uri)
}
