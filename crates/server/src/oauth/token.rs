//! `POST …/v1/token` (RFC 6749 §3.2).

use super::asked::Asked;
use super::{cors, form, respond};
use crate::App;
use crate::rates;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use signet_domain::Time;
use signet_idp::attempt::Limited;
use signet_idp::token::{Answered, TokenCall};
use signet_oauth::{OAuthError, Reason};

pub(super) async fn post(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let realm = &asked.server.server.issuer;
    let parsed = form::body(&headers, &body).and_then(|p| Ok((p, form::authorization(&headers)?)));
    let (params, authorization) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return unread(&app, &asked, &headers, &error).await,
    };
    let call = TokenCall {
        vouched: None,
        server: &asked.server,
        params: &params,
        authorization,
        query_has_credentials: form::query_has_credentials(query.as_deref()),
        proof: form::proof(&headers),
        header: &|name| rates::find(&headers, name),
    };
    let Answered { result, rates } = app.idp().token(&asked.ctx, &call).await;
    let mut response = match (result, &rates.refused) {
        (Ok(tokens), _) => respond::json(200, &tokens),
        (Err(refused), Some(by_policy)) if refused.error.reason == Reason::RatePolicyExceeded => {
            rates::refusal(by_policy, &rates)
        }
        (Err(refused), _) => {
            let mut response = respond::error(&refused.error, realm);
            if let Some(limited) = &refused.limited {
                put_limit(response.headers_mut(), limited);
            }
            response
        }
    };
    rates::put(response.headers_mut(), &rates);
    let client_id = form::client_id(&params, &headers);
    cors::for_client(&app, &asked.ctx, &headers, client_id.as_deref(), &mut response).await;
    response
}

/// A request that can't be read is in the log like any other refusal.
async fn unread(app: &App, asked: &Asked, headers: &HeaderMap, error: &OAuthError) -> Response {
    let recorded = app.idp().unread_token_request(&asked.ctx, &asked.server.server, error).await;
    let error = recorded.map_or_else(OAuthError::from, |()| error.clone());
    let mut response = respond::error(&error, &asked.server.server.issuer);
    cors::for_client(app, &asked.ctx, headers, None, &mut response).await;
    response
}

/// Says which limit refused and when the next call can pass.
pub(crate) fn put_limit(headers: &mut HeaderMap, limited: &Limited) {
    // Whole seconds, rounded up: a client that waits for it is let through.
    let reset = (limited.retry_at.0 + Time::SECOND - 1).div_euclid(Time::SECOND);
    for (name, value) in
        [("x-rate-limit-limit", limited.limit), ("x-rate-limit-remaining", 0), ("x-rate-limit-reset", reset)]
    {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}
