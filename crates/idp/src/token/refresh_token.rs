//! Refreshing (RFC 6749 §6) with rotation (RFC 9700 §4.14).
//!
//! A family is numbered by generation. The previous token answers with the *same* successor while its leeway
//! lasts, because a reply can be lost; using the successor ends that leeway. Anything older is proof that the
//! string has leaked, and ends the family.

use super::authorization_code::subject;
use super::issue::{Issued, Of, response};
use super::{Call, Refused, scopes};
use crate::ctx::{At, app_entity, by_kind};
use crate::secrets::SecretKind;
use crate::terms::Terms;
use crate::{Idp, IdpError};
use signet_domain::Time;
use signet_domain::app::Rotation;
use signet_domain::event::{Event, types};
use signet_domain::grant::Grant;
use signet_domain::token::RefreshToken;
use signet_domain::user::User;
use signet_oauth::response::TokenResponse;
use signet_oauth::token_request::GrantType;
use signet_oauth::{OAuthError, Reason, ScopeSet, Secret};
use signet_store::Tx;
use signet_store::refresh::Rotated;

/// Between a sealed successor and the scopes that were asked for: in neither of the two.
const BESIDE: char = '\n';

/// What the transaction made of the token.
enum Used {
    /// It stays as it is.
    Kept,
    /// It was rotated now; the successor is the one that was prepared.
    Rotated,
    /// It was rotated before, and its leeway lasts: the successor that was made then.
    Same(String),
    /// The same, but other scopes were asked for then.
    OtherScopes,
    /// The same, but what was sealed then can't be opened.
    Broken(IdpError),
    /// It was rotated before: it has leaked.
    Reused(Box<RefreshToken>),
    /// The grant was revoked.
    Revoked,
}

/// Everything that the transaction needs, prepared outside it: signing takes long.
struct Plan {
    rotates: bool,
    leeway_seconds: i64,
    idle_seconds: i64,
    successor: RefreshToken,
    sealed: Vec<u8>,
    presented: Secret,
    /// What was asked for, in order.
    scopes: String,
    ip: String,
    events: Vec<Event>,
    rotation_event: Event,
}

impl Idp {
    pub(super) async fn refresh(
        &self,
        call: &Call<'_>,
        token: &Secret,
        requested: Option<&ScopeSet>,
    ) -> Result<TokenResponse, Refused> {
        let (ctx, server) = (call.ctx, &call.server.server);
        let hash = self.secrets().hash(SecretKind::Refresh, ctx.tenant_id(), token.expose());
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let Some(row) = tx.refresh_token(server.id, &hash).await? else {
            return Err(Reason::InvalidRefreshToken.into());
        };
        let Some(grant) = tx.grant(row.grant_id).await? else {
            return Err(Reason::InvalidRefreshToken.into());
        };
        let user = match grant.user_id {
            Some(id) => tx.user(id).await?,
            None => None,
        };
        drop(tx);
        if grant.app_id != call.client.config.app.id {
            // Only a holder of the string can come here: it is proof of a leak, not a way to end families.
            return Err(self.end_family(call, &grant, &row, Reason::MismatchedClient).await?);
        }
        if grant.revoked_at.is_none() && is_spent(&row, ctx.now) {
            // However old it is and whatever else is wrong with the request: it proves the leak.
            return Err(self.end_family(call, &grant, &row, Reason::RefreshReuse).await?);
        }
        // Before anything else is told: who hasn't the key has nothing. Nor can they end the family, which lost nothing.
        call.has_key(row.jkt.as_deref())?;
        let user = still_allowed(call, &row, &grant, user)?;
        let asked = requested.cloned().unwrap_or_else(|| scopes::stored(&grant.scopes));
        let scopes = self.scopes_now(call, &grant, &asked).map_err(Refused::from)?;
        let scopes = match scopes {
            Ok(scopes) => scopes,
            Err(error) => return Err(Refused::from(error).of(Some(Box::new(user)))),
        };
        let terms = match self.terms_of_grant(call, &grant, &user, &scopes).await {
            Ok(terms) => terms,
            Err(error) => return Err(Refused::from(error).of(Some(Box::new(user)))),
        };
        self.use_token(call, token, hash, &row, &grant, &user, (&asked, &scopes), &terms).await
    }

