//! Tokens of API credentials. Each request makes a new one; there is no refresh token.

use super::caller::{credential_entity, hex};
use super::credentials::hex_64;
use crate::rates::{Header, Rates, Subject};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use base64::Engine as _;
use signet_domain::credential::{Credential, CredentialToken};
use signet_domain::event::{Entity, types};
use signet_oauth::{Reason, Secret};
use signet_store::StoreError;

/// Seconds that a token lives: ten hours.
pub const TOKEN_SECONDS: i64 = 36_000;

/// A client id and a secret, as they were presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The client id.
    pub client_id: String,
    /// The secret.
    pub secret: Secret,
}

impl Pair {
    /// A pair from its halves; `None` when one can't be one.
    #[must_use]
    pub fn new(client_id: &str, secret: &str) -> Option<Self> {
        let fine = |text: &str| (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        (fine(client_id) && fine(secret))
            .then(|| Self { client_id: client_id.to_owned(), secret: Secret::from(secret) })
    }

    /// Reads `client_id:…, client_secret:…` (spaces after the colons and the comma or not) or `Basic …`.
    #[must_use]
    pub fn parse(header: &[u8]) -> Option<Self> {
        let header = std::str::from_utf8(header).ok()?;
        if let Some((scheme, encoded)) = header.split_once(' ')
            && scheme.eq_ignore_ascii_case("basic")
        {
            let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
            let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
            return Self::new(id, secret);
        }
        let (id, secret) = header.split_once(',')?;
        let id = id.strip_prefix("client_id:")?.trim_matches(' ');
        let secret = secret.trim_start_matches(' ').strip_prefix("client_secret:")?.trim_matches(' ');
        Self::new(id, secret)
    }
}

/// A token that was made, with what is said of it.
pub struct Issued {
    /// The token.
    pub token: Secret,
    /// Its row.
    pub row: CredentialToken,
}

/// What became of a request that proved itself.
pub struct Answered {
    /// The token, unless a rate policy refused it.
    pub issued: Option<Issued>,
    /// Where the rate policies stand.
    pub rates: Rates,
}

/// What revoking a token came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It is revoked now, or was before.
    Done,
    /// It is no token of this credential.
    NotYours,
}

impl Idp {
    /// Makes a token for a credential, unless a rate policy refuses it; `None` when id and secret don't match,
    /// which is logged.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn issue_credential_token(
        &self,
        ctx: &Ctx,
        pair: &Pair,
        header: Header<'_>,
    ) -> Result<Option<Answered>, IdpError> {
        let Some(credential) = self.match_credential(ctx, pair).await? else { return Ok(None) };
        let rates = self.ask_rates(ctx, &Subject::Credential { credential: &credential, header }).await?;
        if let Some(refusal) = &rates.refused {
            let event = self.event(ctx, types::RATE_POLICY_REFUSED, credential_entity(&credential));
            let event =
                event.failed(Reason::RatePolicyExceeded.as_str()).debug("grantType", "client_credentials");
            self.refused_by_policy(ctx, refusal, refusal.put(event)).await?;
            signet_metrics::REFUSALS.add("policy");
            return Ok(Some(Answered { issued: None, rates }));
        }
        let token = Secret::from(hex_64(self.entropy()));
        let row = CredentialToken {
            tenant_id: ctx.tenant_id(),
            hash: self.secrets().hash(SecretKind::CredentialToken, ctx.tenant_id(), token.expose()),
            credential_id: credential.id,
            created_at: ctx.now,
            expires_at: ctx.now.plus_secs(TOKEN_SECONDS),
            revoked_at: None,
        };
        let entity = credential_entity(&credential);
        let event = self.event(ctx, types::CREDENTIAL_TOKEN, entity.clone()).target(entity);
        let event = event.debug("scope", credential.scope.as_str()).debug("grantType", "client_credentials");
        let stored = row.clone();
        self.store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    tx.insert_credential_token(&stored).await?;
                    tx.touch_credential(stored.credential_id, stored.created_at).await?;
                    tx.append(&event).await
                })
            })
            .await?;
        Ok(Some(Answered { issued: Some(Issued { token, row }), rates }))
    }

    /// Revokes a token of a credential; `None` when id and secret don't match, which is logged.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_credential_token(
        &self,
        ctx: &Ctx,
        pair: &Pair,
        token: &str,
    ) -> Result<Option<Revoked>, IdpError> {
        let Some(credential) = self.match_credential(ctx, pair).await? else { return Ok(None) };
        let hash = self.secrets().hash(SecretKind::CredentialToken, ctx.tenant_id(), token);
        let entity = credential_entity(&credential);
        let target =
            Entity::new("Token", format_args!("{:.16}", hex(&hash)), &credential.client_id, &credential.name);
        let event = self.event(ctx, types::CREDENTIAL_TOKEN_REVOKE, entity).target(target);
        let (now, id) = (ctx.now, credential.id);
        let revoked = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    match tx.credential_token(&hash).await? {
                        Some(row) if row.credential_id == id => {
                            if tx.revoke_credential_token(id, &hash, now).await? {
                                tx.append(&event).await?;
                            }
                            Ok::<_, StoreError>(Revoked::Done)
                        }
                        _ => Ok(Revoked::NotYours),
                    }
                })
            })
            .await?;
        Ok(Some(revoked))
    }

    /// The credential of a pair. An unknown id costs what a wrong secret costs.
    async fn match_credential(&self, ctx: &Ctx, pair: &Pair) -> Result<Option<Credential>, IdpError> {
        let presented =
            self.secrets().hash(SecretKind::CredentialSecret, ctx.tenant_id(), pair.secret.expose());
        let (found, paused) = {
            let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
            let found = tx.credential_by_client_id(&pair.client_id).await?;
            let id = found.as_ref().map(|c| c.id.to_string()).unwrap_or_default();
            (found, tx.is_paused(&id).await?)
        };
        let decoy = [0; 32];
        let expected = found.as_ref().map_or(&decoy[..], |c| c.secret_hash.as_slice());
        let matches = signet_oauth::compare::ct_eq(expected, &presented);
        let reason = match &found {
            None => "unknown_client",
            Some(c) if c.revoked_at.is_some() => "revoked_client",
            Some(_) if !matches => "invalid_client_secret",
            Some(_) if paused => "paused_client",
            Some(_) => return Ok(found),
        };
        // What was sent as an id may be anything, a secret in the wrong place too: only a known id is shown.
        let who = found.as_ref().map_or_else(unknown, credential_entity);
        let event = self.event(ctx, types::CREDENTIAL_TOKEN, who.clone()).target(who).failed(reason);
        self.record(ctx, vec![event]).await?;
        Ok(None)
    }
}

fn unknown() -> Entity {
    Entity::new("PublicClientApp", "unknown", "unknown", "unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_header() {
        let pair = Pair::new("abc", "def");
        assert!(pair.is_some());
        for header in [
            "client_id:abc, client_secret:def",
            "client_id:abc,client_secret:def",
            "client_id: abc, client_secret: def",
            "Basic YWJjOmRlZg==",
            "basic YWJjOmRlZg==",
        ] {
            assert_eq!(Pair::parse(header.as_bytes()), pair, "{header}");
        }
        for header in [
            "",
            "client_id:abc",
            "client_id:abc client_secret:def",
            "client_secret:def, client_id:abc",
            "client_id:, client_secret:def",
            "Basic YWJj",
            "Basic %%",
            "Bearer abc",
            "client_id:a b, client_secret:c",
        ] {
            assert_eq!(Pair::parse(header.as_bytes()), None, "{header}");
        }
    }
}
