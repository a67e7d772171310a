//! `/gateway/{server}/verify`: what nginx (`auth_request`), Traefik, Caddy and Envoy ask before each call. 200 lets
//! it pass and says in headers who calls; 401 and 403 don't. Anything else is no answer, and gateways refuse then.

use super::asked::Asked;
use super::respond;
use crate::App;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use signet_domain::gateway::Gateway;
use signet_idp::gateway::GatewayError;
use signet_idp::gateway::verify::{Verified, VerifyCall};
use signet_oauth::Params;
use signet_oauth::response::TokenType;

/// Where gateways say what was called: nginx by its configuration, Traefik and Caddy by themselves. Only the query
/// is looked at, and only where the profile allows a credential there.
const ORIGINAL: &[&str] = &["x-original-uri", "x-forwarded-uri"];

/// What can't stand in a header's value, and the sign that says so.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// A gateway that is told what to ask: its own query says what a call needs.
pub(super) async fn ask(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = match Params::parse(query.as_deref().unwrap_or_default().as_bytes()) {
        Ok(params) => params,
        Err(error) => return refusal(&asked, &GatewayError::malformed(error.body().error_description)),
    };
    // A demand that is misspelt would be met by everyone.
    if let Some(name) = unknown_name(query.as_deref()) {
        let words = format!("'{name}' is nothing to ask for; there are scope, app, access_token and apikey");
        return refusal(&asked, &GatewayError::malformed(words));
    }
    let list = |name: &str| -> Vec<String> {
        params.get(name).unwrap_or_default().split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect()
    };
    let (scopes, apps) = (list("scope"), list("app"));
    if scopes.iter().any(|scope| signet_oauth::Scope::parse(scope).is_err()) {
        return refusal(&asked, &GatewayError::malformed("'scope' is a list of scope names"));
    }
    answer(&app, &asked, &headers, &body, Some(&params), (&scopes, &apps)).await
}

/// A gateway that appends the call's own path and query: nothing of it is a demand.
pub(super) async fn ask_with_path(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default().as_bytes()).ok();
    answer(&app, &asked, &headers, &body, params.as_ref(), (&[], &[])).await
}

async fn answer(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
    body: &[u8],
    query: Option<&Params>,
    (scopes, apps): (&[String], &[String]),
) -> Response {
    let found = match Found::read(asked.gateway(), headers, body, query) {
        Ok(found) => found,
        Err(error) => return refusal(asked, &error),
    };
    let call = VerifyCall {
        at: asked.at(),
        token: found.token.as_ref().map(|(token, scheme)| (token.as_str(), *scheme)),
        api_key: found.api_key.as_deref(),
        scopes,
        apps,
    };
    match app.idp().verify(&asked.ctx, &call).await {
        Ok(verified) => pass(asked.gateway(), &verified),
        Err(error) => refusal(asked, &error),
    }
}

fn refusal(asked: &Asked, error: &GatewayError) -> Response {
    respond::refusal(error, asked.gateway().realm.as_deref(), None)
}

fn unknown_name(query: Option<&str>) -> Option<String> {
    let names = query?.split('&').filter(|part| !part.is_empty());
    let mut names = names.map(|part| part.split_once('=').map_or(part, |(name, _)| name));
    let unknown = names.find(|name| !["scope", "app", "access_token", "apikey"].contains(name))?;
    Some(unknown.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).take(40).collect())
}

/// The credential of a call.
struct Found {
    token: Option<(String, TokenType)>,
    api_key: Option<String>,
}

impl Found {
    fn read(
        gateway: &Gateway,
        headers: &HeaderMap,
        body: &[u8],
        query: Option<&Params>,
    ) -> Result<Self, GatewayError> {
        let originals: Vec<Params> = ORIGINAL
            .iter()
            .flat_map(|name| headers.get_all(*name))
            .filter_map(|value| value.to_str().ok()?.split_once('?'))
            .filter_map(|(_, query)| Params::parse(query.as_bytes()).ok())
            .collect();
        let in_query = |name: &str| {
            let all = query.into_iter().chain(&originals);
            all.filter_map(|params| params.get(name).map(str::to_owned)).collect::<Vec<_>>()
        };
        let mut token = one(headers, &gateway.auth_header_name)?.map(token_of);
        if token.is_none() {
            let mut others = if gateway.token_in_query { in_query("access_token") } else { Vec::new() };
            if gateway.token_in_form && is_form(headers) {
                let form = Params::parse(body).ok();
                others.extend(form.and_then(|f| f.get("access_token").map(str::to_owned)));
            }
            token = same(others)?.map(|token| (token, TokenType::Bearer));
        }
        let mut api_key = None;
        if gateway.api_keys {
            api_key = one(headers, "apikey")?.map(str::to_owned);
            if api_key.is_none() && gateway.api_key_in_query {
                api_key = same(in_query("apikey"))?;
            }
        }
        Ok(Self { token: token.filter(|(t, _)| !t.is_empty()), api_key: api_key.filter(|k| !k.is_empty()) })
    }
}

