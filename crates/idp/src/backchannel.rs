//! Telling apps of sign-outs from server to server (OpenID Connect Back-Channel Logout 1.0).
//!
//! What ends a session queues a delivery for each of its apps in the same transaction. A node takes deliveries up
//! for a while, so of several nodes one tries; what fails is tried again, a bounded number of times, and every
//! attempt is in the tenant's log.

use crate::ctx::{At, app_instance};
use crate::deliveries::{Attempt, Reasons};
use crate::tenants::no_request;
use crate::{Ctx, Idp, IdpError};
use serde::Serialize;
use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::delivery::retry_at;
use signet_domain::event::{Entity, Event, types};
use signet_domain::id::{SessionId, UserId};
use signet_domain::logout::{LogoutDelivery, LogoutTarget};
use signet_domain::server::Server;
use signet_oauth::jwt;
use signet_store::Tx;
use signet_store::deliveries::Due;
use std::collections::BTreeSet;

/// The `typ` of logout tokens (Back-Channel Logout §2.4).
pub const TYP_LOGOUT: &str = "logout+jwt";

const REASONS: Reasons = Reasons("backchannel_logout_refused", "backchannel_logout_no_answer");

/// Seconds that a logout token lives (Back-Channel Logout §2.4 recommends two minutes at most).
const TOKEN_SECONDS: i64 = 120;

/// The claims of a logout token. There is never a `nonce`, so that it can't be taken for an ID token.
#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    sid: String,
    events: Events,
}

#[derive(Serialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Nothing,
}

#[derive(Serialize)]
struct Nothing {}

impl Idp {
    /// Ends a session and queues word for the apps that it signed its user in to; `false` when it had ended.
    pub(crate) async fn end_session_and_tell(
        &self,
        tx: &mut Tx,
        session: SessionId,
        user: UserId,
        now: Time,
    ) -> signet_store::Result<bool> {
        if !tx.end_session(session, now).await? {
            return Ok(false);
        }
        let targets = tx.apps_of_session(session, user).await?;
        self.queue_logouts(tx, user, targets, now).await?;
        Ok(true)
    }

    /// Ends all sessions of a user and queues word for their apps; gives how many sessions.
    pub(crate) async fn end_all_sessions(
        &self,
        tx: &mut Tx,
        user: UserId,
        now: Time,
    ) -> signet_store::Result<u64> {
        // First, so that a sign-in that is about to begin a session has done so, or won't.
        tx.note_signed_out(user, now).await?;
        // While it can still be told which of them had not ended.
        let targets = tx.apps_of_sessions(user, now).await?;
        self.queue_logouts(tx, user, targets, now).await?;
        tx.end_sessions_of(user, now).await
    }

    async fn queue_logouts(
        &self,
        tx: &mut Tx,
        user: UserId,
        targets: Vec<LogoutTarget>,
        now: Time,
    ) -> signet_store::Result<()> {
        // Only whoever got an ID token knows of the session.
        let signed_in = |target: &LogoutTarget| target.scopes.split(' ').any(|scope| scope == "openid");
        let told: BTreeSet<_> = targets
            .into_iter()
            .filter(signed_in)
            .map(|target| (target.session_id, target.app_id, target.server_id))
            .collect();
        for (session_id, app_id, server_id) in told {
            let delivery = LogoutDelivery {
                tenant_id: tx.tenant(),
                id: self.entropy().id(now),
                app_id,
                server_id,
                user_id: user,
                session_id,
                attempts: 0,
                next_at: now,
                created_at: now,
            };
            tx.insert_logout(&delivery).await?;
        }
        Ok(())
    }

    /// Tells an app of a sign-out, once; what comes of it is in the log.
    ///
    /// # Errors
    /// When the store fails; the delivery is taken up again then.
    pub async fn deliver_logout(&self, due: &Due<LogoutDelivery>) -> Result<(), IdpError> {
        let delivery = &due.delivery;
        // A suspended tenant says nothing; its deliveries wait, and end like all others.
        let tenant = self.tenant_by_host(&due.host).await?.filter(|tenant| tenant.id == delivery.tenant_id);
        let Some(tenant) = tenant else { return self.drop_if_last(delivery).await };
        let now = self.clock().now();
        let ctx = Ctx::new(tenant, now, no_request(self, now));
        let found = {
            let mut tx = self.store().tenant(delivery.tenant_id).read().await?;
            (tx.app(delivery.app_id).await?, tx.server(delivery.server_id).await?)
        };
        // What was registered when the session ended may have changed: the app is told where it is now.
        let (Some(app), Some(server)) = found else { return self.forget(delivery, None).await };
        let uri = app.backchannel_logout_uri.clone().filter(|_| app.is_active());
        let Some(uri) = uri else { return self.forget(delivery, None).await };
        let token = self.logout_token(&ctx, delivery, &app, &server).await?;
        let told = self.fetch().post_form(&uri, format!("logout_token={token}")).await;
        let now = self.clock().now();
        let event = self.logout_event(&Ctx { now, ..ctx }, delivery, &app, &server);
        let fine = |status| matches!(status, 200 | 204);
        let attempt = Attempt::of(told, fine, &REASONS, (delivery.attempts, now), event);
        self.settle(delivery, attempt.next_at, Some(attempt.event)).await
    }

    async fn logout_token(
        &self,
        ctx: &Ctx,
        delivery: &LogoutDelivery,
        app: &App,
        server: &Server,
    ) -> Result<String, IdpError> {
        let keys = self.server_keys(ctx, server).await?;
        let issued = ctx.now.secs();
        let claims = LogoutToken {
            iss: &server.issuer,
            sub: self.subject(app, delivery.user_id),
            aud: &app.client_id,
            iat: issued,
            exp: issued + TOKEN_SECONDS,
            jti: delivery.id.to_string(),
            sid: delivery.session_id.to_string(),
            events: Events { logout: Nothing {} },
        };
        Ok(jwt::sign(&keys.active, Some(TYP_LOGOUT), &claims)?)
    }

    fn logout_event(&self, ctx: &Ctx, delivery: &LogoutDelivery, app: &App, server: &Server) -> Event {
        let mut event = self.event(ctx, types::BACKCHANNEL_LOGOUT, Entity::system()).by(app).at(server);
        event.user_id = Some(delivery.user_id.to_string());
        event.session_id = Some(delivery.session_id);
        event.target(app_instance(app)).debug("logout", delivery.id.to_string())
    }

    async fn drop_if_last(&self, delivery: &LogoutDelivery) -> Result<(), IdpError> {
        match retry_at(delivery.attempts, self.clock().now()) {
            Some(_) => Ok(()),
            None => self.forget(delivery, None).await,
        }
    }

    /// Takes a delivery off the queue, with the event that says why.
    async fn forget(&self, delivery: &LogoutDelivery, event: Option<Event>) -> Result<(), IdpError> {
        self.settle(delivery, None, event).await
    }

    /// Puts a delivery off, or takes it off the queue, and logs that, unless it is gone.
    async fn settle(
        &self,
        delivery: &LogoutDelivery,
        next_at: Option<Time>,
        event: Option<Event>,
    ) -> Result<(), IdpError> {
        let id = delivery.id;
        let store = self.store().tenant(delivery.tenant_id);
        let written = store.write(move |tx| {
            Box::pin(async move {
                let there = match next_at {
                    Some(next_at) => tx.postpone_logout(id, next_at).await?,
                    None => tx.delete_logout(id).await?,
                };
                match event {
                    Some(event) if there => tx.append(&event).await,
                    _ => Ok(()),
                }
            })
        });
        Ok(written.await?)
    }
}
