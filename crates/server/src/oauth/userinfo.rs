//! `GET` and `POST …/v1/userinfo` (OpenID Connect Core §5.3, RFC 6750 §2, RFC 9449 §7).

use super::asked::Asked;
use super::{cors, form, respond};
use crate::App;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use signet_idp::proofs::ShownToken;
use signet_idp::userinfo::UserInfo;
use signet_oauth::response::TokenType;
use signet_oauth::{OAuthError, Reason};

pub(super) async fn get(
    State(app): State<App>,
    asked: Asked,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&app, &asked, &method, &headers, access_token(&headers, query.as_deref(), None)).await
}

pub(super) async fn post(
    State(app): State<App>,
    asked: Asked,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = headers.contains_key(header::CONTENT_TYPE) && !body.is_empty();
    let token = access_token(&headers, query.as_deref(), form.then_some(&body));
    answer(&app, &asked, &method, &headers, token).await
}

async fn answer(
    app: &App,
    asked: &Asked,
    method: &Method,
    headers: &HeaderMap,
    token: Result<(TokenType, String), OAuthError>,
) -> Response {
    let shown = token.as_ref().ok().map(|(_, token)| token.as_str());
    let mut answer = match &token {
        Ok((scheme, token)) => {
            let proof = form::proof(headers);
            let shown = ShownToken { token, scheme: *scheme, proof, method: method.as_str() };
            app.idp().userinfo(&asked.ctx, &asked.server, &shown).await
        }
        Err(error) => Err(error.clone()),
    };
    if let Err(error) = &answer
        && let Err(failed) = app.idp().refused_userinfo(&asked.ctx, &asked.server, shown, error).await
    {
        answer = Err(failed.into());
    }
    let (mut response, client_id) = match answer {
        Ok(UserInfo { signed: Some(token), client_id, .. }) => (respond::jwt(token), Some(client_id)),
        Ok(info) => (respond::json(200, &info.claims), Some(info.client_id)),
        Err(error) => (respond::resource_error(&error, &asked.server.server.issuer), None),
    };
    cors::for_client(app, &asked.ctx, headers, client_id.as_deref(), &mut response).await;
    response
}

/// The one access token of a request: in the header, or in a form body, never in the query (RFC 9700 §4.3.2). In a
/// body it comes as a bearer token.
fn access_token(
    headers: &HeaderMap,
    query: Option<&str>,
    body: Option<&Bytes>,
) -> Result<(TokenType, String), OAuthError> {
    if query.is_some_and(|q| q.split('&').any(|p| p.split('=').next() == Some("access_token"))) {
        return Err(Reason::AccessTokenInQuery.into());
    }
    let in_header = form::access_token(headers)?;
    let in_body = match body {
        Some(body) => form::body(headers, body)?.get("access_token").map(str::to_owned),
        None => None,
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Reason::AccessTokenDuplicate.into()),
        (Some(found), None) => Ok(found),
        (None, Some(token)) => Ok((TokenType::Bearer, token)),
        (None, None) => Err(Reason::AccessTokenMissing.into()),
    }
}
