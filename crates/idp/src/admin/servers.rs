//! Authorization servers and their keys. The org server is the tenant's own: it can be looked at and its keys
//! and lifetimes changed, but it stays; so does the server named `default`.

use super::change::Diff;
use super::server_rules::{self, ServerSettings};
use super::{AdminError, Caller, Expected, Page};
use crate::ctx::{At, server_entity};
use crate::grants::LONGEST_TOKEN_SECONDS;
use crate::keys::plan;
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::event::{Severity, types};
use signet_domain::id::ServerId;
use signet_domain::server::{KeyRow, Server, ServerKind, ServerStatus};
use signet_domain::token::RevocationKind;
use signet_store::Tx;

/// Most servers on a page.
pub const MAX_LIMIT: i64 = 200;
/// The name of the custom server that every tenant has from birth.
pub const DEFAULT: &str = "default";

/// Days after which a new server's signing keys turn by themselves.
pub const ROTATION_DAYS: i64 = 90;

/// A server with its signing keys, if they were made.
#[derive(Debug)]
pub struct ServerView {
    /// The server.
    pub server: Server,
    /// Its keys, oldest first.
    pub keys: Vec<KeyRow>,
}

impl Idp {
    pub(crate) async fn find_server(tx: &mut Tx, key: &str) -> Result<Server, AdminError> {
        let server = match ServerId::parse(key) {
            Some(id) => tx.server(id).await?,
            None if key.bytes().all(|b| b.is_ascii_graphic()) => tx.server_by_slug(key).await?,
            None => None,
        };
        server.ok_or_else(|| AdminError::not_found(key, "AuthorizationServer"))
    }

    async fn view_server(tx: &mut Tx, server: Server) -> Result<ServerView, AdminError> {
        let keys = tx.signing_keys(server.id).await?;
        Ok(ServerView { server, keys })
    }

