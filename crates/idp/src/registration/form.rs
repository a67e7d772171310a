//! Client metadata into the settings of an app, and an app into client metadata.

use super::bounds::Bounds;
use crate::admin::AdminError;
use crate::admin::app_rules::{AppSettings, response_types};
use serde_json::{Map, Value};
use signet_domain::app::{App, AppKind, AppMetadata, ConsentMethod, SubjectType};
use signet_oauth::jwt::Alg;
use signet_oauth::registration::{ClientMetadata, fault};
use signet_oauth::{OAuthError, Reason};

/// What rules call a member, and what the one who registers calls it.
const NAMES: &[(&str, &str)] = &[("label", "client_name"), ("allowed_scopes", "scope")];

/// What an app may be set to, refused by the rules that hold for every app, in the words of the protocol.
pub(super) fn fault_of(error: AdminError) -> OAuthError {
    match error {
        AdminError::Invalid { causes, .. } => {
            let cause = causes.first().map_or("", String::as_str);
            let (member, rule) = cause.split_once(": ").unwrap_or(("", cause));
            let member = NAMES.iter().find(|(ours, _)| *ours == member).map_or(member, |(_, theirs)| theirs);
            let reason = match member {
                "redirect_uris" => Reason::InvalidRedirectUri,
                _ => Reason::InvalidClientMetadata,
            };
            OAuthError::new(reason).describe(format!("The member '{member}': {rule}."))
        }
        // Two changes at the very same moment: the later one may try again.
        AdminError::Stale => OAuthError::new(Reason::TemporarilyUnavailable).retry_after(1),
        AdminError::Failed(error) => error.into(),
        other => {
            tracing::error!(error = %other, "a registration was refused for a reason that it can't have");
            Reason::ServerError.into()
        }
    }
}

/// What kind of app the metadata are of (OpenID Connect Registration 1.0 §2: `web` is the default).
fn kind_of(metadata: &ClientMetadata, grants: &[String]) -> Result<AppKind, OAuthError> {
    let for_itself = grants == ["client_credentials"] && metadata.redirect_uris.is_empty();
    let public = metadata.token_endpoint_auth_method.as_deref() == Some("none");
    match metadata.application_type.as_deref() {
        Some("native") => Ok(AppKind::Native),
        None | Some("web") if for_itself => Ok(AppKind::Service),
        None | Some("web") if public => Ok(AppKind::Browser),
        None | Some("web") => Ok(AppKind::Web),
        Some(_) => Err(fault("application_type", "must be web or native")),
    }
}

/// The settings of an app: a new one, or one that is there and keeps what only administrators set.
pub(super) fn settings(
    metadata: ClientMetadata,
    before: Option<&App>,
    bounds: &Bounds,
    alg: Alg,
) -> Result<AppSettings, OAuthError> {
    let grants = metadata.grant_types.clone().unwrap_or_else(|| vec!["authorization_code".to_owned()]);
    let grants = bounds.grants(grants)?;
    check_response_types(&metadata, &grants)?;
    check_algorithms(&metadata, alg)?;
    let kind = kind_of(&metadata, &grants)?;
    let named = metadata.subject_type.as_deref().map(|named| {
        SubjectType::parse(named).ok_or_else(|| fault("subject_type", "must be public or pairwise"))
    });
    // What is the default isn't written down, so that saying it changes nothing.
    let subject_type = named.transpose()?.filter(|kind| *kind != SubjectType::Public);
    let by_keys = metadata.token_endpoint_auth_method.as_deref() == Some("private_key_jwt");
    let signs = by_keys || kind != AppKind::Service;
    let keys = metadata.jwks.unwrap_or_default();
    Ok(AppSettings {
        label: metadata.client_name.unwrap_or_else(|| nameless(&metadata.redirect_uris)),
        kind: Some(kind),
        auth_method: metadata.token_endpoint_auth_method,
        grant_types: Some(grants),
        response_types: None,
        redirect_uris: metadata.redirect_uris,
        post_logout_redirect_uris: metadata.post_logout_redirect_uris,
        allowed_scopes: bounds.scopes(metadata.scope.as_ref())?,
        pkce_required: Some(match before {
            Some(app) => app.pkce_required,
            None => bounds.pkce_required || !matches!(kind, AppKind::Web),
        }),
        consent_method: Some(before.map_or(ConsentMethod::Required, |app| app.consent_method)),
        rotation: before.map(|app| app.rotation),
        leeway_seconds: before.map(|app| app.leeway_seconds),
        par_required: metadata.require_pushed_authorization_requests,
        // Keys are for assertions and request objects; others are told that they have none.
        jwks: if signs { keys.into_iter().filter(is_for_signing).collect() } else { Vec::new() },
        jwks_uri: metadata.jwks_uri.filter(|_| signs),
        request_uris: metadata.request_uris,
        frontchannel_logout_uri: metadata.frontchannel_logout_uri,
        frontchannel_logout_session_required: metadata.frontchannel_logout_session_required,
        backchannel_logout_uri: metadata.backchannel_logout_uri,
        backchannel_logout_session_required: metadata.backchannel_logout_session_required,
        metadata: AppMetadata {
            client_uri: metadata.client_uri,
            policy_uri: metadata.policy_uri,
            tos_uri: metadata.tos_uri,
            contacts: metadata.contacts,
            default_max_age: metadata.default_max_age,
            subject_type,
            sector_identifier_uri: metadata.sector_identifier_uri,
            userinfo_signed_response_alg: metadata.userinfo_signed_response_alg,
            initiate_login_uri: metadata.initiate_login_uri,
            dpop_bound_access_tokens: metadata.dpop_bound_access_tokens,
        },
        external_id: before.and_then(|app| app.external_id.clone()),
    })
}

