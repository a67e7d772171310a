//! The fields of a gateway profile's forms, and what was typed there.

use super::form::Form;
use signet_domain::gateway::{Gateway, PkceMode};
use signet_idp::admin::AdminError;
use signet_idp::admin::gateway_rules::GatewaySettings;
use signet_web::{Field, FormPage, Pick};

/// A number that no field may have, for what is no number.
const NO_NUMBER: i64 = -1;

/// Boxes, each with the list that it stands in.
const GRANTS: &str = "grants";
const TOKENS: &str = "token_flags";
const CALLS: &str = "call_flags";
const HIDE: &str = "toward_api";

/// What the fields say, as it was typed.
pub(super) struct Typed {
    scopes: String,
    token_expiration: String,
    refresh_token_ttl: String,
    pkce: String,
    auth_header_name: String,
    anonymous: String,
    realm: String,
    ticked: Vec<String>,
}

impl Typed {
    pub(super) fn fresh() -> Self {
        Self {
            scopes: String::new(),
            token_expiration: "7200".to_owned(),
            refresh_token_ttl: "1209600".to_owned(),
            pkce: PkceMode::Lax.as_str().to_owned(),
            auth_header_name: "authorization".to_owned(),
            anonymous: String::new(),
            realm: String::new(),
            ticked: vec!["enable_client_credentials".to_owned()],
        }
    }

    pub(super) fn of(gateway: &Gateway) -> Self {
        let ticked = [
            (gateway.authorization_code, "enable_authorization_code"),
            (gateway.client_credentials, "enable_client_credentials"),
            (gateway.password_grant, "enable_password_grant"),
            (gateway.mandatory_scope, "mandatory_scope"),
            (gateway.reuse_refresh_token, "reuse_refresh_token"),
            (gateway.token_in_query, "token_in_query"),
            (gateway.token_in_form, "token_in_form"),
            (gateway.api_keys, "api_keys"),
            (gateway.api_key_in_query, "api_key_in_query"),
            (gateway.global_credentials, "global_credentials"),
            (gateway.hide_credentials, "hide_credentials"),
        ];
        Self {
            scopes: gateway.scopes.join("\n"),
            token_expiration: gateway.token_expiration.to_string(),
            refresh_token_ttl: gateway.refresh_token_ttl.to_string(),
            pkce: gateway.pkce.as_str().to_owned(),
            auth_header_name: gateway.auth_header_name.clone(),
            anonymous: gateway.anonymous.clone().unwrap_or_default(),
            realm: gateway.realm.clone().unwrap_or_default(),
            ticked: ticked.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()).collect(),
        }
    }

    pub(super) fn sent(form: &Form) -> Self {
        Self {
            scopes: form.lines("scopes").join("\n"),
            token_expiration: form.text("token_expiration"),
            refresh_token_ttl: form.text("refresh_token_ttl"),
            pkce: form.text("pkce"),
            auth_header_name: form.text("auth_header_name"),
            anonymous: form.text("anonymous"),
            realm: form.text("realm"),
            ticked: [GRANTS, TOKENS, CALLS, HIDE].iter().flat_map(|list| form.all(list)).collect(),
        }
    }

    fn on(&self, name: &str) -> bool {
        self.ticked.iter().any(|ticked| ticked == name)
    }

    /// As settings. `before` is what is being changed.
    pub(super) fn settings(&self, before: Option<&Gateway>) -> GatewaySettings {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let number = |text: &str| given(text).map(|text| text.parse().unwrap_or(NO_NUMBER));
        GatewaySettings {
            scopes: Some(self.scopes.lines().map(str::to_owned).collect()),
            mandatory_scope: self.on("mandatory_scope"),
            authorization_code: self.on("enable_authorization_code"),
            implicit_grant: false,
            client_credentials: self.on("enable_client_credentials"),
            password_grant: self.on("enable_password_grant"),
            token_expiration: number(&self.token_expiration),
            refresh_token_ttl: number(&self.refresh_token_ttl),
            reuse_refresh_token: self.on("reuse_refresh_token"),
            // It has no effect, so no form asks for it, and none loses it.
            persistent_refresh_token: before.is_some_and(|gateway| gateway.persistent_refresh_token),
            pkce: given(&self.pkce),
            global_credentials: self.on("global_credentials"),
            hide_credentials: self.on("hide_credentials"),
            anonymous: given(&self.anonymous),
            auth_header_name: given(&self.auth_header_name),
            realm: given(&self.realm),
            token_in_query: self.on("token_in_query"),
            token_in_form: self.on("token_in_form"),
            api_keys: self.on("api_keys"),
            api_key_in_query: self.on("api_key_in_query"),
        }
    }

    fn pick(&self, value: &str, label: &str, help: &str) -> Pick {
        let pick = Pick::new(value, label, self.on(value));
        if help.is_empty() { pick } else { pick.help(help) }
    }
}