    /// One server, by id or by the name in its path.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_server(&self, ctx: &Ctx, key: &str) -> Result<ServerView, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let server = Self::find_server(&mut tx, key).await?;
        Self::view_server(&mut tx, server).await
    }

    /// A page of custom servers, in the order of creation.
    ///
    /// # Errors
    /// [`AdminError::Cursor`].
    pub async fn admin_servers(
        &self,
        ctx: &Ctx,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Page<ServerView>, AdminError> {
        let after = self.open_cursor(ctx, "servers", after)?.map(ServerId);
        let limit = limit.clamp(1, MAX_LIMIT);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        // One more to see whether there is a next page, and one for the org server, which is not listed.
        let mut found = tx.servers(after, limit + 2).await?;
        found.retain(|server| server.kind == ServerKind::Custom);
        let page = self.page_of(ctx, "servers", found, limit, |server| server.id.0);
        let mut items = Vec::with_capacity(page.items.len());
        for server in page.items {
            items.push(Self::view_server(&mut tx, server).await?);
        }
        Ok(Page { items, next: page.next })
    }

    /// Creates a custom server with the scopes that every server has.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn admin_create_server(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        settings: ServerSettings,
    ) -> Result<ServerView, AdminError> {
        let mut server = new_server(self, ctx);
        settings.put(&mut server)?;
        let scopes = self.system_scopes(&server);
        let event = caller.event(self, ctx, types::AS_CREATE).at(&server);
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.insert_server(&server).await?;
                for scope in &scopes {
                    tx.insert_scope(scope).await?;
                }
                tx.append(&event).await?;
                Ok(ServerView { server, keys: Vec::new() })
            })
        })
        .await
    }

    /// Replaces the settings of a server.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_replace_server(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: ServerSettings,
        expected: &Expected,
    ) -> Result<ServerView, AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, expected) = (key.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let before = Self::find_server(tx, &key).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                settings.put(&mut after)?;
                let diff = Diff::of(server_rules::facts(&before), server_rules::facts(&after));
                if !diff.is_empty() {
                    tx.update_server(&after, ctx.now).await?;
                    // Period and algorithm decide when keys turn.
                    plan(tx, after.id).await?;
                    let mut event = caller.event(&idp, &ctx, types::AS_UPDATE);
                    event.server_id = Some(after.id.to_string());
                    tx.append(&diff.into_event(event, server_entity(&after))).await?;
                }
                let server = Self::find_server(tx, &key).await?;
                Self::view_server(tx, server).await
            })
        })
        .await
    }

    /// Switches a server on or off. Off means that its tokens are refused at once.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for the org server.
    pub async fn admin_set_server_status(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        status: ServerStatus,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let mut server = Self::find_server(tx, &key).await?;
                if server.status == status {
                    return Ok(());
                }
                if server.kind == ServerKind::Org {
                    return Err(stays());
                }
                server.status = status;
                tx.update_server(&server, ctx.now).await?;
                let event_type = match status {
                    ServerStatus::Active => types::AS_ACTIVATE,
                    ServerStatus::Inactive => types::AS_DEACTIVATE,
                };
                if status == ServerStatus::Inactive {
                    revoke_server(tx, ctx.now, &server).await?;
                }
                Ok(tx.append(&caller.event(&idp, &ctx, event_type).at(&server)).await?)
            })
        })
        .await
    }

    /// Deletes a server with its scopes, keys and grants.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for the org server and for `default`.
    pub async fn admin_delete_server(&self, ctx: &Ctx, caller: &Caller, key: &str) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = Self::find_server(tx, &key).await?;
                if server.kind == ServerKind::Org || server.slug == DEFAULT {
                    return Err(stays());
                }
                revoke_server(tx, ctx.now, &server).await?;
                tx.delete_server(server.id).await?;
                Ok(tx.append(&caller.event(&idp, &ctx, types::AS_DELETE).at(&server)).await?)
            })
        })
        .await
    }

    /// The signing keys of a server; they are made on first use.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_server_keys(&self, ctx: &Ctx, key: &str) -> Result<ServerView, AdminError> {
        let server = self.admin_server(ctx, key).await?.server;
        let keys = self.server_keys(ctx, &server).await?.rows.clone();
        Ok(ServerView { server, keys })
    }

    /// Sets a not-before: everything that a server has issued so far is refused, on every node at once. Its
    /// grants end with their refresh tokens; sessions stay.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_revoke_issued(&self, ctx: &Ctx, caller: &Caller, key: &str) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = Self::find_server(tx, &key).await?;
                revoke_all_of(tx, &idp, &ctx, &caller, &server).await
            })
        })
        .await
    }

    /// Sets a not-before for the whole tenant, at all its servers in one transaction.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_revoke_issued_everywhere(&self, ctx: &Ctx, caller: &Caller) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let mut after = None;
                loop {
                    let servers = tx.servers(after, MAX_LIMIT).await?;
                    for server in &servers {
                        revoke_all_of(tx, &idp, &ctx, &caller, server).await?;
                    }
                    let Some(last) = servers.last() else { return Ok(()) };
                    after = Some(last.id);
                }
            })
        })
        .await
    }
}

async fn revoke_all_of(
    tx: &mut Tx,
    idp: &Idp,
    ctx: &Ctx,
    caller: &Caller,
    server: &Server,
) -> Result<(), AdminError> {
    revoke_server(tx, ctx.now, server).await?;
    let mut event = caller.event(idp, ctx, types::AS_REVOKE_ALL).at(server);
    event.severity = Severity::Warn;
    Ok(tx.append(&event).await?)
}

/// Ends what hangs on a server for good: switching it on again brings no refresh token back.
pub(crate) async fn revoke_server(tx: &mut Tx, now: Time, server: &Server) -> signet_store::Result<()> {
    tx.revoke_grants_at(server.id, now).await?;
    let until = now.plus_secs(LONGEST_TOKEN_SECONDS);
    tx.put_revocation(RevocationKind::Server, &server.id.to_string(), now, until).await
}

fn stays() -> AdminError {
    AdminError::invalid("authorizationServer", "authServerId: this authorization server stays")
}

fn new_server(idp: &Idp, ctx: &Ctx) -> Server {
    let id: ServerId = idp.entropy().id(ctx.now);
    Server {
        tenant_id: ctx.tenant_id(),
        id,
        kind: ServerKind::Custom,
        slug: id.to_string(),
        name: String::new(),
        description: String::new(),
        audience: String::new(),
        issuer: format!("{}/oauth2/{id}", ctx.tenant.url),
        status: ServerStatus::Active,
        signing_alg: "RS256".to_owned(),
        access_token_seconds: 3600,
        id_token_seconds: 3600,
        refresh_idle_seconds: 7 * 86_400,
        refresh_absolute_seconds: 90 * 86_400,
        key_rotation_days: ROTATION_DAYS,
        session_management: false,
        demo: false,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    }
}
