//! Rules of access policies.

use super::access_policies::Include;
use super::caller::Api;
use super::claims::in_force;
use super::error::ApiError;
use super::json::{Body, Document, member, optional_member};
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::{IfMatch, Linker, Links, instant, versioned};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use signet_domain::access_policy::AccessRule;
use signet_domain::server::Server;
use signet_idp::Ctx;
use signet_idp::admin::access_rules::AccessRuleSettings;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["created", "lastUpdated", "system", "type", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(operations!(list_access_rules, create_access_rule)).routes(operations!(
        get_access_rule,
        replace_access_rule,
        delete_access_rule
    ))
}

/// Whom a rule lets in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulePeople {
    /// Ids of users.
    #[serde(default)]
    users: Include,
    /// Ids of groups, or `EVERYONE`.
    #[serde(default)]
    groups: Include,
}

/// What a rule lets through.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RuleConditions {
    /// Whom; not asked of client credentials.
    #[serde(default)]
    people: RulePeople,
    /// `authorization_code`, `client_credentials`, `password`.
    #[serde(deserialize_with = "member")]
    #[schema(example = json!({"include": ["client_credentials"]}))]
    grant_types: Include,
    /// Scopes, or `*`.
    #[serde(deserialize_with = "member")]
    #[schema(example = json!({"include": ["*"]}))]
    scopes: Include,
}

/// How long tokens live that a rule let through. What is left out is as the server has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RuleToken {
    /// Life of an access token, 5 to 1440.
    access_token_lifetime_minutes: Option<i64>,
    /// After which a token family ends, 10 to 2628000.
    refresh_token_lifetime_minutes: Option<i64>,
    /// After which a refresh token ends unused, 10 to 2628000.
    refresh_token_window_minutes: Option<i64>,
}

/// What follows when a rule lets a request through.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleActions {
    /// How long tokens live.
    #[serde(default)]
    token: RuleToken,
}

/// A rule of an access policy. The first one by priority that lets a request through decides.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    /// The id.
    id: String,
    /// `RESOURCE_ACCESS`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// ACTIVE or INACTIVE.
    status: &'static str,
    /// The name that people read.
    name: String,
    /// 1 is asked first.
    priority: i64,
    /// `false`: an administrator made it.
    system: bool,
    /// What it lets through.
    conditions: RuleConditions,
    /// What follows.
    actions: RuleActions,
    /// When it was created.
    created: String,
    /// When it last changed.
    last_updated: String,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl Rule {
    fn of(ctx: &Ctx, server: &Server, row: &AccessRule) -> Self {
        let path =
            format!("/api/v1/authorizationServers/{}/policies/{}/rules/{}", server.id, row.policy_id, row.id);
        let (to, list) = (Linker(ctx), |list: &[String]| Include { include: list.to_vec() });
        let minutes = |seconds: Option<i64>| seconds.map(|s| s / 60);
        Self {
            id: row.id.to_string(),
            kind: "RESOURCE_ACCESS",
            status: row.status.as_str(),
            name: row.name.clone(),
            priority: row.priority,
            system: false,
            conditions: RuleConditions {
                people: RulePeople { users: list(&row.user_ids.0), groups: list(&row.group_ids.0) },
                grant_types: list(&row.grant_types.0),
                scopes: list(&row.scopes.0),
            },
            actions: RuleActions {
                token: RuleToken {
                    access_token_lifetime_minutes: minutes(row.access_token_seconds),
                    refresh_token_lifetime_minutes: minutes(row.refresh_absolute_seconds),
                    refresh_token_window_minutes: minutes(row.refresh_idle_seconds),
                },
            },
            created: instant(row.created_at),
            last_updated: instant(row.updated_at),
            links: Links::from([("self", to.get(&path)), ("delete", to.act("DELETE", &path))]),
        }
    }
}

/// A rule as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleRequest {
    /// The name that people read; unique in the policy.
    name: String,
    /// 1 is asked first; a new rule is asked last by default.
    priority: Option<i64>,
    /// ACTIVE, the default, or INACTIVE.
    status: Option<String>,
    /// What it lets through.
    #[serde(deserialize_with = "member")]
    conditions: RuleConditions,
    /// What follows.
    #[serde(default, deserialize_with = "optional_member")]
    actions: Option<RuleActions>,
}

