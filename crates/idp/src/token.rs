//! The token endpoint (RFC 6749 §3.2): one file per grant, one way in, one way to issue, one way to refuse.

pub(crate) mod authorization_code;
mod client_credentials;
mod issue;
mod password;
mod refresh_token;
pub mod scopes;

pub use authorization_code::CODE_SECONDS;
pub(crate) use authorization_code::CodePayload;

use crate::attempt::{Admitted, Limited};
use crate::cache::ServerConfig;
use crate::client::{Client, Door, claimed_id, named_app};
use crate::ctx::{At, app_entity, by_kind, stranger, user_entity};
use crate::proofs::check_proof;
use crate::rates::{Rates, Subject as Rated};
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::{Entity, Event, bounded, types};
use signet_domain::server::Server;
use signet_domain::user::User;
use signet_oauth::client_auth::ClientAuth;
use signet_oauth::dpop::Presented;
use signet_oauth::response::TokenResponse;
use signet_oauth::token_request::TokenRequest;
use signet_oauth::{OAuthError, Params, Reason};
use std::sync::Arc;

/// What reaches the token endpoint.
pub struct TokenCall<'a> {
    /// The client, where it is known and nothing in the request has to prove it. No request from outside has one.
    pub vouched: Option<Client>,
    /// The server that was asked.
    pub server: &'a Arc<ServerConfig>,
    /// The form body.
    pub params: &'a Params,
    /// The raw `Authorization` header.
    pub authorization: Option<&'a [u8]>,
    /// Whether the query string names client credentials.
    pub query_has_credentials: bool,
    /// The proof of possession, if there is one.
    pub proof: Presented<'a>,
    /// Finds a request header's value, for rate policies that count by it.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Send + Sync),
}

/// What a token request came to, and where the caller's rate policies stand.
#[derive(Debug)]
pub struct Answered {
    /// Tokens or the refusal.
    pub result: Result<TokenResponse, Refused>,
    /// Where the rate policies stand that were asked.
    pub rates: Rates,
}

/// A refused token request.
#[derive(Debug)]
pub struct Refused {
    /// What the client is told.
    pub error: OAuthError,
    /// The limit that refused it, if one did.
    pub limited: Option<Box<Limited>>,
    /// The throttled attempt that it ended, if any.
    attempt: Option<Box<Admitted>>,
    /// The user it concerns, for the log.
    user: Option<Box<User>>,
    /// Events to commit with the refusal's own.
    events: Vec<Event>,
    /// The refusal was logged already, in the transaction that did its work.
    logged: bool,
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Self {
        Self { error, limited: None, attempt: None, user: None, events: Vec::new(), logged: false }
    }
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        OAuthError::new(reason).into()
    }
}

impl From<IdpError> for Refused {
    fn from(error: IdpError) -> Self {
        OAuthError::from(error).into()
    }
}

impl From<signet_store::StoreError> for Refused {
    fn from(error: signet_store::StoreError) -> Self {
        IdpError::from(error).into()
    }
}

impl Refused {
    fn of(mut self, user: Option<Box<User>>) -> Self {
        self.user = user;
        self
    }

    fn with(mut self, events: Vec<Event>) -> Self {
        self.events = events;
        self
    }

    fn attempt(mut self, attempt: Box<Admitted>) -> Self {
        self.attempt = Some(attempt);
        self
    }

    fn logged(mut self) -> Self {
        self.logged = true;
        self
    }
}

/// Counts a refusal by a limit, by its reason in the log.
pub(crate) fn count_refusal(reason: &str) {
    let rules = [
        (Reason::UserRateLimited, "throttle"),
        (Reason::UserLockedOut, "lockout"),
        (Reason::Overloaded, "overload"),
        (Reason::RatePolicyExceeded, "policy"),
    ];
    if let Some((_, rule)) = rules.iter().find(|(of, _)| of.as_str() == reason) {
        signet_metrics::REFUSALS.add(rule);
    }
}

/// A token request whose client is known.
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) server: &'a Arc<ServerConfig>,
    pub(crate) client: &'a Client,
    /// The thumbprint of the key that the client has proved to have, if it sent a proof.
    pub(crate) jkt: Option<&'a str>,
}

