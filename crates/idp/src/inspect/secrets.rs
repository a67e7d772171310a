//! Secrets: of each only a hash is kept, so what was found is compared with those.

use super::{AROUND, Found, SERVERS, State, What, event_of_grant};
use crate::admin::AdminError;
use crate::console::kinds::{any_type, equals};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::app::AppStatus;
use signet_domain::event::EventRow;
use signet_domain::event::types::{self, EventType};
use signet_domain::grant::OneTimeKind;
use signet_domain::id::ServerId;
use signet_domain::token::RefreshToken;
use signet_store::Tx;
use signet_store::log_query::{Condition, LogQuery, TextField};

const REFRESHED: &[EventType] = &[types::ORG_REFRESH_TOKEN, types::AS_REFRESH_TOKEN];
const SENT_BACK: &[EventType] = &[types::ORG_AUTHORIZE_CODE, types::AS_AUTHORIZE_CODE];

impl Idp {
    /// A secret that one of the tenant's rows has the hash of.
    pub(super) async fn look_at_secret(&self, ctx: &Ctx, text: &str) -> Result<Option<Found>, AdminError> {
        let hash = |kind| self.secrets().hash(kind, ctx.tenant_id(), text);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let tx = &mut tx;
        if let Some(row) = tx.api_token_by_hash(&hash(SecretKind::ApiToken)).await? {
            let live = row.revoked_at.is_none();
            let state = if live && ctx.now < row.expires_at { State::Good } else { ended(live) };
            let mut found = Found::new(What::ApiToken, state);
            (found.issued, found.ends) = (Some(row.created_at), Some(row.expires_at));
            found.user = tx.user(row.user_id).await?;
            let id = row.id.to_string();
            found.event = made(tx, types::API_TOKEN_CREATE, &id, row.created_at).await?;
            found.named = Some((id, row.name));
            return Ok(Some(found));
        }
        if let Some(secret) = tx.app_secret_by_hash(&hash(SecretKind::ClientSecret)).await? {
            let app = tx.app(secret.app_id).await?;
            let state = match (secret.status, app.as_ref().is_some_and(signet_domain::app::App::is_active)) {
                (AppStatus::Active, true) => State::Good,
                (AppStatus::Active, false) => State::Ended("Its app is switched off."),
                _ => State::Ended("It is switched off."),
            };
            let mut found = Found::new(What::ClientSecret, state);
            found.issued = Some(secret.created_at);
            let name = app.as_ref().map(|app| app.label.clone()).unwrap_or_default();
            found.named = Some((secret.id.to_string(), name));
            if let Some(app) = &app {
                let of_app = equals(TextField::ClientId, &app.client_id);
                found.event =
                    near(tx, of_app, &[types::SECRET_CREATE, types::APP_CREATE], secret.created_at).await?;
            }
            found.app = app;
            return Ok(Some(found));
        }
        if let Some(key) = tx.api_key_by_hash(&hash(SecretKind::ApiKey)).await? {
            let mut found = Found::new(What::ApiKey, State::Good);
            found.issued = Some(key.created_at);
            found.app = tx.app(key.app_id).await?;
            if let Some(why) = found.stopped() {
                found.state = State::Ended(why);
            }
            let id = key.id.to_string();
            found.event = made(tx, types::API_KEY_CREATE, &id, key.created_at).await?;
            found.named = Some((id, key.name));
            return Ok(Some(found));
        }
        if let Some(found) = self.look_at_credential(ctx, tx, text).await? {
            return Ok(Some(found));
        }
        let (refresh, code) = (hash(SecretKind::Refresh), hash(SecretKind::Code));
        let mut after: Option<ServerId> = None;
        loop {
            let page = tx.servers(after, SERVERS).await?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.id);
            for server in &page {
                if let Some(row) = tx.refresh_token(server.id, &refresh).await? {
                    return Ok(Some(refresh_token(ctx, tx, row).await?));
                }
                if let Some(row) = tx.peek_one_time(server.id, OneTimeKind::Code, &code).await? {
                    let state = match row.spent_at {
                        Some(_) => State::Ended("It was redeemed, and works once."),
                        None if row.expires_at <= ctx.now => State::Ended("It has expired."),
                        None => State::Good,
                    };
                    let mut found = Found::new(What::Code, state);
                    (found.issued, found.ends) = (Some(row.created_at), Some(row.expires_at));
                    return Ok(Some(with_family(tx, found, row.grant_id, SENT_BACK).await?));
                }
            }
        }
    }

    async fn look_at_credential(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        text: &str,
    ) -> Result<Option<Found>, AdminError> {
        let hash = |kind| self.secrets().hash(kind, ctx.tenant_id(), text);
        let secret = hash(SecretKind::CredentialSecret);
        if let Some(row) = tx.credentials().await?.into_iter().find(|row| row.secret_hash == secret) {
            let live = row.revoked_at.is_none();
            let mut found = Found::new(What::CredentialSecret, if live { State::Good } else { ended(live) });
            found.issued = Some(row.created_at);
            let id = row.id.to_string();
            found.event = made(tx, types::CREDENTIAL_CREATE, &id, row.created_at).await?;
            found.named = Some((id, row.name));
            return Ok(Some(found));
        }
        let Some(row) = tx.credential_token(&hash(SecretKind::CredentialToken)).await? else {
            return Ok(None);
        };
        let credential = tx.credential(row.credential_id).await?;
        let live = row.revoked_at.is_none() && credential.as_ref().is_some_and(|c| c.revoked_at.is_none());
        let state = if live && ctx.now < row.expires_at { State::Good } else { ended(live) };
        let mut found = Found::new(What::CredentialToken, state);
        (found.issued, found.ends) = (Some(row.created_at), Some(row.expires_at));
        if let Some(credential) = credential {
            let by = equals(TextField::ActorId, &credential.id.to_string());
            found.event = near(tx, by, &[types::CREDENTIAL_TOKEN], row.created_at).await?;
            found.named = Some((credential.id.to_string(), credential.name));
        }
        Ok(Some(found))
    }
}

