//! `POST /gateway/{server}/oauth2/authorize` and `…/token`.

use super::asked::Asked;
use super::{params, respond};
use crate::App;
use crate::oauth::json;
use crate::rates;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, Method};
use axum::response::Response;
use signet_idp::gateway::authorize::Answer;
use signet_idp::gateway::token::{GatewayAnswered, GatewayCall};
use signet_idp::gateway::{GatewayError, GatewayParams};

pub(super) async fn authorize(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = match params::read(query.as_deref(), &headers, &body) {
        Ok(params) => params,
        Err(error) => return unread(&app, &asked, error).await,
    };
    match app.idp().gateway_authorize(&asked.ctx, &asked.at(), &params).await {
        Ok(Answer::Granted(uri)) => respond::redirect(200, &uri),
        Ok(Answer::Refused(uri)) => respond::redirect(400, &uri),
        Err(error) => refused(&asked, &error, &params),
    }
}

pub(super) async fn token(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = match params::read(query.as_deref(), &headers, &body) {
        Ok(params) => params,
        Err(error) => return unread(&app, &asked, error).await,
    };
    let authorization = match one_header(&headers, &asked.gateway().auth_header_name) {
        Ok(value) => value,
        Err(error) => return unread(&app, &asked, error).await,
    };
    let call = GatewayCall { params: &params, authorization, header: &|name| rates::find(&headers, name) };
    let GatewayAnswered { result, rates } = app.idp().gateway_token(&asked.ctx, &asked.at(), &call).await;
    let mut response = match (result, &rates.refused) {
        (Ok(tokens), _) => json(200, &tokens),
        (Err(error), Some(by_policy)) if error.is_by_rate_policy() => rates::refusal(by_policy, &rates),
        (Err(error), _) => refused(&asked, &error, &params),
    };
    rates::put(response.headers_mut(), &rates);
    response
}

/// The one value of a header; two of them are two clients.
fn one_header<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h [u8]>, GatewayError> {
    let Ok(name) = HeaderName::try_from(name) else { return Ok(None) };
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.as_bytes());
    match values.next() {
        None => Ok(value),
        Some(_) => Err(GatewayError::malformed("Send the header with the client's credentials once")),
    }
}

fn refused(asked: &Asked, error: &GatewayError, params: &GatewayParams) -> Response {
    respond::refusal(error, asked.gateway().realm.as_deref(), params.state())
}

/// A request that can't be read is in the log like any other refusal.
async fn unread(app: &App, asked: &Asked, error: GatewayError) -> Response {
    let recorded = app.idp().unread_gateway_request(&asked.ctx, &asked.at(), &error).await;
    let error = recorded.map_or_else(GatewayError::from, |()| error);
    respond::refusal(&error, asked.gateway().realm.as_deref(), None)
}

pub(super) async fn no_such_method_of_authorize(asked: Asked, method: Method) -> Response {
    let error = GatewayError::method(method.as_str(), "authorization");
    respond::refusal(&error, asked.gateway().realm.as_deref(), None)
}

pub(super) async fn no_such_method_of_token(asked: Asked, method: Method) -> Response {
    let error = GatewayError::method(method.as_str(), "token");
    respond::refusal(&error, asked.gateway().realm.as_deref(), None)
}
