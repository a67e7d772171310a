//! Authorization requests as signed objects, in the request itself or at an address that the app registered
//! (OpenID Connect Core §6, RFC 9101).

use super::origin::Brought;
use crate::cache::{AppConfig, ServerConfig};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_oauth::authorize::{ObjectMark, Origin};
use signet_oauth::jwk::PublicJwk;
use signet_oauth::jwt::{self, Alg, JwtError};
use signet_oauth::request_object::{self, Expected};
use signet_oauth::{OAuthError, Params, Reason};

/// Media types of request objects: what RFC 9101 §9.2 registers, and what is sent besides.
const TYPES: &[&str] =
    &["application/oauth-authz-req+jwt", "application/jwt", "application/jose", "text/plain"];

/// Where a request object may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The request itself, or an address that the app registered.
    Any,
    /// The request itself.
    Value,
}

impl Idp {
    /// The request that an object holds, if there is one that can be taken; its parameters are all that counts then.
    /// Apps without keys can't sign any, and unsigned ones aren't taken: those are left for the reader of the
    /// parameters, who says that they aren't supported.
    ///
    /// # Errors
    /// `invalid_request_object` and `invalid_request_uri`, for a page of our own: where the answer should go is for
    /// the object to say.
    pub(super) async fn request_object(
        &self,
        ctx: &Ctx,
        server: &ServerConfig,
        app: &AppConfig,
        params: &Params,
        source: Source,
    ) -> Result<Option<Brought>, OAuthError> {
        let by_reference = params.get("request_uri").filter(|_| source == Source::Any);
        if (app.app.jwks.is_empty() && app.app.jwks_uri.is_none()) || !app.app.is_active() {
            return Ok(None);
        }
        let object = match (params.get("request"), by_reference) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(one_of_two()),
            (Some(object), None) => object.to_owned(),
            (None, Some(uri)) => self.fetch_object(app, uri).await?,
        };
        if request_object::is_unsigned(&object) {
            return Ok(None);
        }
        let suits = |keys: &[PublicJwk]| {
            !matches!(jwt::verify_with_sole_key(&object, keys, Alg::ALL), Err(JwtError::UnknownKey))
        };
        let keys = self.app_keys(ctx, &app.app, suits).await.map_err(|_| {
            OAuthError::new(Reason::InvalidRequestObject)
                .describe("The client's keys can't be fetched from its 'jwks_uri'; try again in a minute.")
        })?;
        let expected = Expected {
            client_id: &app.app.client_id,
            response_type: params.get("response_type"),
            issuer: &server.server.issuer,
            now: ctx.now.secs(),
            by_value: by_reference.is_none(),
        };
        let read = request_object::read(&object, &keys, expected)?;
        let object = read.once.map(|(jti, expires)| {
            let text = format!("{}\0{jti}", app.app.client_id);
            let digest = self.secrets().hash(SecretKind::RequestObject, ctx.tenant_id(), &text);
            ObjectMark { digest, expires }
        });
        if let Some(object) = &object
            && self.is_answered(ctx, server.server.id, object).await?
        {
            return Err(OAuthError::new(Reason::InvalidRequestObject)
                .describe("A request object with this 'jti' was answered before; sign a new one."));
        }
        Ok(Some(Brought { params: read.params, origin: Origin { pushed: None, object } }))
    }

    /// The fragment of an address is the digest of what is there, and changes with it (OpenID Connect Core §6.2).
    async fn fetch_object(&self, app: &AppConfig, uri: &str) -> Result<String, OAuthError> {
        let refused = |why: &'static str| OAuthError::new(Reason::InvalidRequestUri).describe(why);
        let (address, digest) = request_object::address(uri);
        let mut registered = app.app.request_uris.iter();
        if !registered
            .any(|one| one == uri || (digest.is_some() && request_object::address(one).0 == address))
        {
            return Err(refused(
                "The parameter 'request_uri' must be exactly one of the URIs registered for this client.",
            ));
        }
        let fetched = self.fetch().get(address, TYPES).await;
        let body = fetched.map_err(|_| {
            refused(
                "There is no request object at this 'request_uri'; look at the address and its certificate.",
            )
        })?;
        if digest.is_some_and(|digest| !request_object::has_digest(&body, digest)) {
            return Err(refused(
                "The fragment of 'request_uri' must be the SHA-256 digest, in base64url, of what is there.",
            ));
        }
        let text = std::str::from_utf8(&body).map(str::trim);
        text.map(str::to_owned)
            .map_err(|_| refused("What is at this 'request_uri' is no request object; sign one."))
    }
}

/// What to say of a request that stands in two places (RFC 9101 §5).
pub(super) fn one_of_two() -> OAuthError {
    OAuthError::new(Reason::InvalidRequest)
        .describe("The parameters 'request' and 'request_uri' exclude each other; send one of them.")
}
