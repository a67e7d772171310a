//! Client credentials (RFC 6749 §4.4): an app acts for itself.

use super::issue::response;
use super::{Call, Refused, scopes};
use crate::Idp;
use crate::access_token::Subject;
use signet_oauth::response::TokenResponse;
use signet_oauth::token_request::GrantType;
use signet_oauth::{Reason, ScopeSet};

impl Idp {
    pub(super) async fn client_credentials(
        &self,
        call: &Call<'_>,
        requested: Option<&ScopeSet>,
    ) -> Result<TokenResponse, Refused> {
        let app = &call.client.config.app;
        if !app.is_confidential() {
            return Err(Reason::UnauthorizedClient.into());
        }
        let scopes = scopes::resolve(call.server, app, requested, GrantType::ClientCredentials)?;
        let grant_type = GrantType::ClientCredentials.as_str();
        let terms = self.terms(call.ctx, call.server, app, None, grant_type, &scopes).await?;
        let subject = Subject {
            server: &call.server.server,
            app,
            user: None,
            scopes: &scopes,
            grant: self.entropy().id(call.ctx.now),
            auth_time: None,
            session: None,
            nonce: None,
            claims: None,
            terms: &terms,
            jkt: call.jkt,
        };
        let mut issued = self.mint(call, &subject, GrantType::ClientCredentials, None).await?;
        let (events, app_id, secret, now) = (
            std::mem::take(&mut issued.events),
            app.id,
            call.client.secret_to_touch(call.ctx.now),
            call.ctx.now,
        );
        let unused = call.client.config.is_unused();
        self.store()
            .tenant(call.ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(secret) = secret {
                        tx.touch_app_secret(app_id, secret, now).await?;
                    }
                    if unused {
                        tx.keep_registration(app_id).await?;
                    }
                    tx.append_all(&events).await
                })
            })
            .await?;
        Ok(response(&subject, issued, None))
    }
}
