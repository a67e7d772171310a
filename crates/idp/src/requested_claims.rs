//! Claims that a request names one by one (OpenID Connect Core §5.5).
//!
//! A claim is given out as if the scope that it belongs to had been asked for: the server must have that scope,
//! the app must be allowed it, and where it needs the user's word the user is asked. So `claims` is no way around
//! what an administrator or a user has decided.

use crate::access_token::user_claims;
use crate::cache::ServerConfig;
use crate::token::scopes::may_have;
use serde_json::{Map, Value};
use signet_domain::app::App;
use signet_domain::user::User;
use signet_oauth::authorize::AuthorizeRequest;
use signet_oauth::claims_request::{ClaimWishes, ClaimsRequest};
use signet_oauth::{OAuthError, Reason, Scope, ScopeSet};

/// The scopes whose claims can be asked for singly.
const SCOPES: &[&str] = &["profile", "email", "phone", "address"];

/// The scope that a claim about the user comes with (OpenID Connect Core §5.4).
fn scope_of(claim: &str) -> Option<&'static str> {
    Some(match claim {
        "name" | "given_name" | "family_name" | "middle_name" | "nickname" | "preferred_username"
        | "profile" | "picture" | "website" | "gender" | "birthdate" | "zoneinfo" | "locale"
        | "updated_at" => "profile",
        "email" | "email_verified" => "email",
        "phone_number" | "phone_number_verified" => "phone",
        "address" => "address",
        _ => return None,
    })
}

/// Takes from a request what its claims demand of the sign-in, and the claims that can't be had.
///
/// # Errors
/// When an essential `acr` can't be met (§5.5.1.1) or nobody could be the `sub` that is asked for.
pub(crate) fn settle(
    request: &mut AuthorizeRequest,
    config: &ServerConfig,
    app: &App,
) -> Result<(), OAuthError> {
    if !request.scope.as_ref().is_some_and(|scope| scope.contains("openid")) {
        request.claims = ClaimsRequest::default();
        return Ok(());
    }
    // No sign-in has a class here, so one that an app can't do without is never reached.
    if request.claims.of("acr").any(|wish| wish.essential && !wish.values.is_empty()) {
        return Err(Reason::UnmetAuthenticationRequirements.into());
    }
    let wished: Vec<Vec<String>> = request
        .claims
        .of("sub")
        .filter(|wish| !wish.values.is_empty())
        .map(|wish| wish.values.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .collect();
    for subjects in wished {
        expect(request, subjects)?;
    }
    let had = |name: &String| {
        scope_of(name)
            .is_some_and(|scope| may_have(app, scope) && config.scopes.iter().any(|s| s.name == scope))
    };
    request.claims.userinfo.retain(|name, _| had(name));
    request.claims.id_token.retain(|name, _| had(name));
    Ok(())
}

/// Narrows those who may answer a request.
///
/// # Errors
/// `login_required` when nobody is left.
pub(crate) fn expect(request: &mut AuthorizeRequest, subjects: Vec<String>) -> Result<(), OAuthError> {
    let both = if request.subjects.is_empty() {
        subjects
    } else {
        request.subjects.iter().filter(|s| subjects.contains(s)).cloned().collect()
    };
    if both.is_empty() {
        return Err(Reason::LoginRequired.into());
    }
    request.subjects = both;
    Ok(())
}

/// The granted scopes with those that the claims stand for: what the user is asked about.
pub(crate) fn scopes_to_ask(request: &AuthorizeRequest) -> ScopeSet {
    let mut scopes = request.scope.clone().unwrap_or_default();
    for scope in request.claims.names().filter_map(scope_of) {
        if let Ok(scope) = Scope::parse(scope) {
            scopes.insert(scope);
        }
    }
    scopes
}

/// The text to keep with the grant, if there is anything to keep.
pub(crate) fn to_text(claims: &ClaimsRequest) -> Option<String> {
    if claims.is_empty() { None } else { serde_json::to_string(claims).ok() }
}

/// Reads what a grant kept.
pub(crate) fn from_text(text: Option<&str>) -> ClaimsRequest {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The wished claims of a user, as far as the app may have them today.
pub(crate) fn give(user: &User, wishes: &ClaimWishes, app: &App) -> Map<String, Value> {
    if wishes.is_empty() {
        return Map::new();
    }
    let all: ScopeSet = SCOPES.iter().filter_map(|scope| Scope::parse(scope).ok()).collect();
    let mut claims = user_claims(user, &all);
    claims.retain(|name, value| {
        wishes.get(name).is_some_and(|wish| wish.takes(value))
            && scope_of(name).is_some_and(|scope| may_have(app, scope))
    });
    claims
}
