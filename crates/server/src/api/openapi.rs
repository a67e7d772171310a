//! The description of the API, made from the handlers themselves.

use super::error::{Error, ErrorCause};
use super::onelogin::Envelope;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Object, Ref, RefOr, Response, ResponseBuilder, Type};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};

/// What stands in the description beside the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Signet management API",
        description = "Runs a tenant: users, apps, authorization servers, API tokens and credentials, the log. \
            Called with `Authorization: SSWS <API token>` or `Authorization: Bearer <token of an API credential>`. \
            5,000 calls per account and hour.",
    ),
    servers((url = "/", description = "The tenant's URL; for the operator's operations the operator's")),
    components(schemas(Error, ErrorCause, Envelope, RateLimited)),
    modifiers(&Schemes),
    security(("apiToken" = []), ("bearer" = [])),
    tags(
        (name = "Users"), (name = "Apps"), (name = "Authorization servers"), (name = "API tokens"),
        (name = "API credentials"), (name = "Rate policies"), (name = "System log"), (name = "Alerts"), (name = "Limits"), (name = "Branding"), (name = "Security"),
        (name = "Credential tokens"), (name = "Operator"),
    )
)]
pub(super) struct Description;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let key = ApiKeyValue::with_description("Authorization", "`SSWS <API token>`");
        components.add_security_scheme("apiToken", SecurityScheme::ApiKey(ApiKey::Header(key)));
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("operator", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
        let header =
            ApiKeyValue::with_description("Authorization", "`client_id:<id>, client_secret:<secret>`");
        components.add_security_scheme("credential", SecurityScheme::ApiKey(ApiKey::Header(header)));
    }
}

/// The errors that any operation of the management API may answer with.
pub(super) struct Errors;

impl IntoResponses for Errors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [
            (400, "The body or a parameter is wrong."),
            (401, "No usable token."),
            (403, "The token's rights are too small, or the state does not allow it."),
            (404, "There is no such thing in this tenant."),
            (405, "There is no such method."),
            (409, "The tenant would be left in a state that must not be."),
            (412, "The resource has changed since it was read (If-Match)."),
            (413, "The body is too large."),
            (415, "The body is not JSON."),
            (429, "The account's quota is spent."),
            (500, "A defect."),
            (503, "Come back after Retry-After."),
        ]
        .into_iter()
        .map(|(status, words)| (status.to_string(), described(status, words, "Error")))
        .collect()
    }
}

/// The refusal of a rate policy.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RateLimited {
    /// The policy's words.
    #[schema(example = "API rate limit exceeded")]
    message: String,
}

/// The errors of the paths under `/auth` that make tokens.
pub(super) struct TokenEnvelopes;

impl IntoResponses for TokenEnvelopes {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut responses = Envelopes::responses();
        let words = "A rate policy allows no more tokens for the moment; the policy may set another status.";
        responses.insert("429".to_owned(), described(429, words, "RateLimited"));
        responses
    }
}

/// The errors of the paths under `/auth`.
pub(super) struct Envelopes;

impl IntoResponses for Envelopes {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [
            (400, "The request is wrong."),
            (401, "No usable credential or token."),
            (404, "No such route: a wrong method is one too."),
            (413, "The body is too large."),
            (415, "The body is encoded."),
            (429, "Too many calls."),
            (500, "A defect."),
            (503, "Come back after Retry-After."),
        ]
        .into_iter()
        .map(|(status, words)| (status.to_string(), described(status, words, "Envelope")))
        .collect()
    }
}

fn described(status: u16, words: &str, schema: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let mut response = ResponseBuilder::new().description(words).content("application/json", content);
    if matches!(status, 429 | 503) {
        let header = HeaderBuilder::new()
            .schema(Some(Object::with_type(Type::Integer)))
            .description(Some("Seconds after which the call may work."));
        response = response.header("Retry-After", header.build());
    }
    RefOr::T(response.build())
}
