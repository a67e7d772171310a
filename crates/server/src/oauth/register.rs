//! `POST …/v1/clients` (RFC 7591), and `GET`, `PUT`, `DELETE …/v1/clients/{client_id}` (RFC 7592). Where registration
//! is off there is nothing at these addresses.

use super::asked::Asked;
use super::{form, respond};
use crate::App;
use crate::api::json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use signet_idp::registration::{ManageCall, RegisterCall};
use signet_oauth::{OAuthError, Reason};

/// Most bytes of a registration.
const MAX_BYTES: usize = 64 * 1024;

/// The client of a path. Asked reads the server.
#[derive(serde::Deserialize)]
pub(super) struct Named {
    client: String,
}

pub(super) async fn post(State(app): State<App>, asked: Asked, headers: HeaderMap, body: Bytes) -> Response {
    let Some(policy) = asked.server.registration() else { return nothing(&asked) };
    let result = async {
        let token = form::bearer(&headers)?;
        let object = read(&headers, &body);
        let body = object.as_ref().map_err(Clone::clone);
        let call = RegisterCall { server: &asked.server, policy, token: token.as_deref(), body };
        app.idp().register(&asked.ctx, &call).await
    };
    answer(&asked, result.await.map(|told| respond::json(201, &told)))
}

pub(super) async fn get(
    State(app): State<App>,
    asked: Asked,
    Path(named): Path<Named>,
    headers: HeaderMap,
) -> Response {
    let Some(policy) = asked.server.registration() else { return nothing(&asked) };
    let result = async {
        let token = form::bearer(&headers)?;
        let (server, client_id) = (&asked.server, named.client.as_str());
        let call = ManageCall { server, policy, client_id, token: token.as_deref() };
        app.idp().registered(&asked.ctx, &call).await
    };
    answer(&asked, result.await.map(|told| respond::json(200, &told)))
}

pub(super) async fn put(
    State(app): State<App>,
    asked: Asked,
    Path(named): Path<Named>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(policy) = asked.server.registration() else { return nothing(&asked) };
    let result = async {
        let token = form::bearer(&headers)?;
        let object = read(&headers, &body);
        let (server, client_id) = (&asked.server, named.client.as_str());
        let call = ManageCall { server, policy, client_id, token: token.as_deref() };
        app.idp().replace_registration(&asked.ctx, &call, object.as_ref().map_err(Clone::clone)).await
    };
    answer(&asked, result.await.map(|told| respond::json(200, &told)))
}

pub(super) async fn delete(
    State(app): State<App>,
    asked: Asked,
    Path(named): Path<Named>,
    headers: HeaderMap,
) -> Response {
    let Some(policy) = asked.server.registration() else { return nothing(&asked) };
    let result = async {
        let token = form::bearer(&headers)?;
        let (server, client_id) = (&asked.server, named.client.as_str());
        let call = ManageCall { server, policy, client_id, token: token.as_deref() };
        app.idp().delete_registration(&asked.ctx, &call).await
    };
    answer(&asked, result.await.map(|()| StatusCode::NO_CONTENT.into_response()))
}

fn answer(asked: &Asked, result: Result<Response, OAuthError>) -> Response {
    result.unwrap_or_else(|error| respond::error(&error, &asked.server.server.issuer))
}

fn nothing(asked: &Asked) -> Response {
    crate::middleware::not_found().render(&asked.ctx.request)
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, OAuthError> {
    let fault = |rule: &'static str| OAuthError::new(Reason::InvalidClientMetadata).describe(rule);
    if !json::is_json(headers) {
        return Err(fault("Send the client metadata as a body of type 'application/json'."));
    }
    if body.len() > MAX_BYTES {
        return Err(fault("The client metadata are too long; send at most 65536 bytes."));
    }
    json::object(body).ok_or_else(|| fault("The body must be one JSON object without repeated names."))
}