impl Call<'_> {
    /// Whether the client has the key that a code or a refresh token is bound to, if it is bound to one.
    ///
    /// # Errors
    /// It has proved no key, or another one.
    pub(crate) fn has_key(&self, bound_to: Option<&str>) -> Result<(), Reason> {
        match (bound_to, self.jkt) {
            (Some(_), None) => Err(Reason::DpopProofMissing),
            (Some(bound_to), Some(jkt)) if bound_to != jkt => Err(Reason::DpopKeyMismatch),
            _ => Ok(()),
        }
    }

    /// The key that refresh tokens are bound to: of a public app the one that it proved (RFC 9449 §5). Others prove
    /// who they are, and may change their keys.
    pub(crate) fn binds_refresh_to(&self) -> Option<&str> {
        self.jkt.filter(|_| !self.client.config.app.is_confidential())
    }
}

/// The fact of an event that names the key which a proof was signed with.
pub(crate) const JKT: &str = "dpopJkt";

impl Idp {
    /// Answers a token request. Whatever comes of it is in the log before this returns.
    #[tracing::instrument(target = "signet::trace", name = "token", skip_all)]
    pub async fn token(&self, ctx: &Ctx, call: &TokenCall<'_>) -> Answered {
        let mut seen = Seen::default();
        let result = match self.token_inner(ctx, call, &mut seen).await {
            Err(refused) if !refused.logged => Err(self.logged_refusal(ctx, call, &seen, refused).await),
            result => result,
        };
        match &result {
            Ok(_) => signet_metrics::TOKENS.add(call.params.get("grant_type").unwrap_or_default()),
            Err(refused) => count_refusal(refused.error.reason.as_str()),
        }
        Answered { result, rates: seen.rates }
    }

    /// Logs a refusal; without its record it is another one, that of a store that is gone.
    async fn logged_refusal(
        &self,
        ctx: &Ctx,
        call: &TokenCall<'_>,
        seen: &Seen,
        mut refused: Refused,
    ) -> Refused {
        let event = self.refusal_event(ctx, call, seen, &refused);
        let recorded = match (&refused.limited, &seen.rates.refused) {
            (Some(limited), _) => self.throttled_again(ctx, limited, event).await,
            (None, Some(refusal)) => self.refused_by_policy(ctx, refusal, event).await,
            (None, None) => {
                let mut events = std::mem::take(&mut refused.events);
                events.push(event);
                self.record(ctx, events).await
            }
        };
        match recorded {
            Ok(()) => refused,
            Err(error) => error.into(),
        }
    }

    /// The client, by what its request proves.
    async fn proved_client(
        &self,
        ctx: &Ctx,
        call: &TokenCall<'_>,
        seen: &mut Seen,
    ) -> Result<Client, Refused> {
        let auth = ClientAuth::extract(call.authorization, call.params, call.query_has_credentials)?;
        seen.client_id = claimed_id(&auth);
        seen.method = Some(auth.method().as_str());
        let door = Door { server: &call.server.server, endpoint: "token" };
        self.authenticate_client(ctx, door, &auth).await.map_err(|error| {
            seen.named = named_app(seen.client_id.as_deref(), &error);
            let logged = error.reason == Reason::ClientLimited;
            Refused { logged, ..Refused::from(error) }
        })
    }

