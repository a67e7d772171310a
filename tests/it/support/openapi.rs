//! The management API as it describes itself: every operation, with ids filled in and bodies made up.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use signet_testkit::{Tenant, Value, json, serde_json};

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// In upper case.
    pub(crate) method: String,
    /// With `{names}` in it.
    pub(crate) path: String,
    /// Whether it is at the operator's host.
    pub(crate) operator: bool,
    node: Value,
}

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT
        .get_or_init(|| serde_json::from_str(&signet::api::openapi_json()).expect("a description in JSON"))
}

/// All operations, in the order of paths.
pub(crate) fn operations() -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document()["paths"].as_object().expect("paths") {
        for (method, node) in item.as_object().expect("operations") {
            let known = ["get", "post", "put", "patch", "delete", "head"].contains(&method.as_str());
            if known {
                let operator = path.starts_with("/api/v1/tenants");
                let method = method.to_uppercase();
                found.push(Operation { method, path: path.clone(), operator, node: node.clone() });
            }
        }
    }
    assert!(found.len() > 50, "only {} operations are described", found.len());
    found
}

fn resolve(schema: &Value) -> &Value {
    let Some(reference) = schema["$ref"].as_str() else { return schema };
    let pointer = reference.trim_start_matches('#');
    document().pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

impl Operation {
    /// How many ids its path takes.
    pub(crate) fn parameters(&self) -> usize {
        self.path.matches('{').count()
    }

    /// The path with ids of things that this tenant has; `None` when it has none.
    pub(crate) async fn with_ids_of(&self, tenant: &Tenant) -> Option<String> {
        let mut path = String::new();
        for segment in self.path.split('/').skip(1) {
            if !segment.starts_with('{') {
                path = format!("{path}/{segment}");
                continue;
            }
            let list = tenant.api("GET", &path).unchecked().await;
            let items: Value = serde_json::from_slice(&list.body).unwrap_or_default();
            // The last user is nobody whom other tests rely on.
            let item = items.as_array().and_then(|items| items.last())?;
            let id = ["id", "uuid", "kid", "client_id"].iter().find_map(|name| item[*name].as_str())?;
            path = format!("{path}/{id}");
        }
        Some(path)
    }

    /// The path with ids of the right form that nobody has.
    pub(crate) fn with_nobodys_ids(&self, like: &str) -> String {
        let pairs = self.path.split('/').zip(like.split('/'));
        let segments: Vec<String> = pairs
            .map(|(template, real)| if template.starts_with('{') { nobody(real) } else { real.to_owned() })
            .collect();
        segments.join("/")
    }

    /// A body that the description allows; `None` when there is none to send.
    pub(crate) fn body(&self) -> Option<Value> {
        let content = &self.node["requestBody"]["content"]["application/json"];
        content.is_object().then(|| sample(&content["schema"], 0))
    }

    /// Names of all members, at any depth, of its good answers.
    pub(crate) fn members_of_answers(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (status, answer) in self.node["responses"].as_object().into_iter().flatten() {
            if status.starts_with('2') {
                members(&resolve(answer)["content"]["application/json"]["schema"], &mut names, 0);
            }
        }
        names
    }
}

/// An id of the same kind with other digits.
fn nobody(id: &str) -> String {
    let digits = |text: &str| {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { '0' } else { c }).collect::<String>()
    };
    match id.split_at_checked(3) {
        Some((prefix, rest)) if id.len() == 25 => format!("{prefix}{}1", digits(&rest[1..])),
        _ => digits(id),
    }
}

fn members(schema: &Value, names: &mut BTreeSet<String>, depth: usize) {
    let schema = resolve(schema);
    if depth > 8 {
        return;
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        names.insert(name.clone());
        members(member, names, depth + 1);
    }
    for inner in ["items", "additionalProperties"] {
        if schema[inner].is_object() {
            members(&schema[inner], names, depth + 1);
        }
    }
    for several in ["allOf", "oneOf", "anyOf"] {
        schema[several].as_array().into_iter().flatten().for_each(|part| members(part, names, depth + 1));
    }
}

fn sample(schema: &Value, depth: usize) -> Value {
    let schema = resolve(schema);
    for given in ["example", "const", "default"] {
        if let Some(value) = schema.get(given) {
            return value.clone();
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    for several in ["allOf", "oneOf", "anyOf"] {
        let real = |part: &&Value| part["type"] != "null";
        if let Some(part) = schema[several].as_array().and_then(|parts| parts.iter().find(real)) {
            return sample(part, depth + 1);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned().unwrap_or_default(),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("object") => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let mut object = json!({});
            for name in required.iter().filter_map(Value::as_str).filter(|_| depth < 8) {
                object[name] = sample(&schema["properties"][name], depth + 1);
            }
            object
        }
        Some("array") => json!([]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        _ => json!("sample"),
    }
}
