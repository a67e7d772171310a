//! `oauth2/token` in the forms that the plugin's clients send. Who the client is, is decided where it is decided
//! everywhere; what the app's own settings forbid, no profile allows.

pub use super::grants::Tokens;
use super::grants::{Mint, tokens, vouched};
use super::{At, Challenge, GatewayError, GatewayParams, authorize, scopes};
use crate::attempt::{Admitted, Stopped};
use crate::client::{Client, Door};
use crate::ctx::{At as _, app_entity, stranger};
use crate::rates::{Header, Held, Rates, Subject};
use crate::{Ctx, Idp, IdpError};
use base64::Engine as _;
use signet_domain::event::{Event, bounded, types};
use signet_domain::login::LoginKey;
use signet_oauth::client_auth::ClientAuth;
use signet_oauth::token_request::GrantType;
use signet_oauth::{OAuthError, Reason, ScopeSet, Secret};

/// The longest `client_id` that is looked up, and the longest secret that is hashed.
const MAX_CREDENTIAL: usize = 1024;

/// What the rate policies are asked about, and where their answer goes.
struct Ask<'a> {
    call: &'a GatewayCall<'a>,
    grant: GrantType,
    rates: &'a mut Rates,
}

/// A client that proved who it is.
pub(crate) struct Caller {
    pub(super) client: Client,
}

impl Caller {
    /// Whether the app gets refresh tokens.
    pub(super) fn refreshes(&self) -> bool {
        self.client.config.app.allows_grant(GrantType::RefreshToken.as_str())
    }
}

/// What reaches a gateway's token endpoint.
pub struct GatewayCall<'a> {
    /// The parameters.
    pub params: &'a GatewayParams,
    /// The header that the profile takes a client's Basic credentials from.
    pub authorization: Option<&'a [u8]>,
    /// Finds a request header's value, for rate policies that count by it.
    pub header: Header<'a>,
}

/// What a token request came to, and where the caller's rate policies stand.
#[derive(Debug)]
pub struct GatewayAnswered {
    /// Tokens or the refusal.
    pub result: Result<Tokens, GatewayError>,
    /// Where the rate policies stand that were asked.
    pub rates: Rates,
}

/// What was learned before a refusal.
#[derive(Default)]
struct Seen {
    caller: Option<Caller>,
    rates: Rates,
}

impl Idp {
    /// Answers a token request. Whatever comes of it is in the log before this returns.
    #[tracing::instrument(target = "signet::trace", name = "token", skip_all)]
    pub async fn gateway_token(&self, ctx: &Ctx, at: &At<'_>, call: &GatewayCall<'_>) -> GatewayAnswered {
        let mut seen = Seen::default();
        let result = match self.gateway_token_inner(ctx, at, call, &mut seen).await {
            Err(refused) if !refused.logged => {
                match self.log_refused_token(ctx, at, call, &seen, &refused).await {
                    Ok(()) => Err(refused),
                    Err(error) => Err(error.into()),
                }
            }
            result => result,
        };
        match &result {
            Ok(_) => signet_metrics::TOKENS.add(call.params.get("grant_type").unwrap_or_default()),
            Err(refused) => crate::token::count_refusal(refused.reason),
        }
        GatewayAnswered { result, rates: seen.rates }
    }

    async fn log_refused_token(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        call: &GatewayCall<'_>,
        seen: &Seen,
        refused: &GatewayError,
    ) -> Result<(), IdpError> {
        let params = call.params;
        let grant = params.get("grant_type").unwrap_or_default();
        let mut event = self.refused_token(ctx, at, seen.caller.as_ref(), grant, refused.reason);
        if let Some(refusal) = &seen.rates.refused {
            event = refusal.put(event);
        }
        if seen.caller.is_none() {
            event.actor = stranger(params.get("client_id"));
        }
        if let Some(scope) = params.get("scope") {
            event = event.debug("requestedScopes", bounded(&scope.replace(' ', ","), 256));
        }
        if let Some(attempt) = &refused.attempt {
            attempt.mark(&mut event);
        }
        if let Some(refusal) = &seen.rates.refused {
            if matches!(grant, "password" | "client_credentials")
                && let Some(userid) = params.get("authenticated_userid")
            {
                event = event.target(authorize::front_end_user(userid));
            }
            return self.refused_by_policy(ctx, refusal, event).await;
        }
        let Some(limited) = &refused.limited else { return self.record(ctx, vec![event]).await };
        event = limited.put(event);
        if let Some(userid) = params.get("authenticated_userid") {
            event = event.target(authorize::front_end_user(userid));
        }
        self.throttled_again(ctx, limited, event).await
    }

