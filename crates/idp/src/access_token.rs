//! Minting and believing tokens.

use crate::cache::ServerConfig;
use crate::configured_claims::{About, ConfiguredClaim, Into};
use crate::keys::ServerKeys;
use crate::terms::Terms;
use crate::{Ctx, Idp, IdpError, requested_claims};
use serde_json::{Map, Value};
use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::id::{GrantId, SessionId, UserId};
use signet_domain::server::Server;
use signet_domain::user::User;
use signet_oauth::claims::{AccessTokenClaims, Confirmation, IdTokenClaims, VERSION, at_hash};
use signet_oauth::jwt::{self, Alg, ClaimCheck, TYP_ACCESS};
use signet_oauth::{OAuthError, Reason, ScopeSet};
use signet_store::revocations::TokenFacts;
use std::sync::Arc;

/// Algorithms that a server can be set to.
pub const ALGS: &[Alg] = Alg::ALL;

/// The claim with the generation of a gateway grant's token: only the present one is good.
pub(crate) const GENERATION: &str = "gen";
/// The claim with the front end's name for whom a gateway's token is for. It is nobody's user id here.
pub(crate) const AUTHENTICATED_USERID: &str = "authenticated_userid";

/// For whom, by whom and for what tokens are made.
pub struct Subject<'a> {
    /// The server.
    pub server: &'a Server,
    /// The app.
    pub app: &'a App,
    /// The user; none when the app acts for itself.
    pub user: Option<&'a User>,
    /// The granted scopes.
    pub scopes: &'a ScopeSet,
    /// The grant.
    pub grant: GrantId,
    /// When the user's password was given.
    pub auth_time: Option<Time>,
    /// The browser session, if any.
    pub session: Option<SessionId>,
    /// `nonce` of the authorization request.
    pub nonce: Option<&'a str>,
    /// The single claims that were asked for, as the grant keeps them.
    pub claims: Option<&'a str>,
    /// On what terms.
    pub terms: &'a Terms,
    /// The thumbprint of the key that the access token is bound to, if it is.
    pub jkt: Option<&'a str>,
}

impl Subject<'_> {
    /// The claims that a server's configuration adds.
    pub(crate) fn configured(
        &self,
        claims: &[ConfiguredClaim],
        into: Into,
    ) -> Result<Map<String, Value>, OAuthError> {
        let about = About { app: self.app, user: self.user, groups: &self.terms.groups, scopes: self.scopes };
        about.claims(claims, into)
    }

    /// What the access token says.
    pub(crate) fn access_claims(
        &self,
        idp: &Idp,
        ctx: &Ctx,
        configured: &[ConfiguredClaim],
        jti: String,
    ) -> Result<AccessTokenClaims, OAuthError> {
        let iat = ctx.now.secs();
        Ok(AccessTokenClaims {
            ver: VERSION,
            jti,
            iss: self.server.issuer.clone(),
            aud: self.server.audience.clone(),
            iat,
            exp: iat + self.terms.access_seconds,
            cid: self.app.client_id.clone(),
            client_id: self.app.client_id.clone(),
            // An app that is told a subject of its own must not learn the user's id or login from its token.
            uid: self.user.filter(|_| !self.app.is_pairwise()).map(|u| u.id.to_string()),
            scp: self.scopes.to_vec(),
            scope: self.scopes.to_string(),
            auth_time: self.auth_time.map(Time::secs),
            sub: self.user.map_or_else(|| self.app.client_id.clone(), |u| idp.subject(self.app, u.id)),
            gid: Some(self.grant.to_string()),
            username: self.user.filter(|_| !self.app.is_pairwise()).map(|u| u.login.clone()),
            cnf: self.jkt.map(|jkt| Confirmation { jkt: jkt.to_owned() }),
            extra: self.configured(configured, Into::AccessToken)?,
        })
    }

    /// What the ID token about a user says.
    pub(crate) fn id_claims(
        &self,
        idp: &Idp,
        ctx: &Ctx,
        configured: &[ConfiguredClaim],
        user: &User,
        (jti, at_hash): (String, Option<String>),
    ) -> Result<IdTokenClaims, OAuthError> {
        let iat = ctx.now.secs();
        let mut profile = self.configured(configured, Into::IdToken)?;
        profile.extend(user_claims(user, self.scopes));
        let wishes = requested_claims::from_text(self.claims).id_token;
        profile.extend(requested_claims::give(user, &wishes, self.app));
        profile.remove("sub");
        Ok(IdTokenClaims {
            ver: VERSION,
            jti,
            iss: self.server.issuer.clone(),
            aud: self.app.client_id.clone(),
            sub: idp.subject(self.app, user.id),
            iat,
            exp: iat + self.server.id_token_seconds,
            auth_time: self.auth_time.unwrap_or(ctx.now).secs(),
            nonce: self.nonce.map(str::to_owned),
            at_hash,
            amr: vec!["pwd".to_owned()],
            sid: self.session.map(|id| id.to_string()),
            idp: Some(ctx.tenant.id.to_string()),
            profile,
        })
    }
}

