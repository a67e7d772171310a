//! Client secrets: at most two, so that one can be rolled while the other still works, and at least one that
//! works.

use super::{AdminError, Caller};
use crate::ctx::{At, app_instance};
use crate::{Ctx, Idp};
use signet_domain::app::{App, AppSecret, AppStatus};
use signet_domain::event::{Entity, EventType, types};
use signet_domain::id::SecretId;
use signet_oauth::Secret;
use signet_store::Tx;

/// Most secrets of an app.
pub const MAX_SECRETS: usize = 2;

impl Idp {
    /// The secrets of an app, oldest first, without what is secret of them.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_app_secrets(&self, ctx: &Ctx, key: &str) -> Result<Vec<AppSecret>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let app = Self::find_app(&mut tx, key).await?;
        Ok(tx.app_secrets(app.id).await?)
    }

    /// One secret of an app.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_app_secret(
        &self,
        ctx: &Ctx,
        key: &str,
        secret: &str,
    ) -> Result<AppSecret, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let app = Self::find_app(&mut tx, key).await?;
        Ok(find_secret(&mut tx, &app, secret).await?.0)
    }

    /// Makes another secret; it is shown once.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for a public app and for a third secret.
    pub async fn admin_make_app_secret(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<(AppSecret, Secret), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let app = Self::find_app(tx, &key).await?;
                if !app.is_confidential() {
                    return Err(AdminError::invalid(
                        "credentials",
                        "client_secret: this app is public and has none",
                    ));
                }
                lock(tx, &ctx, &app).await?;
                if tx.app_secrets(app.id).await?.len() >= MAX_SECRETS {
                    let cause = "client_secret: an app has at most two; delete one first";
                    return Err(AdminError::invalid("credentials", cause));
                }
                let secret = Secret::from(idp.entropy().secret(""));
                let row = idp.secret_row(&app, &secret, ctx.now)?;
                tx.insert_app_secret(&row).await?;
                note(tx, &idp, &ctx, &caller, types::SECRET_CREATE, (&app, &row)).await?;
                Ok((row, secret))
            })
        })
        .await
    }

    /// Switches a secret on or off.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for the last one that works.
    pub async fn admin_set_app_secret_status(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        secret: &str,
        status: AppStatus,
    ) -> Result<AppSecret, AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, secret) = (key.to_owned(), secret.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let app = Self::find_app(tx, &key).await?;
                lock(tx, &ctx, &app).await?;
                let (mut row, others) = find_secret(tx, &app, &secret).await?;
                if row.status == status {
                    return Ok(row);
                }
                if status == AppStatus::Inactive {
                    keep_one(&app, &row, &others)?;
                }
                row.status = status;
                tx.set_app_secret_status(app.id, row.id, status).await?;
                let event_type = match status {
                    AppStatus::Active => types::SECRET_ACTIVATE,
                    AppStatus::Inactive => types::SECRET_DEACTIVATE,
                };
                note(tx, &idp, &ctx, &caller, event_type, (&app, &row)).await?;
                Ok(row)
            })
        })
        .await
    }

    /// Deletes a secret.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for the last one that works.
    pub async fn admin_delete_app_secret(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        secret: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, secret) = (key.to_owned(), secret.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let app = Self::find_app(tx, &key).await?;
                lock(tx, &ctx, &app).await?;
                let (row, others) = find_secret(tx, &app, &secret).await?;
                keep_one(&app, &row, &others)?;
                tx.delete_app_secret(app.id, row.id).await?;
                note(tx, &idp, &ctx, &caller, types::SECRET_DELETE, (&app, &row)).await
            })
        })
        .await
    }
}

/// Writing the app's row first makes two changes of its secrets stand in line; the later one is stale.
async fn lock(tx: &mut Tx, ctx: &Ctx, app: &App) -> Result<(), AdminError> {
    Ok(tx.update_app(app, ctx.now).await?)
}

async fn find_secret(
    tx: &mut Tx,
    app: &App,
    secret: &str,
) -> Result<(AppSecret, Vec<AppSecret>), AdminError> {
    let wanted = SecretId::parse(secret);
    let (mut found, others): (Vec<_>, Vec<_>) =
        tx.app_secrets(app.id).await?.into_iter().partition(|row| Some(row.id) == wanted);
    let row = found.pop().ok_or_else(|| AdminError::not_found(secret, "OAuth2ClientSecret"))?;
    Ok((row, others))
}

/// The last secret that the app can prove itself by stays.
fn keep_one(app: &App, leaving: &AppSecret, others: &[AppSecret]) -> Result<(), AdminError> {
    let serves = |row: &AppSecret| row.serves(&app.auth_method);
    if !serves(leaving) || others.iter().any(serves) {
        return Ok(());
    }
    Err(AdminError::invalid("credentials", "client_secret: the last active secret stays; make another first"))
}

async fn note(
    tx: &mut Tx,
    idp: &Idp,
    ctx: &Ctx,
    caller: &Caller,
    event_type: EventType,
    (app, secret): (&App, &AppSecret),
) -> Result<(), AdminError> {
    let target = Entity::new("OAuth2ClientSecret", secret.id, &app.client_id, "********");
    let event = caller.event(idp, ctx, event_type).by(app).target(app_instance(app)).target(target);
    Ok(tx.append(&event).await?)
}
