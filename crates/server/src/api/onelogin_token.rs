//! Tokens of API credentials: getting and revoking them.

use super::caller::authorization;
use super::json::{is_json, object};
use super::onelogin::{Refusal, Status};
use super::openapi::{Envelopes, TokenEnvelopes};
use crate::App;
use crate::extract::Tenant;
use crate::rates;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use signet_idp::Ctx;
use signet_idp::admin::credential_tokens::{Answered, Issued, Pair, Revoked, TOKEN_SECONDS};
use signet_oauth::Params;
use utoipa::ToSchema;

/// A token of an API credential.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialToken {
    /// 64 hexadecimal digits.
    access_token: String,
    /// When it was made.
    #[schema(example = "2026-01-11T05:00:00.000Z")]
    created_at: String,
    /// 36000: ten hours.
    expires_in: i64,
    /// `bearer`.
    token_type: &'static str,
    /// The account's number.
    account_id: i64,
}

/// The same in the older shape.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WrappedToken {
    /// Success.
    status: Status,
    /// One token.
    data: Vec<CredentialToken>,
}

/// What a token is asked with.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// `client_credentials`.
    #[expect(dead_code, reason = "only describes; the body is read by hand, since a form is taken too")]
    grant_type: String,
}

/// What a token is revoked with.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RevokeRequest {
    /// The token; it must be one of the same credential.
    #[expect(dead_code, reason = "only describes; the body is read by hand")]
    access_token: String,
}

/// The status twice over, since clients look for it in either place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevokeAnswer {
    /// Success.
    status: Status,
    /// Whether it is an error.
    error: bool,
    /// The HTTP status.
    code: u16,
    /// `success`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// `Success`.
    message: &'static str,
}

/// Makes a token for an API credential. Each call makes a new one.
///
/// The credential as `Authorization: client_id:<id>, client_secret:<secret>`, as Basic, or in a form body.
#[utoipa::path(post, path = "/auth/oauth2/v2/token", tag = "Credential tokens", security(("credential" = [])),
    request_body = TokenRequest,
    responses((status = 200, body = CredentialToken, description = "The token"), TokenEnvelopes))]
pub(super) async fn issue_token(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    issue(&app, &ctx, &headers, &body, |token| Json(token).into_response()).await
}

/// The same in the older shape.
#[utoipa::path(post, path = "/auth/oauth2/token", tag = "Credential tokens", security(("credential" = [])),
    request_body = TokenRequest,
    responses((status = 200, body = WrappedToken, description = "The token"), TokenEnvelopes))]
pub(super) async fn issue_token_v1(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wrapped = |token| WrappedToken { status: Status::success(), data: vec![token] };
    issue(&app, &ctx, &headers, &body, |token| Json(wrapped(token)).into_response()).await
}

async fn issue(
    app: &App,
    ctx: &Ctx,
    headers: &HeaderMap,
    body: &[u8],
    show: impl FnOnce(CredentialToken) -> Response,
) -> Result<Response, Refusal> {
    let sent = Sent::read(headers, body).ok_or(WRONG_GRANT)?;
    if sent.grant_type.as_deref() != Some("client_credentials") {
        return Err(WRONG_GRANT);
    }
    let pair = match headers.contains_key(header::AUTHORIZATION) {
        true => authorization(headers).and_then(Pair::parse),
        false => sent.pair,
    };
    let pair = pair.ok_or(Refusal::Unauthorized)?;
    let header = |name: &str| rates::find(headers, name);
    let answered = app.idp().issue_credential_token(ctx, &pair, &header).await?;
    let Answered { issued, rates } = answered.ok_or(Refusal::Unauthorized)?;
    let Some(Issued { token, row }) = issued else {
        let refused = rates.refused.as_ref().ok_or(Refusal::Unauthorized)?;
        return Ok(rates::refusal(refused, &rates));
    };
    let mut response = show(CredentialToken {
        access_token: token.expose().to_owned(),
        created_at: row.created_at.rfc3339(),
        expires_in: TOKEN_SECONDS,
        token_type: "bearer",
        account_id: ctx.tenant.number,
    });
    rates::put(response.headers_mut(), &rates);
    Ok(response)
}

const WRONG_GRANT: Refusal = Refusal::BadRequest("grant_type is incorrect/absent");

/// What the body of a token request says.
struct Sent {
    grant_type: Option<String>,
    pair: Option<Pair>,
}

impl Sent {
    /// JSON, or a form, which may have the credential in it.
    fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        if is_json(headers) {
            let object = object(body)?;
            let grant_type = object.get("grant_type")?.as_str().map(str::to_owned);
            return Some(Self { grant_type, pair: None });
        }
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        let params = Params::parse(body).ok()?;
        let pair = params.get("client_id").zip(params.get("client_secret"));
        Some(Self {
            grant_type: params.get("grant_type").map(str::to_owned),
            pair: pair.and_then(|(id, secret)| Pair::new(id, secret)),
        })
    }
}

/// Revokes a token of the same API credential.
#[utoipa::path(post, path = "/auth/oauth2/revoke", tag = "Credential tokens", security(("credential" = [])),
    request_body = RevokeRequest,
    responses((status = 200, body = RevokeAnswer, description = "It is revoked, or was before"), Envelopes))]
pub(super) async fn revoke_token(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<RevokeAnswer>, Refusal> {
    if !is_json(&headers) {
        return Err(Refusal::BadRequest(
            "Content Type is not specified or specified incorrectly. Content-Type header must be set to \
             application/json",
        ));
    }
    let sent = object(&body);
    let token = sent.as_ref().and_then(|sent| sent.get("access_token")?.as_str()).filter(|t| !t.is_empty());
    let token = token.ok_or(Refusal::BadRequest("Access Token Missing"))?;
    if !headers.contains_key(header::AUTHORIZATION) {
        return Err(Refusal::BadRequest("The authorization information is missing"));
    }
    let pair = authorization(&headers).and_then(Pair::parse).ok_or(Refusal::Unauthorized)?;
    match app.idp().revoke_credential_token(&ctx, &pair, token).await? {
        Some(Revoked::Done) => Ok(Json(RevokeAnswer {
            status: Status::success(),
            error: false,
            code: 200,
            kind: "success",
            message: "Success",
        })),
        Some(Revoked::NotYours) | None => Err(Refusal::Unauthorized),
    }
}
