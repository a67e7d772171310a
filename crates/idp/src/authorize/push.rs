//! Pushed authorization requests (RFC 9126): an app sends its request itself, and the browser carries a reference.
//!
//! A reference belongs to one app at one server. It opens pages until the request is answered, so that a page can
//! be reloaded; the answer spends it.

use super::AuthorizeCall;
use super::object::Source;
use super::origin::Brought;
use super::request::{is_registered, naming_uri, read};
use crate::cache::ServerConfig;
use crate::client::Door;
use crate::ctx::{At, app_entity, by_kind};
use crate::proofs::check_proof;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use serde::{Deserialize, Serialize};
use signet_domain::app::App;
use signet_domain::event::types;
use signet_domain::grant::{OneTime, OneTimeKind};
use signet_domain::id::ServerId;
use signet_oauth::authorize::{AuthorizeTarget, ObjectMark, Origin};
use signet_oauth::dpop::{Presented, Proof};
use signet_oauth::{OAuthError, Params, Reason};
use signet_store::sqlx_types::Json;
use std::sync::Arc;

/// What every reference begins with (RFC 9126 §2.2).
pub(super) const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";

/// Seconds in which a reference opens the first page.
const SECONDS: i64 = 90;

/// The longest request that is kept, in bytes of its form.
const MAX_BYTES: usize = 32 * 1024;

/// What isn't part of the authorization request.
const CREDENTIALS: &[&str] = &["client_secret", "client_assertion", "client_assertion_type"];

/// What reaches the endpoint.
pub struct PushCall<'a> {
    /// The server that was asked.
    pub server: &'a Arc<ServerConfig>,
    /// The form body.
    pub params: &'a Params,
    /// The raw `Authorization` header.
    pub authorization: Option<&'a [u8]>,
    /// Whether the query string names client credentials.
    pub query_has_credentials: bool,
    /// The proof of possession, if there is one: it binds the code to its key (RFC 9449 §10.1).
    pub proof: Presented<'a>,
}

/// The answer (RFC 9126 §2.2).
#[derive(Debug, Serialize)]
pub struct Pushed {
    /// The reference.
    pub request_uri: String,
    /// Seconds in which it can be used.
    pub expires_in: i64,
}

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Payload {
    /// The app that pushed.
    client_id: String,
    /// Its request, as a form.
    request: String,
    /// The object that held it.
    #[serde(default)]
    object: Option<ObjectMark>,
}

impl Idp {
    /// Keeps an authorization request that would be good at the authorization endpoint.
    ///
    /// # Errors
    /// What the authorization endpoint would say, and what the token endpoint would say of the client.
    pub async fn push(&self, ctx: &Ctx, call: &PushCall<'_>) -> Result<Pushed, OAuthError> {
        let server = &call.server.server;
        let door = Door { server, endpoint: "par" };
        let (header, in_query) = (call.authorization, call.query_has_credentials);
        let client = self.client_at(ctx, door, call.params, header, in_query).await?;
        let app = &client.config.app;
        let uri = format!("{REQUEST_URI}{}", self.entropy().secret("sgq"));
        let hash = self.secrets().hash(SecretKind::Pushed, ctx.tenant_id(), &uri);
        let origin = |object| Origin { pushed: Some(hash.clone()), object };
        let proof = match self.proof_of_push(ctx, call).await {
            Ok(proof) => proof,
            Err(error) => return Err(self.push_refused(ctx, call, app, error).await?),
        };
        let brought = self.request_object(ctx, call.server, &client.config, call.params, Source::Value).await;
        let checked = brought.and_then(|brought| {
            let params = brought.as_ref().map_or(call.params, |brought| &brought.params);
            let request = with_proof(params, &app.client_id, proof.as_ref())?;
            let object = brought.and_then(|brought| brought.origin.object);
            let (params, target) = check(&request)?;
            if !is_registered(&client.config, &target.redirect_uri) {
                return Err(Reason::IllegalRedirectUri.into());
            }
            read(call.server, &client.config, &params, &target, origin(object.clone()))?;
            Ok(Payload { client_id: app.client_id.clone(), request, object })
        });
        let payload = match checked {
            Ok(payload) => payload,
            Err(error) => return Err(self.push_refused(ctx, call, app, error).await?),
        };
        let row = OneTime {
            tenant_id: ctx.tenant_id(),
            server_id: server.id,
            kind: OneTimeKind::Pushed,
            hash,
            grant_id: None,
            payload: Json(serde_json::to_value(payload).map_err(|e| IdpError::Internal(e.to_string()))?),
            created_at: ctx.now,
            expires_at: ctx.now.plus_secs(SECONDS),
            spent_at: None,
        };
        let store = self.store().tenant(ctx.tenant_id());
        let stored = store.write(move |tx| Box::pin(async move { tx.insert_one_time(&row).await })).await;
        stored.map_err(IdpError::from)?;
        Ok(Pushed { request_uri: uri, expires_in: SECONDS })
    }

