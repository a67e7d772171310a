//! The management API's documentation, for people and for tools, from the one description that the code gives.

use crate::extract::Tenant;
use crate::pages::step;
use crate::{App, api, html};
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use signet_web::{ApiDocs, Link, Operation, OperationGroup};
use std::sync::LazyLock;

/// The description. It is the same for every tenant and as long as the program runs.
static DESCRIPTION: LazyLock<String> = LazyLock::new(api::openapi_json);

/// `/docs/api` and `/openapi.json`.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/docs/api", get(page)).route("/openapi.json", get(description))
}

async fn description(Tenant(_): Tenant) -> Response {
    let mut response = DESCRIPTION.as_str().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

async fn page(Tenant(ctx): Tenant) -> Response {
    let url = &ctx.tenant.url;
    html::page(&ApiDocs {
        shell: step::shell(&ctx, "Management API"),
        base_url: url.clone(),
        spec_url: "/openapi.json".to_owned(),
        intro: vec![
            "Call it with an API token, as Authorization: SSWS followed by the token, or with the token of an API \
             credential, as Authorization: Bearer followed by it."
                .to_owned(),
            "An account has 5,000 calls an hour, whoever makes them; every answer says how many are left.".to_owned(),
        ],
        curl: Some(format!("curl -H \"Authorization: SSWS $API_TOKEN\" {url}/api/v1/users")),
        groups: groups(&DESCRIPTION),
        links: vec![Link::new("Console", "/console"), Link::new("Home", "/")],
    })
}

/// The operations by their first tag, in the description's order.
fn groups(description: &str) -> Vec<OperationGroup> {
    let Ok(description) = serde_json::from_str::<Value>(description) else { return Vec::new() };
    let mut groups: Vec<OperationGroup> = Vec::new();
    let paths = description["paths"].as_object();
    for (path, operations) in paths.into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let name = text(&operation["tags"][0]);
            let operation = Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: text(&operation["summary"]),
                auth: String::new(),
            };
            match groups.iter_mut().find(|g| g.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(OperationGroup { name, note: None, operations: vec![operation] }),
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_group_and_a_summary() {
        let groups = groups(&DESCRIPTION);
        assert!(groups.len() > 3);
        for group in &groups {
            assert!(!group.name.is_empty());
            assert!(group.operations.iter().all(|o| !o.summary.is_empty()), "{}", group.name);
        }
    }
}
