//! Access policies of an authorization server, their rules, and the question which rule would decide.

use super::access_rules::{AccessPolicySettings, AccessRuleSettings, policy_facts, rule_facts};
use super::change::Diff;
use super::{Access, AdminError, Area, Caller, Expected};
use crate::access_policy::{Asked, Outcome, PolicyWithRules, Verdict, decide};
use crate::ctx::At;
use crate::{Ctx, Idp};
use signet_domain::access_policy::{AccessPolicy, AccessRule};
use signet_domain::claim::InForce;
use signet_domain::event::{Entity, types};
use signet_domain::id::{AccessPolicyId, AccessRuleId};
use signet_domain::server::Server;
use signet_oauth::ScopeSet;
use signet_store::Tx;
use signet_store::sqlx_types::Json;

/// Most policies of a server, and most rules of a policy.
pub const MAX: usize = 50;
/// Most groups of a user that rules are asked about.
const GROUPS: i64 = 1_000;

/// Who would ask for what.
#[derive(Debug, Clone)]
pub struct WouldAsk {
    /// The app's `client_id`.
    pub client_id: String,
    /// The user, by id or login; none for client credentials.
    pub user: Option<String>,
    /// The grant type.
    pub grant_type: String,
    /// Scopes, separated by spaces.
    pub scopes: ScopeSet,
}

/// A policy or a rule that was asked.
#[derive(Debug, Clone)]
pub struct AskedOne {
    /// The policy's id and name.
    pub policy: (String, String),
    /// The rule's, if it was a rule.
    pub rule: Option<(String, String)>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What the policies would say.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether tokens would be issued.
    pub allowed: bool,
    /// The reason that the log would give.
    pub reason: Option<&'static str>,
    /// What was asked, in order.
    pub steps: Vec<AskedOne>,
}

