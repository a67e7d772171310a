//! Scopes of an authorization server. Those that come with every server stay as they are.

use super::change::Diff;
use super::server_rules::{ScopeSettings, scope_facts};
use super::{AdminError, Caller, Expected};
use crate::ctx::At;
use crate::{Ctx, Idp};
use signet_domain::event::{Entity, types};
use signet_domain::id::ScopeId;
use signet_domain::server::{ScopeConsent, ScopeRow, Server};
use signet_store::Tx;

/// Most scopes of a server.
pub const MAX_SCOPES: usize = 500;

impl Idp {
    /// The scopes of a server, by name.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_scopes(&self, ctx: &Ctx, server: &str) -> Result<(Server, Vec<ScopeRow>), AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let server = Self::find_server(&mut tx, server).await?;
        let scopes = tx.scopes(server.id).await?;
        Ok((server, scopes))
    }

    /// One scope.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_scope(
        &self,
        ctx: &Ctx,
        server: &str,
        scope: &str,
    ) -> Result<(Server, ScopeRow), AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        find(&mut tx, server, scope).await
    }

    /// Creates a scope.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]; a name that is taken is one.
    pub async fn admin_create_scope(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        server: &str,
        settings: ScopeSettings,
    ) -> Result<(Server, ScopeRow), AdminError> {
        let (idp, ctx, caller, server) = (self.clone(), ctx.clone(), caller.clone(), server.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = Self::find_server(tx, &server).await?;
                let mut scope = new_scope(&idp, &ctx, &server);
                settings.put(&mut scope)?;
                tx.lock_server(server.id).await?;
                if tx.scopes(server.id).await?.len() >= MAX_SCOPES {
                    let cause = format!("name: a server has at most {MAX_SCOPES} scopes");
                    return Err(AdminError::invalid("scope", cause));
                }
                tx.insert_scope(&scope).await.map_err(|e| AdminError::taken("name", e))?;
                let event = caller.event(&idp, &ctx, types::SCOPE_CREATE).at(&server);
                tx.append(&event.target(entity(&scope))).await?;
                Ok((server, scope))
            })
        })
        .await
    }

    /// Replaces a scope.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for one that comes with every server, [`AdminError::Stale`].
    pub async fn admin_replace_scope(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, scope): (&str, &str),
        settings: ScopeSettings,
        expected: &Expected,
    ) -> Result<(Server, ScopeRow), AdminError> {
        let (idp, ctx, caller, expected) = (self.clone(), ctx.clone(), caller.clone(), expected.clone());
        let (server, scope) = (server.to_owned(), scope.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, before) = find(tx, &server, &scope).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                settings.put(&mut after)?;
                let diff = Diff::of(scope_facts(&before), scope_facts(&after));
                if !diff.is_empty() {
                    keep_system(&before)?;
                    tx.update_scope(&after).await?;
                    let event = caller.event(&idp, &ctx, types::SCOPE_UPDATE).at(&server);
                    tx.append(&diff.into_event(event, entity(&after))).await?;
                }
                find(tx, &server.id.to_string(), &scope).await
            })
        })
        .await
    }

    /// Deletes a scope.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for one that comes with every server.
    pub async fn admin_delete_scope(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        server: &str,
        scope: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, scope) = (server.to_owned(), scope.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, scope) = find(tx, &server, &scope).await?;
                keep_system(&scope)?;
                tx.delete_scope(server.id, scope.id).await?;
                let event = caller.event(&idp, &ctx, types::SCOPE_DELETE).at(&server);
                Ok(tx.append(&event.target(entity(&scope))).await?)
            })
        })
        .await
    }
}

async fn find(tx: &mut Tx, server: &str, scope: &str) -> Result<(Server, ScopeRow), AdminError> {
    let server = Idp::find_server(tx, server).await?;
    let row = match ScopeId::parse(scope) {
        Some(id) => tx.scope(server.id, id).await?,
        None => None,
    };
    let row = row.ok_or_else(|| AdminError::not_found(scope, "OAuth2Scope"))?;
    Ok((server, row))
}

fn keep_system(scope: &ScopeRow) -> Result<(), AdminError> {
    if scope.system {
        return Err(AdminError::invalid("scope", "scopeId: this scope comes with every server and stays"));
    }
    Ok(())
}

fn new_scope(idp: &Idp, ctx: &Ctx, server: &Server) -> ScopeRow {
    ScopeRow {
        tenant_id: ctx.tenant_id(),
        server_id: server.id,
        id: idp.entropy().id(ctx.now),
        name: String::new(),
        display_name: String::new(),
        description: String::new(),
        consent: ScopeConsent::Implicit,
        is_default: false,
        published: true,
        system: false,
        version: 1,
        created_at: ctx.now,
    }
}

fn entity(scope: &ScopeRow) -> Entity {
    Entity::new("OAuth2Scope", scope.id, &scope.name, &scope.display_name)
}
