//! Keys that apps call APIs with: made here or chosen, shown once, kept as an HMAC.

use super::error::Causes;
use super::{AdminError, Caller};
use crate::ctx::{At as _, app_instance};
use crate::gateway::verify::MAX_API_KEY;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::app::App;
use signet_domain::event::{Entity, Event, EventType, types};
use signet_domain::gateway::ApiKey;
use signet_domain::id::ApiKeyId;
use signet_oauth::Secret;
use signet_store::StoreError;

/// Most keys of an app.
pub const MAX_KEYS: usize = 10;
/// Fewest characters of a chosen key: nobody guesses that many over the network.
pub const MIN_CHOSEN: usize = 20;
/// Fewest different characters of a chosen key.
const MIN_DIFFERENT: usize = 8;

impl Idp {
    /// The API keys of an app, oldest first, without what is secret of them.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_api_keys(&self, ctx: &Ctx, key: &str) -> Result<Vec<ApiKey>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let app = Self::find_app(&mut tx, key).await?;
        Ok(tx.api_keys(app.id).await?)
    }

    /// Makes an API key, or takes a chosen one; it is shown once.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn admin_make_api_key(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        app: &str,
        name: String,
        chosen: Option<Secret>,
    ) -> Result<(ApiKey, Secret), AdminError> {
        check(&name, chosen.as_ref())?;
        let (idp, ctx, caller, app) = (self.clone(), ctx.clone(), caller.clone(), app.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let app = Self::find_app(tx, &app).await?;
                // Writing the app's row first makes two that add a key stand in line.
                tx.update_app(&app, ctx.now).await?;
                if tx.api_keys(app.id).await?.len() >= MAX_KEYS {
                    let cause = format!("key: an app has at most {MAX_KEYS}; delete one first");
                    return Err(AdminError::invalid("apiKey", cause));
                }
                let key = chosen.unwrap_or_else(|| Secret::from(idp.entropy().secret("sga")));
                let row = ApiKey {
                    tenant_id: ctx.tenant_id(),
                    app_id: app.id,
                    id: idp.entropy().id(ctx.now),
                    name,
                    hash: idp.secrets().hash(SecretKind::ApiKey, ctx.tenant_id(), key.expose()),
                    created_at: ctx.now,
                    last_used_at: None,
                };
                tx.insert_api_key(&row).await.map_err(taken)?;
                tx.append(&note(&idp, &ctx, &caller, types::API_KEY_CREATE, &app, &row)).await?;
                Ok((row, key))
            })
        })
        .await
    }

    /// Deletes an API key; calls with it are refused at once.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_delete_api_key(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        app: &str,
        key: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (app, key) = (app.to_owned(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let app = Self::find_app(tx, &app).await?;
                let row = match ApiKeyId::parse(&key) {
                    Some(id) => tx.api_key(app.id, id).await?,
                    None => None,
                };
                let row = row.ok_or_else(|| AdminError::not_found(&key, "ApiKey"))?;
                tx.delete_api_key(app.id, row.id).await?;
                Ok(tx.append(&note(&idp, &ctx, &caller, types::API_KEY_DELETE, &app, &row)).await?)
            })
        })
        .await
    }
}

fn check(name: &str, chosen: Option<&Secret>) -> Result<(), AdminError> {
    let mut causes = Causes::default();
    causes.text("name", name, 1..=100);
    if let Some(key) = chosen {
        let bytes = key.expose().as_bytes();
        let different: std::collections::HashSet<u8> = bytes.iter().copied().collect();
        if !(MIN_CHOSEN..=MAX_API_KEY).contains(&key.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
            let rule = format_args!(
                "must have {MIN_CHOSEN} to {MAX_API_KEY} printable ASCII characters without spaces; leave it out to \
                 get one made"
            );
            causes.add("key", rule);
        } else if different.len() < MIN_DIFFERENT {
            causes.add("key", format_args!("must have at least {MIN_DIFFERENT} different characters"));
        }
    }
    causes.check("apiKey")
}

/// One key is one app's: else nobody could say who calls.
fn taken(error: StoreError) -> AdminError {
    match error {
        StoreError::Conflict => AdminError::invalid("apiKey", "key: can't be used; choose another one"),
        other => other.into(),
    }
}

fn note(idp: &Idp, ctx: &Ctx, caller: &Caller, kind: EventType, app: &App, key: &ApiKey) -> Event {
    let target = Entity::new("ApiKey", key.id, &key.name, &key.name);
    caller.event(idp, ctx, kind).by(app).target(app_instance(app)).target(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_keys_are_long_and_varied() {
        assert!(check("x", None).is_ok());
        assert!(check("x", Some(&Secret::from("abcdefghijklmnopqrst"))).is_ok());
        for bad in [
            "",
            "abcdefghijklmnopqrs",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "abcdefghij klmnopqrst",
            &"xy".repeat(200),
        ] {
            assert!(check("x", Some(&Secret::from(bad))).is_err(), "{bad}");
        }
        assert!(check("", None).is_err() && check("a\nb", None).is_err());
    }
}