impl Idp {
    /// The access policies of a server with their rules, in the order in which they are asked.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_access_policies(
        &self,
        ctx: &Ctx,
        server: &str,
    ) -> Result<(Server, Vec<PolicyWithRules>), AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let server = Self::find_server(&mut tx, server).await?;
        let policies = all_policies(&mut tx, &server).await?;
        Ok((server, policies))
    }

    /// One access policy with its rules.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_access_policy(
        &self,
        ctx: &Ctx,
        server: &str,
        policy: &str,
    ) -> Result<(Server, PolicyWithRules), AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let (server, policy) = find_policy(&mut tx, server, policy).await?;
        let rules = tx.access_rules(server.id).await?;
        let mut joined = PolicyWithRules::join(vec![policy], &rules);
        let one = joined.pop().ok_or(AdminError::Stale)?;
        Ok((server, one))
    }

    /// Creates an access policy.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]; a name that is taken is one.
    pub async fn admin_create_access_policy(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        server: &str,
        settings: AccessPolicySettings,
    ) -> Result<(Server, AccessPolicy), AdminError> {
        let (idp, ctx, caller, server) = (self.clone(), ctx.clone(), caller.clone(), server.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = Self::find_server(tx, &server).await?;
                tx.lock_server(server.id).await?;
                let others = tx.access_policies(server.id).await?;
                if others.len() >= MAX {
                    return Err(AdminError::too_many("policy", "an authorization server", MAX, "policies"));
                }
                let mut policy = new_policy(&idp, &ctx, &server);
                policy.priority = others.last().map_or(1, |last| last.priority + 1);
                settings.put(tx, &mut policy).await?;
                tx.insert_access_policy(&policy).await.map_err(|e| AdminError::taken("name", e))?;
                let event = caller.event(&idp, &ctx, types::ACCESS_POLICY_CREATE).at(&server);
                let diff = Diff::made(policy_facts(&policy));
                tx.append(&diff.into_event(event, policy_entity(&policy))).await?;
                Ok((server, policy))
            })
        })
        .await
    }

    /// Replaces an access policy; its rules stay.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_replace_access_policy(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, policy): (&str, &str),
        settings: AccessPolicySettings,
        expected: &Expected,
    ) -> Result<(Server, AccessPolicy), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, key, expected) = (server.to_owned(), policy.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, before) = find_policy(tx, &server, &key).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                settings.put(tx, &mut after).await?;
                let diff = Diff::of(policy_facts(&before), policy_facts(&after));
                if !diff.is_empty() {
                    tx.update_access_policy(&after, ctx.now)
                        .await
                        .map_err(|e| AdminError::taken("name", e))?;
                    let event = caller.event(&idp, &ctx, types::ACCESS_POLICY_UPDATE).at(&server);
                    tx.append(&diff.into_event(event, policy_entity(&after))).await?;
                }
                find_policy(tx, &server.id.to_string(), &key).await
            })
        })
        .await
    }

    /// Deletes an access policy with its rules.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_delete_access_policy(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        server: &str,
        policy: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, policy) = (server.to_owned(), policy.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, policy) = find_policy(tx, &server, &policy).await?;
                tx.delete_access_policy(server.id, policy.id).await?;
                let event = caller.event(&idp, &ctx, types::ACCESS_POLICY_DELETE).at(&server);
                Ok(tx.append(&event.target(policy_entity(&policy))).await?)
            })
        })
        .await
    }

    /// One rule.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_access_rule(
        &self,
        ctx: &Ctx,
        server: &str,
        policy: &str,
        rule: &str,
    ) -> Result<(Server, AccessRule), AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let (server, _, rule) = find_rule(&mut tx, server, policy, rule).await?;
        Ok((server, rule))
    }

    /// Creates a rule.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]; a name that is taken is one.
    pub async fn admin_create_access_rule(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, policy): (&str, &str),
        settings: AccessRuleSettings,
    ) -> Result<(Server, AccessRule), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, policy) = (server.to_owned(), policy.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, policy) = find_policy(tx, &server, &policy).await?;
                tx.lock_server(server.id).await?;
                let others: Vec<_> = tx.access_rules(server.id).await?;
                let others: Vec<_> = others.into_iter().filter(|r| r.policy_id == policy.id).collect();
                if others.len() >= MAX {
                    return Err(AdminError::too_many("rule", "a policy", MAX, "rules"));
                }
                let mut rule = new_rule(&idp, &ctx, &policy);
                rule.priority = others.last().map_or(1, |last| last.priority + 1);
                settings.put(tx, &server, &mut rule).await?;
                tx.insert_access_rule(&rule).await.map_err(|e| AdminError::taken("name", e))?;
                let event = caller.event(&idp, &ctx, types::ACCESS_RULE_CREATE).at(&server);
                let event = event.target(policy_entity(&policy));
                let diff = Diff::made(rule_facts(&rule));
                tx.append(&diff.into_event(event, rule_entity(&rule))).await?;
                Ok((server, rule))
            })
        })
        .await
    }

    /// Replaces a rule.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_replace_access_rule(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, policy, rule): (&str, &str, &str),
        settings: AccessRuleSettings,
        expected: &Expected,
    ) -> Result<(Server, AccessRule), AdminError> {
        let (idp, ctx, caller, expected) = (self.clone(), ctx.clone(), caller.clone(), expected.clone());
        let (server, policy, rule) = (server.to_owned(), policy.to_owned(), rule.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, policy, before) = find_rule(tx, &server, &policy, &rule).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                settings.put(tx, &server, &mut after).await?;
                let diff = Diff::of(rule_facts(&before), rule_facts(&after));
                if !diff.is_empty() {
                    tx.update_access_rule(&after, ctx.now).await.map_err(|e| AdminError::taken("name", e))?;
                    let event = caller.event(&idp, &ctx, types::ACCESS_RULE_UPDATE).at(&server);
                    let event = event.target(policy_entity(&policy));
                    tx.append(&diff.into_event(event, rule_entity(&after))).await?;
                }
                let stored =
                    tx.access_rule(server.id, policy.id, after.id).await?.ok_or(AdminError::Stale)?;
                Ok((server, stored))
            })
        })
        .await
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_delete_access_rule(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, policy, rule): (&str, &str, &str),
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, policy, rule) = (server.to_owned(), policy.to_owned(), rule.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, policy, rule) = find_rule(tx, &server, &policy, &rule).await?;
                tx.delete_access_rule(server.id, policy.id, rule.id).await?;
                let event = caller.event(&idp, &ctx, types::ACCESS_RULE_DELETE).at(&server);
                let event = event.target(policy_entity(&policy)).target(rule_entity(&rule));
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }

    /// What the policies of a server would say, and which of them were asked. Nothing is issued.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for a server, an app or a user that isn't there, [`AdminError::Forbidden`] where a user
    /// is named and the caller may not look at users.
    pub async fn admin_evaluate_access(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        server: &str,
        ask: &WouldAsk,
    ) -> Result<Answer, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let server = Self::find_server(&mut tx, server).await?;
        let app = tx.app_by_client_id(&ask.client_id).await?;
        let app = app.ok_or_else(|| AdminError::not_found(&ask.client_id, "AppInstance"))?;
        let (mut user, mut groups) = (None, Vec::new());
        if let Some(key) = &ask.user {
            // The answer tells that there is such a user, and whom rules let in.
            caller.require(Area::Users, Access::Read)?;
            let found = Self::find_user(&mut tx, ctx, caller, key).await?;
            groups = tx.groups_of(found.id, GROUPS).await?.iter().map(|group| group.id.to_string()).collect();
            user = Some(found.id.to_string());
        }
        let policies = all_policies(&mut tx, &server).await?;
        let asked = Asked {
            client_id: &app.client_id,
            user: user.as_deref().map(|id| (id, groups.as_slice())),
            grant_type: &ask.grant_type,
            scopes: &ask.scopes,
        };
        let mut steps = Vec::new();
        let verdict = decide(&policies, &asked, |step| {
            steps.push(AskedOne {
                policy: (step.policy.id.to_string(), step.policy.name.clone()),
                rule: step.rule.map(|rule| (rule.id.to_string(), rule.name.clone())),
                outcome: step.outcome,
            });
        });
        let reason = verdict.allowed().err().map(|error| error.reason.as_str());
        Ok(Answer { allowed: !matches!(verdict, Verdict::Refused { .. }), reason, steps })
    }
}

