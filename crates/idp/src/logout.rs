//! Signing out (OpenID Connect RP-Initiated Logout 1.0).

use crate::access_token::ALGS;
use crate::authorize::SignedIn;
use crate::cache::{AppConfig, ServerConfig};
use crate::ctx::user_entity;
use crate::frontchannel::{Farewell, farewells};
use crate::grants::end_grant;
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::types;
use signet_oauth::jwt::{self, ClaimCheck};
use signet_oauth::redirect::RedirectUri;
use std::sync::Arc;

/// A hint that this server signed. It may have expired; it may be anybody's.
pub struct Hint {
    /// The app it was issued to.
    pub app: Arc<AppConfig>,
    /// The user, by what the app calls them.
    pub sub: String,
    /// The session, by wire id.
    pub sid: Option<String>,
}

impl Idp {
    /// Reads an `id_token_hint`; `None` for anything that is not an ID token of this server for one of its apps.
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
        Ok(self.app(ctx, &client_id).await?.map(|app| Hint { app, sub, sid }))
    }

    /// Where to go after signing out: the URI that was asked for, if that app registered exactly it.
    #[must_use]
    pub fn post_logout_uri(app: &AppConfig, asked: &str) -> Option<String> {
        let registered = &app.app.post_logout_redirect_uris;
        registered
            .iter()
            .any(|uri| RedirectUri::stored(uri.as_str(), false).matches(asked))
            .then(|| asked.to_owned())
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
