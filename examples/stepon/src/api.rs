//! The step-count API. Only nginx can reach it, so it believes the headers that nginx sets, and knows nothing of
//! tokens.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Steps = Arc<Mutex<HashMap<String, u64>>>;

/// The API's routes.
pub fn router() -> Router {
    Router::new()
        .route("/steps", get(read).post(add))
        .route("/headers", get(headers))
        .with_state(Steps::default())
}

fn user(headers: &HeaderMap) -> Result<String, StatusCode> {
    let value = headers.get("x-authenticated-userid").and_then(|value| value.to_str().ok());
    value.map(str::to_owned).ok_or(StatusCode::FORBIDDEN)
}

async fn read(State(steps): State<Steps>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let user = user(&headers)?;
    let count = steps.lock().unwrap_or_else(PoisonError::into_inner).get(&user).copied().unwrap_or(4_321);
    Ok(Json(json!({ "user": user, "steps": count })))
}

async fn add(State(steps): State<Steps>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let user = user(&headers)?;
    let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
    let count = steps.entry(user.clone()).or_insert(4_321);
    *count += 1;
    Ok(Json(json!({ "user": user, "steps": *count })))
}

/// What reached the API, to see that a client's own headers don't.
async fn headers(headers: HeaderMap) -> Json<Value> {
    let shown: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned().into())
        })
        .collect();
    Json(Value::Object(shown))
}
