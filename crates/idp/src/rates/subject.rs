//! Whom a token request is counted for.

use crate::ctx::{At, app_entity};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::app::App;
use signet_domain::credential::Credential;
use signet_domain::event::{Entity, Event, EventType};
use signet_domain::grant::OneTimeKind;
use signet_domain::login;
use signet_domain::rate_policy::{RateIdentifier, RatePolicy};
use signet_domain::server::Server;
use signet_oauth::token_request::{GrantType, TokenRequest};
use std::net::IpAddr;

/// Finds a header's value.
pub type Header<'a> = &'a (dyn Fn(&str) -> Option<String> + Send + Sync);

/// A token request as the policies see it.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// An app that proved itself, at a token endpoint.
    App {
        /// The server.
        server: &'a Server,
        /// The app.
        app: &'a App,
        /// What it asks for.
        request: &'a TokenRequest,
        /// The request's headers.
        header: Header<'a>,
    },
    /// An app that proved itself, at a gateway's own token endpoint.
    Gateway {
        /// The server.
        server: &'a Server,
        /// The app.
        app: &'a App,
        /// The grant that it asks for.
        grant: GrantType,
        /// What it holds for it.
        holds: Held<'a>,
        /// The request's headers.
        header: Header<'a>,
    },
    /// An API credential that proved itself.
    Credential {
        /// The credential.
        credential: &'a Credential,
        /// The request's headers.
        header: Header<'a>,
    },
}

/// What a request at a gateway's endpoint holds.
#[derive(Clone, Copy)]
pub enum Held<'a> {
    /// Nothing but the client's own credentials.
    Nothing,
    /// A code.
    Code(&'a str),
    /// A refresh token.
    RefreshToken(&'a str),
    /// The provision key, which was checked, and the front end's name for someone.
    Userid(&'a str),
}

/// A code or a refresh token.
struct Redeemed<'a> {
    token: &'a str,
    kind: SecretKind,
    /// The kind of a code.
    code: Option<OneTimeKind>,
    at_gateway: bool,
}

impl<'a> Subject<'a> {
    /// The grant type.
    pub(super) fn grant_type(&self) -> &'static str {
        match self {
            Self::App { request, .. } => request.grant_type().as_str(),
            Self::Gateway { grant, .. } => grant.as_str(),
            Self::Credential { .. } => "client_credentials",
        }
    }

    /// The app and the server that it asks; none of an API credential.
    fn app(&self) -> Option<(&'a App, &'a Server)> {
        match self {
            Self::App { app, server, .. } | Self::Gateway { app, server, .. } => Some((app, server)),
            Self::Credential { .. } => None,
        }
    }

    fn header(&self, name: &str) -> Option<String> {
        match self {
            Self::App { header, .. } | Self::Gateway { header, .. } | Self::Credential { header, .. } => {
                header(name)
            }
        }
    }

    /// The code or refresh token that it brings.
    fn redeems(&self) -> Option<Redeemed<'a>> {
        let refresh = (SecretKind::Refresh, None);
        let (token, (kind, code), at_gateway) = match self {
            Self::App { request: TokenRequest::AuthorizationCode { code, .. }, .. } => {
                (code.expose(), (SecretKind::Code, Some(OneTimeKind::Code)), false)
            }
            Self::App { request: TokenRequest::RefreshToken { refresh_token, .. }, .. } => {
                (refresh_token.expose(), refresh, false)
            }
            Self::Gateway { holds: Held::Code(code), .. } => {
                (*code, (SecretKind::GatewayCode, Some(OneTimeKind::GatewayCode)), true)
            }
            Self::Gateway { holds: Held::RefreshToken(token), .. } => (*token, refresh, true),
            Self::App { .. } | Self::Gateway { .. } | Self::Credential { .. } => return None,
        };
        Some(Redeemed { token, kind, code, at_gateway })
    }
}

/// A subject with what had to be looked up.
pub struct RateSubject<'a> {
    subject: Subject<'a>,
    /// The user: a key that no two users share, and the name to show.
    user: Option<(String, String)>,
    path: String,
    ip: String,
}

impl RateSubject<'_> {
    /// What a policy counts of it: the kind, the value, and how the log shows that. `None` when the policy does
    /// not apply.
    pub(super) fn counted(&self, policy: &RatePolicy) -> Option<(&'static str, String, String)> {
        let same = |kind, value: String| (kind, value.clone(), value);
        let app = || self.subject.app().map(|(app, _)| ("app", app.id.to_string(), app.client_id.clone()));
        let ip = || same("ip", network(&self.ip));
        match policy.identifier {
            RateIdentifier::Tenant => Some(("tenant", String::new(), String::new())),
            RateIdentifier::Server => {
                self.subject.app().map(|(_, server)| ("server", server.id.to_string(), server.slug.clone()))
            }
            RateIdentifier::App => app(),
            RateIdentifier::User => match &self.user {
                Some((key, shown)) => Some(("user", key.clone(), shown.clone())),
                None => app(),
            },
            RateIdentifier::Credential => match self.subject {
                Subject::Credential { credential, .. } => {
                    Some(("credential", credential.id.to_string(), credential.client_id.clone()))
                }
                Subject::App { .. } | Subject::Gateway { .. } => None,
            },
            RateIdentifier::Ip => Some(ip()),
            RateIdentifier::Path => {
                policy.path.as_ref().filter(|path| **path == self.path).map(|path| same("path", path.clone()))
            }
            // Whoever leaves the header out is counted by address, or leaving it out would be a way around.
            RateIdentifier::Header => {
                let name = policy.header_name.as_deref()?;
                let value = self.subject.header(name).filter(|value| !value.is_empty());
                // A value may be anything, so the log shows only which header it was.
                Some(value.map_or_else(ip, |value| ("header", format!("{name}\0{value}"), name.to_owned())))
            }
        }
    }

    /// An event of this request, by whoever makes it.
    pub(super) fn event(&self, idp: &Idp, ctx: &Ctx, kind: EventType) -> Event {
        if let Subject::Credential { credential, .. } = self.subject {
            return idp.event(ctx, kind, crate::admin::caller::credential_entity(credential));
        }
        let actor = self.subject.app().map_or_else(Entity::system, |(app, _)| app_entity(app));
        let event = idp.event(ctx, kind, actor).debug("grantType", self.subject.grant_type());
        let Some((app, server)) = self.subject.app() else { return event };
        let mut event = event.by(app).debug("authorizationServer", server.slug.as_str());
        event.server_id = Some(server.id.to_string());
        match self.subject {
            Subject::Gateway { .. } => event.debug("gateway", "true"),
            _ => event,
        }
    }
}

