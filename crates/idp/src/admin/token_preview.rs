//! What the tokens of an app and a user would say. Nothing is issued, signed, counted or logged.

use super::access_policies::WouldAsk;
use super::{Access, AdminError, Area, Caller};
use crate::access_token::{Subject, user_claims};
use crate::cache::ServerConfig;
use crate::configured_claims::Into;
use crate::token::scopes;
use crate::{Ctx, Idp, IdpError};
use serde::Serialize;
use serde_json::{Map, Value};
use signet_domain::app::App;
use signet_domain::server::ServerStatus;
use signet_domain::user::User;
use signet_oauth::ScopeSet;
use signet_oauth::token_request::GrantType;

/// Claims that only an issued token has: they name it, its grant, its session and its sign-in.
const OF_ONE_TOKEN: &[&str] = &["jti", "gid", "sid", "at_hash", "nonce"];

/// The payloads of tokens, without what only an issued one has.
#[derive(Debug)]
pub struct Previewed {
    /// The access token.
    pub access: Map<String, Value>,
    /// The ID token; with a user and the scope `openid`.
    pub id: Option<Map<String, Value>>,
    /// What userinfo answers; with the same.
    pub userinfo: Option<Map<String, Value>>,
    /// Names of the policy and the rule that decided; none where the server has no policies.
    pub decided_by: Option<(String, String)>,
}

/// What would come of a request.
#[derive(Debug)]
pub enum Preview {
    /// These tokens.
    Tokens(Box<Previewed>),
    /// None: why, in a sentence.
    Refused(String),
}

impl Idp {
    /// What the tokens of a request would say. Without scopes it is the server's default ones.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for a server, an app or a user that isn't there, [`AdminError::Forbidden`] where a
    /// user is named and the caller may not look at users.
    pub async fn admin_preview_tokens(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        server: &str,
        ask: &WouldAsk,
    ) -> Result<Preview, AdminError> {
        let config = self.server_any_status(ctx, server).await?;
        let config = config.ok_or_else(|| AdminError::not_found(server, "AuthorizationServer"))?;
        let app = self.app(ctx, &ask.client_id).await?;
        let app = app.ok_or_else(|| AdminError::not_found(&ask.client_id, "AppInstance"))?;
        let user = match &ask.user {
            Some(key) => {
                // The answer has what the profile says.
                caller.require(Area::Users, Access::Read)?;
                let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
                Some(Self::find_user(&mut tx, ctx, caller, key).await?)
            }
            None => None,
        };
        if let Some(why) = unfit(&config, &app.app, user.as_ref(), &ask.grant_type) {
            return Ok(Preview::Refused(why.to_owned()));
        }
        Ok(match self.preview(ctx, &config, &app.app, user.as_ref(), ask).await? {
            Ok(previewed) => Preview::Tokens(Box::new(previewed)),
            Err(error) => Preview::Refused(error.description.into_owned()),
        })
    }

    async fn preview(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        app: &App,
        user: Option<&User>,
        ask: &WouldAsk,
    ) -> Result<Result<Previewed, signet_oauth::OAuthError>, AdminError> {
        let grant = match ask.grant_type.as_str() {
            "client_credentials" => GrantType::ClientCredentials,
            "password" => GrantType::Password,
            _ => GrantType::AuthorizationCode,
        };
        let requested = Some(&ask.scopes).filter(|scopes| !scopes.is_empty());
        let made = async {
            let scopes = scopes::resolve(config, app, requested, grant)?;
            let terms = self.terms(ctx, config, app, user, grant.as_str(), &scopes).await?;
            let subject = Subject {
                server: &config.server,
                app,
                user,
                scopes: &scopes,
                grant: self.entropy().id(ctx.now),
                auth_time: user.map(|_| ctx.now),
                session: None,
                nonce: None,
                claims: None,
                terms: &terms,
                jkt: None,
            };
            self.payloads(ctx, config, &subject)
        };
        let made = made.await;
        // What comes back by itself is no answer about these tokens.
        match made.as_ref().err().and_then(|error| error.retry_after) {
            Some(retry_after) => Err(IdpError::Overloaded { retry_after }.into()),
            None => Ok(made),
        }
    }

    fn payloads(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        s: &Subject<'_>,
    ) -> Result<Previewed, signet_oauth::OAuthError> {
        let access = payload(&s.access_claims(self, ctx, &config.claims, String::new())?);
        let (mut id, mut userinfo) = (None, None);
        if let Some(user) = s.user.filter(|_| s.scopes.contains("openid")) {
            id = Some(payload(&s.id_claims(self, ctx, &config.claims, user, (String::new(), None))?));
            let mut told = s.configured(&config.claims, Into::Userinfo)?;
            told.extend(user_claims(user, s.scopes));
            told.insert("sub".to_owned(), self.subject(s.app, user.id).into());
            userinfo = Some(told);
        }
        let decided_by =
            s.terms.decided_by.as_ref().map(|[(_, policy), (_, rule)]| (policy.clone(), rule.clone()));
        Ok(Previewed { access, id, userinfo, decided_by })
    }
}

fn payload(claims: &impl Serialize) -> Map<String, Value> {
    let mut members = match serde_json::to_value(claims) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    members.retain(|name, _| !OF_ONE_TOKEN.contains(&name.as_str()));
    members
}

/// Why these would get no token whatever they ask for.
fn unfit(config: &ServerConfig, app: &App, user: Option<&User>, grant_type: &str) -> Option<&'static str> {
    let for_itself = grant_type == "client_credentials";
    if config.server.status != ServerStatus::Active {
        return Some("The authorization server is switched off.");
    }
    if !app.is_active() {
        return Some("The app is switched off.");
    }
    match user {
        Some(_) if for_itself => Some("With client credentials an app acts for itself: name no user."),
        None if !for_itself => Some("This grant is a user's: name one."),
        _ if !app.allows_grant(grant_type) || (for_itself && !app.is_confidential()) => {
            Some("The app may not use this grant; its settings say which it may.")
        }
        Some(user) if !user.is_active() => Some("The user isn't active, and so gets no tokens."),
        _ => None,
    }
}

/// Reads scopes that are separated by any space; nothing is no scope.
///
/// # Errors
/// [`AdminError::Invalid`].
pub fn scopes_from(text: &str) -> Result<ScopeSet, AdminError> {
    let names: Vec<&str> = text.split_whitespace().collect();
    if names.is_empty() {
        return Ok(ScopeSet::new());
    }
    ScopeSet::parse(&names.join(" "))
        .map_err(|_| AdminError::invalid("scope", "scope: these aren't names of scopes with spaces between"))
}
