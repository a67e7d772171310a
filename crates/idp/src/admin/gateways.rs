//! Gateway profiles of authorization servers, and the provision key of each: shown once, rolled when it must be.

use super::change::Diff;
use super::gateway_rules::{self, GatewaySettings};
use super::{AdminError, Caller, Expected};
use crate::ctx::At as _;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::event::{Entity, types};
use signet_domain::gateway::{Gateway, PkceMode};
use signet_domain::id::{AppId, ServerId, TenantId};
use signet_domain::server::{Server, ServerKind};
use signet_oauth::Secret;
use signet_store::Tx;
use signet_store::sqlx_types::Json;

/// A profile with its server, and its provision key when that was just made.
#[derive(Debug)]
pub struct GatewayView {
    /// The server.
    pub server: Server,
    /// The profile.
    pub gateway: Gateway,
    /// The provision key: only when it was just made.
    pub provision_key: Option<Secret>,
}

/// Most profiles of a list.
pub const LISTED: i64 = 100;

impl Idp {
    /// The gateway profiles of the tenant, in the order in which their servers were made.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_gateways(&self, ctx: &Ctx) -> Result<Vec<GatewayView>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let mut views = Vec::new();
        for gateway in tx.gateways(LISTED).await? {
            if let Some(server) = tx.server(gateway.server_id).await? {
                views.push(GatewayView { server, gateway, provision_key: None });
            }
        }
        Ok(views)
    }

    /// The gateway profile of a server.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_gateway(&self, ctx: &Ctx, key: &str) -> Result<GatewayView, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let (server, gateway) = find(&mut tx, key).await?;
        Ok(GatewayView { server, gateway, provision_key: None })
    }

    /// Gives a server that has none a gateway profile, with a provision key that is shown once.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn admin_create_gateway(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: GatewaySettings,
    ) -> Result<GatewayView, AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = lock_server(tx, &key).await?;
                if tx.gateway(server.id).await?.is_some() {
                    return Err(AdminError::invalid(
                        "gateway",
                        "authServerId: has a gateway profile already",
                    ));
                }
                idp.make_gateway(tx, &ctx, &caller, server, settings).await
            })
        })
        .await
    }

    /// Gives a server a gateway profile, with a provision key that is shown once, or replaces its settings.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_put_gateway(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: GatewaySettings,
        expected: &Expected,
    ) -> Result<GatewayView, AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, expected) = (key.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = lock_server(tx, &key).await?;
                let Some(before) = tx.gateway(server.id).await? else {
                    if expected != Expected::Any {
                        return Err(AdminError::Stale);
                    }
                    return idp.make_gateway(tx, &ctx, &caller, server, settings).await;
                };
                expected.check(before.version)?;
                let mut after = before.clone();
                let anonymous = stands_for_strangers(tx, settings.anonymous.as_deref()).await?;
                settings.put(&mut after, &tx.scopes(server.id).await?, anonymous)?;
                let diff = Diff::of(gateway_rules::facts(&before), gateway_rules::facts(&after));
                if !diff.is_empty() {
                    tx.update_gateway(&after, ctx.now).await?;
                    let event = caller.event(&idp, &ctx, types::GATEWAY_UPDATE).at(&server);
                    tx.append(&diff.into_event(event, entity(&server))).await?;
                }
                let (server, gateway) = find(tx, &key).await?;
                Ok(GatewayView { server, gateway, provision_key: None })
            })
        })
        .await
    }

    async fn make_gateway(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        caller: &Caller,
        server: Server,
        settings: GatewaySettings,
    ) -> Result<GatewayView, AdminError> {
        let anonymous = stands_for_strangers(tx, settings.anonymous.as_deref()).await?;
        let provision_key = Secret::from(self.entropy().secret("sgp"));
        let hash = self.provision_hash(ctx, &provision_key);
        let mut gateway = empty(ctx.tenant_id(), server.id, hash, ctx.now);
        settings.put(&mut gateway, &tx.scopes(server.id).await?, anonymous)?;
        tx.insert_gateway(&gateway).await?;
        let event = caller.event(self, ctx, types::GATEWAY_CREATE).at(&server);
        tx.append(&Diff::made(gateway_rules::facts(&gateway)).into_event(event, entity(&server))).await?;
        Ok(GatewayView { server, gateway, provision_key: Some(provision_key) })
    }

    /// Deletes a gateway profile, and with it every grant that its endpoints made.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_delete_gateway(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, _) = find(tx, &key).await?;
                let ended = tx.revoke_gateway_grants_at(server.id, ctx.now).await?;
                tx.delete_gateway(server.id).await?;
                let event = caller.event(&idp, &ctx, types::GATEWAY_DELETE).at(&server);
                let event = event.target(entity(&server)).debug("grantsRevoked", ended.to_string());
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }

    /// Replaces the provision key; the one before is nothing at once. The new one is shown once.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_roll_provision_key(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<GatewayView, AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, _) = find(tx, &key).await?;
                let provision_key = Secret::from(idp.entropy().secret("sgp"));
                tx.set_provision_key(server.id, &idp.provision_hash(&ctx, &provision_key), ctx.now).await?;
                let event = caller.event(&idp, &ctx, types::PROVISION_KEY_ROLL).at(&server);
                tx.append(&event.target(entity(&server))).await?;
                let (server, gateway) = find(tx, &key).await?;
                Ok(GatewayView { server, gateway, provision_key: Some(provision_key) })
            })
        })
        .await
    }

    fn provision_hash(&self, ctx: &Ctx, key: &Secret) -> Vec<u8> {
        self.secrets().hash(SecretKind::ProvisionKey, ctx.tenant_id(), key.expose())
    }
}

