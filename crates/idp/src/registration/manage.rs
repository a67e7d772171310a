//! An app looks after its own registration (RFC 7592), with the token that it got when it registered.

use super::bounds::Bounds;
use super::{Refused, form, information};
use crate::admin::app_rules;
use crate::admin::apps::{keeps_secret, revoke_app};
use crate::cache::{AppConfig, ServerConfig};
use crate::ctx::{At, app_entity, app_instance};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use serde_json::{Map, Value};
use signet_domain::app::{App, AppSecret};
use signet_domain::event::{EventType, types};
use signet_domain::registration::{Registration, RegistrationPolicy};
use signet_oauth::compare::ct_eq;
use signet_oauth::registration::{ClientInformation, ClientMetadata, fault};
use signet_oauth::{OAuthError, Reason, Secret};
use std::sync::Arc;

/// What reaches the address of a registration.
pub struct ManageCall<'a> {
    /// The server that was asked.
    pub server: &'a ServerConfig,
    /// What it allows.
    pub policy: &'a RegistrationPolicy,
    /// The client that the path names.
    pub client_id: &'a str,
    /// The bearer token, if one came.
    pub token: Option<&'a str>,
}

/// An app that proved that the registration is its own.
struct Own {
    config: Arc<AppConfig>,
    registration: Registration,
    token: Secret,
}

impl Idp {
    /// Reads a registration (RFC 7592 §2.1).
    ///
    /// # Errors
    /// `invalid_token` for everybody but the app.
    pub async fn registered(
        &self,
        ctx: &Ctx,
        call: &ManageCall<'_>,
    ) -> Result<ClientInformation, OAuthError> {
        let read = async {
            let own = self.own_registration(ctx, call, types::CLIENT_UPDATE).await?;
            self.tell_registration(ctx, call, &own.config.app, None, &own.token).await
        };
        self.registration_logged(ctx, call, types::CLIENT_UPDATE, read.await).await
    }

    /// Replaces a registration (RFC 7592 §2.2). What isn't sent gets its default; what only administrators set stays.
    ///
    /// # Errors
    /// As when it was made.
    pub async fn replace_registration(
        &self,
        ctx: &Ctx,
        call: &ManageCall<'_>,
        body: Result<&Map<String, Value>, OAuthError>,
    ) -> Result<ClientInformation, OAuthError> {
        let replaced = self.replace_own(ctx, call, body).await;
        self.registration_logged(ctx, call, types::CLIENT_UPDATE, replaced).await
    }

    /// Deletes a registration, and with it the app (RFC 7592 §2.3).
    ///
    /// # Errors
    /// `invalid_token` for everybody but the app.
    pub async fn delete_registration(&self, ctx: &Ctx, call: &ManageCall<'_>) -> Result<(), OAuthError> {
        let deleted = async {
            let own = self.own_registration(ctx, call, types::CLIENT_DELETE).await?;
            let app = own.config.app.clone();
            let event = self.event(ctx, types::CLIENT_DELETE, app_entity(&app));
            let event = event.at(&call.server.server).by(&app).target(app_instance(&app));
            let now = ctx.now;
            let done = self.change(ctx, move |tx| {
                Box::pin(async move {
                    revoke_app(tx, now, &app).await?;
                    if tx.delete_app(app.id).await? {
                        tx.append(&event).await?;
                    }
                    Ok(())
                })
            });
            Ok(done.await.map_err(form::fault_of)?)
        };
        self.registration_logged(ctx, call, types::CLIENT_DELETE, deleted.await).await
    }

