//! Which scopes a gateway's endpoint grants.

use super::{At, GatewayError, GatewayParams};
use signet_domain::app::App;
use signet_oauth::{Scope, ScopeSet};

/// The scopes that a request names: those that the profile lists, the server has and the app may have. None where
/// it names none and need not; a profile without scopes grants none, whatever is named.
pub(super) fn resolve(
    at: &At<'_>,
    app: Option<&App>,
    params: &GatewayParams,
) -> Result<ScopeSet, GatewayError> {
    if params.is_other("scope") {
        return Err(GatewayError::scope("scope must be a string"));
    }
    let mut granted = ScopeSet::new();
    match params.get("scope") {
        None if at.gateway.mandatory_scope => return Err(GatewayError::scope("You must specify a scope")),
        None => {}
        Some(_) if at.gateway.scopes.is_empty() => {}
        Some(text) => {
            for name in text.split_ascii_whitespace() {
                let scope = Scope::parse(name).ok().filter(|_| is_grantable(at, name));
                let mine = app.is_none_or(|a| {
                    a.allowed_scopes.is_empty() || a.allowed_scopes.iter().any(|s| s == name)
                });
                granted.insert(scope.filter(|_| mine).ok_or_else(|| GatewayError::unknown_scope(name))?);
            }
        }
    }
    Ok(granted)
}

/// Whether the profile lists a scope that the server still has.
pub(super) fn is_grantable(at: &At<'_>, name: &str) -> bool {
    at.gateway.scopes.iter().any(|s| s == name) && at.server.scopes.iter().any(|row| row.name == name)
}
