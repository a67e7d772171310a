//! Which scopes a request gets.

use crate::cache::ServerConfig;
use signet_domain::app::{App, ConsentMethod};
use signet_domain::server::{ScopeConsent, ServerKind};
use signet_oauth::token_request::GrantType;
use signet_oauth::{OAuthError, Reason, Scope, ScopeSet};

/// Scopes of OpenID Connect: they speak of a user, so an app that acts for itself can't have them.
const ABOUT_USERS: &[&str] = &["openid", "profile", "email", "address", "phone", "groups", "offline_access"];

/// The scopes that a request gets of a server: those it names, or the server's default ones.
///
/// # Errors
/// `invalid_scope` with a sentence that names the scope.
pub fn resolve(
    config: &ServerConfig,
    app: &App,
    requested: Option<&ScopeSet>,
    grant: GrantType,
) -> Result<ScopeSet, OAuthError> {
    let for_itself = grant == GrantType::ClientCredentials;
    let mut granted = ScopeSet::new();
    let Some(requested) = requested else {
        for scope in config.scopes.iter().filter(|s| s.is_default && may_have(app, &s.name)) {
            granted.insert(Scope::parse(&scope.name)?);
        }
        return if granted.is_empty() { Err(Reason::NoDefaultScopes.into()) } else { Ok(granted) };
    };
    for scope in requested.iter() {
        let name = scope.as_str();
        if !config.scopes.iter().any(|s| s.name == name) {
            return Err(unknown(config, name));
        }
        if for_itself && ABOUT_USERS.contains(&name) {
            return Err(OAuthError::new(Reason::OpenidNotAllowedClientCreds).describe(format!(
                "The scope '{name}' speaks of a user, and client credentials have none; leave it out."
            )));
        }
        if !may_have(app, name) {
            return Err(OAuthError::new(Reason::IllegalScope).describe(format!(
                "The scope '{name}' is not assigned to this app; ask an administrator for it."
            )));
        }
        // An app without the refresh grant has no use for it (OpenID Connect Core §11 lets it be ignored).
        if name == "offline_access" && !app.allows_grant("refresh_token") {
            continue;
        }
        granted.insert(scope.clone());
    }
    Ok(granted)
}

/// Those of the granted scopes that need the user's word, given what the user has allowed already.
#[must_use]
pub fn needing_consent(config: &ServerConfig, app: &App, granted: &ScopeSet, allowed: &ScopeSet) -> ScopeSet {
    if app.consent_method == ConsentMethod::Trusted {
        return ScopeSet::new();
    }
    config
        .scopes
        .iter()
        .filter(|s| {
            s.consent == ScopeConsent::Required && granted.contains(&s.name) && !allowed.contains(&s.name)
        })
        .filter_map(|s| Scope::parse(&s.name).ok())
        .collect()
}

/// Reads a stored scope list. What was stored was valid; anything else counts as nothing.
#[must_use]
pub fn stored(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap_or_default()
}

/// Whether an app may ask for a scope.
pub(crate) fn may_have(app: &App, scope: &str) -> bool {
    app.allowed_scopes.is_empty() || app.allowed_scopes.iter().any(|s| s == scope)
}

fn unknown(config: &ServerConfig, name: &str) -> OAuthError {
    let error = OAuthError::new(Reason::NoMatchingScope);
    match config.server.kind {
        ServerKind::Org => error.describe(format!(
            "The org authorization server has no scope '{name}'; custom scopes are issued by {}/oauth2/default.",
            config.server.issuer
        )),
        ServerKind::Custom => {
            error.describe(format!("This authorization server has no scope '{name}'; check its spelling or create it."))
        }
    }
}
