//! What apps watch a sign-in by (OpenID Connect Session Management 1.0).

use super::SignedIn;
use crate::cache::ServerConfig;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use signet_oauth::authorize::AuthorizeRequest;
use signet_oauth::redirect::RedirectUri;
use signet_oauth::response::AuthorizeResponse;
use signet_oauth::session_state::session_state;

impl Idp {
    /// The answer, with the state of the browser's sign-in where the server lets apps watch it. The state follows
    /// from the session and says nothing of it; scripts may read it.
    pub(super) fn watched(
        &self,
        ctx: &Ctx,
        server: &ServerConfig,
        request: &AuthorizeRequest,
        signed_in: &SignedIn,
        answer: AuthorizeResponse,
    ) -> AuthorizeResponse {
        let openid = request.scope.as_ref().is_some_and(|scope| scope.contains("openid"));
        if !server.server.session_management || !openid {
            return answer;
        }
        // An app without a web origin has no frame to watch it in.
        let origin = RedirectUri::stored(request.redirect_uri.as_str(), false).origin();
        let Some(origin) = origin else { return answer };
        let session = signed_in.session.id.to_string();
        let state =
            URL_SAFE_NO_PAD.encode(self.secrets().hash(SecretKind::BrowserState, ctx.tenant_id(), &session));
        let salt = self.entropy().secret("");
        answer.with_session(session_state(&request.client_id, &origin, &state, &salt), state)
    }
}