    async fn gateway_token_inner(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        call: &GatewayCall<'_>,
        seen: &mut Seen,
    ) -> Result<Tokens, GatewayError> {
        let params = call.params;
        let grant = grant_type(at, params);
        let for_itself = matches!(grant, Some(GrantType::ClientCredentials));
        let client = self.gateway_client(ctx, at, params, call.authorization, for_itself).await?;
        let (caller, rates) = (seen.caller.insert(client), &mut seen.rates);
        let app = &caller.client.config.app;
        let grant = grant.ok_or_else(|| {
            let reason = Reason::UnsupportedGrantType.as_str();
            GatewayError::new(400, "unsupported_grant_type", "Invalid grant_type", reason)
        })?;
        if params.is_other("redirect_uri")
            || params.get("redirect_uri").is_some_and(|u| !authorize::is_registered(app, u))
        {
            return Err(GatewayError::redirect_uri());
        }
        if !app.allows_grant(grant.as_str()) {
            return Err(GatewayError::unauthorized_client());
        }
        if app.metadata.dpop_bound_access_tokens {
            return Err(GatewayError::needs_proof());
        }
        let mut ask = Ask { call, grant, rates };
        match grant {
            GrantType::AuthorizationCode => {
                let code = params.get("code").map_or(Held::Nothing, Held::Code);
                self.ask_gateway_rates(ctx, at, caller, code, &mut ask).await?;
                self.redeem_gateway_code(ctx, at, caller, params).await
            }
            GrantType::RefreshToken => {
                let token = params.get("refresh_token").map_or(Held::Nothing, Held::RefreshToken);
                self.ask_gateway_rates(ctx, at, caller, token, &mut ask).await?;
                self.gateway_refresh(ctx, at, caller, params).await
            }
            GrantType::ClientCredentials => {
                self.gateway_client_credentials(ctx, at, caller, params, &mut ask).await
            }
            GrantType::Password => self.gateway_password(ctx, at, caller, params, &mut ask).await,
        }
    }

    /// Asks the rate policies, before the costly part. Whom a front end names counts once the provision key has
    /// shown that it is the front end who does.
    async fn ask_gateway_rates(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        holds: Held<'_>,
        ask: &mut Ask<'_>,
    ) -> Result<(), GatewayError> {
        if matches!(ask.grant, GrantType::AuthorizationCode | GrantType::RefreshToken)
            && matches!(holds, Held::Nothing)
        {
            return Ok(());
        }
        let (server, app) = (&at.server.server, &caller.client.config.app);
        let subject = Subject::Gateway { server, app, grant: ask.grant, holds, header: ask.call.header };
        *ask.rates = self.ask_rates(ctx, &subject).await?;
        if ask.rates.refused.is_some() { Err(GatewayError::rate_policy()) } else { Ok(()) }
    }

    /// Finds and authenticates the client. Unknown ones and wrong secrets give the same answer.
    async fn gateway_client(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        params: &GatewayParams,
        authorization: Option<&[u8]>,
        for_itself: bool,
    ) -> Result<Caller, GatewayError> {
        let door = Door { server: &at.server.server, endpoint: "token" };
        let sent = Sent::read(params, authorization).ok_or_else(GatewayError::client)?;
        let refuse = |error: GatewayError| match sent.in_header {
            true => GatewayError { status: 401, ..error.challenging(Challenge::Basic) },
            false => error,
        };
        if sent.client_id.len() > MAX_CREDENTIAL
            || sent.secret.as_ref().is_some_and(|s| s.len() > MAX_CREDENTIAL)
        {
            return Err(refuse(GatewayError::client()));
        }
        // Apps that registered themselves have no part in what an administrator set up for a gateway.
        let config = self.app(ctx, &sent.client_id).await?;
        if config.as_ref().is_some_and(|config| config.registration.is_some()) {
            return Err(refuse(GatewayError::client()));
        }
        let public = config.as_ref().is_some_and(|c| !c.app.is_confidential());
        if public && sent.secret.is_some() {
            let words = "client_secret is disallowed for public clients";
            let reason = Reason::InvalidTokenEndpointAuthMethod.as_str();
            return Err(GatewayError::new(400, "invalid_request", words, reason));
        }
        let client_id = sent.client_id.clone();
        let auth = match (&sent.secret, sent.in_header) {
            (Some(secret), true) => ClientAuth::Basic { client_id, secret: secret.clone() },
            (Some(secret), false) => ClientAuth::Post { client_id, secret: secret.clone() },
            (None, _) => ClientAuth::None { client_id },
        };
        let client = match self.authenticate_client(ctx, door, &auth).await {
            Ok(client) => client,
            Err(error) if error.status() >= 500 => return Err(outage(&error)),
            Err(error) if error.reason == Reason::ClientLimited => return Err(GatewayError::limited(&error)),
            Err(error) => {
                let told = GatewayError { reason: error.reason.as_str(), ..GatewayError::client() };
                return Err(refuse(told));
            }
        };
        if !for_itself && client.config.app.redirect_uris.is_empty() {
            return Err(refuse(GatewayError::client()));
        }
        Ok(Caller { client })
    }

