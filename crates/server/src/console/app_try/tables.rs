//! What each part of the flow holds, and what it means.

use crate::console::when;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use signet_domain::Time;
use signet_idp::syslog::visible;
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
pub(super) fn token_request(sent: &[(&str, String)], with_secret: bool) -> TryTable {
    let meaning = |name: &str| match name {
        "grant_type" => "A code is traded.",
        "code" => "What came back.",
        "redirect_uri" => "The same as in the request, or the code is refused.",
        "code_verifier" => "What the challenge was made from: nobody else can redeem the code.",
        "client_id" => "Which app asks.",
        _ => "",
    };
    let mut all = table(
        "The token request",
        sent.iter().map(|(name, value)| row(name, &visible_whole(value), meaning(name))),
    );
    if with_secret {
        all.rows.push(row("client_secret", "…", "What you typed: the app proves itself with it."));
    }
    all
}

/// Everything in the answer, as the app gets it.
pub(super) fn raw(tokens: &TokenResponse) -> Snippet {
    let code = serde_json::to_string_pretty(tokens).unwrap_or_default();
    Snippet { title: "The whole answer".to_owned(), code }
}

/// How tokens are read.
pub(super) struct Read<'a> {
    pub(super) now: Time,
    pub(super) nonce: &'a str,
}

impl Read<'_> {
    /// The claims of the tokens.
    pub(super) fn tokens(&self, tokens: &TokenResponse) -> Vec<TryTable> {
        let id = tokens.id_token.as_deref().map(|token| ("The ID token: for the app itself", token));
        let access = ("The access token: for the API", tokens.access_token.as_str());
        let claims = |(title, token): (&str, &str)| {
            let claims = payload(token)?;
            Some(table(title, claims.iter().map(|(name, value)| self.claim(name, value))))
        };
        id.into_iter().chain([access]).filter_map(claims).collect()
    }

    fn claim(&self, name: &str, value: &Value) -> TryRow {
        let shown = match value {
            Value::String(text) => visible_whole(text),
            other => visible_whole(&other.to_string()),
        };
        let at = |what: &str| match value.as_i64() {
            Some(seconds) => {
                let time = Time(seconds.saturating_mul(Time::SECOND));
                format!("{what} {}.", when::moment(time, self.now).shown)
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
            "amr" => "How the person signed in.".to_owned(),
            "at_hash" => "Binds it to the access token.".to_owned(),
            _ => String::new(),
        };
        row(name, &shown, meaning)
    }
}

fn payload(token: &str) -> Option<Map<String, Value>> {
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&part).ok()
}

/// A text in full, with nothing hidden in it.
fn visible_whole(text: &str) -> String {
    text.chars().collect::<Vec<_>>().chunks(8).map(|part| visible(&part.iter().collect::<String>())).collect()
}
