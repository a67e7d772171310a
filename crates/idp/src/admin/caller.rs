//! Who calls the management API.
//!
//! The store is asked on every call: a revoked token, a suspended administrator and a lost role count at once.

use super::access::{Access, Area, Rights};
use crate::ctx::user_entity;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use base64::Engine as _;
use signet_domain::credential::{ApiToken, Credential};
use signet_domain::event::{Entity, Event, EventType};
use signet_domain::id::{ApiTokenId, CredentialId, SessionId, UserId};
use signet_oauth::Secret;

/// Seconds that an API token lives after its last use.
pub const API_TOKEN_IDLE_SECONDS: i64 = 30 * 86_400;

/// What the caller presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// An API token, and the administrator whose it is.
    ApiToken(ApiTokenId, UserId),
    /// A token of an API credential.
    Credential(CredentialId),
    /// A session of the admin console, and the administrator whose it is.
    Console(SessionId, UserId),
}

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What was presented.
    pub by: By,
    /// Who acts, for the log.
    pub entity: Entity,
    /// The name of the API token or credential.
    pub name: String,
    /// What they may do.
    pub rights: Rights,
    /// The token's hash in hexadecimal: a name for it that is no secret.
    pub token_hash: String,
}

impl Caller {
    /// Refuses what the caller may not do.
    ///
    /// # Errors
    /// [`super::AdminError::Forbidden`].
    pub fn require(&self, area: Area, access: Access) -> Result<(), super::AdminError> {
        if self.rights.may(area, access) { Ok(()) } else { Err(super::AdminError::Forbidden) }
    }

    /// What names the API token or API credential in counts: its wire id.
    #[must_use]
    pub fn id(&self) -> String {
        match self.by {
            By::ApiToken(id, _) => id.to_string(),
            By::Credential(id) => id.to_string(),
            By::Console(id, _) => id.to_string(),
        }
    }

    /// The user behind the caller, if there is one.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self.by {
            By::ApiToken(_, user) | By::Console(_, user) => Some(user),
            By::Credential(_) => None,
        }
    }

    /// An event of something that this caller did.
    #[must_use]
    pub fn event(&self, idp: &Idp, ctx: &Ctx, event_type: EventType) -> Event {
        let mut event = idp.event(ctx, event_type, self.entity.clone());
        match self.by {
            By::ApiToken(..) | By::Credential(_) => event.debug("via", self.name.as_str()),
            // No call of the API: it has a session instead, and counts against no quota.
            By::Console(session, _) => {
                event.session_id = Some(session);
                event.debug("door", "console")
            }
        }
    }
}

/// Why there is no caller.
#[derive(Debug, thiserror::Error)]
pub enum CallerRefusal {
    /// No `Authorization` header, or one that can't be read.
    #[error("no usable Authorization header")]
    Malformed,
    /// Unknown, expired, revoked, or another tenant's.
    #[error("not a token of this tenant")]
    Invalid,
    /// A good access token of this tenant, but none for its management API.
    #[error("the token is not for the management API")]
    WrongKind,
    /// A good token of a caller that an administrator has paused.
    #[error("the caller is paused")]
    Paused,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] IdpError),
}

impl From<signet_store::StoreError> for CallerRefusal {
    fn from(error: signet_store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// A header's scheme and token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// `SSWS <token>` or `SSWS<token>`.
    ApiToken(Secret),
    /// `bearer:<token>`, `bearer <token>` or `Bearer <token>`.
    Bearer(Secret),
}

impl Presented {
    /// Reads an `Authorization` header; `None` for anything else.
    ///
    /// Schemes in any case. After `bearer` a colon, a space, or a colon and a space; after `SSWS` a space or
    /// nothing. The token is printable ASCII without spaces.
    #[must_use]
    pub fn parse(header: &[u8]) -> Option<Self> {
        let header = std::str::from_utf8(header).ok()?;
        if let Some(rest) = strip_scheme(header, "ssws") {
            return token(rest.strip_prefix(' ').unwrap_or(rest)).map(Self::ApiToken);
        }
        let rest = strip_scheme(header, "bearer")?;
        let rest = match rest.strip_prefix(':') {
            Some(rest) => rest.strip_prefix(' ').unwrap_or(rest),
            None => rest.strip_prefix(' ')?,
        };
        token(rest).map(Self::Bearer)
    }
}

fn strip_scheme<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = header.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn token(text: &str) -> Option<Secret> {
    let fine = (1..=8192).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    fine.then(|| Secret::from(text))
}

impl Idp {
    /// Who a header stands for.
    ///
    /// # Errors
    /// [`CallerRefusal`].
    pub async fn api_caller(&self, ctx: &Ctx, header: Option<&[u8]>) -> Result<Caller, CallerRefusal> {
        match header.and_then(Presented::parse).ok_or(CallerRefusal::Malformed)? {
            Presented::ApiToken(token) => self.api_token_caller(ctx, &token).await,
            Presented::Bearer(token) if token.expose().contains('.') => self.not_for_us(ctx, &token).await,
            Presented::Bearer(token) => self.credential_caller(ctx, &token).await,
        }
    }