    async fn gateway_client_credentials(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        params: &GatewayParams,
        ask: &mut Ask<'_>,
    ) -> Result<Tokens, GatewayError> {
        let app = &caller.client.config.app;
        if !app.is_confidential() {
            return Err(GatewayError::unauthorized_client());
        }
        let mut events = Vec::new();
        let userid = if params.get("authenticated_userid").is_some() {
            let key = params.get("provision_key");
            events.push(self.check_provision_key(ctx, at, key, app_entity(app)).await?.by(app));
            Some(authorize::userid(params)?)
        } else {
            None
        };
        let holds = userid.as_deref().map_or(Held::Nothing, Held::Userid);
        self.ask_gateway_rates(ctx, at, caller, holds, ask).await?;
        let granted = scopes::resolve(at, Some(app), params)?;
        let mint = Mint {
            at: *at,
            caller,
            scopes: &granted,
            userid: userid.as_deref(),
            grant: self.entropy().id(ctx.now),
            generation: None,
            grant_type: GrantType::ClientCredentials,
        };
        let (access, event) = self.mint_for_gateway(ctx, mint).await?;
        events.push(event);
        let (app_id, secret, now) = (app.id, caller.client.secret_to_touch(ctx.now), ctx.now);
        self.store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(secret) = secret {
                        tx.touch_app_secret(app_id, secret, now).await?;
                    }
                    tx.append_all(&events).await
                })
            })
            .await?;
        Ok(tokens(&mint, access, None, params.state()))
    }

    /// Tokens for someone whom the front end vouches for. No password is looked at; the throttle holds all the same.
    async fn gateway_password(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        params: &GatewayParams,
        ask: &mut Ask<'_>,
    ) -> Result<Tokens, GatewayError> {
        let app = &caller.client.config.app;
        if !app.is_confidential() {
            return Err(GatewayError::unauthorized_client());
        }
        let key = params.get("provision_key");
        let used = self.check_provision_key(ctx, at, key, app_entity(app)).await?.by(app);
        let userid = authorize::userid(params)?;
        self.ask_gateway_rates(ctx, at, caller, Held::Userid(&userid), ask).await?;
        let granted = scopes::resolve(at, Some(app), params)?;
        let attempt = self.admitted(ctx, at, &userid).await?;
        let issued =
            self.issue_for_front_end(ctx, at, caller, params, &userid, granted, used, &attempt).await;
        issued.map_err(|error| GatewayError { attempt: Some(Box::new(attempt)), ..error.into() })
    }

    #[expect(clippy::too_many_arguments, reason = "one step of gateway_password(), split for length")]
    async fn issue_for_front_end(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        params: &GatewayParams,
        userid: &str,
        granted: ScopeSet,
        mut used: Event,
        attempt: &Admitted,
    ) -> Result<Tokens, IdpError> {
        let app = &caller.client.config.app;
        let mint = Mint {
            at: *at,
            caller,
            scopes: &granted,
            userid: Some(userid),
            grant: self.entropy().id(ctx.now),
            generation: Some(0),
            grant_type: GrantType::Password,
        };
        let (access, mut event) = self.mint_for_gateway(ctx, mint).await?;
        attempt.mark(&mut event);
        used.grant_id = Some(mint.grant);
        let mut events = vec![used, event];
        let (grant, vouched) = vouched(ctx, at, mint.grant, app.id, GrantType::Password, &granted, userid);
        let refresh = caller.refreshes().then(|| self.gateway_refresh_token(ctx, at, grant.id, 0));
        let (token, row) = refresh.unzip();
        if row.is_some() {
            events.push(self.gateway_event(ctx, types::AS_REFRESH_TOKEN, mint));
        }
        let (server, secret) = (grant.server_id, caller.client.secret_to_touch(ctx.now));
        self.store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(secret) = secret {
                        tx.touch_app_secret(grant.app_id, secret, grant.created_at).await?;
                    }
                    tx.insert_grant(&grant).await?;
                    tx.insert_gateway_grant(&vouched).await?;
                    if let Some(row) = &row {
                        tx.insert_refresh_token(server, row).await?;
                    }
                    tx.append_all(&events).await
                })
            })
            .await?;
        Ok(tokens(&mint, access, token, params.state()))
    }

    /// The throttle of password grants, for whom the front end names.
    async fn admitted(&self, ctx: &Ctx, at: &At<'_>, userid: &str) -> Result<Admitted, GatewayError> {
        let key = LoginKey::vouched(at.server.server.id, userid);
        self.attempt(ctx, &key).await.map_err(|stopped| match stopped {
            Stopped::Limited(limited) => {
                let reason = Reason::UserRateLimited;
                let words = reason.default_description();
                let error = GatewayError::new(429, "invalid_grant", words, reason.as_str());
                let retry_after = Some(limited.retry_after());
                GatewayError { retry_after, limited: Some(limited), ..error }
            }
            Stopped::Late(attempt, error) => GatewayError { attempt: Some(attempt), ..error.into() },
            Stopped::Undecided(error) => error.into(),
        })
    }

    /// The record of a refusal. Names that strangers make up are not repeated in it.
    pub(super) fn refused_token(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: Option<&Caller>,
        grant: &str,
        reason: &'static str,
    ) -> Event {
        let kind = match reason {
            r if r == Reason::UserRateLimited.as_str() => types::USER_RATE_LIMITED,
            r if r == Reason::RatePolicyExceeded.as_str() => types::RATE_POLICY_REFUSED,
            _ => types::AS_TOKEN_GRANT,
        };
        let actor = match caller {
            Some(caller) => app_entity(&caller.client.config.app),
            None => stranger(None),
        };
        let mut event =
            self.event(ctx, kind, actor).failed(reason).at(&at.server.server).debug("gateway", "true");
        event.client_id = caller.map(|c| c.client.config.app.client_id.clone());
        if !grant.is_empty() && grant.len() <= 40 {
            event = event.debug("grantType", grant);
        }
        event
    }

    /// Records a request that can't be read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unread_gateway_request(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        refused: &GatewayError,
    ) -> Result<(), IdpError> {
        self.record(ctx, vec![self.refused_token(ctx, at, None, "", refused.reason)]).await
    }
}