    async fn token_inner(
        &self,
        ctx: &Ctx,
        call: &TokenCall<'_>,
        seen: &mut Seen,
    ) -> Result<TokenResponse, Refused> {
        let client = match &call.vouched {
            Some(client) => client.clone(),
            None => self.proved_client(ctx, call, seen).await?,
        };
        seen.client = Some(client.clone());
        let request = TokenRequest::parse(call.params)?;
        let grant = request.grant_type();
        if !client.config.app.allows_grant(grant.as_str()) {
            return Err(Reason::UnauthorizedClient.into());
        }
        // RFC 8707 §2: the one resource that a server's tokens are for is its audience.
        if call.params.all("resource").any(|r| r != call.server.server.audience) {
            return Err(Reason::InvalidTarget.into());
        }
        let (server, app) = (&call.server.server, &client.config.app);
        let proof = check_proof(ctx, server, "token", call.proof)?;
        seen.jkt = proof.as_ref().map(|proof| proof.jkt.clone());
        if proof.is_none() && app.metadata.dpop_bound_access_tokens {
            return Err(Reason::DpopProofMissing.into());
        }
        seen.rates =
            self.ask_rates(ctx, &Rated::App { server, app, request: &request, header: call.header }).await?;
        if seen.rates.refused.is_some() {
            return Err(Reason::RatePolicyExceeded.into());
        }
        if let Some(proof) = &proof {
            self.spend_proof(ctx, server, proof).await?;
        }
        let call = Call { ctx, server: call.server, client: &client, jkt: seen.jkt.as_deref() };
        match request {
            TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => {
                self.redeem_code(&call, &code, redirect_uri.as_deref(), code_verifier.as_ref()).await
            }
            TokenRequest::ClientCredentials { scope } => self.client_credentials(&call, scope.as_ref()).await,
            TokenRequest::Password { username, password, scope } => {
                self.password_grant(&call, &username, &password, scope.as_ref()).await
            }
            TokenRequest::RefreshToken { refresh_token, scope } => {
                self.refresh(&call, &refresh_token, scope.as_ref()).await
            }
        }
    }

    /// Records a token request whose body can't be read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unread_token_request(
        &self,
        ctx: &Ctx,
        server: &Server,
        error: &OAuthError,
    ) -> Result<(), IdpError> {
        let kind = by_kind(server, types::ORG_TOKEN_GRANT, types::AS_TOKEN_GRANT);
        let event =
            self.event(ctx, kind, Seen::default().stranger()).failed(error.reason.as_str()).at(server);
        self.record(ctx, vec![event]).await
    }

    /// The one record of a refusal. Names that strangers make up are not repeated in it: people type
    /// passwords everywhere.
    fn refusal_event(&self, ctx: &Ctx, call: &TokenCall<'_>, seen: &Seen, refused: &Refused) -> Event {
        let server = &call.server.server;
        let kind = match refused.error.reason {
            Reason::UserRateLimited => types::USER_RATE_LIMITED,
            Reason::RatePolicyExceeded => types::RATE_POLICY_REFUSED,
            _ => by_kind(server, types::ORG_TOKEN_GRANT, types::AS_TOKEN_GRANT),
        };
        let actor = match &seen.client {
            Some(client) => app_entity(&client.config.app),
            None => seen.stranger(),
        };
        let mut event = self.event(ctx, kind, actor).failed(refused.error.reason.as_str());
        if let Some(refusal) = &seen.rates.refused {
            event = refusal.put(event);
        }
        let mut event = event.at(server);
        let proved = seen.client.as_ref().map(|c| c.config.app.client_id.clone());
        event.client_id = proved.or_else(|| seen.named.clone());
        if let Some(user) = &refused.user {
            event = event.of(user).target(user_entity(user));
        }
        if let Some(method) = seen.method {
            event = event.debug("clientAuthType", method);
        }
        if let Some(grant) = call.params.get("grant_type").filter(|g| g.len() <= 40) {
            event = event.debug("grantType", grant);
        }
        if let Some(jkt) = &seen.jkt {
            event = event.debug(JKT, jkt.as_str());
        }
        if let Some(scope) = call.params.get("scope") {
            event = event.debug("requestedScopes", bounded(&scope.replace(' ', ","), 256));
        }
        if call.params.get("grant_type") == Some("password")
            && refused.user.is_none()
            && let Some(username) = call.params.get("username")
        {
            let shown = signet_domain::login::for_log(username);
            event = event.target(Entity::new("User", "unknown", &shown, &shown));
        }
        if let Some(limited) = &refused.limited {
            event = limited.put(event);
        }
        if let Some(attempt) = &refused.attempt {
            attempt.mark(&mut event);
        }
        event
    }
}

/// What was learned before a refusal.
#[derive(Default)]
struct Seen {
    client_id: Option<String>,
    /// The app that the client didn't prove to be.
    named: Option<String>,
    method: Option<&'static str>,
    client: Option<Client>,
    jkt: Option<String>,
    rates: Rates,
}

impl Seen {
    fn stranger(&self) -> Entity {
        stranger(self.client_id.as_deref())
    }
}
