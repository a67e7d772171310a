//! Form bodies, strictly: the one body type that OAuth's endpoints take (RFC 6749 §3.2).

use axum::http::{HeaderMap, HeaderValue, header};
use signet_oauth::client_auth::ClientAuth;
use signet_oauth::dpop::Presented;
use signet_oauth::response::TokenType;
use signet_oauth::{OAuthError, Params, Reason};

/// The parameters of a POST.
pub(super) fn body(headers: &HeaderMap, body: &[u8]) -> Result<Params, OAuthError> {
    if !is_form(headers) {
        return Err(OAuthError::new(Reason::InvalidRequest)
            .describe("Send the parameters as a body of type 'application/x-www-form-urlencoded'."));
    }
    Params::parse(body)
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && parts.all(|p| match p.split_once('=') {
            Some((name, value)) => {
                !name.trim().eq_ignore_ascii_case("charset")
                    || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            None => p.is_empty(),
        })
}

/// Whether a query string names client credentials, which do not belong there (RFC 6749 §2.3.1). One that
/// can't be read counts as if it did.
pub(super) fn query_has_credentials(query: Option<&str>) -> bool {
    match query.map(|q| Params::parse(q.as_bytes())) {
        None => false,
        Some(Ok(params)) => {
            ["client_id", "client_secret", "client_assertion"].iter().any(|name| params.contains(name))
        }
        Some(Err(_)) => true,
    }
}

/// The client that a request names, in the `Authorization` header or in its body; it has yet to prove that.
pub(super) fn client_id(params: &Params, headers: &HeaderMap) -> Option<String> {
    let named = authorization(headers).ok().and_then(|value| ClientAuth::extract(value, params, false).ok());
    let named = named.as_ref().and_then(ClientAuth::client_id).or_else(|| params.get("client_id"));
    named.map(str::to_owned)
}

/// The one `Authorization` header; two of them are two ways to authenticate.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<&[u8]>, OAuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next().map(|v| v.as_bytes());
    if values.next().is_some() {
        return Err(Reason::MultipleClientCredentials.into());
    }
    Ok(first)
}

/// The bearer token of the `Authorization` header, if there is a header (RFC 6750 §2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<String>, OAuthError> {
    match access_token(headers)? {
        Some((TokenType::Bearer, token)) => Ok(Some(token)),
        Some((TokenType::Dpop, _)) => Err(Reason::AccessTokenMissing.into()),
        None => Ok(None),
    }
}

/// The access token of the `Authorization` header, if there is a header, and its scheme (RFC 6750 §2.1, RFC 9449 §7.1).
pub(super) fn access_token(headers: &HeaderMap) -> Result<Option<(TokenType, String)>, OAuthError> {
    let Some(value) = authorization(headers)? else { return Ok(None) };
    let text = std::str::from_utf8(value).map_err(|_| Reason::AccessTokenInvalid)?;
    let (scheme, token) = text.split_once(' ').ok_or(Reason::AccessTokenMissing)?;
    let mut schemes = [TokenType::Bearer, TokenType::Dpop].into_iter();
    let scheme = schemes.find(|known| known.as_str().eq_ignore_ascii_case(scheme));
    let scheme = scheme.ok_or(Reason::AccessTokenMissing)?;
    Ok(Some((scheme, token.trim_matches(' ').to_owned())))
}

/// The header `DPoP` of a request (RFC 9449 §4.1).
pub(super) fn proof(headers: &HeaderMap) -> Presented<'_> {
    Presented::of(headers.get_all("dpop").iter().map(HeaderValue::as_bytes))
}
