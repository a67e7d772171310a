//! What a token or a secret is that somebody found: which event issued it, whose it is, and whether it is still good.
//!
//! Nothing is spent by looking, what was shown is kept nowhere, and that somebody looked is in the log.

mod jwt;
pub mod revoke;
mod secrets;

use crate::admin::{Access, AdminError, Area, Caller};
use crate::console::kinds::{any_type, equals};
use crate::ctx::{app_instance, user_entity};
use crate::{Ctx, Idp};
use serde_json::{Map, Value};
use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::event::types::{self, EventType};
use signet_domain::event::{Entity, Event, EventRow};
use signet_domain::grant::Grant;
use signet_domain::id::{ServerId, UserId};
use signet_domain::server::Server;
use signet_domain::user::User;
use signet_store::Tx;
use signet_store::log_query::{Condition, LogQuery, TextField};

/// Most bytes that are looked at.
const MAX_BYTES: usize = 16 * 1024;
/// Most events that are looked at to find a `jti` that comes without a time.
const BUDGET: u32 = 200_000;
/// Seconds around the time that a token names, in which its event lies.
const AROUND: i64 = 60;
/// What may stand before a token that was copied from a header.
const SCHEMES: [&str; 4] = ["Bearer ", "bearer ", "DPoP ", "dpop "];
/// Servers that are gone through at once.
const SERVERS: i64 = 100;

/// The events of issued tokens.
pub(crate) const ISSUED: [EventType; 6] = [
    types::ORG_ACCESS_TOKEN,
    types::AS_ACCESS_TOKEN,
    types::ORG_ID_TOKEN,
    types::AS_ID_TOKEN,
    types::ORG_REFRESH_TOKEN,
    types::AS_REFRESH_TOKEN,
];

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// An access token, or the `jti` of one.
    AccessToken,
    /// An ID token, or the `jti` of one.
    IdToken,
    /// A refresh token.
    RefreshToken,
    /// An authorization code.
    Code,
    /// An app's secret.
    ClientSecret,
    /// An API token.
    ApiToken,
    /// An API credential's secret.
    CredentialSecret,
    /// A token of an API credential.
    CredentialToken,
    /// A key that an app calls APIs with.
    ApiKey,
}

impl What {
    /// In words, as a sentence has it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AccessToken => "access token",
            Self::IdToken => "ID token",
            Self::RefreshToken => "refresh token",
            Self::Code => "authorization code",
            Self::ClientSecret => "client secret",
            Self::ApiToken => "API token",
            Self::CredentialSecret => "secret of an API credential",
            Self::CredentialToken => "token of an API credential",
            Self::ApiKey => "API key",
        }
    }
}

/// Whether it is good for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Good,
    /// It isn't: why, in a sentence.
    Ended(&'static str),
    /// What was shown doesn't tell: what is known, in a sentence.
    Unclear(&'static str),
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// What it is.
    pub what: What,
    /// Whether it is good.
    pub state: State,
    /// When it was made.
    pub issued: Option<Time>,
    /// When it ends by itself, or ended.
    pub ends: Option<Time>,
    /// `jti`.
    pub jti: Option<String>,
    /// What it says, if it is a token that one of the tenant's keys signed.
    pub claims: Option<Map<String, Value>>,
    /// The thumbprint of the key that it is bound to, if it is: without the key it is good for nothing.
    pub jkt: Option<String>,
    /// The event that issued it.
    pub event: Option<EventRow>,
    /// The server that issued it.
    pub server: Option<Server>,
    /// The app that it was issued to.
    pub app: Option<App>,
    /// The user that it speaks of, or whose it is.
    pub user: Option<User>,
    /// The grant that it hangs on.
    pub grant: Option<Grant>,
    /// Id and name of the API token, the API credential or the key.
    pub named: Option<(String, String)>,
}

impl Found {
    fn new(what: What, state: State) -> Self {
        Self {
            what,
            state,
            issued: None,
            ends: None,
            jti: None,
            claims: None,
            jkt: None,
            event: None,
            server: None,
            app: None,
            user: None,
            grant: None,
            named: None,
        }
    }

    /// Looks up what an event names.
    async fn with_event(mut self, tx: &mut Tx, event: Option<EventRow>) -> Result<Self, AdminError> {
        let Some(event) = event else { return Ok(self) };
        self.issued = self.issued.or(Some(event.published));
        if let (None, Some(id)) = (&self.server, event.server_id.as_deref().and_then(ServerId::parse)) {
            self.server = tx.server(id).await?;
        }
        if let (None, Some(client_id)) = (&self.app, &event.client_id) {
            self.app = tx.app_by_client_id(client_id).await?;
        }
        if let (None, Some(id)) = (&self.user, event.user_id.as_deref().and_then(UserId::parse)) {
            self.user = tx.user(id).await?;
        }
        if let (None, Some(id)) = (&self.grant, event.grant_id) {
            self.grant = tx.grant(id).await?;
        }
        self.event = Some(event);
        Ok(self)
    }

    /// Looks up what a grant names.
    async fn with_grant(mut self, tx: &mut Tx, grant: Grant) -> Result<Self, AdminError> {
        self.server = tx.server(grant.server_id).await?;
        self.app = tx.app(grant.app_id).await?;
        if let Some(id) = grant.user_id {
            self.user = tx.user(id).await?;
        }
        self.grant = Some(grant);
        Ok(self)
    }

    /// Why nothing that hangs on these is good, if one of them ended.
    fn stopped(&self) -> Option<&'static str> {
        if self.grant.as_ref().is_some_and(|grant| grant.revoked_at.is_some()) {
            return Some("Its grant was revoked.");
        }
        if !self.app.as_ref().is_some_and(App::is_active) {
            return Some("Its app is switched off or deleted.");
        }
        let named = self.event.as_ref().is_some_and(|event| event.user_id.is_some())
            || self.grant.as_ref().is_some_and(|grant| grant.user_id.is_some());
        if named && !self.user.as_ref().is_some_and(User::is_active) {
            return Some("Its user isn’t active.");
        }
        None
    }
}

