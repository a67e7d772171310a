//! Which apps may register themselves at a server, and the initial access tokens that let them.

use super::change::{Diff, Facts};
use super::error::Causes;
use super::{AdminError, Caller, Expected};
use crate::ctx::{At as _, server_entity};
use crate::registration::token_entity;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::id::{RegistrationTokenId, ServerId, TenantId};
use signet_domain::registration::{RegistrationMode, RegistrationPolicy, RegistrationToken};
use signet_domain::server::{ScopeRow, Server};
use signet_oauth::Secret;
use signet_store::Tx;
use signet_store::sqlx_types::Json;

/// Most initial access tokens of a server.
pub const MAX_TOKENS: usize = 100;

/// Minutes that an initial access token may live: up to a year.
pub const LIFETIME_MINUTES: std::ops::RangeInclusive<i64> = 1..=525_600;
/// How many they are unless others are asked for: a day.
pub const USUAL_LIFETIME_MINUTES: i64 = 1_440;

/// Grants that an app which registers itself can ever have. Passwords are for apps that somebody vouches for.
pub const GRANTS: &[&str] = &["authorization_code", "refresh_token", "client_credentials"];

/// Scopes that such apps may have unless others are named.
const SCOPES: &[&str] = &["openid", "profile", "email", "offline_access"];

/// What was said of a server, or what holds until something is.
#[derive(Debug)]
pub struct RegistrationView {
    /// The server.
    pub server: Server,
    /// The policy; version 0 where nobody has ever said anything.
    pub policy: RegistrationPolicy,
}

/// A policy as it is sent. What is absent gets its default.
#[derive(Debug, Clone, Default)]
pub struct RegistrationSettings {
    /// OFF, TOKEN or OPEN.
    pub mode: Option<String>,
    /// Grant types that such apps may have.
    pub grant_types: Option<Vec<String>>,
    /// Scopes that such apps may have.
    pub scopes: Option<Vec<String>>,
    /// Whether confidential apps must use PKCE, too.
    pub pkce_required: Option<bool>,
    /// Most apps that are there at a time.
    pub max_apps: Option<i64>,
    /// Most registrations without a token from one source in an hour.
    pub per_source: Option<i64>,
    /// Days after which an app that never got a token goes.
    pub unused_days: Option<i64>,
}

