//! Claims of an authorization server.

use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document, optional_member};
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::{IfMatch, Linker, Links, versioned};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use signet_domain::claim::{ClaimRow, ClaimTarget, ClaimValueType, GroupFilter, InForce};
use signet_domain::server::Server;
use signet_idp::Ctx;
use signet_idp::admin::claims::ClaimSettings;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["system", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(operations!(list_claims, create_claim)).routes(operations!(
        get_claim,
        replace_claim,
        delete_claim
    ))
}

/// When a claim is added.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimConditions {
    /// With one of these scopes; always when there are none.
    #[serde(default)]
    scopes: Vec<String>,
}

/// A claim that a server adds to its tokens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claim {
    /// The id.
    id: String,
    /// The claim's name.
    name: String,
    /// ACTIVE or INACTIVE.
    status: &'static str,
    /// RESOURCE: access tokens. IDENTITY: ID tokens and userinfo.
    claim_type: &'static str,
    /// EXPRESSION or GROUPS.
    value_type: &'static str,
    /// The expression, or what the filter of groups compares with.
    value: String,
    /// STARTS_WITH, EQUALS, CONTAINS or REGEX, with GROUPS.
    #[serde(rename = "group_filter_type")]
    group_filter_type: Option<&'static str>,
    /// When it is added.
    conditions: ClaimConditions,
    /// Of an IDENTITY claim: whether it is in ID tokens, too, and not only in userinfo.
    always_include_in_token: bool,
    /// `false`: an administrator made it.
    system: bool,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl Claim {
    fn of(ctx: &Ctx, server: &Server, row: &ClaimRow) -> Self {
        let path = format!("/api/v1/authorizationServers/{}/claims/{}", server.id, row.id);
        let to = Linker(ctx);
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            status: row.status.as_str(),
            claim_type: row.target.as_str(),
            value_type: row.value_type.as_str(),
            value: row.value.clone(),
            group_filter_type: row.group_filter.map(GroupFilter::as_str),
            conditions: ClaimConditions { scopes: row.scopes.0.clone() },
            always_include_in_token: row.always_in_token,
            system: false,
            links: Links::from([("self", to.get(&path)), ("delete", to.act("DELETE", &path))]),
        }
    }
}

/// A claim as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClaimRequest {
    /// The claim's name; not one that has a meaning of its own, such as `sub` or `email`.
    name: String,
    /// ACTIVE, the default, or INACTIVE.
    status: Option<String>,
    /// RESOURCE or IDENTITY.
    #[schema(example = "RESOURCE")]
    claim_type: String,
    /// EXPRESSION, the default, or GROUPS.
    value_type: Option<String>,
    /// An expression: `user.department`, `user.login`, `app.clientId`, `app.label`, or a constant such as `"gold"`,
    /// `7` or `true`; with GROUPS what the filter compares with.
    #[schema(example = "user.department")]
    value: String,
    /// STARTS_WITH, EQUALS, CONTAINS or REGEX; with GROUPS.
    #[serde(rename = "group_filter_type")]
    group_filter_type: Option<String>,
    /// When it is added; always by default.
    #[serde(default, deserialize_with = "optional_member")]
    conditions: Option<ClaimConditions>,
    /// Of an IDENTITY claim: whether it is in ID tokens, too; default false.
    always_include_in_token: Option<bool>,
}

impl ClaimRequest {
    fn settings(self) -> Result<ClaimSettings, ApiError> {
        let fault = |rule: &'static str| ApiError::invalid("claim", rule);
        let value_type = self.value_type.as_deref().unwrap_or("EXPRESSION");
        let group_filter =
            match self.group_filter_type.as_deref() {
                None => None,
                Some(text) => Some(GroupFilter::parse(text).ok_or_else(|| {
                    fault("group_filter_type: must be STARTS_WITH, EQUALS, CONTAINS or REGEX")
                })?),
            };
        Ok(ClaimSettings {
            name: self.name,
            target: ClaimTarget::parse(&self.claim_type)
                .ok_or_else(|| fault("claimType: must be RESOURCE or IDENTITY"))?,
            value_type: ClaimValueType::parse(value_type)
                .ok_or_else(|| fault("valueType: must be EXPRESSION or GROUPS"))?,
            value: self.value,
            group_filter,
            scopes: self.conditions.unwrap_or_default().scopes,
            always_in_token: self.always_include_in_token.unwrap_or(false),
            status: in_force(self.status.as_deref())
                .ok_or_else(|| fault("status: must be ACTIVE or INACTIVE"))?,
        })
    }
}

/// Reads a status; active when there is none.
pub(super) fn in_force(text: Option<&str>) -> Option<InForce> {
    InForce::parse(text.unwrap_or("ACTIVE"))
}

/// Lists the claims of a server, by name.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/claims", tag = "Authorization servers",
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Vec<Claim>, description = "All claims"), Errors))]
async fn list_claims(api: Api, Segment(id): Segment<String>) -> Result<Json<Vec<Claim>>, ApiError> {
    let (server, rows) = api.idp.admin_claims(&api.ctx, &id).await?;
    Ok(Json(rows.iter().map(|row| Claim::of(&api.ctx, &server, row)).collect()))
}

/// Creates a claim.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/claims", tag = "Authorization servers",
    request_body = ClaimRequest,
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 201, body = Claim, description = "The claim", headers(("ETag" = String))), Errors))]
async fn create_claim(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<ClaimRequest>,
) -> Result<Response, ApiError> {
    let (server, row) = api.idp.admin_create_claim(&api.ctx, &api.caller, &id, request.settings()?).await?;
    let made = versioned(row.version, Claim::of(&api.ctx, &server, &row));
    Ok((StatusCode::CREATED, made).into_response())
}

/// Reads a claim.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/claims/{claimId}",
    tag = "Authorization servers",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("claimId" = String, Path, description = "Id of the claim"),
    ),
    responses((status = 200, body = Claim, description = "The claim", headers(("ETag" = String))), Errors))]
async fn get_claim(api: Api, Segment((id, claim)): Segment<(String, String)>) -> Result<Response, ApiError> {
    let (server, row) = api.idp.admin_claim(&api.ctx, &id, &claim).await?;
    Ok(versioned(row.version, Claim::of(&api.ctx, &server, &row)))
}

/// Replaces a claim.
#[utoipa::path(put, path = "/api/v1/authorizationServers/{authServerId}/claims/{claimId}",
    tag = "Authorization servers", request_body = ClaimRequest,
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("claimId" = String, Path, description = "Id of the claim"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = Claim, description = "The claim", headers(("ETag" = String))), Errors))]
async fn replace_claim(
    api: Api,
    Segment((id, claim)): Segment<(String, String)>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: ClaimRequest = document.for_replacement(&claim, READ_ONLY)?.read("claim")?;
    let (settings, keys) = (request.settings()?, (id.as_str(), claim.as_str()));
    let (server, row) = api.idp.admin_replace_claim(&api.ctx, &api.caller, keys, settings, &expected).await?;
    Ok(versioned(row.version, Claim::of(&api.ctx, &server, &row)))
}

/// Deletes a claim.
#[utoipa::path(delete, path = "/api/v1/authorizationServers/{authServerId}/claims/{claimId}",
    tag = "Authorization servers",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("claimId" = String, Path, description = "Id of the claim"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_claim(
    api: Api,
    Segment((id, claim)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_claim(&api.ctx, &api.caller, &id, &claim).await?;
    Ok(StatusCode::NO_CONTENT)
}