/// An address as it is counted: of IPv6 the first 64 bits, since who has one address there has all of them.
pub(crate) fn network(ip: &str) -> String {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(v6)) => {
            let s = v6.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
        Ok(v4) => v4.to_string(),
        Err(_) => ip.to_owned(),
    }
}

impl Idp {
    /// Looks up what the policies count by. `None` when the request holds no code or refresh token that this
    /// app could use: it will fail, and must not count, since a public client proves nothing else.
    pub(super) async fn rate_subject<'a>(
        &self,
        ctx: &Ctx,
        subject: &Subject<'a>,
        policies: &[RatePolicy],
    ) -> Result<Option<RateSubject<'a>>, IdpError> {
        let by_user = policies.iter().any(|p| p.identifier == RateIdentifier::User);
        let user = match (subject, subject.redeems(), subject.app()) {
            (_, Some(redeemed), Some((app, server))) => {
                match self.holder(ctx, server, app, &redeemed).await? {
                    Some(user) => user,
                    None => return Ok(None),
                }
            }
            (Subject::App { request: TokenRequest::Password { username, .. }, .. }, ..) if by_user => {
                self.named_user(ctx, username).await?
            }
            (Subject::Gateway { server, holds: Held::Userid(userid), .. }, ..) => {
                Some(vouched(server, userid))
            }
            _ => None,
        };
        let (path, ip) = (ctx.request.path.clone(), ctx.request.ip.clone());
        Ok(Some(RateSubject { subject: *subject, user, path, ip }))
    }

    /// The user whom a password request names, known or not.
    async fn named_user(&self, ctx: &Ctx, username: &str) -> Result<Option<(String, String)>, IdpError> {
        let Ok(key) = login::canonical(username, &ctx.tenant.default_domain) else { return Ok(None) };
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let user = tx.user_by_login(key.as_str()).await?;
        // A login that nobody has may be a password in the wrong place.
        let unknown = || (format!("login:{}", key.as_str()), login::for_log(username).into_owned());
        Ok(Some(user.map_or_else(unknown, |user| (user.id.to_string(), user.login))))
    }

    /// Whose code or refresh token a request holds, if anybody's. The outer `None`: there is no such thing, or it is
    /// another app's, or spent.
    async fn holder(
        &self,
        ctx: &Ctx,
        server: &Server,
        app: &App,
        redeemed: &Redeemed<'_>,
    ) -> Result<Option<Option<(String, String)>>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let hash = self.secrets().hash(redeemed.kind, ctx.tenant_id(), redeemed.token);
        let grant = if let Some(kind) = redeemed.code {
            let row = tx.peek_one_time(server.id, kind, &hash).await?;
            row.filter(|row| row.spent_at.is_none() && ctx.now < row.expires_at).and_then(|row| row.grant_id)
        } else {
            let row = tx.refresh_token(server.id, &hash).await?;
            let usable = |row: &signet_domain::token::RefreshToken| {
                row.rotated_at.is_none() || row.leeway_until.is_some_and(|until| ctx.now < until)
            };
            row.filter(usable).map(|row| row.grant_id)
        };
        let Some(grant) = grant else { return Ok(None) };
        let Some(grant) = tx.grant(grant).await? else { return Ok(None) };
        if grant.app_id != app.id || grant.revoked_at.is_some() {
            return Ok(None);
        }
        // What one kind of endpoint gave is nothing at the other.
        match (grant.user_id, redeemed.at_gateway) {
            (Some(user), false) => {
                Ok(Some(tx.user(user).await?.map(|user| (user.id.to_string(), user.login))))
            }
            (None, true) => {
                let named = tx.gateway_grant(grant.id).await?;
                Ok(named.map(|named| Some(vouched(server, &named.authenticated_userid))))
            }
            _ => Ok(None),
        }
    }
}

/// Whom a front end names: nobody of Signet's, so nobody else's count.
fn vouched(server: &Server, userid: &str) -> (String, String) {
    (format!("vouched:{}:{userid}", server.id), userid.to_owned())
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn an_ipv6_address_is_counted_with_its_neighbours() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("nonsense"), "nonsense");
    }
}
