//! Apps that register themselves (RFC 7591, OpenID Connect Registration 1.0) and look after that registration
//! (RFC 7592).
//!
//! It is off at every server until an administrator switches it on. An app that comes by this way goes through the
//! same rules as one that an administrator makes, and through narrower ones: it may have the grants and scopes that
//! the policy and the initial access token allow and no others, it is for the server where it registered and no
//! other, users are always asked, and it goes when it never gets a token.
//!
//! | module | subject |
//! |---|---|
//! | `door` | who may register: tokens, and how often a source may try |
//! | `bounds` | what an app may have |
//! | `form` | metadata into an app's settings, and an app into metadata |
//! | `manage` | an app reads, changes and deletes its registration |
//! | `unused` | registrations that were never used |

mod bounds;
mod door;
mod form;
mod manage;
mod unused;

pub(crate) use door::token_entity;
pub use manage::ManageCall;

use crate::admin::app_rules;
use crate::admin::apps::DraftApp;
use crate::cache::ServerConfig;
use crate::ctx::{At, app_instance};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use bounds::Bounds;
use door::By;
use serde_json::{Map, Value};
use signet_domain::app::App;
use signet_domain::event::{Event, types};
use signet_domain::registration::{Registration, RegistrationPolicy};
use signet_oauth::registration::{ClientInformation, ClientMetadata};
use signet_oauth::{OAuthError, Reason, Secret};
use signet_store::sqlx_types::Json;

const DAY: i64 = 86_400;

/// What reaches the registration endpoint.
pub struct RegisterCall<'a> {
    /// The server that was asked.
    pub server: &'a ServerConfig,
    /// What it allows; a server where registration is off has no such endpoint.
    pub policy: &'a RegistrationPolicy,
    /// The bearer token, if one came.
    pub token: Option<&'a str>,
    /// The body, or why it isn't one.
    pub body: Result<&'a Map<String, Value>, OAuthError>,
}

/// A refusal, and whether the log has it.
struct Refused {
    error: OAuthError,
    logged: bool,
}

impl<E: Into<OAuthError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { error: error.into(), logged: false }
    }
}

impl Idp {
    /// Registers an app (RFC 7591 §3). Whatever comes of it is in the log before this returns.
    ///
    /// # Errors
    /// `invalid_redirect_uri` and `invalid_client_metadata`, naming the member; `invalid_token` for an initial access
    /// token that isn't good; 429 for a source that tries too often.
    pub async fn register(
        &self,
        ctx: &Ctx,
        call: &RegisterCall<'_>,
    ) -> Result<ClientInformation, OAuthError> {
        let mut by = None;
        match self.register_by(ctx, call, &mut by).await {
            Ok(told) => Ok(told),
            Err(Refused { error, logged }) => {
                if !logged && error.status() < 500 {
                    let actor = by.as_ref().map_or_else(By::stranger, By::entity);
                    let event = self.event(ctx, types::CLIENT_REGISTER, actor);
                    let event = event.failed(error.reason.as_str()).at(&call.server.server);
                    self.record(ctx, vec![blaming(event, &error)]).await?;
                }
                Err(error)
            }
        }
    }

    async fn register_by(
        &self,
        ctx: &Ctx,
        call: &RegisterCall<'_>,
        seen: &mut Option<By>,
    ) -> Result<ClientInformation, Refused> {
        let by = &*seen.insert(self.registrant(ctx, call).await?);
        let metadata = ClientMetadata::read(call.body.clone()?)?;
        let bounds = Bounds::new(call.policy, by.token());
        let server = &call.server.server;
        let keys = self.server_keys(ctx, server).await?;
        let settings = form::settings(metadata, None, &bounds, keys.active.alg())?;
        let DraftApp { app, secret, row } = self.draft_app(ctx, settings, true).map_err(form::fault_of)?;
        self.check_sector(&app, None).await.map_err(form::fault_of)?;
        let token = Secret::from(self.entropy().secret("sgm"));
        let registration = Registration {
            tenant_id: ctx.tenant_id(),
            app_id: app.id,
            server_id: server.id,
            token_id: by.token().map(|token| token.id),
            hash: self.secrets().hash(SecretKind::RegistrationAccess, ctx.tenant_id(), token.expose()),
            grant_types: Json(bounds.grant_types),
            scopes: Json(bounds.scopes),
            created_at: ctx.now,
            expires_at: Some(ctx.now.plus_secs(call.policy.unused_days * DAY)),
        };
        let event = self.event(ctx, types::CLIENT_REGISTER, by.entity()).at(server).by(&app);
        let event = app_rules::made(&app).into_event(event, app_instance(&app));
        let (server_id, token_id, most, now) =
            (server.id, registration.token_id, call.policy.max_apps, ctx.now);
        let made = app.clone();
        let done = self.change(ctx, move |tx| {
            Box::pin(async move {
                // Registrations at a server stand in line, so that together they can't be too many.
                tx.lock_server(server_id).await?;
                if tx.count_registrations(server_id).await? >= most {
                    return Ok(Err(Reason::RegistrationFull));
                }
                if let Some(token) = token_id
                    && !tx.use_registration_token(server_id, token, now).await?
                {
                    return Ok(Err(Reason::RegistrationTokenInvalid));
                }
                tx.insert_app(&app).await?;
                if let Some(row) = &row {
                    tx.insert_app_secret(row).await?;
                }
                tx.insert_registration(&registration).await?;
                tx.append(&event).await?;
                Ok(Ok(()))
            })
        });
        done.await.map_err(form::fault_of)??;
        let metadata = form::metadata_of(&made, keys.active.alg());
        Ok(information(call.server, &made, metadata, secret.as_ref(), &token))
    }
}

/// An event with the member that is to blame. What stood there isn't repeated: it may be anything.
fn blaming(event: Event, error: &OAuthError) -> Event {
    let member = error.description.strip_prefix("The member '").and_then(|rest| rest.split('\'').next());
    match member {
        Some(member) => event.debug("member", member),
        None => event,
    }
}

/// What an app is told of its registration.
fn information(
    server: &ServerConfig,
    app: &App,
    metadata: Map<String, Value>,
    secret: Option<&Secret>,
    token: &Secret,
) -> ClientInformation {
    ClientInformation {
        client_id: app.client_id.clone(),
        client_id_issued_at: app.created_at.secs(),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        client_secret_expires_at: secret.map(|_| 0),
        registration_access_token: token.expose().to_owned(),
        registration_client_uri: format!("{}/{}", server.server.endpoint("clients"), app.client_id),
        metadata,
    }
}
