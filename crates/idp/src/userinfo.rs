//! UserInfo (OpenID Connect Core §5.3).

use crate::access_token::user_claims;
use crate::cache::ServerConfig;
use crate::configured_claims::{About, Into, ask_for_groups};
use crate::proofs::ShownToken;
use crate::{Ctx, Idp, IdpError, requested_claims};
use serde_json::{Map, Value};
use signet_domain::id::GrantId;
use signet_domain::user::User;
use signet_oauth::response::TokenType;
use signet_oauth::{OAuthError, Reason, ScopeSet, jwt};

/// What a token's user is like, and who asks.
#[derive(Debug)]
pub struct UserInfo {
    /// The claims that the token's scopes give.
    pub claims: Map<String, Value>,
    /// The app that the token was issued to.
    pub client_id: String,
    /// The claims as a JWT, for an app that wants them signed (OpenID Connect Core §5.3.2).
    pub signed: Option<String>,
}

impl Idp {
    /// The claims that an access token's scopes give about its user.
    ///
    /// # Errors
    /// `invalid_token` (401) or `insufficient_scope` (403, RFC 6750 §3.1); `invalid_dpop_proof` (401, RFC 9449 §7.1).
    pub async fn userinfo(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        shown: &ShownToken<'_>,
    ) -> Result<UserInfo, OAuthError> {
        let told = self.userinfo_of(ctx, config, shown).await;
        // Who came with the scheme DPoP is answered in it.
        told.map_err(|error| if shown.scheme == TokenType::Dpop { error.dpop(true) } else { error })
    }

    async fn userinfo_of(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        shown: &ShownToken<'_>,
    ) -> Result<UserInfo, OAuthError> {
        let believed = self.believe(ctx, config, shown.token).await?.map_err(OAuthError::new)?;
        self.check_binding(ctx, (&config.server, "userinfo"), believed.claims.cnf.as_ref(), shown).await?;
        let scopes: ScopeSet =
            believed.claims.scp.iter().filter_map(|s| signet_oauth::Scope::parse(s).ok()).collect();
        match believed.user {
            Some(user) if scopes.contains("openid") => {
                let client_id = believed.claims.cid;
                let mut claims = self.configured_userinfo(ctx, config, &user, &client_id, &scopes).await?;
                claims.extend(self.wished_claims(ctx, &user, &client_id, believed.claims.gid).await?);
                claims.extend(user_claims(&user, &scopes));
                claims.insert("sub".to_owned(), believed.claims.sub.into());
                let signed = self.signed_userinfo(ctx, config, &claims, &client_id).await?;
                Ok(UserInfo { claims, client_id, signed })
            }
            _ => Err(OAuthError::new(Reason::InsufficientScope).describe(
                "The access token needs the scope 'openid' and a user; ask for it with a user's grant.",
            )),
        }
    }

    /// The claims as a JWT, if the app wants them so: signed with the key that signs the server's tokens, which must be
    /// for the algorithm that the app registered. Without `exp` it is no ID token, hint or access token anywhere.
    async fn signed_userinfo(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        claims: &Map<String, Value>,
        client_id: &str,
    ) -> Result<Option<String>, OAuthError> {
        let Some(app) = self.app(ctx, client_id).await? else { return Ok(None) };
        let Some(alg) = &app.app.metadata.userinfo_signed_response_alg else { return Ok(None) };
        let keys = self.server_keys(ctx, &config.server).await?;
        if alg != keys.active.alg().as_str() {
            return Err(Reason::UserinfoAlgorithm.into());
        }
        let mut claims = claims.clone();
        claims.insert("iss".to_owned(), config.server.issuer.as_str().into());
        claims.insert("aud".to_owned(), client_id.into());
        Ok(Some(jwt::sign(&keys.active, None, &claims).map_err(IdpError::from)?))
    }

    /// The claims that the server's configuration adds.
    async fn configured_userinfo(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        user: &User,
        client_id: &str,
        scopes: &ScopeSet,
    ) -> Result<Map<String, Value>, OAuthError> {
        let Some(app) = self.app(ctx, client_id).await? else { return Ok(Map::new()) };
        let groups = match ask_for_groups(&config.claims, scopes) {
            true => self.groups_of(ctx, user).await?,
            false => Vec::new(),
        };
        let about = About { app: &app.app, user: Some(user), groups: &groups, scopes };
        about.claims(&config.claims, Into::Userinfo)
    }

    /// The single claims that the grant's authorization request asked userinfo for.
    async fn wished_claims(
        &self,
        ctx: &Ctx,
        user: &User,
        client_id: &str,
        grant: Option<String>,
    ) -> Result<Map<String, Value>, IdpError> {
        let Some(grant) = grant.and_then(|id| GrantId::parse(&id)) else { return Ok(Map::new()) };
        let grant = self.store().tenant(ctx.tenant_id()).read().await?.grant(grant).await?;
        let wishes = requested_claims::from_text(grant.and_then(|g| g.claims).as_deref()).userinfo;
        Ok(match self.app(ctx, client_id).await? {
            Some(app) => requested_claims::give(user, &wishes, &app.app),
            None => Map::new(),
        })
    }
}