/// A minted access token.
pub struct Minted {
    /// The compact JWS.
    pub token: String,
    /// Its id.
    pub jti: String,
    /// Its end.
    pub expires_at: Time,
}

/// An access token that is good right now.
pub struct Believed {
    /// Its claims.
    pub claims: AccessTokenClaims,
    /// The user, if it has one.
    pub user: Option<User>,
}

impl Idp {
    /// Mints an access token (RFC 9068).
    ///
    /// # Errors
    /// When signing fails or a configured claim can't be made.
    pub fn mint_access(
        &self,
        ctx: &Ctx,
        keys: &ServerKeys,
        configured: &[ConfiguredClaim],
        s: &Subject<'_>,
    ) -> Result<Minted, OAuthError> {
        let claims = s.access_claims(self, ctx, configured, self.entropy().secret("AT."))?;
        let token = jwt::sign(&keys.active, Some(TYP_ACCESS), &claims).map_err(IdpError::from)?;
        Ok(Minted { token, jti: claims.jti, expires_at: Time::from_secs(claims.exp) })
    }

    /// Mints an ID token (OpenID Connect Core §2) beside an access token; gives it and its `jti`.
    ///
    /// # Errors
    /// When signing fails, a configured claim can't be made, or there is no user.
    pub fn mint_id(
        &self,
        ctx: &Ctx,
        keys: &ServerKeys,
        configured: &[ConfiguredClaim],
        s: &Subject<'_>,
        access: &str,
    ) -> Result<(String, String), OAuthError> {
        let user = s.user.ok_or_else(|| IdpError::Internal("an ID token needs a user".into()))?;
        let own = (self.entropy().secret("ID."), Some(at_hash(keys.active.alg(), access)));
        let claims = s.id_claims(self, ctx, configured, user, own)?;
        let token = jwt::sign(&keys.active, None, &claims).map_err(IdpError::from)?;
        Ok((token, claims.jti))
    }

    /// Whether an access token of a server is good right now: signature, issuer, audience, times, and that
    /// nothing it hangs on was revoked, suspended or switched off. The store is asked every time.
    ///
    /// # Errors
    /// The inner error says why it is not good; the outer one that the store failed.
    pub async fn believe(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        token: &str,
    ) -> Result<Result<Believed, Reason>, IdpError> {
        let server = &config.server;
        let keys = self.server_keys(ctx, server).await?;
        let Some(claims) = verified(&keys, server, token, ctx.now) else {
            return Ok(Err(Reason::AccessTokenInvalid));
        };
        let claims = match claims {
            Ok(claims) => claims,
            Err(reason) => return Ok(Err(reason)),
        };
        let app = self.app(ctx, &claims.cid).await?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let uid = user_of(&mut tx, &claims).await?;
        let (server_id, grant, user) =
            (server.id.to_string(), claims.gid.clone().unwrap_or_default(), uid.clone().unwrap_or_default());
        let facts = TokenFacts {
            jti: &claims.jti,
            grant: &grant,
            user: &user,
            app: &claims.cid,
            server: &server_id,
            issued_at: Time::from_secs(claims.iat),
        };
        if tx.is_revoked(&facts).await? || !app.is_some_and(|a| a.app.is_active()) {
            return Ok(Err(Reason::AccessTokenRevoked));
        }
        if let Some(generation) = claims.extra.get(GENERATION)
            && !is_good_generation(&mut tx, claims.gid.as_deref(), generation).await?
        {
            return Ok(Err(Reason::AccessTokenRevoked));
        }
        let user = match uid.as_deref().map(UserId::parse) {
            None => None,
            Some(Some(id)) => match tx.user(id).await? {
                Some(user) if user.is_active() => Some(user),
                _ => return Ok(Err(Reason::AccessTokenRevoked)),
            },
            Some(None) => return Ok(Err(Reason::AccessTokenInvalid)),
        };
        // With its user a grant goes, too: then nobody can say any more whose a pairwise subject is.
        if user.is_none() && claims.sub != claims.cid {
            return Ok(Err(Reason::AccessTokenRevoked));
        }
        Ok(Ok(Believed { claims, user }))
    }