    async fn replace_own(
        &self,
        ctx: &Ctx,
        call: &ManageCall<'_>,
        body: Result<&Map<String, Value>, OAuthError>,
    ) -> Result<ClientInformation, Refused> {
        let own = self.own_registration(ctx, call, types::CLIENT_UPDATE).await?;
        let before = &own.config.app;
        let metadata = ClientMetadata::read(body?)?;
        if metadata.client_id.as_ref() != Some(&before.client_id) {
            return Err(fault("client_id", "must be the client that the address names").into());
        }
        if let Some(secret) = &metadata.client_secret
            && !self.is_secret_of(ctx, &own.config, secret)
        {
            return Err(fault("client_secret", "must be the present one, or left out").into());
        }
        let bounds = Bounds::of(call.policy, &own.registration);
        let keys = self.server_keys(ctx, &call.server.server).await?;
        let settings = form::settings(metadata, Some(before), &bounds, keys.active.alg())?;
        let mut after = before.clone();
        settings.put(&mut after, self.fetch()).map_err(form::fault_of)?;
        self.check_sector(&after, Some(before)).await.map_err(form::fault_of)?;
        let serves = |secret: &AppSecret| secret.serves(&after.auth_method);
        let needs_one = keeps_secret(&after) && !own.config.secrets.iter().any(serves);
        let secret = needs_one.then(|| Secret::from(self.entropy().secret("")));
        let row = secret.as_ref().map(|secret| self.secret_row(&after, secret, ctx.now)).transpose();
        let row = row.map_err(OAuthError::from)?;
        let diff = app_rules::changed(before, &after);
        if !diff.is_empty() || row.is_some() {
            let event = self.event(ctx, types::CLIENT_UPDATE, app_entity(&after));
            let event = event.at(&call.server.server).by(&after);
            let event = diff.into_event(event, app_instance(&after));
            let (app, now) = (after.clone(), ctx.now);
            let done = self.change(ctx, move |tx| {
                Box::pin(async move {
                    tx.update_app(&app, now).await?;
                    if let Some(row) = &row {
                        // Of those that it has, none serves any more.
                        for useless in tx.app_secrets(app.id).await? {
                            tx.delete_app_secret(app.id, useless.id).await?;
                        }
                        tx.insert_app_secret(row).await?;
                    }
                    Ok(tx.append(&event).await?)
                })
            });
            done.await.map_err(form::fault_of)?;
        }
        self.tell_registration(ctx, call, &after, secret.as_ref(), &own.token).await
    }

    /// The app whose registration this is, if the token says so. Whatever is wrong, the answer is the same
    /// (RFC 7592 §2.1).
    async fn own_registration(
        &self,
        ctx: &Ctx,
        call: &ManageCall<'_>,
        kind: EventType,
    ) -> Result<Own, Refused> {
        let server = &call.server.server;
        let token = call.token.ok_or(Reason::AccessTokenMissing)?;
        self.may_guess(ctx, server, kind).await?;
        let hash = self.secrets().hash(SecretKind::RegistrationAccess, ctx.tenant_id(), token);
        let found =
            self.app_at(ctx, server.id, call.client_id).await?.filter(|config| config.app.is_active());
        let registration = found.as_ref().and_then(|config| config.registration.clone());
        match (found, registration) {
            (Some(config), Some(registration)) if ct_eq(&registration.hash, &hash) => {
                Ok(Own { config, registration, token: Secret::from(token.to_owned()) })
            }
            _ => Err(self.wrong_token(ctx, server, kind).await?),
        }
    }

    async fn tell_registration(
        &self,
        ctx: &Ctx,
        call: &ManageCall<'_>,
        app: &App,
        secret: Option<&Secret>,
        token: &Secret,
    ) -> Result<ClientInformation, Refused> {
        let keys = self.server_keys(ctx, &call.server.server).await?;
        let metadata = form::metadata_of(app, keys.active.alg());
        Ok(information(call.server, app, metadata, secret, token))
    }

    async fn registration_logged<T>(
        &self,
        ctx: &Ctx,
        call: &ManageCall<'_>,
        kind: EventType,
        result: Result<T, Refused>,
    ) -> Result<T, OAuthError> {
        let Refused { error, logged } = match result {
            Ok(value) => return Ok(value),
            Err(refused) => refused,
        };
        if !logged && error.status() < 500 {
            let actor = crate::ctx::stranger(Some(call.client_id));
            let event = self.event(ctx, kind, actor).failed(error.reason.as_str()).at(&call.server.server);
            self.record(ctx, vec![super::blaming(event, &error)]).await?;
        }
        Err(error)
    }
}