fn token_fields(typed: &Typed) -> Vec<Field> {
    let pick = |value: &str, label: &str, help: &str| typed.pick(value, label, help);
    let proof = |mode: PkceMode, label: &str| Pick::new(mode.as_str(), label, typed.pkce == mode.as_str());
    vec![
        Field::checks(
            GRANTS,
            "Grants",
            vec![
                pick(
                    "enable_authorization_code",
                    "Codes",
                    "The front end gets a code, and the app redeems it.",
                ),
                pick("enable_client_credentials", "Client credentials", "Apps act for themselves."),
                pick(
                    "enable_password_grant",
                    "Tokens without a code",
                    "The provision key stands for the password, which nobody looks at.",
                ),
            ],
        ),
        Field::lines("scopes", "Scopes", typed.scopes.clone(), 4).mono().help(
            "What the two endpoints may grant, one a line: orders:read. Each is a scope of the server.",
        ),
        Field::number("token_expiration", "Access token, in seconds", typed.token_expiration.clone())
            .help("From 1 to 86400, which is a day."),
        Field::number("refresh_token_ttl", "Refresh token, in seconds", typed.refresh_token_ttl.clone())
            .help("Begun anew by each use, up to 100000000. 0: until it is revoked."),
        Field::checks(
            TOKENS,
            "Scopes and refreshing",
            vec![
                pick("mandatory_scope", "A request must name scopes", ""),
                pick(
                    "reuse_refresh_token",
                    "A refresh token stays when it is used",
                    "That of a public app always rotates.",
                ),
            ],
        ),
        Field::radio(
            "pkce",
            "A proof key (PKCE) is asked",
            vec![
                proof(PkceMode::Lax, "Of public apps"),
                proof(PkceMode::Strict, "Of every app"),
                proof(PkceMode::None, "Only where the app’s own settings ask for it"),
            ],
        ),
    ]
}

fn call_fields(typed: &Typed) -> Vec<Field> {
    let pick = |value: &str, label: &str, help: &str| typed.pick(value, label, help);
    vec![
        Field::line("auth_header_name", "Header with the token", typed.auth_header_name.clone())
            .mono()
            .help("Empty: authorization."),
        Field::checks(
            CALLS,
            "Also accept",
            vec![
                pick(
                    "token_in_query",
                    "Tokens in the query string",
                    "They end in the logs of whatever they pass.",
                ),
                pick("token_in_form", "Tokens in a form body", ""),
                pick("api_keys", "API keys of apps", "In the header apikey. Apps have them on their pages."),
                pick("api_key_in_query", "API keys in the query string", ""),
                pick(
                    "global_credentials",
                    "Tokens of other servers",
                    "Of those whose gateway profile says the same.",
                ),
            ],
        ),
        Field::checks(
            HIDE,
            "Toward the API",
            vec![pick(
                "hide_credentials",
                "Take the credential off the call",
                "The gateway is told so by X-Hide-Credentials.",
            )],
        ),
        Field::line("anonymous", "Callers without a credential count as", typed.anonymous.clone())
            .mono()
            .help("The client ID of an app. Empty: they are refused."),
        Field::line("realm", "Realm", typed.realm.clone()).help("Named in WWW-Authenticate. Empty: none."),
    ]
}

/// The page with all of its fields.
pub(super) fn fields(page: FormPage, typed: &Typed) -> FormPage {
    page.group("Calls of the API", call_fields(typed)).group("Tokens for a front end", token_fields(typed))
}

/// What is wrong, in the words and at the places of the form.
pub(super) fn beside(error: AdminError) -> AdminError {
    let AdminError::Invalid { subject, causes } = error else { return error };
    let told = |cause: String| match cause.split_once(": ") {
        Some(("gateway", rule)) if rule.starts_with("at least one") => {
            format!("{GRANTS}: choose one at least")
        }
        Some(("scopes", "required field missing")) => {
            "scopes: name one at least, or let requests name none".to_owned()
        }
        Some(("refresh_token_ttl", _)) => "refresh_token_ttl: must be from 0 to 100000000".to_owned(),
        Some(("token_expiration", _)) => "token_expiration: must be from 1 to 86400".to_owned(),
        Some(("pkce", _)) => "pkce: choose one".to_owned(),
        Some(("anonymous", _)) => "anonymous: must be the client ID of an app".to_owned(),
        Some(("api_key_in_query", _)) => {
            format!("{CALLS}: API keys in the query are taken only with API keys of apps")
        }
        Some(("authServerId", rule)) => format!("server: {rule}"),
        _ => cause,
    };
    AdminError::Invalid { subject, causes: causes.into_iter().map(told).collect() }
}
