//! Assertions of clients (RFC 7523, OpenID Connect Core §9): `private_key_jwt` and `client_secret_jwt`.

use crate::cache::AppConfig;
use crate::client::Door;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use serde_json::{Map, Value};
use signet_domain::Time;
use signet_domain::app::{App, CLIENT_SECRET_JWT};
use signet_domain::grant::OneTimeKind;
use signet_domain::id::SecretId;
use signet_domain::server::Server;
use signet_oauth::jwk::PublicJwk;
use signet_oauth::jwt::{self, Alg, JwtError, claim_seconds};
use signet_oauth::{OAuthError, Reason};

/// Seconds ahead that an assertion may expire. Common libraries make assertions for a whole hour.
const LONGEST_SECONDS: i64 = 3_600;

/// Seconds that a client's clock may be ahead, for `nbf` and `iat`.
const LEEWAY_SECONDS: i64 = 10;

/// The longest `jti`, in bytes.
const MAX_JTI_BYTES: usize = 255;

/// The `typ` that assertions may name, if any.
const TYP: &str = "client-authentication+jwt";

/// What is right about an assertion before its claims are looked at.
struct Proof {
    typ: Option<String>,
    claims: Map<String, Value>,
    /// The secret that it was made with.
    secret: Option<SecretId>,
}

impl Idp {
    /// Checks an app's assertion and spends its `jti`, in the store, so that no node takes it again, nor this one
    /// after a restart. Gives the secret that it was made with, if it was one.
    ///
    /// # Errors
    /// `invalid_client` with the log's reason.
    pub(crate) async fn spend_assertion(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        config: &AppConfig,
        assertion: &str,
    ) -> Result<Option<SecretId>, OAuthError> {
        let app = &config.app;
        let proof = if app.auth_method == CLIENT_SECRET_JWT {
            self.proof_by_secret(config, assertion)?
        } else {
            self.proof_by_key(ctx, app, assertion).await?
        };
        let (jti, expires) = check(app, &proof, door, ctx.now.secs())?;
        let id = format!("{}\0{jti}", app.client_id);
        let once = (OneTimeKind::Assertion, SecretKind::Assertion, id.as_str());
        if !self.use_once(ctx, door.server.id, once, Time::from_secs(expires)).await? {
            return Err(Reason::ClientAssertionAlreadyUsed.into());
        }
        Ok(proof.secret)
    }

    async fn proof_by_key(&self, ctx: &Ctx, app: &App, assertion: &str) -> Result<Proof, OAuthError> {
        let suits = |keys: &[PublicJwk]| {
            let found = jwt::verify_with_sole_key(assertion, keys, Alg::ALL);
            !matches!(found, Err(JwtError::UnknownKey))
        };
        let keys = self.app_keys(ctx, app, suits).await?;
        let verified = jwt::verify_with_sole_key(assertion, &keys, Alg::ALL).map_err(reason)?;
        Ok(Proof { typ: verified.header.typ, claims: verified.claims, secret: None })
    }

    fn proof_by_secret(&self, config: &AppConfig, assertion: &str) -> Result<Proof, OAuthError> {
        let secrets = self.mac_secrets(&config.secrets)?;
        let verified = jwt::verify_mac(assertion, &secrets).map_err(reason)?;
        let secret = secrets.get(verified.secret).map(|secret| secret.id);
        Ok(Proof { typ: verified.typ, claims: verified.claims, secret })
    }
}

fn reason(error: JwtError) -> Reason {
    match error {
        JwtError::Algorithm => Reason::ClientAssertionInvalidSignatureAlgorithm,
        JwtError::UnknownKey => Reason::ClientAssertionInvalidKid,
        JwtError::Signature => Reason::ClientAssertionInvalidSignature,
        _ => Reason::ClientAssertionInvalidJwt,
    }
}

/// Everything but whether it was used before; gives `jti` and `exp`.
fn check(app: &App, proof: &Proof, door: Door<'_>, now: i64) -> Result<(String, i64), Reason> {
    let typ = proof.typ.as_deref();
    if typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT") && !typ.eq_ignore_ascii_case(TYP)) {
        return Err(Reason::ClientAssertionInvalidJwt);
    }
    let claims = &proof.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(app.client_id.as_str()) {
        return Err(Reason::ClientAssertionInvalidIssuer);
    }
    if text("sub") != Some(app.client_id.as_str()) {
        return Err(Reason::ClientAssertionInvalidSubject);
    }
    if !text("aud").is_some_and(|aud| is_meant(door, aud)) {
        return Err(Reason::ClientAssertionInvalidAudience);
    }
    let expires = check_times(claims, now)?;
    let jti = text("jti").filter(|jti| !jti.is_empty() && jti.len() <= MAX_JTI_BYTES);
    Ok((jti.ok_or(Reason::ClientAssertionInvalidJwt)?.to_owned(), expires))
}

/// The audience is one string (RFC 9700 would have it be the issuer): the issuer, or an endpoint that RFC 7523 §3
/// and RFC 9126 §2 let clients name.
fn is_meant(Door { server, endpoint }: Door<'_>, audience: &str) -> bool {
    let at = |server: &Server, name: &str| audience == server.endpoint(name);
    audience == server.issuer || at(server, "token") || at(server, endpoint)
}

fn check_times(claims: &Map<String, Value>, now: i64) -> Result<i64, Reason> {
    let seconds = |name: &str| claim_seconds(claims, name).map_err(|_| Reason::ClientAssertionInvalidJwt);
    let expires = seconds("exp")?.ok_or(Reason::ClientAssertionExpirationRequired)?;
    if now >= expires {
        return Err(Reason::ClientAssertionExpiredToken);
    }
    if expires > now + LONGEST_SECONDS {
        return Err(Reason::ClientAssertionExpiresTooFarInFuture);
    }
    for name in ["nbf", "iat"] {
        if seconds(name)?.is_some_and(|at| at > now + LEEWAY_SECONDS) {
            return Err(Reason::ClientAssertionIssuedAtInFuture);
        }
    }
    Ok(expires)
}
