//! Apps: OAuth clients.

use super::app_rules::{self, AppSettings, is_public};
use super::{AdminError, Caller, Expected, Page};
use crate::ctx::{At, app_instance};
use crate::grants::LONGEST_TOKEN_SECONDS;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::app::{
    App, AppKind, AppMetadata, AppSecret, AppStatus, CLIENT_SECRET_JWT, ConsentMethod, Rotation,
};
use signet_domain::event::types;
use signet_domain::id::{AppId, SecretId};
use signet_domain::token::RevocationKind;
use signet_oauth::Secret;
use signet_store::Tx;
use signet_store::sqlx_types::Json;
use zeroize::Zeroizing;

/// Most apps on a page.
pub const MAX_LIMIT: i64 = 200;

/// An app that was just made, with the secret that is never shown again.
pub struct NewApp {
    /// The app.
    pub app: App,
    /// Its secret, if it keeps one.
    pub secret: Option<Secret>,
}

/// An app that isn't there yet.
pub(crate) struct DraftApp {
    pub(crate) app: App,
    pub(crate) secret: Option<Secret>,
    /// The secret as it will be stored.
    pub(crate) row: Option<AppSecret>,
}

/// A secret as it was given to its app.
pub(crate) struct MacSecret {
    pub(crate) id: SecretId,
    secret: Zeroizing<Vec<u8>>,
}

impl AsRef<[u8]> for MacSecret {
    fn as_ref(&self) -> &[u8] {
        &self.secret
    }
}

/// What seals a secret: that of one row opens in no other.
fn purpose(id: SecretId) -> Vec<u8> {
    format!("client-secret {id}").into_bytes()
}

/// Whether an app proves itself by a secret.
pub(crate) fn keeps_secret(app: &App) -> bool {
    !is_public(app.kind) && app.auth_method != "private_key_jwt"
}

impl Idp {
    pub(crate) async fn find_app(tx: &mut Tx, key: &str) -> Result<App, AdminError> {
        let app = match AppId::parse(key) {
            Some(id) => tx.app(id).await?,
            None => None,
        };
        app.ok_or_else(|| AdminError::not_found(key, "AppInstance"))
    }

    /// One app.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_app(&self, ctx: &Ctx, key: &str) -> Result<App, AdminError> {
        Self::find_app(&mut self.store().tenant(ctx.tenant_id()).read().await?, key).await
    }

    /// A page of apps, in the order of creation.
    ///
    /// # Errors
    /// [`AdminError::Cursor`].
    pub async fn admin_apps(
        &self,
        ctx: &Ctx,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Page<App>, AdminError> {
        let after = self.open_cursor(ctx, "apps", after)?.map(AppId);
        let limit = limit.min(MAX_LIMIT);
        let found = self.store().tenant(ctx.tenant_id()).read().await?.apps(after, limit + 1).await?;
        Ok(self.page_of(ctx, "apps", found, limit, |app| app.id.0))
    }

    /// Creates an app. `client_id` is its id unless one is chosen.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn admin_create_app(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        settings: AppSettings,
        client_id: Option<String>,
        activate: bool,
    ) -> Result<NewApp, AdminError> {
        let mut draft = self.draft_app(ctx, settings, activate)?;
        self.check_sector(&draft.app, None).await?;
        if let Some(client_id) = client_id {
            draft.app.client_id = checked_client_id(client_id)?;
        }
        let DraftApp { app, secret, row } = draft;
        let event = caller.event(self, ctx, types::APP_CREATE).by(&app);
        let event = app_rules::made(&app).into_event(event, app_instance(&app));
        let made = app.clone();
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.insert_app(&app).await.map_err(|e| AdminError::taken("client_id", e))?;
                if let Some(row) = &row {
                    tx.insert_app_secret(row).await?;
                }
                Ok(tx.append(&event).await?)
            })
        })
        .await?;
        Ok(NewApp { app: made, secret })
    }

    /// Replaces the settings of an app.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_replace_app(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: AppSettings,
        expected: &Expected,
    ) -> Result<App, AdminError> {
        let before = self.admin_app(ctx, key).await?;
        if settings.metadata.sector_identifier_uri.is_some() {
            let mut after = before.clone();
            settings.clone().put(&mut after, self.fetch())?;
            self.check_sector(&after, Some(&before)).await?;
        }
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, expected) = (key.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let before = Self::find_app(tx, &key).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                settings.put(&mut after, idp.fetch())?;
                let diff = app_rules::changed(&before, &after);
                if !diff.is_empty() {
                    tx.update_app(&after, ctx.now).await?;
                    let event = caller.event(&idp, &ctx, types::APP_UPDATE).by(&after);
                    tx.append(&diff.into_event(event, app_instance(&after))).await?;
                }
                Self::find_app(tx, &key).await
            })
        })
        .await
    }

    /// Switches an app on or off. Off means that its tokens are refused at once.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_set_app_status(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        status: AppStatus,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let mut app = Self::find_app(tx, &key).await?;
                if app.status == status {
                    return Ok(());
                }
                app.status = status;
                tx.update_app(&app, ctx.now).await?;
                let event_type = match status {
                    AppStatus::Active => types::APP_ACTIVATE,
                    AppStatus::Inactive => types::APP_DEACTIVATE,
                };
                if status == AppStatus::Inactive {
                    revoke_app(tx, ctx.now, &app).await?;
                }
                let event = caller.event(&idp, &ctx, event_type).by(&app).target(app_instance(&app));
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }

    /// Deletes an app that was switched off.
    ///
    /// # Errors
    /// [`AdminError::StillActive`].
    pub async fn admin_delete_app(&self, ctx: &Ctx, caller: &Caller, key: &str) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let app = Self::find_app(tx, &key).await?;
                if app.is_active() {
                    return Err(AdminError::StillActive);
                }
                revoke_app(tx, ctx.now, &app).await?;
                tx.delete_app(app.id).await?;
                let event = caller.event(&idp, &ctx, types::APP_DELETE).by(&app).target(app_instance(&app));
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }

    /// An app that isn't there yet: its settings are checked, and nothing is stored.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub(crate) fn draft_app(
        &self,
        ctx: &Ctx,
        settings: AppSettings,
        activate: bool,
    ) -> Result<DraftApp, AdminError> {
        let kind = settings.kind.ok_or_else(|| {
            AdminError::invalid("settings", "application_type: must be web, native, browser or service")
        })?;
        let mut app = new_app(self, ctx, kind, activate);
        settings.put(&mut app, self.fetch())?;
        let secret = keeps_secret(&app).then(|| Secret::from(self.entropy().secret("")));
        let row = secret.as_ref().map(|secret| self.secret_row(&app, secret, ctx.now)).transpose()?;
        Ok(DraftApp { app, secret, row })
    }

    /// A live secret of an app, as it is stored: so that it can be read back only where MACs are made with it.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn secret_row(&self, app: &App, secret: &Secret, now: Time) -> Result<AppSecret, IdpError> {
        let id = self.entropy().id(now);
        let sealed = (app.auth_method == CLIENT_SECRET_JWT)
            .then(|| self.secrets().seal(self.entropy(), &purpose(id), secret.expose().as_bytes()));
        Ok(AppSecret {
            tenant_id: app.tenant_id,
            app_id: app.id,
            id,
            hash: self.secrets().hash(SecretKind::ClientSecret, app.tenant_id, secret.expose()),
            sealed: sealed.transpose()?,
            ending: AppSecret::ending_of(secret.expose()),
            status: AppStatus::Active,
            created_at: now,
            last_used_at: None,
        })
    }

    /// The secrets that an app makes MACs with.
    ///
    /// # Errors
    /// When one doesn't open.
    pub(crate) fn mac_secrets(&self, secrets: &[AppSecret]) -> Result<Vec<MacSecret>, IdpError> {
        let live = secrets.iter().filter(|secret| secret.status == AppStatus::Active);
        live.filter_map(|secret| Some((secret.id, secret.sealed.as_deref()?)))
            .map(|(id, sealed)| Ok(MacSecret { id, secret: self.secrets().open(&purpose(id), sealed)? }))
            .collect()
    }
}