/// An initial access token as it is asked for.
#[derive(Debug, Clone)]
pub struct RegistrationTokenSettings {
    /// A name to know it by.
    pub name: String,
    /// Grant types; none for all that the policy allows.
    pub grant_types: Vec<String>,
    /// Scopes; none for all that the policy allows.
    pub scopes: Vec<String>,
    /// How many apps may be registered with it: 1 unless more are asked for.
    pub max_uses: Option<i64>,
    /// Minutes that it lives: a day unless something else is asked for.
    pub lifetime_minutes: Option<i64>,
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn check_grants(causes: &mut Causes, grants: &[String]) {
    for grant in grants.iter().filter(|grant| !GRANTS.contains(&grant.as_str())) {
        let grant = signet_domain::event::bounded(grant, 64);
        causes.add("grantTypes", format_args!("'{grant}' isn't possible; use any of {}", GRANTS.join(", ")));
    }
}

fn check_scopes(causes: &mut Causes, scopes: &[String], of_server: &[ScopeRow]) {
    for scope in scopes.iter().filter(|scope| !of_server.iter().any(|row| row.name == **scope)) {
        let scope = signet_domain::event::bounded(scope, 64);
        causes.add("scopes", format_args!("the server has no scope '{scope}'"));
    }
}

impl RegistrationSettings {
    /// Puts the settings into a policy.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] naming every broken rule.
    pub fn put(self, policy: &mut RegistrationPolicy, of_server: &[ScopeRow]) -> Result<(), AdminError> {
        let default = untouched(policy.tenant_id, policy.server_id, policy.created_at);
        let mut causes = Causes::default();
        let mode = self.mode.as_deref().unwrap_or(default.mode.as_str());
        let mode = RegistrationMode::parse(mode);
        if mode.is_none() {
            causes.add("mode", "must be OFF, TOKEN or OPEN");
        }
        let grants = self.grant_types.unwrap_or(default.grant_types.0);
        let scopes = self.scopes.unwrap_or(default.scopes.0);
        check_grants(&mut causes, &grants);
        check_scopes(&mut causes, &scopes, of_server);
        if grants.is_empty() {
            causes.add("grantTypes", "must not be empty");
        }
        if scopes.is_empty() {
            causes.add("scopes", "must not be empty");
        }
        let mut number = |name: &str, sent: Option<i64>, default, bounds| {
            let number = sent.unwrap_or(default);
            causes.range(name, number, bounds);
            number
        };
        let max_apps = number("maxApps", self.max_apps, default.max_apps, 1..=10_000);
        let per_source = number("maxPerSourceAndHour", self.per_source, default.per_source, 1..=1_000);
        let unused_days = number("unusedDays", self.unused_days, default.unused_days, 1..=365);
        causes.check("registration")?;
        policy.mode = mode.unwrap_or(default.mode);
        policy.grant_types = Json(grants);
        policy.scopes = Json(scopes);
        policy.pkce_required = self.pkce_required.unwrap_or(default.pkce_required);
        (policy.max_apps, policy.per_source, policy.unused_days) = (max_apps, per_source, unused_days);
        Ok(())
    }
}

impl RegistrationTokenSettings {
    fn check(&self, of_server: &[ScopeRow]) -> Result<(i64, i64), AdminError> {
        let mut causes = Causes::default();
        causes.text("name", &self.name, 1..=100);
        check_grants(&mut causes, &self.grant_types);
        check_scopes(&mut causes, &self.scopes, of_server);
        let max_uses = self.max_uses.unwrap_or(1);
        let minutes = self.lifetime_minutes.unwrap_or(USUAL_LIFETIME_MINUTES);
        causes.range("maxUses", max_uses, 1..=10_000);
        causes.range("lifetimeMinutes", minutes, LIFETIME_MINUTES);
        causes.check("registrationToken")?;
        Ok((max_uses, minutes))
    }
}

impl Idp {
    /// Who may register apps at a server.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_registration(&self, ctx: &Ctx, key: &str) -> Result<RegistrationView, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        view(&mut tx, key, ctx.now).await
    }

