//! Refusals by the endpoints that take a token: each is one event, with the reason that the answer has or keeps back.

use crate::access_token::ALGS;
use crate::cache::ServerConfig;
use crate::client::{Client, Door};
use crate::ctx::{At, app_entity, by_kind, stranger};
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::types::{self, EventType};
use signet_domain::id::{AppId, UserId};
use signet_domain::server::Server;
use signet_oauth::{OAuthError, Reason, jwt};

/// What happens at a door, by the endpoint's name in its path.
fn deed(door: Door<'_>) -> EventType {
    match door.endpoint {
        "introspect" => types::TOKEN_INTROSPECT,
        _ => by_kind(door.server, types::ORG_TOKEN_REVOKE, types::AS_TOKEN_REVOKE),
    }
}

impl Idp {
    /// What was read of a request to introspect or revoke; that it can't be read is recorded.
    ///
    /// # Errors
    /// The one of the reading, or 503 when the store is gone.
    pub async fn read_at<T>(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        read: Result<T, OAuthError>,
    ) -> Result<T, OAuthError> {
        if let Err(error) = &read {
            self.refused_at(ctx, door, None, error.reason).await?;
        }
        read
    }

    /// Records that a request to introspect or revoke can't be read, or lacks its token.
    pub(crate) async fn refused_at(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        client: Option<&Client>,
        reason: Reason,
    ) -> Result<(), IdpError> {
        let actor = client.map_or_else(|| stranger(None), |client| app_entity(&client.config.app));
        let mut event = self.event(ctx, deed(door), actor).failed(reason.as_str()).at(door.server);
        event.client_id = client.map(|client| client.config.app.client_id.clone());
        self.record(ctx, vec![event]).await
    }

    /// Records that userinfo refused a token, with the app and the user if this server signed it once. A request
    /// without any token is no attempt: that is how a client asks which schemes there are.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refused_userinfo(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        token: Option<&str>,
        error: &OAuthError,
    ) -> Result<(), IdpError> {
        if error.reason == Reason::AccessTokenMissing || error.status() >= 500 {
            return Ok(());
        }
        let (client, user) = match token {
            Some(token) => self.named_in(ctx, &config.server, token).await?,
            None => (None, None),
        };
        let app = match &client {
            Some(id) => self.app(ctx, id).await?,
            None => None,
        };
        let actor = app.map_or_else(|| stranger(client.as_deref()), |app| app_entity(&app.app));
        let mut event =
            self.event(ctx, types::USERINFO, actor).failed(error.reason.as_str()).at(&config.server);
        event.client_id = client;
        event.user_id = user;
        self.record(ctx, vec![event]).await
    }

    /// The app and the user that a token names, if this server signed it, expired or not.
    async fn named_in(
        &self,
        ctx: &Ctx,
        server: &Server,
        token: &str,
    ) -> Result<(Option<String>, Option<String>), IdpError> {
        let keys = self.server_keys(ctx, server).await?;
        let Ok(verified) = jwt::verify(token, &keys.jwks.keys, ALGS) else { return Ok((None, None)) };
        let text = |name: &str| verified.claims.get(name).and_then(|v| v.as_str()).map(str::to_owned);
        let client = text("cid").or_else(|| text("aud")).filter(|id| AppId::parse(id).is_some());
        Ok((client, text("uid").filter(|id| UserId::parse(id).is_some())))
    }
}
