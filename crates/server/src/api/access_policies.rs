//! Access policies of an authorization server, and which of them would decide.

use super::caller::Api;
use super::claims::in_force;
use super::error::ApiError;
use super::json::{Body, Document, member};
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::{IfMatch, Linker, Links, instant, versioned};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use signet_domain::access_policy::AccessPolicy;
use signet_domain::server::Server;
use signet_idp::Ctx;
use signet_idp::access_policy::Outcome;
use signet_idp::admin::access_policies::{Answer, WouldAsk};
use signet_idp::admin::access_rules::AccessPolicySettings;
use signet_oauth::ScopeSet;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["created", "lastUpdated", "system", "type", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_access_policies, create_access_policy))
        .routes(operations!(get_access_policy, replace_access_policy, delete_access_policy))
        .routes(operations!(evaluate_access))
}

/// A list of what a condition lets in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Include {
    /// What it lets in.
    #[serde(default)]
    pub(super) include: Vec<String>,
}

/// Which apps a policy speaks of.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyConditions {
    /// `client_id`s of apps, or `ALL_CLIENTS`.
    #[serde(deserialize_with = "member")]
    #[schema(example = json!({"include": ["ALL_CLIENTS"]}))]
    clients: Include,
}

/// An access policy. Those of a server are asked by priority; the first that names the app and has a rule for the
/// request decides. A server without an active policy serves whatever its apps may do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policy {
    /// The id.
    id: String,
    /// `OAUTH_AUTHORIZATION_POLICY`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// ACTIVE or INACTIVE.
    status: &'static str,
    /// The name that people read.
    name: String,
    /// What it is for.
    description: String,
    /// 1 is asked first.
    priority: i64,
    /// `false`: an administrator made it.
    system: bool,
    /// Which apps it speaks of.
    conditions: PolicyConditions,
    /// When it was created.
    created: String,
    /// When it last changed.
    last_updated: String,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl Policy {
    fn of(ctx: &Ctx, server: &Server, row: &AccessPolicy) -> Self {
        let path = format!("/api/v1/authorizationServers/{}/policies/{}", server.id, row.id);
        let to = Linker(ctx);
        Self {
            id: row.id.to_string(),
            kind: "OAUTH_AUTHORIZATION_POLICY",
            status: row.status.as_str(),
            name: row.name.clone(),
            description: row.description.clone(),
            priority: row.priority,
            system: false,
            conditions: PolicyConditions { clients: Include { include: row.clients.0.clone() } },
            created: instant(row.created_at),
            last_updated: instant(row.updated_at),
            links: Links::from([
                ("self", to.get(&path)),
                ("rules", to.get(format_args!("{path}/rules"))),
                ("delete", to.act("DELETE", &path)),
            ]),
        }
    }
}

/// An access policy as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyRequest {
    /// The name that people read; unique at the server.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// 1 is asked first; a new policy is asked last by default.
    priority: Option<i64>,
    /// ACTIVE, the default, or INACTIVE.
    status: Option<String>,
    /// Which apps it speaks of.
    #[serde(deserialize_with = "member")]
    conditions: PolicyConditions,
}

impl PolicyRequest {
    fn settings(self) -> Result<AccessPolicySettings, ApiError> {
        let status = in_force(self.status.as_deref())
            .ok_or_else(|| ApiError::invalid("policy", "status: must be ACTIVE or INACTIVE"))?;
        Ok(AccessPolicySettings {
            name: self.name,
            description: self.description.unwrap_or_default(),
            priority: self.priority,
            status,
            clients: self.conditions.clients.include,
        })
    }
}

/// Lists the access policies of a server, in the order in which they are asked.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/policies", tag = "Access policies",
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Vec<Policy>, description = "All policies"), Errors))]
async fn list_access_policies(api: Api, Segment(id): Segment<String>) -> Result<Json<Vec<Policy>>, ApiError> {
    let (server, rows) = api.idp.admin_access_policies(&api.ctx, &id).await?;
    Ok(Json(rows.iter().map(|row| Policy::of(&api.ctx, &server, &row.policy)).collect()))
}

/// Creates an access policy. Without rules it lets nobody in.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/policies", tag = "Access policies",
    request_body = PolicyRequest,
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 201, body = Policy, description = "The policy", headers(("ETag" = String))), Errors))]
async fn create_access_policy(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<PolicyRequest>,
) -> Result<Response, ApiError> {
    let settings = request.settings()?;
    let (server, row) = api.idp.admin_create_access_policy(&api.ctx, &api.caller, &id, settings).await?;
    let made = versioned(row.version, Policy::of(&api.ctx, &server, &row));
    Ok((StatusCode::CREATED, made).into_response())
}

