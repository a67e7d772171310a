//! Answers in the plugin's shapes.

use crate::oauth::{json, put_limit};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::json;
use signet_idp::gateway::{Challenge, GatewayError};

/// A refusal; `realm` is the profile's.
pub(super) fn refusal(error: &GatewayError, realm: Option<&str>, state: Option<&str>) -> Response {
    let mut response = json(error.status, &error.body(state));
    let headers = response.headers_mut();
    if let Some(value) = challenge(error, realm).and_then(|v| HeaderValue::from_str(&v).ok()) {
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
    if let Some(seconds) = error.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(limited) = &error.limited {
        put_limit(headers, limited);
    }
    response
}

fn challenge(error: &GatewayError, realm: Option<&str>) -> Option<String> {
    let realm = realm.map(|r| format!("realm=\"{r}\""));
    match error.challenge {
        Challenge::None => None,
        Challenge::Basic => Some("Basic realm=\"OAuth2.0\"".to_owned()),
        Challenge::Bare => Some(realm.map_or_else(|| "Bearer".to_owned(), |r| format!("Bearer {r}"))),
        Challenge::Bearer => {
            // Whatever is wrong with a token, the header says the same; but a bound one isn't wrong.
            let words = match error.error {
                "invalid_token" if !error.is_of_bound_token() => "The access token is invalid or has expired",
                _ => &error.description,
            };
            let mut parts: Vec<String> = realm.into_iter().collect();
            parts.push(format!("error=\"{}\"", error.error));
            parts.push(format!("error_description=\"{words}\""));
            parts.extend(error.scope.as_ref().map(|scope| format!("scope=\"{scope}\"")));
            Some(format!("Bearer {}", parts.join(", ")))
        }
    }
}

/// Where a front end is to send its browser.
pub(super) fn redirect(status: u16, uri: &str) -> Response {
    json(status, &json!({ "redirect_uri": uri }))
}
