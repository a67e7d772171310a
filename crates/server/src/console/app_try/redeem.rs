//! The token request and what follows it. What an administrator gets this way is good for nothing afterwards.

use crate::console::admin::Admin;
use crate::console::next::encoded;
use serde_json::{Map, Value};
use signet_domain::app::App;
use signet_idp::cache::ServerConfig;
use signet_idp::proofs::ShownToken;
use signet_idp::token::TokenCall;
use signet_oauth::dpop::Presented;
use signet_oauth::response::{TokenResponse, TokenType};
use signet_oauth::{OAuthError, Params};
use std::sync::Arc;

/// What the app would have got.
pub(super) struct Got {
    pub(super) tokens: TokenResponse,
    /// What userinfo said, if it was asked.
    pub(super) userinfo: Option<Result<Map<String, Value>, OAuthError>>,
}

/// Parameters as they are sent.
pub(super) fn query(parameters: &[(&str, String)]) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    pairs.join("&")
}

/// Redeems a code with everything that is checked of the app's own request but its secret: whoever may change the app
/// vouches for it. Asks userinfo, and revokes what it got before anybody sees it.
pub(super) async fn redeem(
    admin: &Admin,
    server: &Arc<ServerConfig>,
    app: &App,
    sent: &[(&str, String)],
) -> Result<Got, OAuthError> {
    let idp = admin.idp();
    let mut ctx = admin.ctx.clone();
    ctx.trial_by = Some(admin.signed_in.user.login.clone());
    let client = idp.vouched_client(&ctx, &server.server, &app.client_id).await?;
    let params = Params::parse(query(sent).as_bytes())?;
    let call = TokenCall {
        vouched: Some(client.clone()),
        server,
        params: &params,
        authorization: None,
        query_has_credentials: false,
        proof: Presented::Nothing,
        header: &|_| None,
    };
    let tokens = idp.token(&ctx, &call).await.result.map_err(|refused| refused.error)?;
    let userinfo = match tokens.id_token {
        Some(_) => {
            let shown = ShownToken {
                token: &tokens.access_token,
                scheme: TokenType::Bearer,
                proof: Presented::Nothing,
                method: "GET",
            };
            Some(idp.userinfo(&ctx, server, &shown).await.map(|told| told.claims))
        }
        None => None,
    };
    for token in tokens.refresh_token.iter().chain([&tokens.access_token]) {
        idp.revoke(&ctx, server, &client, token).await?;
    }
    Ok(Got { tokens, userinfo })
}
