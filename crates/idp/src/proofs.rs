//! Proofs of possession (DPoP, RFC 9449) at endpoints of ours: each is for one request there, and works once over all
//! nodes and restarts.

use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::grant::OneTimeKind;
use signet_domain::server::Server;
use signet_oauth::claims::Confirmation;
use signet_oauth::dpop::{LONGEST_SECONDS, Presented, Proof, Request};
use signet_oauth::response::TokenType;
use signet_oauth::{OAuthError, Reason};

/// An access token as it came to a resource of ours.
#[derive(Debug)]
pub struct ShownToken<'a> {
    /// The token.
    pub token: &'a str,
    /// The scheme that it came with.
    pub scheme: TokenType,
    /// The proof beside it.
    pub proof: Presented<'a>,
    /// The method of the request.
    pub method: &'a str,
}

/// Checks the proof of a POST to an endpoint of a server, all but whether it was used before.
///
/// # Errors
/// `invalid_dpop_proof`.
pub(crate) fn check_proof(
    ctx: &Ctx,
    server: &Server,
    endpoint: &str,
    proof: Presented<'_>,
) -> Result<Option<Proof>, OAuthError> {
    let url = server.endpoint(endpoint);
    Proof::check(proof, &Request { method: "POST", url: &url, access_token: None, now: ctx.now.secs() })
}

impl Idp {
    /// Spends the `jti` of a proof, in the store. It is its key's own: nobody else can use it up.
    ///
    /// # Errors
    /// `invalid_dpop_proof` when it was used before; when the store fails.
    pub(crate) async fn spend_proof(
        &self,
        ctx: &Ctx,
        server: &Server,
        proof: &Proof,
    ) -> Result<(), OAuthError> {
        let id = format!("{}\0{}", proof.jkt, proof.jti);
        let once = (OneTimeKind::Proof, SecretKind::Proof, id.as_str());
        // Nodes may differ about the time a little, and ids are kept for longer than they are good.
        let expires = Time::from_secs(proof.issued_at).plus_secs(2 * LONGEST_SECONDS);
        if self.use_once(ctx, server.id, once, expires).await? {
            Ok(())
        } else {
            Err(Reason::DpopProofReplayed.into())
        }
    }

    /// Whether a token comes as what it is: a bound one with a proof by its key, any other without (RFC 9449 §7.1).
    ///
    /// # Errors
    /// `invalid_token` or `invalid_dpop_proof`, which ask for the scheme that would be right.
    pub(crate) async fn check_binding(
        &self,
        ctx: &Ctx,
        (server, endpoint): (&Server, &str),
        bound_to: Option<&Confirmation>,
        shown: &ShownToken<'_>,
    ) -> Result<(), OAuthError> {
        let bound_to = match (bound_to, shown.scheme) {
            (None, TokenType::Bearer) => return Ok(()),
            (None, TokenType::Dpop) => return Err(Reason::AccessTokenUnbound.into()),
            (Some(_), TokenType::Bearer) => return Err(OAuthError::new(Reason::AccessTokenBound).dpop(true)),
            (Some(bound_to), TokenType::Dpop) => bound_to,
        };
        let url = server.endpoint(endpoint);
        let request =
            Request { method: shown.method, url: &url, access_token: Some(shown.token), now: ctx.now.secs() };
        let proof = Proof::check(shown.proof, &request)?.ok_or(Reason::DpopProofMissing)?;
        if proof.jkt != bound_to.jkt {
            return Err(Reason::AccessTokenOfAnotherKey.into());
        }
        self.spend_proof(ctx, server, &proof).await
    }
}
