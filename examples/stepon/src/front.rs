//! StepOn's own web site: it has signed its user in, asks whether an app may see the steps, and gets a code for the
//! app from Signet, whom it proves itself to with the provision key. Nobody but Signet and this site knows that key.

use crate::Signet;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::collections::BTreeMap;

/// What the site knows.
#[derive(Debug, Clone)]
pub struct Front {
    /// Where it gets codes.
    pub signet: Signet,
    /// The authorization server's name in paths.
    pub server: String,
    /// What proves it.
    pub provision_key: String,
    /// Who is signed in.
    pub userid: String,
}

/// The site's routes.
pub fn router(front: Front) -> Router {
    Router::new().route("/consent", get(ask).post(agree)).with_state(front)
}

/// What an app's request may have; it is only passed on, and Signet looks at it.
const PASSED_ON: &[&str] = &[
    "client_id",
    "response_type",
    "scope",
    "state",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
];

async fn ask(State(front): State<Front>, Query(request): Query<BTreeMap<String, String>>) -> Html<String> {
    let fields: String = request
        .iter()
        .filter(|(name, _)| PASSED_ON.contains(&name.as_str()))
        .map(|(name, value)| format!("<input type=hidden name=\"{name}\" value=\"{}\">", escaped(value)))
        .collect();
    let scope = escaped(request.get("scope").map_or("", String::as_str));
    Html(format!(
        "<!doctype html><title>StepOn</title><p>{}, may the shoe store use <b>{scope}</b>?</p>\
         <form method=post action=/consent>{fields}<button>Yes</button></form>",
        escaped(&front.userid)
    ))
}

async fn agree(State(front): State<Front>, Form(request): Form<BTreeMap<String, String>>) -> Response {
    let mut fields: Vec<(&str, &str)> = request
        .iter()
        .filter(|(name, _)| PASSED_ON.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fields.push(("provision_key", &front.provision_key));
    fields.push(("authenticated_userid", &front.userid));
    let path = format!("/gateway/{}/oauth2/authorize", front.server);
    let sent = front.signet.request(reqwest::Method::POST, &path).form(&fields).send().await;
    let Ok(answer) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
    let body: serde_json::Value = answer.json().await.unwrap_or_default();
    // Good or bad, the browser goes back to the app, if there is an app to go back to.
    match body["redirect_uri"].as_str() {
        Some(uri) => (StatusCode::SEE_OTHER, [(header::LOCATION, uri.to_owned())]).into_response(),
        None => (StatusCode::BAD_REQUEST, "The shoe store asked for something that can't be given.")
            .into_response(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
