//! UserInfo (OpenID Connect Core §5.3).

use crate::access_token::user_claims;
use crate::cache::ServerConfig;
use crate::{Ctx, Idp};
use serde_json::{Map, Value};
use signet_oauth::{OAuthError, Reason, ScopeSet};

/// What a token's user is like, and who asks.
#[derive(Debug)]
pub struct UserInfo {
    /// The claims that the token's scopes give.
    pub claims: Map<String, Value>,
    /// The app that the token was issued to.
    pub client_id: String,
}

impl Idp {
    /// The claims that an access token's scopes give about its user.
    ///
    /// # Errors
    /// `invalid_token` (401) or `insufficient_scope` (403, RFC 6750 §3.1).
    pub async fn userinfo(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        token: &str,
    ) -> Result<UserInfo, OAuthError> {
        let believed = self.believe(ctx, config, token).await?.map_err(OAuthError::new)?;
        let scopes: ScopeSet =
            believed.claims.scp.iter().filter_map(|s| signet_oauth::Scope::parse(s).ok()).collect();
        match believed.user {
            Some(user) if scopes.contains("openid") => {
                Ok(UserInfo { claims: user_claims(&user, &scopes), client_id: believed.claims.cid })
            }
            _ => Err(OAuthError::new(Reason::InsufficientScope).describe(
                "The access token needs the scope 'openid' and a user; ask for it with a user's grant.",
            )),
        }
    }
}
