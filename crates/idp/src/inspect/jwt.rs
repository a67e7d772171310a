//! Tokens that are signed, and `jti`s.

use super::{AROUND, Found, SERVERS, State, What, event_of};
use crate::access_token::ALGS;
use crate::admin::AdminError;
use crate::{Ctx, Idp};
use serde_json::{Map, Value};
use signet_domain::Time;
use signet_domain::event::EventRow;
use signet_domain::event::types;
use signet_domain::id::ServerId;
use signet_domain::server::{Server, ServerStatus};
use signet_domain::token::LONGEST_TOKEN_SECONDS;
use signet_oauth::jwk::PublicJwk;
use signet_oauth::jwt::{self, TYP_ACCESS};
use signet_store::Tx;
use signet_store::revocations::TokenFacts;

const FORGED: &str =
    "It names this server, but none of its keys signed it: it was altered or made up, or its key is gone.";

impl Idp {
    /// A token that names one of the tenant's servers as its issuer.
    pub(super) async fn look_at_jwt(&self, ctx: &Ctx, token: &str) -> Result<Option<Found>, AdminError> {
        let Some(issuer) = jwt::unverified_text(token, "iss") else { return Ok(None) };
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let Some(server) = server_of(&mut tx, &issuer).await? else { return Ok(None) };
        let rows = tx.signing_keys(server.id).await?;
        let keys: Vec<PublicJwk> =
            rows.iter().filter_map(|row| serde_json::from_value(row.public_jwk.0.clone()).ok()).collect();
        let Ok(verified) = jwt::verify(token, &keys, ALGS) else {
            let jti = jwt::unverified_text(token, "jti");
            let at = jwt::unverified_number(token, "iat").map(Time::from_secs);
            let event = issued(&mut tx, jti.as_deref(), at).await?;
            let what = event.as_ref().map_or(What::AccessToken, of_type);
            let mut found = Found::new(what, State::Ended(FORGED));
            found.server = Some(server);
            return Ok(Some(found.with_event(&mut tx, event).await?));
        };
        let what = match verified.header.typ.as_deref() {
            Some(TYP_ACCESS) => What::AccessToken,
            _ => What::IdToken,
        };
        let number = |name: &str| verified.claims.get(name).and_then(Value::as_i64).map(Time::from_secs);
        let (from, ends) = (number("iat"), number("exp"));
        let jti = verified.claims.get("jti").and_then(Value::as_str).map(str::to_owned);
        let event = issued(&mut tx, jti.as_deref(), from).await?;
        let mut found = Found::new(what, State::Good);
        (found.issued, found.ends, found.jti) = (from, ends, jti);
        found.server = Some(server);
        let mut found = found.with_event(&mut tx, event).await?;
        if let (None, Some(client_id)) = (&found.app, client_of(&verified.claims, what)) {
            found.app = tx.app_by_client_id(&client_id).await?;
        }
        let confirmation = verified.claims.get("cnf").and_then(|cnf| cnf.get("jkt"));
        found.jkt = confirmation.and_then(Value::as_str).map(str::to_owned);
        found.claims = Some(verified.claims);
        drop(tx);
        found.state = self.state_of(ctx, &found, Some(token)).await?;
        Ok(Some(found))
    }

    /// What an event issued, of which only the `jti` is known.
    pub(super) async fn of_event(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        event: EventRow,
    ) -> Result<Found, AdminError> {
        let mut found = Found::new(of_type(&event), State::Good);
        found.jti.clone_from(&event.jti);
        let found = found.with_event(tx, Some(event)).await?;
        let state = self.state_of(ctx, &found, None).await?;
        Ok(Found { state, ..found })
    }

    /// Whether a token is good; with the token itself that is certain.
    async fn state_of(&self, ctx: &Ctx, found: &Found, token: Option<&str>) -> Result<State, AdminError> {
        let server = found.server.as_ref();
        let ends = found.ends.or_else(|| found.issued.map(|at| at.plus_secs(LONGEST_TOKEN_SECONDS)));
        if ends.is_some_and(|ends| ends <= ctx.now) {
            return Ok(State::Ended("It has expired."));
        }
        if found.what == What::IdToken {
            return Ok(State::Unclear("An ID token tells an app who signed in. It opens nothing by itself."));
        }
        if !server.is_some_and(|server| server.status == ServerStatus::Active) {
            return Ok(State::Ended("Its authorization server is switched off or deleted."));
        }
        if self.is_revoked(ctx, found).await? {
            return Ok(State::Ended("It was revoked."));
        }
        if let Some(why) = found.stopped() {
            return Ok(State::Ended(why));
        }
        let Some((token, server)) = token.zip(server) else {
            return Ok(State::Unclear(
                "It isn’t revoked. Whether it has expired is in the token itself; none lives longer than 25 hours.",
            ));
        };
        let config = self.server_any_status(ctx, &server.id.to_string()).await?;
        Ok(match config {
            Some(config) if self.believe(ctx, &config, token).await?.is_ok() => State::Good,
            _ => State::Ended("It isn’t accepted any more."),
        })
    }

    async fn is_revoked(&self, ctx: &Ctx, found: &Found) -> Result<bool, AdminError> {
        let text = |name: &str| found.claims.as_ref()?.get(name)?.as_str().map(str::to_owned);
        let event = found.event.as_ref();
        let grant = text("gid").or_else(|| event?.grant_id.map(|id| id.to_string()));
        let user = text("uid").or_else(|| event?.user_id.clone());
        let app = text("cid").or_else(|| event?.client_id.clone());
        let facts = TokenFacts {
            jti: found.jti.as_deref().unwrap_or_default(),
            grant: grant.as_deref().unwrap_or_default(),
            user: user.as_deref().unwrap_or_default(),
            app: app.as_deref().unwrap_or_default(),
            server: &found.server.as_ref().map(|s| s.id.to_string()).unwrap_or_default(),
            issued_at: found.issued.unwrap_or(ctx.now),
        };
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.is_revoked(&facts).await?)
    }
}

/// The app that a token was issued to.
fn client_of(claims: &Map<String, Value>, what: What) -> Option<String> {
    let name = if what == What::AccessToken { "cid" } else { "aud" };
    claims.get(name)?.as_str().map(str::to_owned)
}

/// What an event issued.
fn of_type(event: &EventRow) -> What {
    match event.event_type.as_str() {
        name if name == types::ORG_ID_TOKEN.name || name == types::AS_ID_TOKEN.name => What::IdToken,
        name if name == types::ORG_REFRESH_TOKEN.name || name == types::AS_REFRESH_TOKEN.name => {
            What::RefreshToken
        }
        _ => What::AccessToken,
    }
}

async fn issued(tx: &mut Tx, jti: Option<&str>, at: Option<Time>) -> Result<Option<EventRow>, AdminError> {
    let (Some(jti), Some(at)) = (jti, at) else { return Ok(None) };
    event_of(tx, jti, at.plus_secs(-AROUND), at.plus_secs(AROUND)).await
}

/// The server of an issuer.
async fn server_of(tx: &mut Tx, issuer: &str) -> Result<Option<Server>, AdminError> {
    let mut after: Option<ServerId> = None;
    loop {
        let page = tx.servers(after, SERVERS).await?;
        let Some(last) = page.last() else { return Ok(None) };
        after = Some(last.id);
        if let Some(server) = page.into_iter().find(|server| server.issuer == issuer) {
            return Ok(Some(server));
        }
    }
}