/// The name of an app that has none: where it is.
fn nameless(redirect_uris: &[String]) -> String {
    let host = redirect_uris.first().and_then(|uri| uri.split_once("://")).map(|(_, rest)| rest);
    let host = host.and_then(|rest| rest.split(['/', '?', '#']).next()).filter(|host| !host.is_empty());
    host.map_or_else(|| "App without a name".to_owned(), |host| host.chars().take(100).collect())
}

fn check_response_types(metadata: &ClientMetadata, grants: &[String]) -> Result<(), OAuthError> {
    let Some(sent) = &metadata.response_types else { return Ok(()) };
    let code = grants.iter().any(|grant| grant == "authorization_code");
    if sent.iter().any(|kind| kind != "code") {
        return Err(fault("response_types", "can only have 'code'"));
    }
    match (code, sent.is_empty()) {
        (true, true) => Err(fault("response_types", "must have 'code' for the grant authorization_code")),
        (false, false) => {
            Err(fault("response_types", "has 'code', which needs the grant authorization_code"))
        }
        _ => Ok(()),
    }
}

/// What a server signs with is its own affair: it can be asked for, not chosen.
fn check_algorithms(metadata: &ClientMetadata, alg: Alg) -> Result<(), OAuthError> {
    for (member, asked) in [
        ("id_token_signed_response_alg", &metadata.id_token_signed_response_alg),
        ("userinfo_signed_response_alg", &metadata.userinfo_signed_response_alg),
    ] {
        if asked.as_deref().is_some_and(|asked| asked != alg.as_str()) {
            return Err(fault(member, format_args!("must be {}", alg.as_str())));
        }
    }
    Ok(())
}

/// A key for signatures. Sets hold keys for encryption, too.
fn is_for_signing(key: &Value) -> bool {
    key.get("use").and_then(Value::as_str) != Some("enc")
}

/// What holds of an app, as client metadata.
pub(super) fn metadata_of(app: &App, alg: Alg) -> Map<String, Value> {
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| {
        let nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !nothing {
            told.insert(name.to_owned(), value);
        }
    };
    let kind = if app.kind == AppKind::Native { "native" } else { "web" };
    let signs_in = app.allows_grant("authorization_code");
    tell("application_type", kind.into());
    tell("client_name", app.label.as_str().into());
    tell("redirect_uris", app.redirect_uris.0.clone().into());
    tell("post_logout_redirect_uris", app.post_logout_redirect_uris.0.clone().into());
    tell("token_endpoint_auth_method", app.auth_method.as_str().into());
    tell("grant_types", app.grant_types.0.clone().into());
    let types: Vec<_> = response_types(&app.grant_types).into_iter().filter(|kind| *kind == "code").collect();
    tell("response_types", types.into());
    tell("scope", app.allowed_scopes.join(" ").into());
    if !app.jwks.is_empty() {
        tell("jwks", serde_json::json!({ "keys": app.jwks.0 }));
    }
    tell("jwks_uri", app.jwks_uri.as_deref().into());
    tell("client_uri", app.metadata.client_uri.as_deref().into());
    tell("policy_uri", app.metadata.policy_uri.as_deref().into());
    tell("tos_uri", app.metadata.tos_uri.as_deref().into());
    tell("contacts", app.metadata.contacts.clone().into());
    tell("default_max_age", app.metadata.default_max_age.into());
    if signs_in {
        tell("subject_type", app.metadata.subject_type.unwrap_or(SubjectType::Public).as_str().into());
        tell("sector_identifier_uri", app.metadata.sector_identifier_uri.as_deref().into());
        tell("id_token_signed_response_alg", alg.as_str().into());
        if app.metadata.userinfo_signed_response_alg.is_some() {
            tell("userinfo_signed_response_alg", alg.as_str().into());
        }
        tell("initiate_login_uri", app.metadata.initiate_login_uri.as_deref().into());
        // Every ID token has an auth_time.
        tell("require_auth_time", true.into());
        tell("require_pushed_authorization_requests", app.par_required.into());
    }
    tell("dpop_bound_access_tokens", app.metadata.dpop_bound_access_tokens.into());
    tell("request_uris", app.request_uris.0.clone().into());
    if let Some(uri) = &app.frontchannel_logout_uri {
        tell("frontchannel_logout_uri", uri.as_str().into());
        tell("frontchannel_logout_session_required", app.frontchannel_logout_session_required.into());
    }
    if let Some(uri) = &app.backchannel_logout_uri {
        tell("backchannel_logout_uri", uri.as_str().into());
        tell("backchannel_logout_session_required", app.backchannel_logout_session_required.into());
    }
    told
}