/// Why something that isn't good any more isn't.
fn ended(live: bool) -> State {
    State::Ended(if live { "It has expired." } else { "It was revoked." })
}

async fn refresh_token(ctx: &Ctx, tx: &mut Tx, row: RefreshToken) -> Result<Found, AdminError> {
    let ends = row.idle_expires_at.min(row.absolute_expires_at);
    let spent = row.rotated_at.is_some() && row.leeway_until.is_none_or(|until| until <= ctx.now);
    let mut found = Found::new(What::RefreshToken, State::Good);
    (found.issued, found.ends, found.jkt) = (Some(row.created_at), Some(ends), row.jkt);
    let mut found = with_family(tx, found, Some(row.grant_id), REFRESHED).await?;
    found.state = match found.stopped() {
        Some(why) => State::Ended(why),
        None if spent => State::Ended("It was used, and another one of its family followed it."),
        None if ends <= ctx.now => State::Ended("It has expired."),
        None => State::Good,
    };
    Ok(found)
}

/// Adds the grant that something hangs on, and the event that issued it.
async fn with_family(
    tx: &mut Tx,
    found: Found,
    grant: Option<signet_domain::id::GrantId>,
    of: &[EventType],
) -> Result<Found, AdminError> {
    let at = found.issued;
    let Some(grant) = (match grant {
        Some(id) => tx.grant(id).await?,
        None => None,
    }) else {
        return Ok(found);
    };
    let event = match at {
        Some(at) => event_of_grant(tx, grant.id, of, at).await?,
        None => None,
    };
    let mut found = found.with_grant(tx, grant).await?;
    found.event = event;
    Ok(found)
}

/// The event of the making of something with an id.
async fn made(tx: &mut Tx, of: EventType, id: &str, at: Time) -> Result<Option<EventRow>, AdminError> {
    near(tx, equals(TextField::TargetId, id), &[of], at).await
}

/// The event of one of these types of which something holds, about an instant.
async fn near(
    tx: &mut Tx,
    holds: Condition,
    of: &[EventType],
    at: Time,
) -> Result<Option<EventRow>, AdminError> {
    let query = LogQuery {
        condition: Condition::All(vec![holds, any_type(of)]),
        since: Some(at.plus_secs(-AROUND)),
        until: Some(at.plus_secs(AROUND)),
        limit: 1,
        ..LogQuery::default()
    };
    Ok(tx.log(&query).await?.pop())
}