impl RuleRequest {
    fn settings(self) -> Result<AccessRuleSettings, ApiError> {
        let status = in_force(self.status.as_deref())
            .ok_or_else(|| ApiError::invalid("rule", "status: must be ACTIVE or INACTIVE"))?;
        let token = self.actions.unwrap_or_default().token;
        Ok(AccessRuleSettings {
            name: self.name,
            priority: self.priority,
            status,
            grant_types: self.conditions.grant_types.include,
            users: self.conditions.people.users.include,
            groups: self.conditions.people.groups.include,
            scopes: self.conditions.scopes.include,
            access_token_minutes: token.access_token_lifetime_minutes,
            refresh_window_minutes: token.refresh_token_window_minutes,
            refresh_lifetime_minutes: token.refresh_token_lifetime_minutes,
        })
    }
}

/// Lists the rules of an access policy, in the order in which they are asked.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules",
    tag = "Access policies",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("policyId" = String, Path, description = "Id of the policy"),
    ),
    responses((status = 200, body = Vec<Rule>, description = "All rules"), Errors))]
async fn list_access_rules(
    api: Api,
    Segment((id, policy)): Segment<(String, String)>,
) -> Result<Json<Vec<Rule>>, ApiError> {
    let (server, row) = api.idp.admin_access_policy(&api.ctx, &id, &policy).await?;
    Ok(Json(row.rules.iter().map(|rule| Rule::of(&api.ctx, &server, rule)).collect()))
}

/// Adds a rule to an access policy.
#[utoipa::path(post, path = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules",
    tag = "Access policies", request_body = RuleRequest,
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("policyId" = String, Path, description = "Id of the policy"),
    ),
    responses((status = 201, body = Rule, description = "The rule", headers(("ETag" = String))), Errors))]
async fn create_access_rule(
    api: Api,
    Segment((id, policy)): Segment<(String, String)>,
    Body(request): Body<RuleRequest>,
) -> Result<Response, ApiError> {
    let (settings, keys) = (request.settings()?, (id.as_str(), policy.as_str()));
    let (server, row) = api.idp.admin_create_access_rule(&api.ctx, &api.caller, keys, settings).await?;
    let made = versioned(row.version, Rule::of(&api.ctx, &server, &row));
    Ok((StatusCode::CREATED, made).into_response())
}

/// Reads a rule.
#[utoipa::path(get, path = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules/{ruleId}",
    tag = "Access policies",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("policyId" = String, Path, description = "Id of the policy"),
        ("ruleId" = String, Path, description = "Id of the rule"),
    ),
    responses((status = 200, body = Rule, description = "The rule", headers(("ETag" = String))), Errors))]
async fn get_access_rule(
    api: Api,
    Segment((id, policy, rule)): Segment<(String, String, String)>,
) -> Result<Response, ApiError> {
    let (server, row) = api.idp.admin_access_rule(&api.ctx, &id, &policy, &rule).await?;
    Ok(versioned(row.version, Rule::of(&api.ctx, &server, &row)))
}

/// Replaces a rule.
#[utoipa::path(put, path = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules/{ruleId}",
    tag = "Access policies", request_body = RuleRequest,
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("policyId" = String, Path, description = "Id of the policy"),
        ("ruleId" = String, Path, description = "Id of the rule"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = Rule, description = "The rule", headers(("ETag" = String))), Errors))]
async fn replace_access_rule(
    api: Api,
    Segment((id, policy, rule)): Segment<(String, String, String)>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: RuleRequest = document.for_replacement(&rule, READ_ONLY)?.read("rule")?;
    let (settings, keys) = (request.settings()?, (id.as_str(), policy.as_str(), rule.as_str()));
    let idp = &api.idp;
    let (server, row) =
        idp.admin_replace_access_rule(&api.ctx, &api.caller, keys, settings, &expected).await?;
    Ok(versioned(row.version, Rule::of(&api.ctx, &server, &row)))
}

/// Deletes a rule.
#[utoipa::path(delete, path = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules/{ruleId}",
    tag = "Access policies",
    params(
        ("authServerId" = String, Path, description = "Id, `default` or `org`"),
        ("policyId" = String, Path, description = "Id of the policy"),
        ("ruleId" = String, Path, description = "Id of the rule"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_access_rule(
    api: Api,
    Segment((id, policy, rule)): Segment<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_access_rule(&api.ctx, &api.caller, (&id, &policy, &rule)).await?;
    Ok(StatusCode::NO_CONTENT)
}
