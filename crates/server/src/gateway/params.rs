//! Parameters from the query and the body; the body wins. Nothing is taken from where its like is logged: secrets
//! must not be in a query (RFC 6749 §2.3.1).

use super::multipart;
use crate::api::json::object;
use axum::http::{HeaderMap, header};
use serde_json::Value;
use signet_idp::gateway::{GatewayError, GatewayParams};
use signet_oauth::Params;

/// Every parameter that an endpoint reads; others are passed over (RFC 6749 §3.1, §3.2).
const NAMES: &[&str] = &[
    "authenticated_userid",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "provision_key",
    "redirect_uri",
    "refresh_token",
    "response_type",
    "scope",
    "state",
];

/// Those that prove something.
const SECRETS: &[&str] = &["client_secret", "code", "code_verifier", "provision_key", "refresh_token"];

/// The parameters of a POST.
pub(super) fn read(
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<GatewayParams, GatewayError> {
    let mut params = GatewayParams::default();
    let in_query = form(query.unwrap_or_default().as_bytes())?;
    if let Some(name) = SECRETS.iter().find(|name| in_query.contains(name)) {
        return Err(GatewayError::malformed(format!(
            "'{name}' must not be in the query; send it in the body"
        )));
    }
    put_all(&mut params, &in_query);
    if body.is_empty() {
        return Ok(params);
    }
    let Some(kind) = content_type(headers)? else { return Ok(params) };
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => put_all(&mut params, &form(body)?),
        "application/json" => put_json(&mut params, body)?,
        "multipart/form-data" => {
            let unread =
                || GatewayError::malformed("The multipart body can't be read; send texts, each once");
            for (name, value) in multipart::parse(kind, body).ok_or_else(unread)? {
                if NAMES.contains(&name.as_str()) {
                    put(&mut params, &name, &value)?;
                }
            }
        }
        // What can't be read is not there.
        _ => {}
    }
    Ok(params)
}

fn content_type(headers: &HeaderMap) -> Result<Option<&str>, GatewayError> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let value = value.to_str().ok().filter(|_| values.next().is_none());
    value.map(Some).ok_or_else(|| GatewayError::malformed("Send one Content-Type"))
}

fn form(bytes: &[u8]) -> Result<Params, GatewayError> {
    Params::parse(bytes).map_err(|error| GatewayError::malformed(error.body().error_description))
}

fn put_all(params: &mut GatewayParams, from: &Params) {
    for name in NAMES {
        if let Some(value) = from.get(name) {
            params.put(name, value);
        }
    }
}

fn put_json(params: &mut GatewayParams, body: &[u8]) -> Result<(), GatewayError> {
    let unread = || GatewayError::malformed("The body is not one JSON object with each name once");
    let members = object(body).ok_or_else(unread)?;
    for (name, value) in members.iter().filter(|(name, _)| NAMES.contains(&name.as_str())) {
        match value {
            Value::Null => {}
            Value::String(text) => put(params, name, text)?,
            _ => params.put_other(name),
        }
    }
    Ok(())
}

fn put(params: &mut GatewayParams, name: &str, value: &str) -> Result<(), GatewayError> {
    if value.chars().any(char::is_control) {
        return Err(GatewayError::malformed(format!("'{name}' must not have control characters")));
    }
    params.put(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str, kind: &str, body: &str) -> Result<GatewayParams, GatewayError> {
        let mut headers = HeaderMap::new();
        if !kind.is_empty() {
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        read(Some(query), &headers, body.as_bytes())
    }

    #[test]
    fn query_and_body_are_merged_and_the_body_wins() {
        let form = "application/x-www-form-urlencoded";
        let params = parsed("client_id=q&scope=s", form, "client_id=b").unwrap();
        assert_eq!((params.get("client_id"), params.get("scope")), (Some("b"), Some("s")));
        let params =
            parsed("", "application/json; charset=utf-8", r#"{"client_id":"j","scope":[1],"state":null}"#);
        let params = params.unwrap();
        assert_eq!((params.get("client_id"), params.state()), (Some("j"), None));
        assert!(params.is_other("scope"));
        assert_eq!(parsed("client_id=q", "text/plain", "client_id=b").unwrap().get("client_id"), Some("q"));
        let body = "--x\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\nm\r\n--x--\r\n";
        assert_eq!(parsed("", "multipart/form-data; boundary=x", body).unwrap().get("client_id"), Some("m"));
    }

    #[test]
    fn what_is_refused() {
        let (form, json) = ("application/x-www-form-urlencoded", "application/json");
        for (query, kind, body) in [
            ("client_secret=x", form, "a=b"),
            ("provision_key=x", "", ""),
            ("client_id=a&client_id=b", "", ""),
            ("", form, "scope=a&scope=b"),
            ("", form, "scope=%00"),
            ("", json, "[]"),
            ("", json, r#"{"a":1,"a":2}"#),
            ("", json, r#"{"scope":"a\u0000"}"#),
            ("", json, "{}{}"),
            ("", "multipart/form-data", "x"),
            ("", "multipart/form-data; boundary=x", "--x\r\n\r\n"),
        ] {
            assert!(parsed(query, kind, body).is_err(), "{query} {kind} {body}");
        }
    }
}