/// The server that a profile is for; two that change its profile stand in line.
async fn lock_server(tx: &mut Tx, key: &str) -> Result<Server, AdminError> {
    let server = Idp::find_server(tx, key).await?;
    if server.kind == ServerKind::Org {
        let cause = "authServerId: the org server has no APIs of its own; use a custom server";
        return Err(AdminError::invalid("gateway", cause));
    }
    tx.lock_server(server.id).await?;
    Ok(server)
}

async fn find(tx: &mut Tx, key: &str) -> Result<(Server, Gateway), AdminError> {
    let server = Idp::find_server(tx, key).await?;
    match tx.gateway(server.id).await? {
        Some(gateway) => Ok((server, gateway)),
        None => Err(AdminError::not_found(key, "Gateway")),
    }
}

/// The `client_id` of the app that a profile names by id or `client_id`.
async fn stands_for_strangers(tx: &mut Tx, named: Option<&str>) -> Result<Option<String>, AdminError> {
    let Some(named) = named else { return Ok(None) };
    let plain = named.len() <= 255 && named.bytes().all(|b| b.is_ascii_graphic());
    let app = match AppId::parse(named) {
        Some(id) => tx.app(id).await?,
        None if plain => tx.app_by_client_id(named).await?,
        None => None,
    };
    let unknown = || AdminError::invalid("gateway", "anonymous: must be the id or client_id of an app");
    app.map(|app| Some(app.client_id)).ok_or_else(unknown)
}

fn entity(server: &Server) -> Entity {
    Entity::new("Gateway", server.id, &server.slug, &server.name)
}

/// A profile that nothing was set of.
pub(super) fn empty(tenant_id: TenantId, server_id: ServerId, hash: Vec<u8>, now: Time) -> Gateway {
    Gateway {
        tenant_id,
        server_id,
        scopes: Json(Vec::new()),
        mandatory_scope: false,
        authorization_code: false,
        client_credentials: false,
        password_grant: false,
        token_expiration: 7200,
        refresh_token_ttl: 1_209_600,
        reuse_refresh_token: false,
        persistent_refresh_token: false,
        pkce: PkceMode::Lax,
        global_credentials: false,
        hide_credentials: false,
        anonymous: None,
        auth_header_name: "authorization".to_owned(),
        realm: None,
        token_in_query: false,
        token_in_form: false,
        api_keys: false,
        api_key_in_query: false,
        provision_hash: hash,
        provision_made_at: now,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