    /// The scopes of this refresh: what was granted, without what the app or server has lost since, and no
    /// more than is asked for.
    fn scopes_now(
        &self,
        call: &Call<'_>,
        grant: &Grant,
        asked: &ScopeSet,
    ) -> Result<Result<ScopeSet, OAuthError>, OAuthError> {
        if !asked.is_subset(&scopes::stored(&grant.scopes)) {
            return Ok(Err(OAuthError::new(Reason::RefreshScopesDenied)));
        }
        let app = &call.client.config.app;
        let still: ScopeSet = asked
            .iter()
            .filter(|s| {
                let name = s.as_str();
                call.server.scopes.iter().any(|row| row.name == name)
                    && (app.allowed_scopes.is_empty() || app.allowed_scopes.iter().any(|a| a == name))
            })
            .cloned()
            .collect();
        if still.is_empty() { Err(Reason::InvalidRefreshToken.into()) } else { Ok(Ok(still)) }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of refresh(), split for length")]
    async fn use_token(
        &self,
        call: &Call<'_>,
        token: &Secret,
        hash: Vec<u8>,
        row: &RefreshToken,
        grant: &Grant,
        user: &User,
        (asked, scopes): (&ScopeSet, &ScopeSet),
        terms: &Terms,
    ) -> Result<TokenResponse, Refused> {
        let mut subject = subject(call, grant, user, scopes, terms);
        // OpenID Connect Core §12.2: the nonce belongs to the first ID token.
        subject.nonce = None;
        let mut issued: Issued = self.mint(call, &subject, GrantType::RefreshToken, grant.flow_id).await?;
        let (successor_token, successor) = self.new_refresh_token(call, terms, grant.id, Some(row));
        let app = &call.client.config.app;
        let plan = Plan {
            rotates: app.rotation == Rotation::Rotate || !app.is_confidential(),
            leeway_seconds: app.leeway_seconds.clamp(0, 60),
            idle_seconds: terms.refresh_idle_seconds,
            // What was asked for goes with it: the answer to a lost one is the answer to the same question.
            sealed: self.secrets().seal_for(
                self.entropy(),
                token.expose(),
                &format!("{successor_token}{BESIDE}{asked}"),
            )?,
            presented: token.clone(),
            scopes: asked.to_string(),
            successor,
            ip: call.ctx.request.ip.clone(),
            events: std::mem::take(&mut issued.events),
            rotation_event: self.issuance_event(
                call,
                &subject,
                GrantType::RefreshToken,
                grant.flow_id,
                Of::Refresh,
            ),
        };
        let (server, now) = (call.server.server.id, call.ctx.now);
        let (app, secret) = (call.client.config.app.id, call.client.secret_to_touch(now));
        let idp = self.clone();
        let used = self
            .store()
            .tenant(call.ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(secret) = secret {
                        tx.touch_app_secret(app, secret, now).await?;
                    }
                    rotate(&idp, tx, server, &hash, &plan, now).await
                })
            })
            .await?;
        let next = match used {
            Used::Kept => Some(token.expose().to_owned()),
            Used::Rotated => Some(successor_token),
            Used::Same(successor) => Some(successor),
            // No proof of a leak: two parts of an app may refresh at once. One of them comes again with the successor.
            Used::OtherScopes => {
                let error = OAuthError::new(Reason::RefreshScopesChanged);
                return Err(Refused::from(error).of(Some(Box::new(user.clone()))));
            }
            Used::Broken(error) => return Err(error.into()),
            Used::Revoked => return Err(Reason::InvalidRefreshToken.into()),
            Used::Reused(row) => {
                return Err(self.end_family(call, grant, &row, Reason::RefreshReuse).await?);
            }
        };
        Ok(response(&subject, issued, next))
    }

    /// Ends a family whose token has leaked, and says so in the log with both addresses.
    async fn end_family(
        &self,
        call: &Call<'_>,
        grant: &Grant,
        row: &RefreshToken,
        reason: Reason,
    ) -> Result<Refused, IdpError> {
        let server = &call.server.server;
        let app = &call.client.config.app;
        let kind = by_kind(server, types::ORG_DETECT_REUSE, types::AS_DETECT_REUSE);
        let mut event = self
            .event(call.ctx, kind, app_entity(app))
            .failed(reason.as_str())
            .at(server)
            .by(app)
            .debug("grantType", GrantType::RefreshToken.as_str())
            .debug("issuedToApp", grant.app_id.to_string())
            .debug("generation", row.generation.to_string())
            .debug("usedBeforeFrom", row.used_ip.as_deref().unwrap_or("unknown"))
            .debug("usedNowFrom", call.ctx.request.ip.as_str());
        event.grant_id = Some(grant.id);
        event.flow_id = grant.flow_id;
        event.user_id = grant.user_id.map(|id| id.to_string());
        self.end_grant(call.ctx, grant.id, event).await?;
        Ok(Refused::from(reason).logged())
    }
}

