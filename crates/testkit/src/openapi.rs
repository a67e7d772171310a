//! Holds responses against the checked-in API description.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::Method;
use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::Reply;
use crate::openapi_schema::{close, close_components};

/// An API description.
pub struct OpenApi {
    document: Value,
    components: Map<String, Value>,
    closed: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl OpenApi {
    /// The description in `openapi/signet.json`; none while there is no such file.
    pub fn checked_in() -> Option<&'static Self> {
        static DESCRIPTION: OnceLock<Option<OpenApi>> = OnceLock::new();
        let read = || {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/signet.json");
            let text = std::fs::read(file).ok()?;
            Some(Self::new(serde_json::from_slice(&text).expect("openapi/signet.json holds JSON")))
        };
        DESCRIPTION.get_or_init(read).as_ref()
    }

    /// A description from its document.
    pub fn new(document: Value) -> Self {
        let components = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
        let closed = close_components(&components);
        Self { document, components, closed, validators: Mutex::default() }
    }

    /// Fails the test unless the operation, the status, the content type and the body are as described.
    pub fn check(&self, method: &Method, reply: &Reply) {
        if let Err(why) = self.find_fault(method, reply) {
            panic!(
                "{why}\n(the API description says otherwise; see openapi/signet.json)\n{}",
                reply.describe()
            );
        }
    }

    /// What is wrong with a reply.
    pub fn find_fault(&self, method: &Method, reply: &Reply) -> Result<(), String> {
        let path = reply.url.path();
        let (template, operations) =
            self.path(path).ok_or_else(|| format!("no described path fits {path}"))?;
        let verb = method.as_str().to_ascii_lowercase();
        let operation =
            operations.get(&verb).ok_or_else(|| format!("{method} {template} isn't described"))?;
        let status = reply.status.to_string();
        let responses = &operation["responses"];
        let response = responses
            .get(&status)
            .or_else(|| responses.get("default"))
            .ok_or_else(|| format!("status {status} of {method} {template} isn't described"))?;
        self.check_body(&format!("{method} {template} {status}"), self.deref(response), reply)
    }

    fn check_body(&self, place: &str, response: &Value, reply: &Reply) -> Result<(), String> {
        let contents = response.get("content").and_then(Value::as_object).filter(|kinds| !kinds.is_empty());
        let Some(contents) = contents else {
            return if reply.body.is_empty() {
                Ok(())
            } else {
                Err(format!("{place} is described without a body"))
            };
        };
        if reply.body.is_empty() {
            return Err(format!("{place} has no body"));
        }
        let kind = reply.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let content =
            contents.get(kind).ok_or_else(|| format!("content type “{kind}” of {place} isn't described"))?;
        let Some(schema) = content.get("schema").filter(|_| kind.ends_with("json")) else { return Ok(()) };
        let body: Value = serde_json::from_slice(&reply.body).map_err(|error| format!("{place}: {error}"))?;
        let faults: Vec<String> = self
            .validator(place, schema)?
            .iter_errors(&body)
            .take(5)
            .map(|error| format!("  {} at “{}”", error, error.instance_path()))
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(format!("{place}:\n{}", faults.join("\n"))) }
    }

    fn validator(&self, place: &str, schema: &Value) -> Result<Arc<Validator>, String> {
        let mut known = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = known.get(place) {
            return Ok(validator.clone());
        }
        let mut whole = close(schema, &self.components);
        whole["components"] = self.closed.clone();
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .build(&whole)
            .map_err(|error| format!("{place} has a broken schema: {error}"))?;
        Ok(known.entry(place.to_owned()).or_insert(Arc::new(validator)).clone())
    }

    /// Follows one reference within the document.
    fn deref<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
        target.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }

    /// The described path that fits, the one with most literal segments first.
    fn path(&self, path: &str) -> Option<(&str, &Value)> {
        let paths = self.document["paths"].as_object()?;
        paths
            .iter()
            .filter(|(template, _)| fits(template, path))
            .min_by_key(|(template, _)| template.matches('{').count())
            .map(|(template, operations)| (template.as_str(), operations))
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(want), Some(have)) => {
                let variable = want.starts_with('{') && want.ends_with('}');
                if want != have && (!variable || have.is_empty()) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};
    use serde_json::json;

    use super::OpenApi;
    use crate::Reply;

    fn reply(path: &str, status: u16, body: &str) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json; charset=utf-8".parse().expect("a value"));
        let url = format!("http://localhost{path}").parse().expect("a URL");
        Reply { asked: path.into(), url, status, headers, body: body.into() }
    }

    #[test]
    fn refuses_what_is_not_described() {
        let api = OpenApi::new(json!({
            "paths": {
                "/api/v1/users/{id}": { "get": { "responses": {
                    "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/User" } } } },
                    "204": { "description": "nothing" } } } },
                "/api/v1/users/me": { "put": { "responses": {} } }
            },
            "components": { "schemas": { "User": {
                "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] } } }
        }));
        let fault = |path: &str, status, body: &str| api.find_fault(&Method::GET, &reply(path, status, body));
        assert_eq!(fault("/api/v1/users/u1", 200, r#"{"id":"u1"}"#), Ok(()));
        assert_eq!(fault("/api/v1/users/u1", 204, ""), Ok(()));
        let wrong = |path, status, body: &str| fault(path, status, body).expect_err("a fault");
        assert!(wrong("/api/v1/users/u1", 200, r#"{"id":"u1","x":1}"#).contains("x"));
        assert!(wrong("/api/v1/users/u1", 200, r#"{"id":1}"#).contains("/id"));
        assert!(wrong("/api/v1/users/u1", 418, "{}").contains("418"));
        assert!(wrong("/api/v1/users/", 200, "{}").contains("no described path"));
        assert!(wrong("/api/v1/users/me", 200, "{}").contains("GET /api/v1/users/me isn't described"));
        assert!(wrong("/api/v1/users/u1", 204, "{}").contains("without a body"));
    }
}