    /// Says who may register apps at a server.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_put_registration(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: RegistrationSettings,
        expected: &Expected,
    ) -> Result<RegistrationView, AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, expected) = (key.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = Self::find_server(tx, &key).await?;
                tx.lock_server(server.id).await?;
                let RegistrationView { server, policy: before } = view(tx, &key, ctx.now).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                settings.put(&mut after, &tx.scopes(server.id).await?)?;
                let diff = Diff::of(facts(&before), facts(&after));
                if before.version == 0 {
                    tx.insert_registration_policy(&after).await?;
                } else if !diff.is_empty() {
                    tx.update_registration_policy(&after, ctx.now).await?;
                }
                if !diff.is_empty() {
                    let event = caller.event(&idp, &ctx, types::REGISTRATION_UPDATE).at(&server);
                    tx.append(&diff.into_event(event, server_entity(&server))).await?;
                }
                view(tx, &key, ctx.now).await
            })
        })
        .await
    }

    /// The initial access tokens of a server, oldest first, without what is secret of them.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_registration_tokens(
        &self,
        ctx: &Ctx,
        key: &str,
    ) -> Result<(Server, Vec<RegistrationToken>), AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let server = Self::find_server(&mut tx, key).await?;
        let tokens = tx.registration_tokens(server.id).await?;
        Ok((server, tokens))
    }

    /// Makes an initial access token; it is shown once.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn admin_make_registration_token(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: RegistrationTokenSettings,
    ) -> Result<(RegistrationToken, Secret), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = Self::find_server(tx, &key).await?;
                let (max_uses, minutes) = settings.check(&tx.scopes(server.id).await?)?;
                tx.lock_server(server.id).await?;
                if tx.registration_tokens(server.id).await?.len() >= MAX_TOKENS {
                    let cause = format!("name: a server has at most {MAX_TOKENS} tokens; revoke one first");
                    return Err(AdminError::invalid("registrationToken", cause));
                }
                let secret = Secret::from(idp.entropy().secret("sgi"));
                let token = RegistrationToken {
                    tenant_id: ctx.tenant_id(),
                    server_id: server.id,
                    id: idp.entropy().id(ctx.now),
                    name: settings.name,
                    hash: idp.secrets().hash(SecretKind::RegistrationToken, ctx.tenant_id(), secret.expose()),
                    grant_types: Json(settings.grant_types),
                    scopes: Json(settings.scopes),
                    max_uses,
                    uses: 0,
                    created_at: ctx.now,
                    expires_at: ctx.now.plus_secs(minutes * 60),
                    last_used_at: None,
                };
                tx.insert_registration_token(&token).await?;
                let event = caller.event(&idp, &ctx, types::REGISTRATION_TOKEN_CREATE).at(&server);
                tx.append(&Diff::made(token_facts(&token)).into_event(event, token_entity(&token))).await?;
                Ok((token, secret))
            })
        })
        .await
    }

    /// Revokes an initial access token. What was registered with it stays.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_revoke_registration_token(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        token: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, token) = (key.to_owned(), token.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = Self::find_server(tx, &key).await?;
                let row = match RegistrationTokenId::parse(&token) {
                    Some(id) => tx.registration_token(server.id, id).await?,
                    None => None,
                };
                let row = row.ok_or_else(|| AdminError::not_found(&token, "InitialAccessToken"))?;
                tx.delete_registration_token(server.id, row.id).await?;
                let event = caller.event(&idp, &ctx, types::REGISTRATION_TOKEN_REVOKE).at(&server);
                Ok(tx.append(&event.target(token_entity(&row))).await?)
            })
        })
        .await
    }
}

async fn view(tx: &mut Tx, key: &str, now: Time) -> Result<RegistrationView, AdminError> {
    let server = Idp::find_server(tx, key).await?;
    let policy = tx.registration_policy(server.id).await?;
    let policy = policy.unwrap_or_else(|| untouched(server.tenant_id, server.id, now));
    Ok(RegistrationView { server, policy })
}

/// The policy of a server of which nothing was said: nobody registers, and these would be the bounds.
fn untouched(tenant_id: TenantId, server_id: ServerId, now: Time) -> RegistrationPolicy {
    RegistrationPolicy {
        tenant_id,
        server_id,
        mode: RegistrationMode::Off,
        grant_types: Json(texts(&["authorization_code", "refresh_token"])),
        scopes: Json(texts(SCOPES)),
        pkce_required: true,
        max_apps: 100,
        per_source: 10,
        unused_days: 30,
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

fn facts(policy: &RegistrationPolicy) -> Facts {
    vec![
        ("mode", policy.mode.as_str().into()),
        ("grantTypes", policy.grant_types.0.clone().into()),
        ("scopes", policy.scopes.0.clone().into()),
        ("pkceRequired", policy.pkce_required.into()),
        ("maxApps", policy.max_apps.into()),
        ("maxPerSourceAndHour", policy.per_source.into()),
        ("unusedDays", policy.unused_days.into()),
    ]
}

fn token_facts(token: &RegistrationToken) -> Facts {
    vec![
        ("name", token.name.as_str().into()),
        ("grantTypes", token.grant_types.0.clone().into()),
        ("scopes", token.scopes.0.clone().into()),
        ("maxUses", token.max_uses.into()),
        ("expiresAt", token.expires_at.rfc3339().into()),
    ]
}