    /// The proof that came along, spent.
    async fn proof_of_push(&self, ctx: &Ctx, call: &PushCall<'_>) -> Result<Option<Proof>, OAuthError> {
        let proof = check_proof(ctx, &call.server.server, "par", call.proof)?;
        if let Some(proof) = &proof {
            self.spend_proof(ctx, &call.server.server, proof).await?;
        }
        Ok(proof)
    }

    /// Logs a refusal, and gives it back.
    async fn push_refused(
        &self,
        ctx: &Ctx,
        call: &PushCall<'_>,
        app: &App,
        error: OAuthError,
    ) -> Result<OAuthError, OAuthError> {
        let server = &call.server.server;
        let kind = by_kind(server, types::ORG_AUTHORIZE, types::AS_AUTHORIZE);
        let mut event = self.event(ctx, kind, app_entity(app)).failed(error.reason.as_str());
        // What an object holds counts, and not what stands beside it.
        if !call.params.contains("request") {
            event = naming_uri(event, &error, call.params);
        }
        self.record(ctx, vec![event.at(server).by(app)]).await?;
        Ok(error)
    }

    /// Fetches what was pushed under a reference. Beside it the browser brings nothing but the client's id; what it
    /// says of the redirect URI may only agree.
    pub(super) async fn pushed(
        &self,
        ctx: &Ctx,
        call: &AuthorizeCall<'_>,
        uri: &str,
    ) -> Result<Brought, OAuthError> {
        let client_id = call.params.require("client_id")?;
        let hash = self.secrets().hash(SecretKind::Pushed, ctx.tenant_id(), uri);
        let row = self
            .peek_pushed(ctx, call.server.server.id, &hash)
            .await?
            .filter(|row| row.spent_at.is_none() && ctx.now < row.expires_at)
            .ok_or(Reason::InvalidRequestUri)?;
        let payload: Payload = serde_json::from_value(row.payload.0)
            .map_err(|e| IdpError::Internal(format!("a pushed request can't be read: {e}")))?;
        if payload.client_id != client_id {
            return Err(Reason::InvalidRequestUri.into());
        }
        let params = Params::parse(payload.request.as_bytes())?;
        if call.params.get("redirect_uri").is_some_and(|asked| params.get("redirect_uri") != Some(asked)) {
            return Err(Reason::IllegalRedirectUri.into());
        }
        Ok(Brought { params, origin: Origin { pushed: Some(hash), object: payload.object } })
    }
}

impl Idp {
    async fn peek_pushed(
        &self,
        ctx: &Ctx,
        server: ServerId,
        hash: &[u8],
    ) -> Result<Option<OneTime>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(tx.peek_one_time(server, OneTimeKind::Pushed, hash).await?)
    }
}

/// The request as it is kept: without credentials, and bound to the key of the proof that came along. Who names a key
/// besides must name that one.
fn with_proof(params: &Params, client_id: &str, proof: Option<&Proof>) -> Result<String, OAuthError> {
    let mut with = vec![("client_id", client_id)];
    if let Some(proof) = proof {
        if params.get("dpop_jkt").is_some_and(|named| named != proof.jkt) {
            return Err(Reason::DpopJktMismatch.into());
        }
        with.push(("dpop_jkt", &proof.jkt));
    }
    Ok(params.encode(CREDENTIALS, &with))
}

/// The shape of a request that is pushed: it holds the parameters themselves.
fn check(request: &str) -> Result<(Params, AuthorizeTarget), OAuthError> {
    if request.len() > MAX_BYTES {
        return Err(OAuthError::new(Reason::InvalidRequest)
            .describe("The authorization request is too long; push at most 32768 bytes."));
    }
    let params = Params::parse(request.as_bytes())?;
    if params.contains("request_uri") {
        return Err(OAuthError::new(Reason::InvalidRequest)
            .describe("The parameter 'request_uri' can't be pushed; send the parameters themselves."));
    }
    let target = AuthorizeTarget::parse(&params)?;
    Ok((params, target))
}
