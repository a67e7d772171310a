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
    let door = Door { server: &asked.server.server, endpoint: "revoke" };
    let read = params.as_ref().map_err(Clone::clone).and_then(|p| Ok((p, form::authorization(&headers)?)));
    let result = match read {
        Ok((params, authorization)) => {
            let in_query = form::query_has_credentials(query.as_deref());
            revoke(&app, &asked, (door, in_query), params, authorization).await
        }
        Err(error) => match app.idp().refused_at(&asked.ctx, door, None, error.reason).await {
            Ok(()) => Err(error),
            Err(failed) => Err(failed.into()),
        },
    };
    let mut response = match result {
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
    (door, in_query): (Door<'_>, bool),
    params: &Params,
    authorization: Option<&[u8]>,
) -> Result<(), OAuthError> {
    let (client, token) =
        app.idp().client_and_token(&asked.ctx, door, params, authorization, in_query).await?;
    app.idp().revoke(&asked.ctx, &asked.server, &client, token).await
}
