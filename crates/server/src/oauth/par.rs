//! `POST …/v1/par` (RFC 9126).

use super::asked::Asked;
use super::{cors, form, respond};
use crate::App;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_idp::authorize::{PushCall, Pushed};
use signet_oauth::{OAuthError, Params};

pub(super) async fn post(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = form::body(&headers, &body);
    let result = match &params {
        Ok(params) => push(&app, &asked, query.as_deref(), &headers, params).await,
        Err(error) => {
            let recorded =
                app.idp().unread_authorization_request(&asked.ctx, &asked.server.server, error).await;
            Err(recorded.map_or_else(OAuthError::from, |()| error.clone()))
        }
    };
    let mut response = match result {
        Ok(pushed) => respond::json(201, &pushed),
        Err(error) => respond::error(&error, &asked.server.server.issuer),
    };
    let client_id = params.as_ref().ok().and_then(|p| form::client_id(p, &headers));
    cors::for_client(&app, &asked.ctx, &headers, client_id.as_deref(), &mut response).await;
    response
}

async fn push(
    app: &App,
    asked: &Asked,
    query: Option<&str>,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Pushed, OAuthError> {
    let call = PushCall {
        server: &asked.server,
        params,
        authorization: form::authorization(headers)?,
        query_has_credentials: form::query_has_credentials(query),
        proof: form::proof(headers),
    };
    app.idp().push(&asked.ctx, &call).await
}
