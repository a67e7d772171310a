//! Makes schemas strict: what isn't declared is an error.

use serde_json::{Map, Value, json};

/// The schema with every object in it closed, and every `allOf` closed as a whole.
pub(crate) fn close(schema: &Value, components: &Map<String, Value>) -> Value {
    match schema {
        Value::Object(members) => close_object(members, components, true),
        other => other.clone(),
    }
}

/// All components, closed.
pub(crate) fn close_components(components: &Map<String, Value>) -> Value {
    let closed: Map<String, Value> =
        components.iter().map(|(name, schema)| (name.clone(), close(schema, components))).collect();
    json!({ "schemas": closed })
}

fn close_object(schema: &Map<String, Value>, components: &Map<String, Value>, seal: bool) -> Value {
    let mut closed = Map::new();
    for (keyword, value) in schema {
        let value = match keyword.as_str() {
            "properties" | "patternProperties" | "$defs" => each_member(value, components),
            "items" | "additionalProperties" | "not" | "contains" | "unevaluatedProperties" => {
                close(value, components)
            }
            "prefixItems" | "oneOf" | "anyOf" => each_item(value, |item| close(item, components)),
            "allOf" => each_item(value, |item| open(item, components)),
            _ => value.clone(),
        };
        closed.insert(keyword.clone(), value);
    }
    let says =
        ["additionalProperties", "unevaluatedProperties"].iter().any(|word| schema.contains_key(*word));
    if seal && !says {
        if schema.contains_key("allOf") {
            closed.insert("unevaluatedProperties".into(), Value::Bool(false));
        } else if schema.contains_key("properties") {
            let composed = ["oneOf", "anyOf"].iter().any(|word| schema.contains_key(*word));
            let word = if composed { "unevaluatedProperties" } else { "additionalProperties" };
            closed.insert(word.into(), Value::Bool(false));
        }
    }
    Value::Object(closed)
}

/// A part of an `allOf`: its reference resolved, itself left open, what is inside closed.
fn open(schema: &Value, components: &Map<String, Value>) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let target = members
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|to| to.strip_prefix("#/components/schemas/"))
        .and_then(|name| components.get(name));
    match target {
        Some(Value::Object(target)) => close_object(target, components, false),
        _ => close_object(members, components, false),
    }
}

fn each_member(value: &Value, components: &Map<String, Value>) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, schema)| (name.clone(), close(schema, components))).collect()
        }
        other => other.clone(),
    }
}

fn each_item(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(change).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{close, close_components};

    fn valid(schema: &Value, instance: &Value) -> bool {
        let components = json!({
            "Base": { "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] },
            "Profile": { "type": "object", "properties": { "login": { "type": "string" } } },
        });
        let components = components.as_object().expect("an object");
        let mut whole = close(schema, components);
        whole["components"] = close_components(components);
        jsonschema::validator_for(&whole).expect("a schema").is_valid(instance)
    }

    #[test]
    fn an_undeclared_member_is_an_error_at_any_depth() {
        let schema = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Base" } });
        assert!(valid(&schema, &json!([{ "id": "1" }])));
        assert!(!valid(&schema, &json!([{ "id": "1", "extra": 1 }])));
    }

    #[test]
    fn all_of_is_closed_as_a_whole() {
        let schema = json!({ "allOf": [
            { "$ref": "#/components/schemas/Base" },
            { "type": "object", "properties": { "profile": { "$ref": "#/components/schemas/Profile" } } },
        ] });
        assert!(valid(&schema, &json!({ "id": "1", "profile": { "login": "ada" } })));
        assert!(!valid(&schema, &json!({ "id": "1", "extra": 1 })));
        assert!(!valid(&schema, &json!({ "id": "1", "profile": { "extra": 1 } })));
    }

    #[test]
    fn a_map_stays_a_map_and_a_choice_stays_a_choice() {
        let map = json!({ "type": "object", "properties": {}, "additionalProperties": { "type": "string" } });
        assert!(valid(&map, &json!({ "any": "thing" })));
        let choice = json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Base" }] });
        assert!(valid(&choice, &Value::Null) && valid(&choice, &json!({ "id": "1" })));
        assert!(!valid(&choice, &json!({ "id": "1", "extra": 1 })));
    }
}
