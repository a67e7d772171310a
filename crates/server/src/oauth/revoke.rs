//! `POST …/v1/revoke` (RFC 7009).

use super::asked::Asked;
use super::{cors, form, respond};
use crate::App;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use signet_idp::client::Door;
use signet_oauth::{OAuthError, Params};

pub(super) async fn post(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = form::body(&headers, &body);
    let read = params.as_ref().map_err(Clone::clone);
    let mut response = match revoke(&app, &asked, query.as_deref(), &headers, read).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => respond::error(&error, &asked.server.server.issuer),
    };
    let client_id = params.as_ref().ok().and_then(|p| form::client_id(p, &headers));
    cors::for_client(&app, &asked.ctx, &headers, client_id.as_deref(), &mut response).await;
    response
}

async fn revoke(
    app: &App,
    asked: &Asked,
    query: Option<&str>,
    headers: &HeaderMap,
    params: Result<&Params, OAuthError>,
) -> Result<(), OAuthError> {
    let door = Door { server: &asked.server.server, endpoint: "revoke" };
    let read = params.and_then(|params| Ok((params, form::authorization(headers)?)));
    let (params, authorization) = app.idp().read_at(&asked.ctx, door, read).await?;
    let in_query = form::query_has_credentials(query);
    let (client, token) =
        app.idp().client_and_token(&asked.ctx, door, params, authorization, in_query).await?;
    app.idp().revoke(&asked.ctx, &asked.server, &client, token).await
}
