//! What can't be beaten: axum that reads the same form, signs the same claims and answers. No client, no store,
//! no log.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use signet_oauth::claims::AccessTokenClaims;
use signet_oauth::jwt::{SigningKey, TYP_ACCESS, sign};
use signet_oauth::{Params, ScopeSet};
use std::sync::Arc;
use std::time::SystemTime;

pub(crate) async fn serve(alg: &str, port: u16) {
    let key = Arc::new(SigningKey::generate(alg.parse().unwrap()).unwrap());
    let app = Router::new().route("/token", post(token)).with_state(key);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    axum::serve(listener, app).await.unwrap();
}

async fn token(State(key): State<Arc<SigningKey>>, body: axum::body::Bytes) -> Json<serde_json::Value> {
    let params = Params::parse(&body).unwrap();
    let scope = ScopeSet::parse(params.get("scope").unwrap()).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let claims = AccessTokenClaims {
        ver: 1,
        jti: signet_domain::Entropy::default().secret("AT."),
        iss: "http://localhost:8080/oauth2/default".into(),
        aud: "api://default".into(),
        iat: now,
        exp: now + 3600,
        cid: "0oa0000000000000000000000".into(),
        client_id: "0oa0000000000000000000000".into(),
        uid: None,
        scp: scope.to_vec(),
        scope: scope.to_string(),
        auth_time: None,
        sub: "0oa0000000000000000000000".into(),
        gid: Some("oag0000000000000000000000".into()),
        username: None,
        cnf: None,
        extra: serde_json::Map::new(),
    };
    let access = sign(&key, Some(TYP_ACCESS), &claims).unwrap();
    Json(serde_json::json!({
        "token_type": "Bearer", "expires_in": 3600, "access_token": access, "scope": scope,
    }))
}