/// Ends what hangs on an app for good: switching it on again brings no refresh token back. Gives how many grants that
/// were.
pub(crate) async fn revoke_app(tx: &mut Tx, now: Time, app: &App) -> signet_store::Result<u64> {
    let grants = tx.revoke_grants_of_app(app.id, now).await?;
    let until = now.plus_secs(LONGEST_TOKEN_SECONDS);
    tx.put_revocation(RevocationKind::App, &app.client_id, now, until).await?;
    Ok(grants)
}

fn new_app(idp: &Idp, ctx: &Ctx, kind: AppKind, activate: bool) -> App {
    let id: AppId = idp.entropy().id(ctx.now);
    App {
        tenant_id: ctx.tenant_id(),
        id,
        client_id: id.to_string(),
        label: String::new(),
        kind,
        status: if activate { AppStatus::Active } else { AppStatus::Inactive },
        auth_method: String::new(),
        grant_types: Json(Vec::new()),
        redirect_uris: Json(Vec::new()),
        post_logout_redirect_uris: Json(Vec::new()),
        allowed_scopes: Json(Vec::new()),
        pkce_required: true,
        consent_method: ConsentMethod::Required,
        rotation: Rotation::Rotate,
        leeway_seconds: 30,
        par_required: false,
        jwks: Json(Vec::new()),
        jwks_uri: None,
        request_uris: Json(Vec::new()),
        backchannel_logout_uri: None,
        backchannel_logout_session_required: false,
        metadata: Json(AppMetadata::default()),
        frontchannel_logout_uri: None,
        frontchannel_logout_session_required: false,
        external_id: None,
        demo: false,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    }
}

/// A chosen `client_id` must not look like one that Signet gives, or it could be made to stand for another app.
fn checked_client_id(client_id: String) -> Result<String, AdminError> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let fine = (6..=100).contains(&client_id.len()) && client_id.bytes().all(legal);
    if fine && !client_id.starts_with(AppId::PREFIX) {
        return Ok(client_id);
    }
    let rule = "client_id: must have 6 to 100 letters, digits, '-', '_' or '.', and not begin with 0oa";
    Err(AdminError::invalid("credentials", rule))
}