fn outage(error: &OAuthError) -> GatewayError {
    let words = "The server cannot answer for the moment; try again in a few seconds";
    let code = if error.status() == 503 { "temporarily_unavailable" } else { "server_error" };
    let mut told = GatewayError::new(error.status(), code, words, error.reason.as_str());
    told.retry_after = error.retry_after;
    told
}

fn grant_type(at: &At<'_>, params: &GatewayParams) -> Option<GrantType> {
    match params.get("grant_type")? {
        "authorization_code" => Some(GrantType::AuthorizationCode),
        "refresh_token" => Some(GrantType::RefreshToken),
        "client_credentials" if at.gateway.client_credentials => Some(GrantType::ClientCredentials),
        "password" if at.gateway.password_grant => Some(GrantType::Password),
        _ => None,
    }
}

/// Client credentials as they were sent: both as parameters, or in the header, or a `client_id` alone.
struct Sent {
    client_id: String,
    secret: Option<Secret>,
    in_header: bool,
}

impl Sent {
    fn read(params: &GatewayParams, authorization: Option<&[u8]>) -> Option<Self> {
        let (id, secret) = (params.get("client_id"), params.get("client_secret"));
        if let (Some(id), Some(secret)) = (id, secret) {
            return Some(Self {
                client_id: id.to_owned(),
                secret: Some(Secret::from(secret)),
                in_header: false,
            });
        }
        if let Some(header) = authorization {
            let text = std::str::from_utf8(header).ok()?.trim();
            let (scheme, encoded) = text.split_at_checked(5)?;
            let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
            let decoded = zeroize::Zeroizing::new(String::from_utf8(decoded).ok()?);
            let (id, secret) = decoded.split_once(':')?;
            let secret = (!secret.trim().is_empty()).then(|| Secret::from(secret));
            let known = scheme.eq_ignore_ascii_case("basic")
                && !id.is_empty()
                && !decoded.chars().any(char::is_control);
            return known.then(|| Self { client_id: id.to_owned(), secret, in_header: true });
        }
        id.map(|id| Self { client_id: id.to_owned(), secret: None, in_header: false })
    }
}