pub(super) async fn all_policies(tx: &mut Tx, server: &Server) -> Result<Vec<PolicyWithRules>, AdminError> {
    let policies = tx.access_policies(server.id).await?;
    Ok(PolicyWithRules::join(policies, &tx.access_rules(server.id).await?))
}

pub(super) async fn find_policy(
    tx: &mut Tx,
    server: &str,
    key: &str,
) -> Result<(Server, AccessPolicy), AdminError> {
    let server = Idp::find_server(tx, server).await?;
    let policy = match AccessPolicyId::parse(key) {
        Some(id) => tx.access_policy(server.id, id).await?,
        None => None,
    };
    let policy = policy.ok_or_else(|| AdminError::not_found(key, "Policy"))?;
    Ok((server, policy))
}

pub(super) async fn find_rule(
    tx: &mut Tx,
    server: &str,
    policy: &str,
    key: &str,
) -> Result<(Server, AccessPolicy, AccessRule), AdminError> {
    let (server, policy) = find_policy(tx, server, policy).await?;
    let rule = match AccessRuleId::parse(key) {
        Some(id) => tx.access_rule(server.id, policy.id, id).await?,
        None => None,
    };
    let rule = rule.ok_or_else(|| AdminError::not_found(key, "PolicyRule"))?;
    Ok((server, policy, rule))
}

fn new_policy(idp: &Idp, ctx: &Ctx, server: &Server) -> AccessPolicy {
    AccessPolicy {
        tenant_id: ctx.tenant_id(),
        server_id: server.id,
        id: idp.entropy().id(ctx.now),
        name: String::new(),
        description: String::new(),
        priority: 1,
        status: InForce::Active,
        clients: Json(Vec::new()),
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    }
}

fn new_rule(idp: &Idp, ctx: &Ctx, policy: &AccessPolicy) -> AccessRule {
    AccessRule {
        tenant_id: ctx.tenant_id(),
        server_id: policy.server_id,
        policy_id: policy.id,
        id: idp.entropy().id(ctx.now),
        name: String::new(),
        priority: 1,
        status: InForce::Active,
        grant_types: Json(Vec::new()),
        user_ids: Json(Vec::new()),
        group_ids: Json(Vec::new()),
        scopes: Json(Vec::new()),
        access_token_seconds: None,
        refresh_idle_seconds: None,
        refresh_absolute_seconds: None,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    }
}

pub(super) fn policy_entity(policy: &AccessPolicy) -> Entity {
    Entity::new("AccessPolicy", policy.id, &policy.name, &policy.name)
}

pub(super) fn rule_entity(rule: &AccessRule) -> Entity {
    Entity::new("AccessPolicyRule", rule.id, &rule.name, &rule.name)
}
