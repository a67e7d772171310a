//! What each part of the flow holds, and what it means.

use crate::console::zone::Zone;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use signet_domain::Time;
use signet_domain::app::App;
use signet_idp::syslog::{visible, visible_whole};
use signet_oauth::OAuthError;
use signet_oauth::response::TokenResponse;
use signet_web::{Snippet, TryRow, TryTable};

fn table(title: &str, rows: impl IntoIterator<Item = TryRow>) -> TryTable {
    TryTable { title: title.to_owned(), rows: rows.into_iter().collect() }
}

fn row(name: &str, value: &str, meaning: impl Into<String>) -> TryRow {
    TryRow { name: name.to_owned(), value: value.to_owned(), meaning: meaning.into() }
}

/// The authorization request.
pub(super) fn request(parameters: &[(&str, String)]) -> TryTable {
    let meaning = |name: &str| match name {
        "client_id" => "Which app asks.",
        "redirect_uri" => "Where the answer goes: one of the registered ones, character by character.",
        "response_type" => "A code, to be traded for tokens.",
        "scope" => "What the tokens shall be good for. openid asks for an ID token.",
        "state" => "Comes back with the answer: so the app knows its own request.",
        "nonce" => "Comes back in the ID token: so the app knows that it is for this request.",
        "code_challenge" => "The SHA-256 of a verifier that the app keeps back until it has the code.",
        "code_challenge_method" => "How the challenge was made from the verifier.",
        _ => "",
    };
    table(
        "The authorization request",
        parameters.iter().map(|(name, value)| row(name, &visible_whole(value), meaning(name))),
    )
}

/// What came back to the redirect URI.
pub(super) fn callback(came: &[(String, String)]) -> TryTable {
    let meaning = |name: &str| match name {
        "code" => "Lives for a minute and works once.",
        "state" => "The one that was sent.",
        "iss" => "Which server answered (RFC 9207).",
        "error" => "Why there is no code.",
        "error_description" => "The same in words, for the app’s developer.",
        "session_state" => "Lets the app watch whether the sign-in goes on.",
        _ => "",
    };
    table("What came back", came.iter().map(|(name, value)| row(name, &visible_whole(value), meaning(name))))
}

/// The token request.
pub(super) fn token_request(sent: &[(&str, String)]) -> TryTable {
    let meaning = |name: &str| match name {
        "grant_type" => "A code is traded.",
        "code" => "What came back.",
        "redirect_uri" => "The same as in the request, or the code is refused.",
        "code_verifier" => "What the challenge was made from: nobody else can redeem the code.",
        "client_id" => "Which app asks.",
        _ => "",
    };
    let rows = sent.iter().map(|(name, value)| row(name, &visible_whole(value), meaning(name)));
    table("The token request", rows)
}

/// The same as a command. What proves the app is for the app to fill in: it isn't needed here, and isn't known.
pub(super) fn curl(app: &App, url: &str, sent: &[(&str, String)]) -> Snippet {
    let quoted = |text: &str| format!("'{}'", visible_whole(text).replace('\'', "'\\''"));
    let mut lines = vec![format!("curl {}", quoted(url))];
    match app.auth_method.as_str() {
        "none" => {}
        "client_secret_basic" => {
            lines.push(format!("--user \"{}:$CLIENT_SECRET\"", visible_whole(&app.client_id)))
        }
        "client_secret_post" => lines.push("--data-urlencode \"client_secret=$CLIENT_SECRET\"".to_owned()),
        _ => {
            lines.push(
                "--data 'client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer'"
                    .to_owned(),
            );
            lines.push("--data-urlencode \"client_assertion=$CLIENT_ASSERTION\"".to_owned());
        }
    }
    let by_header = app.auth_method == "client_secret_basic";
    let data = sent.iter().filter(|(name, _)| !by_header || *name != "client_id");
    lines
        .extend(data.map(|(name, value)| format!("--data-urlencode {}", quoted(&format!("{name}={value}")))));
    Snippet { title: "The token request, as the app sends it".to_owned(), code: lines.join(" \\\n  ") }
}