/// Reads an access policy.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}",
    tag = "Access policies",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("policyId" = String, Path, description = "Id of the policy"),
    ),
    responses((status = 200, body = Policy, description = "The policy", headers(("ETag" = String))), Errors))]
async fn get_access_policy(
    api: Api,
    Segment((id, policy)): Segment<(String, String)>,
) -> Result<Response, ApiError> {
    let (server, row) = api.idp.admin_access_policy(&api.ctx, &id, &policy).await?;
    Ok(versioned(row.policy.version, Policy::of(&api.ctx, &server, &row.policy)))
}

/// Replaces an access policy; its rules stay.
#[utoipa::path(put, path = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}",
    tag = "Access policies", request_body = PolicyRequest,
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("policyId" = String, Path, description = "Id of the policy"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = Policy, description = "The policy", headers(("ETag" = String))), Errors))]
async fn replace_access_policy(
    api: Api,
    Segment((id, policy)): Segment<(String, String)>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: PolicyRequest = document.for_replacement(&policy, READ_ONLY)?.read("policy")?;
    let (settings, keys) = (request.settings()?, (id.as_str(), policy.as_str()));
    let idp = &api.idp;
    let (server, row) =
        idp.admin_replace_access_policy(&api.ctx, &api.caller, keys, settings, &expected).await?;
    Ok(versioned(row.version, Policy::of(&api.ctx, &server, &row)))
}

/// Deletes an access policy with its rules.
#[utoipa::path(delete, path = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}",
    tag = "Access policies",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("policyId" = String, Path, description = "Id of the policy"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_access_policy(
    api: Api,
    Segment((id, policy)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_access_policy(&api.ctx, &api.caller, &id, &policy).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who would ask for what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvaluateRequest {
    /// The app.
    client_id: String,
    /// The user, by id or login; left out for client credentials.
    user: Option<String>,
    /// `authorization_code`, `client_credentials` or `password`; refreshing is asked about as the grant it goes on.
    #[schema(example = "authorization_code")]
    grant_type: String,
    /// Scopes, separated by spaces.
    #[schema(example = "openid")]
    scope: String,
}

/// A policy or rule, by id and name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    /// The id.
    id: String,
    /// The name that people read.
    name: String,
}

/// A policy or a rule that was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvaluatedStep {
    /// The policy.
    policy: Named,
    /// The rule; none for the policy as a whole.
    rule: Option<Named>,
    /// inactive, otherApp, noRule, grantType, user, scope or allowed.
    #[schema(value_type = String)]
    outcome: Outcome,
}

/// What the policies would say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evaluated {
    /// Whether tokens would be issued.
    allowed: bool,
    /// The reason that the log would give of a refusal.
    reason: Option<&'static str>,
    /// What was asked, in order; nothing where the server has no policies.
    steps: Vec<EvaluatedStep>,
}

impl Evaluated {
    fn of(answer: Answer) -> Self {
        let named = |(id, name): (String, String)| Named { id, name };
        let step = |step: signet_idp::admin::access_policies::AskedOne| EvaluatedStep {
            policy: named(step.policy),
            rule: step.rule.map(named),
            outcome: step.outcome,
        };
        Self {
            allowed: answer.allowed,
            reason: answer.reason,
            steps: answer.steps.into_iter().map(step).collect(),
        }
    }
}

/// Tells which rule would decide for an app, a user and scopes, and why the others wouldn't. Nothing is issued.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/policies/evaluate",
    tag = "Access policies", request_body = EvaluateRequest,
    params(("authServerId" = String, Path, description = "Id, `default` or `org`")),
    responses((status = 200, body = Evaluated, description = "The decision"), Errors))]
async fn evaluate_access(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<EvaluateRequest>,
) -> Result<Json<Evaluated>, ApiError> {
    let scopes = ScopeSet::parse(&request.scope)
        .map_err(|_| ApiError::invalid("scope", "scope: must be scope names with single spaces between"))?;
    let ask =
        WouldAsk { client_id: request.client_id, user: request.user, grant_type: request.grant_type, scopes };
    Ok(Json(Evaluated::of(api.idp.admin_evaluate_access(&api.ctx, &api.caller, &id, &ask).await?)))
}