/// What came of looking.
#[derive(Debug)]
pub enum Inspected {
    /// This is it.
    Found(Box<Found>),
    /// Nothing of this tenant; and how far back the log was looked through, where that isn't to its beginning.
    Unknown(Option<Time>),
}

impl Idp {
    /// What a text is that somebody found. The log notes that it was asked, and what was found: never the text.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`] for who may not read the log; when the store fails.
    pub async fn admin_inspect(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        text: &str,
    ) -> Result<Inspected, AdminError> {
        caller.require(Area::Logs, Access::Read)?;
        let text = text.trim();
        let text = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text).trim();
        let looks_right =
            !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
        let inspected = if looks_right { self.look(ctx, text).await? } else { Inspected::Unknown(None) };
        let event = caller.event(self, ctx, types::TOKEN_INSPECT);
        self.record(ctx, vec![noted(event, &inspected)]).await?;
        Ok(inspected)
    }

    async fn look(&self, ctx: &Ctx, text: &str) -> Result<Inspected, AdminError> {
        if text.bytes().filter(|b| *b == b'.').count() == 2
            && let Some(found) = self.look_at_jwt(ctx, text).await?
        {
            return Ok(Inspected::Found(Box::new(found)));
        }
        if let Some(found) = self.look_at_secret(ctx, text).await? {
            return Ok(Inspected::Found(Box::new(found)));
        }
        if !(text.starts_with("AT.") || text.starts_with("ID.")) {
            return Ok(Inspected::Unknown(None));
        }
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let from = tx.log_retention().await?.keeps_from(ctx.now);
        let until = ctx.now.plus_secs(AROUND);
        let floor = tx.log_floor(until, from, BUDGET).await?;
        let Some(event) = event_of(&mut tx, text, floor, until).await? else {
            return Ok(Inspected::Unknown((floor > from).then_some(floor)));
        };
        Ok(Inspected::Found(Box::new(self.of_event(ctx, &mut tx, event).await?)))
    }
}

/// The event that issued the token with a `jti` within a span of time.
async fn event_of(tx: &mut Tx, jti: &str, from: Time, until: Time) -> Result<Option<EventRow>, AdminError> {
    let condition = Condition::All(vec![equals(TextField::Jti, jti), any_type(&ISSUED)]);
    let query =
        LogQuery { condition, since: Some(from), until: Some(until), limit: 1, ..LogQuery::default() };
    Ok(tx.log(&query).await?.pop())
}

/// The newest event of one of these types with a grant at an instant.
async fn event_of_grant(
    tx: &mut Tx,
    grant: signet_domain::id::GrantId,
    of: &[EventType],
    at: Time,
) -> Result<Option<EventRow>, AdminError> {
    let of_grant = Condition::Id { field: signet_store::log_query::IdField::Grant, value: grant.0 };
    let condition = Condition::All(vec![of_grant, any_type(of)]);
    let query = LogQuery {
        condition,
        since: Some(at.plus_secs(-AROUND)),
        until: Some(at.plus_secs(AROUND)),
        limit: 100,
        ..LogQuery::default()
    };
    let rows = tx.log(&query).await?;
    Ok(rows.into_iter().min_by_key(|row| row.published.since(at).abs()))
}

/// The event of an inspection, with what was found.
fn noted(mut event: Event, inspected: &Inspected) -> Event {
    let Inspected::Found(found) = inspected else { return event.debug("found", "nothing") };
    event = event.debug("found", found.what.words());
    event.jti.clone_from(&found.jti);
    event.grant_id = found.grant.as_ref().map(|grant| grant.id);
    if let Some(issued) = &found.event {
        event = event.debug("issuedBy", issued.id.to_string());
    }
    if let Some(user) = &found.user {
        event.user_id = Some(user.id.to_string());
        event = event.target(user_entity(user));
    }
    if let Some(app) = &found.app {
        event.client_id = Some(app.client_id.clone());
        event = event.target(app_instance(app));
    }
    if let Some((id, name)) = &found.named {
        event = event.target(Entity::new("Secret", id, name, name));
    }
    event
}
