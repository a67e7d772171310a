//! What an administrator does once: an authorization server with two scopes and a gateway profile, and an app.

use crate::{Error, Signet};
use serde_json::{Value, json};

/// Where the store is.
pub const CALLBACK: &str = "https://shoes.example/callback";

/// What was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The authorization server's name in paths.
    pub server: String,
    /// What proves the front end.
    pub provision_key: String,
    /// The store's `client_id`.
    pub client_id: String,
    /// The store's secret.
    pub client_secret: String,
}

/// Makes it.
///
/// # Errors
/// When the management API refuses.
pub async fn make(signet: &Signet, api_token: &str) -> Result<Made, Error> {
    let call = async |method: reqwest::Method, path: &str, body: Value| -> Result<Value, Error> {
        let request = signet.request(method, path).header("authorization", format!("SSWS {api_token}"));
        let answer = request.json(&body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if status.is_success() {
            Ok(serde_json::from_str(&text)?)
        } else {
            Err(format!("{path}: {status} {text}").into())
        }
    };
    let (post, put) = (reqwest::Method::POST, reqwest::Method::PUT);
    let body = json!({ "name": "StepOn", "audiences": ["https://api.stepon.example"] });
    let server = text(&call(post.clone(), "/api/v1/authorizationServers", body).await?["id"])?;
    for (name, words) in [("steps:read", "See your steps"), ("steps:write", "Add steps")] {
        let path = format!("/api/v1/authorizationServers/{server}/scopes");
        call(post.clone(), &path, json!({ "name": name, "displayName": words })).await?;
    }
    let profile = json!({
        "scopes": ["steps:read", "steps:write"], "mandatory_scope": true,
        "enable_authorization_code": true, "enable_password_grant": true, "realm": "stepon",
    });
    let path = format!("/api/v1/authorizationServers/{server}/gateway");
    let provision_key = text(&call(put, &path, profile).await?["provision_key"])?;
    let app = json!({
        "name": "oidc_client", "label": "Shoe store", "signOnMode": "OPENID_CONNECT",
        "settings": { "oauthClient": {
            "application_type": "web", "redirect_uris": [CALLBACK], "external_id": "shoes-1",
            "grant_types": ["authorization_code", "refresh_token", "password"],
        } },
    });
    let app = call(post, "/api/v1/apps", app).await?;
    let client = &app["credentials"]["oauthClient"];
    let (client_id, client_secret) = (text(&client["client_id"])?, text(&client["client_secret"])?);
    Ok(Made { server, provision_key, client_id, client_secret })
}

fn text(value: &Value) -> Result<String, Error> {
    value.as_str().map(str::to_owned).ok_or_else(|| "the management API left something out".into())
}
