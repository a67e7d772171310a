//! The one-time link with which a tenant gets its first administrator.

use super::rows;
use crate::admin::password_rules;
use crate::ctx::user_entity;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::grant::{OneTime, OneTimeKind};
use signet_domain::id::ServerId;
use signet_domain::login::canonical;
use signet_domain::security::SecuritySettings;
use signet_domain::tenant::Tenant;
use signet_domain::user::User;
use signet_store::StoreError;
use signet_store::one_time::Spent;
use signet_store::sqlx_types::Json;

/// How long the link works.
pub const SETUP_SECONDS: i64 = 86_400;

/// The shortest password of a first administrator, however little the tenant asks of others.
const MIN_PASSWORD_CHARS: i64 = 12;

const NO_SERVER: ServerId = ServerId(uuid::Uuid::nil());

/// A link that still works.
#[derive(Debug, Clone)]
pub struct SetupLink {
    /// The login that it was made for, if one was named.
    pub login: String,
    /// When it stops working.
    pub expires_at: Time,
}

/// Why the set-up did not go through.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The link was used, is too old, or never was.
    #[error("this link was used or has expired: ask for a new one")]
    Gone,
    /// Something typed can't be taken.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] IdpError),
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Invalid("This login is taken: choose another.".into()),
            other => Self::Failed(other.into()),
        }
    }
}

impl Idp {
    /// Makes a link that works once, for a day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn make_setup_link(
        &self,
        tenant: &Tenant,
        login: Option<&str>,
        now: Time,
    ) -> Result<String, IdpError> {
        let token = self.entropy().secret("");
        let row = OneTime {
            tenant_id: tenant.id,
            server_id: NO_SERVER,
            kind: OneTimeKind::Setup,
            hash: self.secrets().hash(SecretKind::Setup, tenant.id, &token),
            grant_id: None,
            payload: Json(serde_json::json!({ "login": login.unwrap_or_default() })),
            created_at: now,
            expires_at: now.plus_secs(SETUP_SECONDS),
            spent_at: None,
        };
        let write = self.store().tenant(tenant.id);
        write.write(move |tx| Box::pin(async move { tx.insert_one_time(&row).await })).await?;
        Ok(format!("{}/setup?token={token}", tenant.url))
    }

    /// Looks at a link without using it.
    ///
    /// # Errors
    /// [`SetupError::Gone`]; or when the store fails.
    pub async fn setup_link(&self, ctx: &Ctx, token: &str) -> Result<SetupLink, SetupError> {
        let hash = self.secrets().hash(SecretKind::Setup, ctx.tenant_id(), token);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let row = tx.peek_one_time(NO_SERVER, OneTimeKind::Setup, &hash).await?;
        let row = row.filter(|r| r.spent_at.is_none() && ctx.now < r.expires_at).ok_or(SetupError::Gone)?;
        Ok(SetupLink { login: login_of(&row), expires_at: row.expires_at })
    }

    /// What the password of who uses a link must be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn setup_rules(&self, ctx: &Ctx) -> Result<SecuritySettings, IdpError> {
        let mut rules = SecuritySettings::clone(&*self.security(ctx).await?);
        rules.min_length = rules.min_length.max(MIN_PASSWORD_CHARS);
        Ok(rules)
    }

    /// Uses a link: creates the administrator.
    ///
    /// # Errors
    /// [`SetupError`]; the link goes on working unless it is [`SetupError::Gone`].
    pub async fn finish_setup(
        &self,
        ctx: &Ctx,
        token: &str,
        login: &str,
        password: &str,
    ) -> Result<User, SetupError> {
        self.setup_link(ctx, token).await?;
        let key = canonical(login, &ctx.tenant.default_domain).map_err(|_| {
            SetupError::Invalid("This can't be a login: write it like an e-mail address.".to_owned())
        })?;
        let rules = self.setup_rules(ctx).await?;
        if let Some(fault) = password_rules::fault(password, key.as_str(), &rules) {
            return Err(SetupError::Invalid(format!("Choose another password: it {fault}.")));
        }
        let hash = self.hasher().hash(password).await?;
        let user = rows::administrator(rows::user(self, &ctx.tenant, (login, key), hash, ctx.now));
        let event = |event_type| self.event(ctx, event_type, user_entity(&user)).target(user_entity(&user));
        let events = vec![event(types::USER_CREATE), event(types::PRIVILEGE_GRANT)];
        let spent_hash = self.secrets().hash(SecretKind::Setup, ctx.tenant_id(), token);
        let (mut row, now) = (user.clone(), ctx.now);
        let made = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    match tx.spend(NO_SERVER, OneTimeKind::Setup, &spent_hash, now).await? {
                        Spent::Now(link) if now < link.expires_at => {}
                        Spent::Now(_) | Spent::Before(_) | Spent::Unknown => return Ok(false),
                    }
                    row.number = tx.next_user_number().await?;
                    tx.insert_user(&row).await?;
                    tx.append_all(&events).await?;
                    Ok(true)
                })
            })
            .await?;
        if made { Ok(user) } else { Err(SetupError::Gone) }
    }
}

fn login_of(row: &OneTime) -> String {
    row.payload.get("login").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