/// Everything in the answer, as the app gets it.
pub(super) fn raw(tokens: &TokenResponse) -> Snippet {
    let code = serde_json::to_string_pretty(tokens).unwrap_or_default();
    Snippet { title: "The whole answer".to_owned(), code }
}

/// How tokens are read.
pub(super) struct Read<'a> {
    pub(super) now: Time,
    pub(super) zone: Zone,
    pub(super) nonce: &'a str,
}

impl Read<'_> {
    /// The claims of the tokens.
    pub(super) fn tokens(&self, tokens: &TokenResponse) -> Vec<TryTable> {
        let id = tokens.id_token.as_deref().map(|token| ("The ID token: for the app itself", token));
        let access = ("The access token: for the API", tokens.access_token.as_str());
        let parts = |(title, token): (&str, &str)| {
            let mut parts = token.split('.').map_while(part);
            let (header, claims) = (parts.next()?, parts.next()?);
            let header = header.iter().map(|(name, value)| row(name, &text(value), in_header(name)));
            let claims = claims.iter().map(|(name, value)| self.claim(name, value));
            Some(table(title, header.chain(claims)))
        };
        id.into_iter().chain([access]).filter_map(parts).collect()
    }

    /// What userinfo says to the access token.
    pub(super) fn userinfo(&self, told: Result<&Map<String, Value>, &OAuthError>) -> TryTable {
        let title = "What userinfo says";
        match told {
            Ok(claims) => table(title, claims.iter().map(|(name, value)| self.claim(name, value))),
            Err(error) => {
                let body = error.body();
                table(title, [row("error", body.error.as_str(), visible(&body.error_description))])
            }
        }
    }

    fn claim(&self, name: &str, value: &Value) -> TryRow {
        let shown = text(value);
        let at = |what: &str| match value.as_i64() {
            Some(seconds) => {
                let time = Time(seconds.saturating_mul(Time::SECOND));
                format!("{what} {}.", self.zone.moment_exact(time, self.now).shown)
            }
            None => what.to_owned(),
        };
        let meaning = match name {
            "exp" => at("Ends"),
            "iat" => at("Issued"),
            "nbf" => at("Good from"),
            "auth_time" => at("The person signed in"),
            "iss" => "Who issued it.".to_owned(),
            "aud" => "For whom it is.".to_owned(),
            "sub" => "The person’s id, which never changes.".to_owned(),
            "nonce" if shown == self.nonce => "The one that was sent.".to_owned(),
            "nonce" => "Not the one that was sent: an app must stop here.".to_owned(),
            "jti" => "The token’s own id: the inspector finds it by this.".to_owned(),
            "client_id" | "cid" | "azp" => "Which app got it.".to_owned(),
            "scp" | "scope" => "What it is good for.".to_owned(),
            "sid" => "The session at this tenant.".to_owned(),
            "ver" => "The version of this format.".to_owned(),
            "uid" => "The person’s id in this directory.".to_owned(),
            "acr" => "How sure the sign-in is.".to_owned(),
            "email" => "The person’s address.".to_owned(),
            "email_verified" => "Whether the address is known to be theirs.".to_owned(),
            "name" => "The person’s full name.".to_owned(),
            "given_name" => "The first name.".to_owned(),
            "family_name" => "The last name.".to_owned(),
            "preferred_username" => "What the person signs in with. It may change.".to_owned(),
            "zoneinfo" => "The person’s time zone.".to_owned(),
            "locale" => "The person’s language.".to_owned(),
            "updated_at" => at("The profile last changed"),
            "groups" => "The person’s groups, as the server’s claims choose them.".to_owned(),
            "amr" => "How the person signed in.".to_owned(),
            "at_hash" => "Binds it to the access token.".to_owned(),
            _ => String::new(),
        };
        row(name, &shown, meaning)
    }
}

fn in_header(name: &str) -> &'static str {
    match name {
        "alg" => "In the header: how it is signed.",
        "kid" => "In the header: with which of the server’s keys.",
        "typ" => "In the header: what kind of token it is.",
        _ => "In the header.",
    }
}

fn part(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => visible_whole(text),
        other => visible_whole(&other.to_string()),
    }
}