/// The one value of a header. Two, or one that is no text, are no good credential.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, GatewayError> {
    let Ok(name) = HeaderName::try_from(name) else { return Ok(None) };
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    text.map(|t| Some(t.trim())).ok_or_else(GatewayError::bad_token)
}

/// Several places that name one credential are one; that name two are none.
fn same(mut found: Vec<String>) -> Result<Option<String>, GatewayError> {
    found.dedup();
    if found.len() > 1 { Err(GatewayError::bad_token()) } else { Ok(found.pop()) }
}

/// `Bearer x`, `token x` and `DPoP x` in any case; any other value is taken as a token itself.
fn token_of(value: &str) -> (String, TokenType) {
    let schemes = [("bearer", TokenType::Bearer), ("token", TokenType::Bearer), ("dpop", TokenType::Dpop)];
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let [scheme, token] = words[..] else { return (value.to_owned(), TokenType::Bearer) };
    match schemes.iter().find(|(known, _)| scheme.eq_ignore_ascii_case(known)) {
        Some((_, kind)) => (token.to_owned(), *kind),
        None => (value.to_owned(), TokenType::Bearer),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Lets a call pass, and says who calls. A header without a value is left out, so a gateway must not let a client's
/// own through.
fn pass(gateway: &Gateway, verified: &Verified) -> Response {
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut put = |name: &'static str, value: Option<&str>| {
        let value = value.filter(|v| !v.is_empty()).and_then(|v| HeaderValue::from_str(&escaped(v)).ok());
        if let Some(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("x-consumer-id", Some(&verified.consumer.id));
    put("x-consumer-username", Some(&verified.consumer.username));
    put("x-consumer-custom-id", verified.consumer.custom_id.as_deref());
    put("x-credential-identifier", verified.credential.as_deref());
    put("x-authenticated-scope", verified.scope.as_deref());
    put("x-authenticated-userid", verified.userid.as_deref());
    put("x-anonymous-consumer", verified.anonymous.then_some("true"));
    put("x-hide-credentials", gateway.hide_credentials.then_some("true"));
    response
}

/// A text as a header's value: percent-encoded where it is not printable ASCII, so that names of all languages pass
/// and line ends don't.
fn escaped(text: &str) -> String {
    let inner = utf8_percent_encode(text, ESCAPED).to_string();
    let trimmed = inner.trim_start_matches(' ');
    let lead = inner.len() - trimmed.len();
    let core = trimmed.trim_end_matches(' ');
    let tail = trimmed.len() - core.len();
    format!("{}{core}{}", "%20".repeat(lead), "%20".repeat(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_headers_are_safe() {
        for (text, expected) in [
            ("Step counter", "Step counter"),
            ("a\r\nX-Consumer-ID: b", "a%0D%0AX-Consumer-ID: b"),
            ("Zürich 100 %", "Z%C3%BCrich 100 %25"),
            (" a ", "%20a%20"),
            ("\0\u{7f}\u{1f600}", "%00%7F%F0%9F%98%80"),
        ] {
            assert_eq!(escaped(text), expected);
            assert!(HeaderValue::from_str(expected).is_ok());
        }
    }

    #[test]
    fn the_token_is_the_second_word_or_everything() {
        for (value, token) in [
            ("Bearer abc", "abc"),
            ("bearer  abc", "abc"),
            ("TOKEN abc", "abc"),
            ("abc", "abc"),
            ("Basic abc", "Basic abc"),
            ("Bearer a b", "Bearer a b"),
        ] {
            assert_eq!(token_of(value), (token.to_owned(), TokenType::Bearer));
        }
        assert_eq!(token_of("dpop abc"), ("abc".to_owned(), TokenType::Dpop));
    }
}