/// Whether a token was rotated and its leeway is over, which is for good.
fn is_spent(row: &RefreshToken, now: Time) -> bool {
    row.rotated_at.is_some() && row.leeway_until.is_none_or(|until| now >= until)
}

/// User, app and server are looked at again at every refresh.
fn still_allowed(
    call: &Call<'_>,
    row: &RefreshToken,
    grant: &Grant,
    user: Option<User>,
) -> Result<User, Refused> {
    let refuse = |reason: Reason| {
        Refused::from(OAuthError::new(reason).describe(Reason::InvalidRefreshToken.default_description()))
    };
    if grant.revoked_at.is_some()
        || call.ctx.now >= row.idle_expires_at
        || call.ctx.now >= row.absolute_expires_at
    {
        return Err(refuse(Reason::InvalidRefreshToken));
    }
    // A grant that came from a grant type which has since been switched off ends with it.
    if !call.client.config.app.allows_grant(&grant.grant_type) {
        return Err(refuse(Reason::InvalidRefreshToken));
    }
    match user {
        Some(user) if user.is_active() => Ok(user),
        Some(user) => {
            let entity = Box::new(user);
            Err(refuse(Reason::UserInactive).of(Some(entity)))
        }
        None => Err(refuse(Reason::InvalidRefreshToken)),
    }
}

/// The decision, under the row's lock.
async fn rotate(
    idp: &Idp,
    tx: &mut Tx,
    server: signet_domain::id::ServerId,
    hash: &[u8],
    plan: &Plan,
    now: Time,
) -> signet_store::Result<Used> {
    let Some(row) = tx.refresh_token_for_update(server, hash).await? else { return Ok(Used::Revoked) };
    if tx.grant_in_use(row.grant_id).await?.is_none_or(|g| g.revoked_at.is_some()) {
        return Ok(Used::Revoked);
    }
    if row.rotated_at.is_some() {
        return match row.successor_sealed.clone() {
            Some(sealed) if !is_spent(&row, now) => {
                let opened = match idp.secrets().open_with(plan.presented.expose(), &sealed) {
                    Ok(opened) => opened,
                    Err(error) => return Ok(Used::Broken(error)),
                };
                // One that was sealed before there was anything beside it is at most a leeway old.
                let (successor, scopes) = opened.split_once(BESIDE).unwrap_or((&opened, &plan.scopes));
                if scopes != plan.scopes {
                    return Ok(Used::OtherScopes);
                }
                tx.append_all(&plan.events).await?;
                Ok(Used::Same(successor.to_owned()))
            }
            _ => Ok(Used::Reused(Box::new(row))),
        };
    }
    // Using a token ends the leeway of those before it.
    tx.end_leeway(row.grant_id, row.generation).await?;
    tx.append_all(&plan.events).await?;
    if !plan.rotates {
        let idle = now.plus_secs(plan.idle_seconds).min(row.absolute_expires_at);
        tx.extend_refresh_token(row.id, idle, &plan.ip).await?;
        return Ok(Used::Kept);
    }
    tx.insert_refresh_token(server, &plan.successor).await?;
    let leeway_until = now.plus_secs(plan.leeway_seconds);
    let rotated = Rotated { at: now, leeway_until, successor_sealed: &plan.sealed, ip: &plan.ip };
    tx.rotate_refresh_token(row.id, &rotated).await?;
    tx.append(&plan.rotation_event).await?;
    Ok(Used::Rotated)
}