    async fn api_token_caller(&self, ctx: &Ctx, token: &Secret) -> Result<Caller, CallerRefusal> {
        let hash = self.secrets().hash(SecretKind::ApiToken, ctx.tenant_id(), token.expose());
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let token = tx.api_token_by_hash(&hash).await?.ok_or(CallerRefusal::Invalid)?;
        if token.revoked_at.is_some() || token.expires_at <= ctx.now {
            return Err(CallerRefusal::Invalid);
        }
        let user = tx.calling_user(token.user_id, &token.id.to_string()).await?;
        drop(tx);
        let (user, paused) = user.filter(|(user, _)| user.is_active()).ok_or(CallerRefusal::Invalid)?;
        let role = user.admin_role.ok_or(CallerRefusal::Invalid)?;
        if paused {
            return Err(CallerRefusal::Paused);
        }
        self.touch(ctx, &token).await?;
        Ok(Caller {
            by: By::ApiToken(token.id, user.id),
            entity: user_entity(&user).with("apiTokenId", token.id.to_string()),
            name: token.name,
            rights: Rights::Role(role),
            token_hash: hex(&hash),
        })
    }

    /// Moves the end of an API token, at most once an hour.
    async fn touch(&self, ctx: &Ctx, token: &ApiToken) -> Result<(), CallerRefusal> {
        if token.last_used_at.is_some_and(|at| at > ctx.now.plus_secs(-3600)) {
            return Ok(());
        }
        let (id, now) = (token.id, ctx.now);
        let touched = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(
                    async move { tx.touch_api_token(id, now, now.plus_secs(API_TOKEN_IDLE_SECONDS)).await },
                )
            })
            .await;
        Ok(touched?)
    }

    async fn credential_caller(&self, ctx: &Ctx, token: &Secret) -> Result<Caller, CallerRefusal> {
        let hash = self.secrets().hash(SecretKind::CredentialToken, ctx.tenant_id(), token.expose());
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let token = tx.credential_token(&hash).await?.ok_or(CallerRefusal::Invalid)?;
        if token.revoked_at.is_some() || token.expires_at <= ctx.now {
            return Err(CallerRefusal::Invalid);
        }
        let id = token.credential_id;
        let credential = tx.calling_credential(id, &id.to_string()).await?;
        let credential = credential.filter(|(credential, _)| credential.revoked_at.is_none());
        let (credential, paused) = credential.ok_or(CallerRefusal::Invalid)?;
        if paused {
            return Err(CallerRefusal::Paused);
        }
        drop(tx);
        self.touch_credential(ctx, &credential).await;
        Ok(Caller {
            by: By::Credential(credential.id),
            entity: credential_entity(&credential),
            rights: Rights::Scope(credential.scope),
            name: credential.name,
            token_hash: hex(&hash),
        })
    }

    /// Notes that a credential is used, at most once an hour. Best effort: nothing hangs on it.
    async fn touch_credential(&self, ctx: &Ctx, credential: &Credential) {
        if credential.last_used_at.is_some_and(|at| at > ctx.now.plus_secs(-3600)) {
            return;
        }
        let (id, now) = (credential.id, ctx.now);
        let tenant = self.store().tenant(ctx.tenant_id());
        let noted = tenant.write(move |tx| Box::pin(async move { tx.touch_credential(id, now).await })).await;
        if let Err(error) = noted {
            tracing::debug!(%error, "could not note the use of a credential");
        }
    }

    /// An access token of one of the tenant's servers is good, but not for this; anything else is nothing.
    async fn not_for_us(&self, ctx: &Ctx, token: &Secret) -> Result<Caller, CallerRefusal> {
        let config = self.issuing_server(ctx, token.expose()).await?.ok_or(CallerRefusal::Invalid)?;
        match self.believe(ctx, &config, token.expose()).await? {
            // One that is bound to a key is no bearer token, good or not.
            Ok(believed) if believed.claims.cnf.is_none() => Err(CallerRefusal::WrongKind),
            _ => Err(CallerRefusal::Invalid),
        }
    }
}

/// Only picks the server that must vouch for the token.
pub(crate) fn unverified_issuer(jwt: &str) -> Option<String> {
    let payload = jwt.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

/// The log's view of an API credential.
#[must_use]
pub fn credential_entity(credential: &Credential) -> Entity {
    Entity::new("PublicClientApp", credential.id, &credential.client_id, &credential.name)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qt_01_every_spelling_of_bearer() {
        for header in ["bearer:abc", "bearer abc", "Bearer abc", "BEARER:abc", "bearer: abc"] {
            assert_eq!(
                Presented::parse(header.as_bytes()),
                Some(Presented::Bearer("abc".into())),
                "{header}"
            );
        }
        for header in ["SSWS abc", "SSWSabc", "ssws abc"] {
            assert_eq!(
                Presented::parse(header.as_bytes()),
                Some(Presented::ApiToken("abc".into())),
                "{header}"
            );
        }
        for header in [
            "",
            "bearer",
            "bearer:",
            "bearer ",
            "bearerabc",
            "Bearer  abc",
            "abc",
            "SSWS",
            "SSWS a b",
            "Bearer a b",
            "Basic abc",
            "bearer:a\u{e9}",
        ] {
            assert_eq!(Presented::parse(header.as_bytes()), None, "{header:?}");
        }
        assert_eq!(Presented::parse(b"bearer:\xff"), None);
    }
}