    /// The claims of an access token that this server signed, whatever else became of it: for revocation.
    ///
    /// # Errors
    /// When the keys can't be had.
    pub async fn signed_here(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        token: &str,
    ) -> Result<Option<AccessTokenClaims>, IdpError> {
        let keys: Arc<ServerKeys> = self.server_keys(ctx, &config.server).await?;
        Ok(verified(&keys, &config.server, token, ctx.now).and_then(Result::ok))
    }
}

/// The id of a token's user. A token with a pairwise subject doesn't say: its grant does.
pub(crate) async fn user_of(
    tx: &mut signet_store::Tx,
    claims: &AccessTokenClaims,
) -> signet_store::Result<Option<String>> {
    if claims.uid.is_some() || claims.sub == claims.cid {
        return Ok(claims.uid.clone());
    }
    let Some(grant) = claims.gid.as_deref().and_then(GrantId::parse) else { return Ok(None) };
    Ok(tx.grant(grant).await?.and_then(|grant| grant.user_id).map(|user| user.to_string()))
}

/// Whether a token of the gateway's endpoints is of its grant's present generation, and the grant still holds.
async fn is_good_generation(
    tx: &mut signet_store::Tx,
    gid: Option<&str>,
    generation: &serde_json::Value,
) -> signet_store::Result<bool> {
    let Some(grant) = gid.and_then(GrantId::parse) else { return Ok(false) };
    let live = tx.gateway_grant(grant).await?;
    Ok(live.is_some_and(|g| generation.as_i64() == Some(g.generation)))
}

/// `None` when it is no access token of this server at all, `Some(Err)` when it has expired.
fn verified(
    keys: &ServerKeys,
    server: &Server,
    token: &str,
    now: Time,
) -> Option<Result<AccessTokenClaims, Reason>> {
    let verified = jwt::verify(token, &keys.jwks.keys, ALGS).ok()?;
    let check = ClaimCheck {
        issuer: &server.issuer,
        audience: Some(&server.audience),
        typ: Some(TYP_ACCESS),
        now: now.secs(),
        leeway: 0,
    };
    check.check_expired_ok(&verified).ok()?;
    let fresh = check.check(&verified).is_ok();
    let claims = serde_json::from_value(serde_json::Value::Object(verified.claims)).ok()?;
    Some(if fresh { Ok(claims) } else { Err(Reason::TokenExpired) })
}

/// The claims about a user that a set of scopes gives (OpenID Connect Core §5.4).
#[must_use]
pub fn user_claims(user: &User, scopes: &ScopeSet) -> serde_json::Map<String, serde_json::Value> {
    let mut claims = serde_json::Map::new();
    claims.insert("sub".into(), user.id.to_string().into());
    let mut put = |name: &str, value: serde_json::Value| {
        claims.insert(name.to_owned(), value);
    };
    let member = |name: &str| user.profile.get(name).filter(|v| !v.is_null()).cloned();
    if scopes.contains("profile") {
        put("name", user.display_name().into());
        put("given_name", user.first_name.as_str().into());
        put("family_name", user.last_name.as_str().into());
        put("preferred_username", user.login.as_str().into());
        put("updated_at", user.updated_at.secs().into());
        for (claim, name) in [
            ("middle_name", "middleName"),
            ("nickname", "nickName"),
            ("profile", "profileUrl"),
            ("picture", "picture"),
            ("website", "website"),
            ("gender", "gender"),
            ("birthdate", "birthdate"),
            ("zoneinfo", "timezone"),
            ("locale", "locale"),
        ] {
            if let Some(value) = member(name) {
                put(claim, value);
            }
        }
    }
    if scopes.contains("email") {
        put("email", user.email.as_str().into());
        put("email_verified", false.into());
    }
    if scopes.contains("phone")
        && let Some(phone) = member("primaryPhone").or_else(|| member("mobilePhone"))
    {
        put("phone_number", phone);
        put("phone_number_verified", false.into());
    }
    if scopes.contains("address")
        && let Some(address) = address(user)
    {
        put("address", address);
    }
    claims
}

fn address(user: &User) -> Option<serde_json::Value> {
    let parts = [
        ("street_address", "streetAddress"),
        ("locality", "city"),
        ("region", "state"),
        ("postal_code", "zipCode"),
        ("country", "countryCode"),
    ];
    let address: serde_json::Map<_, _> = parts
        .iter()
        .filter_map(|(claim, name)| Some(((*claim).to_owned(), user.profile.get(*name)?.clone())))
        .collect();
    (!address.is_empty()).then(|| address.into())
}
