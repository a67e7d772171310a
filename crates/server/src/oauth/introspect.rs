//! `POST …/v1/introspect` (RFC 7662).

use super::asked::Asked;
use super::{form, respond};
use crate::App;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_idp::client::Door;
use signet_idp::introspect::Introspection;
use signet_oauth::OAuthError;

pub(super) async fn post(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match introspect(&app, &asked, query.as_deref(), &headers, &body).await {
        Ok(answer) => respond::json(200, &answer),
        Err(error) => respond::error(&error, &asked.server.server.issuer),
    }
}

async fn introspect(
    app: &App,
    asked: &Asked,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Introspection, OAuthError> {
    let door = Door { server: &asked.server.server, endpoint: "introspect" };
    let read = form::body(headers, body).and_then(|params| Ok((params, form::authorization(headers)?)));
    let (params, authorization) = app.idp().read_at(&asked.ctx, door, read).await?;
    let in_query = form::query_has_credentials(query);
    let (client, token) =
        app.idp().client_and_token(&asked.ctx, door, &params, authorization, in_query).await?;
    app.idp().introspect(&asked.ctx, &asked.server, &client, token).await
}
