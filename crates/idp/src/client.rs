//! Client authentication (RFC 6749 §2.3).

use crate::cache::AppConfig;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::app::CLIENT_SECRET_JWT;
use signet_domain::id::SecretId;
use signet_domain::server::Server;
use signet_oauth::client_auth::{AuthMethod, ClientAuth, MAX_CLIENT_ID_BYTES};
use signet_oauth::{OAuthError, Reason, Secret, jwt};
use std::sync::Arc;

/// A client that proved who it is.
#[derive(Clone)]
pub struct Client {
    /// The app with its secrets.
    pub config: Arc<AppConfig>,
    /// How it proved it.
    pub method: AuthMethod,
    /// Which secret it used.
    pub secret: Option<SecretId>,
    /// Whether it used the `Authorization` header.
    pub used_header: bool,
}

/// Where a client authenticates.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    /// The server.
    pub server: &'a Server,
    /// The endpoint's name in its path.
    pub endpoint: &'static str,
}

/// The client that a request says it comes from. An assertion's own word for it counts where there is no other.
#[must_use]
pub fn claimed_id(auth: &ClientAuth) -> Option<String> {
    match auth {
        ClientAuth::Assertion { client_id: None, assertion } => {
            let sub = jwt::unverified_subject(assertion.expose());
            sub.filter(|id| !id.is_empty() && id.len() <= MAX_CLIENT_ID_BYTES)
        }
        _ => auth.client_id().map(str::to_owned),
    }
}

/// A client as its request names it.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    /// The claimed id.
    pub(crate) id: &'a str,
    /// Whether an app of the server has it.
    pub(crate) is_app: bool,
}

/// The app that a client named and didn't prove to be, if there is one: the log tells which app a refusal is about.
#[must_use]
pub fn named_app(claimed: Option<&str>, refused: &OAuthError) -> Option<String> {
    let known = refused.reason != Reason::UnknownClient && refused.status() < 500;
    claimed.filter(|_| known).map(str::to_owned)
}

impl Idp {
    /// Authenticates a client. An unknown one and a wrong secret give the same answer after the same work.
    ///
    /// # Errors
    /// `invalid_client` with the log's reason; the message to the client doesn't tell them apart. A source that has
    /// guessed too often gets [`Reason::ClientLimited`], which is in the log already.
    pub async fn authenticate_client(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        auth: &ClientAuth,
    ) -> Result<Client, OAuthError> {
        let client_id = claimed_id(auth).ok_or(Reason::InvalidClient)?;
        let proved = self.prove(ctx, door, auth, &client_id).await;
        if !auth.shows_secret() {
            return proved;
        }
        // Right or wrong: a source that has guessed too often is told the same.
        let limited = match &proved {
            Ok(_) => self.secret_refused(ctx, door, Named { id: &client_id, is_app: true }).await?,
            Err(error) if error.status() < 500 => {
                let is_app = named_app(Some(&client_id), error).is_some();
                self.wrong_secret(ctx, door, Named { id: &client_id, is_app }).await?
            }
            Err(_) => None,
        };
        limited.map_or(proved, Err)
    }

    async fn prove(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        auth: &ClientAuth,
        client_id: &str,
    ) -> Result<Client, OAuthError> {
        let config = self.app_at(ctx, door.server.id, client_id).await?;
        let presented = match auth {
            ClientAuth::Basic { secret, .. } | ClientAuth::Post { secret, .. } => Some(secret),
            ClientAuth::None { .. } | ClientAuth::Assertion { .. } => None,
        };
        let mut matched = presented.and_then(|secret| self.match_secret(ctx, config.as_deref(), secret));
        let Some(config) = config else { return Err(auth.error(Reason::UnknownClient)) };
        let method = match auth {
            ClientAuth::Assertion { .. } if config.app.auth_method == CLIENT_SECRET_JWT => {
                AuthMethod::ClientSecretJwt
            }
            _ => auth.method(),
        };
        if !method_allowed(&config.app.auth_method, method) {
            return Err(auth.error(Reason::InvalidTokenEndpointAuthMethod));
        }
        match auth {
            ClientAuth::None { .. } => {}
            ClientAuth::Basic { .. } | ClientAuth::Post { .. } if matched.is_some() => {}
            ClientAuth::Basic { .. } | ClientAuth::Post { .. } => {
                return Err(auth.error(Reason::InvalidClientSecret));
            }
            ClientAuth::Assertion { assertion, .. } if config.app.is_active() => {
                matched = self.spend_assertion(ctx, door, &config, assertion.expose()).await?;
            }
            ClientAuth::Assertion { .. } => {}
        }
        if !config.app.is_active() {
            return Err(auth.error(Reason::InvalidClient));
        }
        Ok(Client { config, method, secret: matched, used_header: auth.used_header() })
    }

    /// An app that somebody else vouches for: an administrator of its tenant who may change it, and tries it. It must
    /// be one that could authenticate now.
    ///
    /// # Errors
    /// `invalid_client` for an app that is unknown, off, or of another server.
    pub async fn vouched_client(
        &self,
        ctx: &Ctx,
        server: &Server,
        client_id: &str,
    ) -> Result<Client, OAuthError> {
        let config = self.app_at(ctx, server.id, client_id).await?.ok_or(Reason::UnknownClient)?;
        if !config.app.is_active() {
            return Err(Reason::InvalidClient.into());
        }
        Ok(Client { config, method: AuthMethod::None, secret: None, used_header: false })
    }

    /// Whether this is a live secret of an app.
    pub(crate) fn is_secret_of(&self, ctx: &Ctx, config: &AppConfig, presented: &Secret) -> bool {
        self.match_secret(ctx, Some(config), presented).is_some()
    }

    /// Compares with every live secret, in constant time, and with a decoy where there is none.
    fn match_secret(&self, ctx: &Ctx, config: Option<&AppConfig>, presented: &Secret) -> Option<SecretId> {
        let hash = self.secrets().hash(SecretKind::ClientSecret, ctx.tenant_id(), presented.expose());
        let mut found = None;
        for secret in config.map(|c| c.secrets.as_slice()).unwrap_or_default() {
            let live = secret.status == signet_domain::app::AppStatus::Active;
            if signet_oauth::compare::ct_eq(&secret.hash, &hash) && live {
                found = Some(secret.id);
            }
        }
        found
    }
}

/// The two ways of sending a secret are one way of having one: a client that was registered for either may use
/// both, as servers commonly allow. A public client has no secret to send, and a confidential one must send it.
fn method_allowed(registered: &str, used: AuthMethod) -> bool {
    let sends_secret = |m: &str| m == "client_secret_basic" || m == "client_secret_post";
    registered == used.as_str() || (sends_secret(registered) && sends_secret(used.as_str()))
}

impl Client {
    /// The secret whose use should be noted: once an hour is enough.
    #[must_use]
    pub fn secret_to_touch(&self, now: signet_domain::Time) -> Option<SecretId> {
        let id = self.secret?;
        let last = self.config.secrets.iter().find(|s| s.id == id)?.last_used_at;
        last.is_none_or(|last| now.since(last) > 3600 * signet_domain::Time::SECOND).then_some(id)
    }
}
